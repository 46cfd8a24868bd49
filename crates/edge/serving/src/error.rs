//! Why a request got no prediction, by what whoever asked can do about it.

use std::time::Duration;

/// Why a request got no prediction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ServingError {
    /// The bytes cannot be read as what they are said to be.
    #[error("{0}")]
    Malformed(String),
    /// The request can be read, but asks for what there is not.
    #[error("{0}")]
    Invalid(String),
    /// The inputs do not fit the signature of the model.
    #[error("{0}")]
    Schema(String),
    /// The body is of a kind that is not taken.
    #[error("{0}")]
    MediaType(String),
    /// The request is larger than what is computed at once.
    #[error("{0}")]
    TooLarge(String),
    /// As many requests wait as may wait.
    #[error("{waiting} rows wait for this model already: try again in {} s", after.as_secs())]
    Crowded {
        /// How many rows wait.
        waiting: usize,
        /// When to try again.
        after: Duration,
    },
    /// The prediction may not be given out.
    #[error("{0}")]
    Withheld(String),
    /// The files of a model cannot be served.
    #[error("{0}")]
    Model(String),
    /// The model failed over inputs that fit its signature.
    #[error("{0}")]
    Evaluation(String),
}
