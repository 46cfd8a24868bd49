//! What a log has, as a reader in any process finds it.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;

use crate::folder::{Folder, Span, widest};
use crate::segment::Segment;
use crate::{LogError, Prediction, record_batch, roll};

/// How often a reader looks again when a segment became a file under its eyes.
const TRIES: usize = 10;

/// Rows of a batch.
const BATCH_ROWS: usize = 8_192;

/// The rows of a log: those in files, and the newest, which are not in one yet.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// Parquet files, oldest first.
    pub files: Vec<PathBuf>,
    /// The newest rows, in the order of their ids.
    pub newest: Vec<RecordBatch>,
}

/// What the log in `folder` has at this moment, whether or not a process writes to it. Each row comes
/// once.
pub fn kept(folder: &Path) -> Result<Kept, LogError> {
    if !folder.join("wal").is_dir() && !folder.join("parquet").is_dir() {
        return Err(LogError::Absent(folder.to_owned()));
    }
    let mut last = LogError::Absent(folder.to_owned());
    for _ in 0..TRIES {
        match look(&Folder::at(folder)) {
            Ok(kept) => return Ok(kept),
            Err(Missed::Again(error)) => last = error,
            Err(Missed::Failed(error)) => return Err(error),
        }
    }
    Err(last)
}

enum Missed {
    Again(LogError),
    Failed(LogError),
}

impl From<LogError> for Missed {
    fn from(error: LogError) -> Self {
        Self::Failed(error)
    }
}

fn look(folder: &Folder) -> Result<Kept, Missed> {
    // In this order: a segment that is gone by now is in a file that the second look sees.
    let segments = folder.segments()?;
    let spans = widest(&folder.spans()?);
    let mut newest: Vec<Prediction> = Vec::new();
    for number in segments {
        if spans.iter().any(|span| span.covers(Span::one(number))) {
            continue;
        }
        let path = folder.segment(number);
        match Segment::read(&path) {
            Ok(segment) => newest.extend(segment.predictions().0),
            Err(error) if !path.exists() => return Err(Missed::Again(error)),
            Err(error) => return Err(error.into()),
        }
    }
    roll::in_order(&mut newest);
    Ok(Kept {
        files: spans.into_iter().map(|span| folder.parquet(span)).collect(),
        newest: newest.chunks(BATCH_ROWS).map(record_batch).collect(),
    })
}
