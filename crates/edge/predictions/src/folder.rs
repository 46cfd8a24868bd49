//! Which files a log has, and which of them count.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::LogError;

/// The segments whose rows a Parquet file has: from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Span {
    pub(crate) fn one(number: u64) -> Self {
        Self { first: number, last: number }
    }

    pub(crate) fn covers(self, other: Span) -> bool {
        self.first <= other.first && other.last <= self.last
    }

    /// How many segments it spans.
    pub(crate) fn width(self) -> u64 {
        self.last - self.first + 1
    }
}

/// The folder of a log.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Makes the folders that a log has.
    pub(crate) fn make(&self) -> Result<(), LogError> {
        for folder in [self.0.join("wal"), self.0.join("parquet")] {
            fs::create_dir_all(&folder).map_err(|error| LogError::file(&folder, &error))?;
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.0.join("wal").join(format!("{number:08}.wal"))
    }

    pub(crate) fn damaged(&self, number: u64) -> PathBuf {
        self.0.join("damaged").join(format!("{number:08}.wal"))
    }

    pub(crate) fn parquet(&self, span: Span) -> PathBuf {
        self.0.join("parquet").join(format!("{:08}-{:08}.parquet", span.first, span.last))
    }

    /// The segments that are there, in order.
    pub(crate) fn segments(&self) -> Result<Vec<u64>, LogError> {
        let names = names(&self.0.join("wal"))?;
        let number = |name: &String| name.strip_suffix(".wal")?.parse().ok();
        let mut found: Vec<u64> = names.iter().filter_map(number).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// The Parquet files that are there, in order.
    pub(crate) fn spans(&self) -> Result<Vec<Span>, LogError> {
        let span = |name: &String| {
            let (first, last) = name.strip_suffix(".parquet")?.split_once('-')?;
            Some(Span { first: first.parse().ok()?, last: last.parse().ok()? })
        };
        let mut found: Vec<Span> =
            names(&self.0.join("parquet"))?.iter().filter_map(span).collect();
        found.sort_unstable();
        Ok(found)
    }

    /// Makes what was renamed or removed in a folder of the log durable.
    pub(crate) fn sync(&self, of: &Path) -> Result<(), LogError> {
        let folder = of.parent().unwrap_or(&self.0);
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| LogError::file(folder, &error))
    }

    /// Removes a file; that it is gone already is fine.
    pub(crate) fn remove(&self, path: &Path) -> Result<(), LogError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(LogError::file(path, &error))
            }
            _ => Ok(()),
        }
    }

    /// Clears away what a process that was cut off left half done: files that were not yet renamed,
    /// and those whose rows are in a file that was.
    pub(crate) fn tidy(&self) -> Result<(), LogError> {
        let parquet = self.0.join("parquet");
        for name in names(&parquet)?.iter().filter(|name| name.ends_with(".partial")) {
            self.remove(&parquet.join(name))?;
        }
        let spans = self.spans()?;
        for span in &spans {
            if spans.iter().any(|wider| wider != span && wider.covers(*span)) {
                self.remove(&self.parquet(*span))?;
            }
        }
        for number in self.segments()? {
            if spans.iter().any(|span| span.covers(Span::one(number))) {
                self.remove(&self.segment(number))?;
            }
        }
        Ok(())
    }
}

/// The spans that count: those that no wider one covers.
pub(crate) fn widest(spans: &[Span]) -> Vec<Span> {
    let covered = |span: &Span| spans.iter().any(|wider| wider != span && wider.covers(*span));
    spans.iter().filter(|span| !covered(span)).copied().collect()
}

fn names(folder: &Path) -> Result<Vec<String>, LogError> {
    let fail = |error: std::io::Error| LogError::file(folder, &error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(fail)?,
    };
    entries
        .map(|entry| Ok(entry.map_err(fail)?.file_name().to_string_lossy().into_owned()))
        .collect()
}
