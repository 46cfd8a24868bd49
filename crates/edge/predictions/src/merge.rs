//! Neighbouring Parquet files -> one, so that their number grows with the logarithm of the rows.
//!
//! Each file is in the order of ids already, and only some rows of each are in memory. Of rows with
//! the same id the first stays.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_select::interleave::interleave_record_batch;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use crate::folder::{Folder, Span, widest};
use crate::{LogError, write_parquet};

/// Rows of each file in memory.
const BATCH_ROWS: usize = 4_096;

/// How many times files are merged: of eight, and of eight of those. Larger ones stay.
const LEVELS: u32 = 2;

/// Merges as long as `of` neighbours of one size are found. A log that is being closed stops
/// between files.
pub(crate) fn all(folder: &Folder, of: usize, closing: &AtomicBool) -> Result<(), LogError> {
    while !closing.load(Ordering::Relaxed)
        && let Some(spans) = neighbours(folder, of)?
    {
        let whole = Span {
            first: spans.first().expect("several").first,
            last: spans.last().expect("several").last,
        };
        let paths: Vec<PathBuf> = spans.iter().map(|span| folder.parquet(*span)).collect();
        write_parquet(&folder.parquet(whole), Merged::of(&paths)?)?;
        for path in &paths {
            folder.remove(path)?;
        }
        folder.sync(&paths[0])?;
    }
    Ok(())
}

/// The first `of` neighbours of one size, with no segment between them that is yet to be turned.
fn neighbours(folder: &Folder, of: usize) -> Result<Option<Vec<Span>>, LogError> {
    if of < 2 {
        return Ok(None);
    }
    let (segments, spans) = (folder.segments()?, widest(&folder.spans()?));
    let level = |span: &Span| span.width().ilog(of as u64);
    let fit = |some: &&[Span]| {
        let whole = Span { first: some[0].first, last: some[of - 1].last };
        level(&some[0]) < LEVELS
            && some.iter().all(|span| level(span) == level(&some[0]))
            && !segments.iter().any(|number| whole.covers(Span::one(*number)))
    };
    Ok(spans.windows(of).find(fit).map(<[Span]>::to_vec))
}

/// Rows of several files in the order of their ids.
struct Merged {
    files: Vec<Source>,
    /// The next id of each file that has one, and which file.
    next: BinaryHeap<Reverse<(String, usize)>>,
    newest: Option<String>,
}

/// A file, and the rows of it that are in memory.
struct Source {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    batch: RecordBatch,
    row: usize,
}

impl Source {
    fn open(path: &Path) -> Result<Self, LogError> {
        let file = File::open(path).map_err(|error| LogError::file(path, &error))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(BATCH_ROWS).build())
            .map_err(|error| LogError::parquet(path, error))?;
        let batch = RecordBatch::new_empty(crate::schema());
        Ok(Self { path: path.to_owned(), reader, batch, row: 0 })
    }

    fn id(&self) -> &str {
        self.batch.column(0).as_string::<i32>().value(self.row)
    }

    /// Takes the next rows from the file; whether there are any.
    fn refill(&mut self) -> Result<bool, LogError> {
        match self.reader.next() {
            Some(batch) => {
                self.batch = batch.map_err(|error| LogError::what(&self.path, error))?;
                self.row = 0;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl Merged {
    fn of(paths: &[PathBuf]) -> Result<Self, LogError> {
        let files = paths.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>()?;
        let mut merged = Self { files, next: BinaryHeap::new(), newest: None };
        for file in 0..merged.files.len() {
            merged.refill(file)?;
        }
        Ok(merged)
    }

    fn refill(&mut self, file: usize) -> Result<(), LogError> {
        if self.files[file].refill()? {
            self.next.push(Reverse((self.files[file].id().to_owned(), file)));
        }
        Ok(())
    }

    /// The next rows, up to where one of the files has to be read on.
    fn rows(&mut self) -> Result<Option<RecordBatch>, LogError> {
        let mut picked = Vec::with_capacity(BATCH_ROWS);
        let mut empty = None;
        while picked.len() < BATCH_ROWS && empty.is_none() {
            let Some(Reverse((id, file))) = self.next.pop() else { break };
            let source = &mut self.files[file];
            if self.newest.as_ref() != Some(&id) {
                picked.push((file, source.row));
                self.newest = Some(id);
            }
            source.row += 1;
            if source.row == source.batch.num_rows() {
                empty = Some(file);
            } else {
                self.next.push(Reverse((source.id().to_owned(), file)));
            }
        }
        let batches: Vec<&RecordBatch> = self.files.iter().map(|source| &source.batch).collect();
        let rows = interleave_record_batch(&batches, &picked)
            .map_err(|error| LogError::what(&self.files[0].path, error))?;
        match empty {
            Some(file) => self.refill(file)?,
            None if picked.is_empty() => return Ok(None),
            None => {}
        }
        Ok(Some(rows))
    }
}

impl Iterator for Merged {
    type Item = Result<RecordBatch, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows().transpose()
    }
}
