//! What can go wrong with a database, in the few kinds that a caller treats differently.

/// Why a statement or a transaction failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// The database cannot be reached, or went away meanwhile. Trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// More work waits than is taken in. Trying again later will help.
    #[error("too many requests are waiting for the database")]
    Busy,
    /// The disk has no room left. Nothing was changed.
    #[error("the disk of the database is full: {0}; make room and try again")]
    Full(String),
    /// A row with this key exists already.
    #[error("there is a row with this key already: {0}")]
    Duplicate(String),
    /// A text has characters that the database cannot keep, such as NUL in PostgreSQL.
    #[error("the database cannot keep this text: {0}")]
    Text(String),
    /// Two writers were in each other's way, also after trying again.
    #[error("another writer was in the way: {0}")]
    Conflict(String),
    /// The address cannot be read as one.
    #[error("`{address}` is no database: {what}")]
    Address {
        /// What was given, without its password.
        address: String,
        /// What is wrong with it.
        what: String,
    },
    /// The database was made by a newer version of this program.
    #[error(
        "the database has schema version {found}, this program knows versions up to {known}: use a newer program"
    )]
    Newer {
        /// The version that was found.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// Anything else: a statement that is wrong, a damaged file.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl DatabaseError {
    /// Whether the same work may succeed if it is run again at once.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full(text),
            Some(Code::SystemIoFailure) if text.contains("full") => Self::Full(text),
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Conflict(text),
            Some(Code::CannotOpen | Code::SystemIoFailure) => Self::Unavailable(text),
            Some(Code::ConstraintViolation) if text.contains("UNIQUE") => Self::Duplicate(text),
            _ => Self::Failed(text),
        }
    }
}

impl From<postgres::Error> for DatabaseError {
    fn from(error: postgres::Error) -> Self {
        use postgres::error::SqlState;
        let Some(said) = error.as_db_error() else {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let text = format!("{error}{}", cause.unwrap_or_default());
            let local = text.contains("error serializing") || text.contains("error deserializing");
            return if local { Self::Failed(text) } else { Self::Unavailable(text) };
        };
        let text = said.message().to_owned();
        let code = said.code();
        if *code == SqlState::UNIQUE_VIOLATION {
            Self::Duplicate(text)
        } else if *code == SqlState::T_R_SERIALIZATION_FAILURE
            || *code == SqlState::T_R_DEADLOCK_DETECTED
        {
            Self::Conflict(text)
        } else if *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE {
            Self::Text(text)
        } else if *code == SqlState::DISK_FULL {
            Self::Full(text)
        } else if code.code().starts_with("57P")
            || code.code().starts_with("08")
            || code.code().starts_with("53")
            || code.code().starts_with("28")
            || code.code().starts_with("3D")
            || code.code().starts_with("25006")
        {
            Self::Unavailable(text)
        } else {
            Self::Failed(format!("{text} ({})", code.code()))
        }
    }
}
