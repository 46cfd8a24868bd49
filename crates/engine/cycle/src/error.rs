//! Why a decision could not be made.

use types::Date;

/// Why a decision could not be made. Nothing was decided and nothing was placed.
#[derive(Debug, thiserror::Error)]
#[error("{day}: {what}")]
pub struct CycleError {
    /// The day.
    pub day: Date,
    /// In which step, and what went wrong there.
    pub what: String,
}

impl CycleError {
    /// Of the step that failed.
    pub fn new(day: Date, step: &str, error: impl std::fmt::Display) -> Self {
        Self { day, what: format!("{step}: {error}") }
    }
}
