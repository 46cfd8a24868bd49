//! Why something could not be exchanged: what, where, and what to change.

use artifacts::ArtifactError;
use catalog::CatalogError;
use database::{AsDatabaseError, DatabaseError};

/// What the functions of this room return.
pub type Result<T, E = ExchangeError> = std::result::Result<T, E>;

/// Why something could not be exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The address of a server cannot be read as one.
    #[error("`{given}` is no address of a server: {why}")]
    Address {
        /// What was given, without a password.
        given: String,
        /// What to change.
        why: String,
    },
    /// The server does not answer.
    #[error("{server} cannot be reached ({why}): is it running, and is this its address?")]
    Unreachable {
        /// Its address.
        server: String,
        /// What went wrong.
        why: String,
    },
    /// The server said no.
    #[error("{server} refuses {what} ({status} {code}): {message}{hint}")]
    Refused {
        /// Its address.
        server: String,
        /// What was asked: `POST runs/create`.
        what: String,
        /// The status of its answer.
        status: u16,
        /// The protocol's code, if it said one.
        code: String,
        /// What it said.
        message: String,
        /// What to change, where that is known.
        hint: &'static str,
    },
    /// The server's answer cannot be read.
    #[error("the answer of {server} to {what} cannot be read: {why}; is it an MLflow server?")]
    Answer {
        /// Its address.
        server: String,
        /// What was asked.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// A database file cannot be imported.
    #[error("{file}: {why}")]
    File {
        /// The file.
        file: String,
        /// What is wrong, and what to change.
        why: String,
    },
    /// What was asked for is not there.
    #[error("{0}")]
    Missing(String),
    /// A file of an artifact broke off.
    #[error("artifact `{path}` of {owner}: {why}")]
    Artifact {
        /// Its path.
        path: String,
        /// Whose it is.
        owner: String,
        /// What went wrong.
        why: String,
    },
    /// The home could not take it.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The home's artifacts could not take it.
    #[error(transparent)]
    Store(#[from] ArtifactError),
}

impl ExchangeError {
    /// The protocol's code, if a server refused something.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Whether a server said that there is no such thing.
    pub fn is_missing(&self) -> bool {
        match self {
            Self::Refused { status, code, .. } => {
                code == "RESOURCE_DOES_NOT_EXIST" || (*status == 404 && code.is_empty())
            }
            _ => false,
        }
    }

    /// Whether a server said that it exists already.
    pub fn is_taken(&self) -> bool {
        self.code() == Some("RESOURCE_ALREADY_EXISTS")
    }
}

impl From<DatabaseError> for ExchangeError {
    fn from(error: DatabaseError) -> Self {
        Self::Catalog(error.into())
    }
}

impl AsDatabaseError for ExchangeError {
    fn as_database_error(&self) -> Option<&DatabaseError> {
        match self {
            Self::Catalog(error) => error.as_database_error(),
            _ => None,
        }
    }
}
