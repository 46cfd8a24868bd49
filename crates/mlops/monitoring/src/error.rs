//! What this room refuses.

/// Why something could not be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitoringError {
    /// The values are not a whole number of rows.
    #[error(
        "{values} values are not whole rows of {columns} features: give rows × features, row by row"
    )]
    Shape {
        /// How many values came.
        values: usize,
        /// How many features there are.
        columns: usize,
    },
    /// Nothing to compare.
    #[error("there are no rows of {0} features: a comparison needs at least one")]
    NoRows(&'static str),
    /// The recent rows have other features than the training.
    #[error("recent features [{recent}] are not those of the training [{training}]")]
    OtherFeatures {
        /// The recent names, in order.
        recent: String,
        /// The names of the training, in order.
        training: String,
    },
    /// A threshold that can never or always alarm.
    #[error("alarm threshold {threshold} of test `{test}` is out of range: use {range}")]
    Threshold {
        /// The test.
        test: &'static str,
        /// What was given.
        threshold: String,
        /// What is allowed.
        range: &'static str,
    },
    /// A word that is not in the list.
    #[error("`{word}` is not {what}: use one of {known}")]
    UnknownWord {
        /// What was written.
        word: String,
        /// What it should have been.
        what: &'static str,
        /// What is allowed.
        known: String,
    },
    /// Predictions and outcomes that do not pair.
    #[error(
        "{predicted} predictions cannot be compared with {realised} outcomes: give one for each"
    )]
    Unpaired {
        /// How many predictions came.
        predicted: usize,
        /// How many outcomes came.
        realised: usize,
    },
}
