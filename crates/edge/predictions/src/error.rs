//! What can go wrong with the log, in the few kinds that a caller treats differently.

use std::path::{Path, PathBuf};

/// Why something was not logged, or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// There is no log here, and reading does not make one.
    #[error("there is no prediction log at {}: `trimtab serve` and `trimtab run` fill the home folder, `--home` names another", .0.display())]
    Absent(PathBuf),
    /// Another process writes to it.
    #[error("the prediction log {} is in use by another process{}: stop that one, or name another folder", dir.display(), holder(pid))]
    InUse {
        /// The folder.
        dir: PathBuf,
        /// The process, if it said so.
        pid: Option<u32>,
    },
    /// The disk has no room left. Nothing of what was given is kept; later tries may succeed.
    #[error("the disk of the prediction log is full ({}): make room; nothing of this was logged, and later predictions are once there is room", .0.display())]
    Full(PathBuf),
    /// More waits to be written than is taken in. Trying again later will help.
    #[error("too many predictions are waiting for the disk; try again later")]
    Busy,
    /// The prediction makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// A file cannot be read or written.
    #[error("{}: {what}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        what: String,
    },
    /// The log was written by a newer version of this program.
    #[error("{} was written by a newer version of this program: use that one", .0.display())]
    Newer(PathBuf),
    /// The threads of the log ended.
    #[error("the prediction log is closed")]
    Closed,
}

fn holder(pid: &Option<u32>) -> String {
    pid.map_or(String::new(), |pid| format!(" (process {pid})"))
}

impl LogError {
    pub(crate) fn file(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::Full(path.to_owned())
            }
            _ => Self::File { path: path.to_owned(), what: error.to_string() },
        }
    }

    pub(crate) fn what(path: &Path, what: impl std::fmt::Display) -> Self {
        Self::File { path: path.to_owned(), what: what.to_string() }
    }

    /// What Parquet says, which hides the error of the disk in its own.
    pub(crate) fn parquet(path: &Path, error: parquet::errors::ParquetError) -> Self {
        if let parquet::errors::ParquetError::External(inner) = &error
            && let Some(io) = inner.downcast_ref::<std::io::Error>()
        {
            return Self::file(path, io);
        }
        Self::what(path, error)
    }
}
