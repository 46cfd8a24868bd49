//! Why something could not be done, with the protocol's code for it.

use database::{AsDatabaseError, DatabaseError};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The codes of the protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name),* }

        impl Code {
            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }
        }
    };
}

codes! {
    /// What was asked cannot be meant.
    InvalidParameterValue = "INVALID_PARAMETER_VALUE",
    /// The request cannot be read.
    BadRequest = "BAD_REQUEST",
    /// It does not exist, or not for this caller.
    ResourceDoesNotExist = "RESOURCE_DOES_NOT_EXIST",
    /// It exists already.
    ResourceAlreadyExists = "RESOURCE_ALREADY_EXISTS",
    /// It exists already, in another state.
    ResourceConflict = "RESOURCE_CONFLICT",
    /// There is no such endpoint.
    EndpointNotFound = "ENDPOINT_NOT_FOUND",
    /// It cannot be done in this state.
    InvalidState = "INVALID_STATE",
    /// The caller may not do it.
    PermissionDenied = "PERMISSION_DENIED",
    /// The caller did not say who they are.
    Unauthenticated = "UNAUTHENTICATED",
    /// Too much at once.
    RequestLimitExceeded = "REQUEST_LIMIT_EXCEEDED",
    /// Not now; later perhaps.
    TemporarilyUnavailable = "TEMPORARILY_UNAVAILABLE",
    /// This server does not offer it.
    NotImplemented = "NOT_IMPLEMENTED",
    /// A fault of this server.
    InternalError = "INTERNAL_ERROR",
}

/// Why something could not be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct CatalogError {
    /// The code.
    pub code: Code,
    /// What, where, and what to change.
    pub message: String,
    database: Option<DatabaseError>,
}

impl CatalogError {
    /// An error with a code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), database: None }
    }

    /// What was asked cannot be meant.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameterValue, message)
    }

    /// It does not exist, or not for this caller.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceDoesNotExist, message)
    }

    /// It exists already.
    pub fn exists(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceAlreadyExists, message)
    }

    /// Whether it is because a row with this key exists.
    pub fn is_duplicate(&self) -> bool {
        matches!(self.database, Some(DatabaseError::Duplicate(_)))
    }
}

impl From<DatabaseError> for CatalogError {
    fn from(error: DatabaseError) -> Self {
        let code = match &error {
            DatabaseError::Unavailable(_) | DatabaseError::Full(_) | DatabaseError::Conflict(_) => {
                Code::TemporarilyUnavailable
            }
            DatabaseError::Busy => Code::RequestLimitExceeded,
            DatabaseError::Duplicate(_) => Code::ResourceAlreadyExists,
            DatabaseError::Text(_) => Code::InvalidParameterValue,
            _ => Code::InternalError,
        };
        Self { code, message: error.to_string(), database: Some(error) }
    }
}

impl AsDatabaseError for CatalogError {
    fn as_database_error(&self) -> Option<&DatabaseError> {
        self.database.as_ref()
    }
}
