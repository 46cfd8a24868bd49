//! Rows that are too many for memory, in the order of their keys: sorted runs in a file without a name,
//! merged while they are read. What is left of a process that is killed is nothing.
//!
//! ```text
//! entry = length of key (u32 LE) · length of row (u32 LE) · key · row
//! ```

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufWriter, Error, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::batch::Batch;
use crate::error::OnlineError;
use crate::row::stamp;

/// Bytes before a key.
const HEAD: usize = 8;

/// Memory for reading all runs.
const MEMORY: usize = 32 << 20;

/// Memory for reading one, at least and at most.
const BUFFER: Range<usize> = 16 << 10..1 << 20;

/// Sorted runs of rows.
#[derive(Debug)]
pub(crate) struct Runs {
    folder: PathBuf,
    file: File,
    runs: Vec<Range<u64>>,
}

impl Runs {
    /// No runs yet; they will lie in this folder.
    pub fn within(folder: &Path) -> Result<Self, OnlineError> {
        let file = tempfile::tempfile_in(folder).map_err(|error| failed(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), file, runs: Vec::new() })
    }

    /// Adds a run: for each entity of a batch its newest row.
    pub fn add(&mut self, batch: &Batch) -> Result<(), OnlineError> {
        let start = self.runs.last().map_or(0, |last| last.end);
        let mut end = start;
        let mut out = BufWriter::with_capacity(BUFFER.end, &self.file);
        let mut put = |bytes: &[u8]| {
            end += bytes.len() as u64;
            out.write_all(bytes)
        };
        for (key, row) in batch.newest() {
            [key, row]
                .iter()
                .try_for_each(|part| put(&(part.len() as u32).to_le_bytes()))
                .and_then(|()| put(key))
                .and_then(|()| put(row))
                .map_err(|error| failed(&self.folder, &error))?;
        }
        out.flush().map_err(|error| failed(&self.folder, &error))?;
        drop(out);
        self.runs.push(start..end);
        Ok(())
    }

    /// All rows in the order of their keys, of each entity the newest. Of two that are equally new
    /// the one that was added later.
    pub fn merged(&self) -> Result<Merged<'_>, OnlineError> {
        let room = (MEMORY / self.runs.len().max(1)).clamp(BUFFER.start, BUFFER.end);
        let mut runs = BinaryHeap::with_capacity(self.runs.len());
        for (number, run) in self.runs.iter().enumerate() {
            let mut run = Run {
                of: self,
                number,
                rest: run.clone(),
                room,
                buffer: Vec::new(),
                at: 0,
                key: 0..0,
                row: 0..0,
            };
            if run.advance()? {
                runs.push(run);
            }
        }
        Ok(Merged { runs, key: Vec::new(), row: Vec::new() })
    }
}

/// A key and a row.
type Entry<'a> = (&'a [u8], &'a [u8]);

/// Rows in the order of their keys.
#[derive(Debug)]
pub(crate) struct Merged<'a> {
    runs: BinaryHeap<Run<'a>>,
    key: Vec<u8>,
    row: Vec<u8>,
}

impl Merged<'_> {
    /// The next key and its newest row.
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, OnlineError> {
        let Some(first) = self.runs.peek_mut() else { return Ok(None) };
        replace(&mut self.key, first.key());
        replace(&mut self.row, first.row());
        advance(first)?;
        while let Some(same) = self.runs.peek_mut().filter(|run| run.key() == self.key) {
            if stamp(same.row()) >= stamp(&self.row) {
                replace(&mut self.row, same.row());
            }
            advance(same)?;
        }
        Ok(Some((&self.key, &self.row)))
    }
}

fn replace(kept: &mut Vec<u8>, with: &[u8]) {
    kept.clear();
    kept.extend_from_slice(with);
}

fn advance(mut run: PeekMut<'_, Run<'_>>) -> Result<(), OnlineError> {
    if !run.advance()? {
        PeekMut::pop(run);
    }
    Ok(())
}

/// A run that is being read, and the entry at which it is.
#[derive(Debug)]
struct Run<'a> {
    of: &'a Runs,
    number: usize,
    /// What is not in the buffer yet.
    rest: Range<u64>,
    room: usize,
    buffer: Vec<u8>,
    at: usize,
    key: Range<usize>,
    row: Range<usize>,
}

impl Run<'_> {
    fn key(&self) -> &[u8] {
        &self.buffer[self.key.clone()]
    }

    fn row(&self) -> &[u8] {
        &self.buffer[self.row.clone()]
    }

    /// Goes to the next entry; whether there is one.
    fn advance(&mut self) -> Result<bool, OnlineError> {
        self.at = self.row.end;
        if self.at == self.buffer.len() && self.rest.is_empty() {
            return Ok(false);
        }
        self.hold(HEAD)?;
        let length = |at: usize| {
            let bytes = self.buffer[at..at + 4].try_into().expect("four bytes");
            u32::from_le_bytes(bytes) as usize
        };
        let (key, row) = (length(self.at), length(self.at + 4));
        self.hold(HEAD + key + row)?;
        self.key = self.at + HEAD..self.at + HEAD + key;
        self.row = self.key.end..self.key.end + row;
        Ok(true)
    }

    /// Has so many bytes from here on in the buffer.
    fn hold(&mut self, bytes: usize) -> Result<(), OnlineError> {
        if self.buffer.len() - self.at >= bytes {
            return Ok(());
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let known = self.buffer.len();
        let rest = usize::try_from(self.rest.end - self.rest.start).unwrap_or(usize::MAX);
        let more = (bytes - known).max(self.room).min(rest);
        self.buffer.resize(known + more, 0);
        let read = self.of.file.read_exact_at(&mut self.buffer[known..], self.rest.start);
        read.map_err(|error| failed(&self.of.folder, &error))?;
        self.rest.start += more as u64;
        Ok(())
    }
}

/// The greatest is the one whose key comes first, and of equal keys the older run.
impl Ord for Run<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(self.key()).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Run<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Run<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Run<'_> {}

fn failed(folder: &Path, error: &Error) -> OnlineError {
    OnlineError::Unavailable(format!(
        "rows cannot be sorted in {}, where a load needs as much room as its rows take: {error}",
        folder.display()
    ))
}
