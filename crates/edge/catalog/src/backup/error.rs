//! Why a backup could not be made or restored.

use database::{AsDatabaseError, DatabaseError};

use crate::CatalogError;

/// Why a backup could not be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file could not be read or written.
    #[error("{what}: {source}")]
    File {
        /// What was done.
        what: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The file is not what was written.
    #[error("the backup is damaged: {0}")]
    Damaged(String),
    /// It would not be right.
    #[error("{0}")]
    Refused(String),
}

impl BackupError {
    pub(super) fn file(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { what, source }
    }

    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged(what.into())
    }
}

impl From<CatalogError> for BackupError {
    fn from(error: CatalogError) -> Self {
        match error.as_database_error() {
            Some(error) => Self::Database(error.clone()),
            None => Self::Refused(error.message),
        }
    }
}

impl AsDatabaseError for BackupError {
    fn as_database_error(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}
