//! What can go wrong in an online store.

/// Why an online store did not do something. Passwords are in none of the messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnlineError {
    /// The store cannot be reached or has no room now; it may be asked again.
    #[error("the online store is not available: {0}")]
    Unavailable(String),
    /// Another process has the file open.
    #[error(
        "the online store {0} is in use by another process: ask the server that has it open (its \
         endpoint /materialize, /push or /get-online-features), or stop it"
    )]
    InUse(String),
    /// What stands there cannot be read.
    #[error("the online store is damaged: {0}; restore it from a copy, or materialise again")]
    Damaged(String),
    /// The address of a store cannot be read.
    #[error("{0}")]
    Address(String),
    /// A value cannot be part of an entity key.
    #[error(
        "an entity key cannot hold a {kind}: bool, int32, int64, string, bytes and timestamp can \
         be keys"
    )]
    Key {
        /// The kind of value.
        kind: &'static str,
    },
    /// A row does not have as many values as the batch has features.
    #[error("a row has {got} values where the batch has {expected} features")]
    Ragged {
        /// How many there should be.
        expected: usize,
        /// How many came.
        got: usize,
    },
}

impl OnlineError {
    /// Whether asking again later may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}
