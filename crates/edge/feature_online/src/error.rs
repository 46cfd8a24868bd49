//! Why a question about features was not answered, or rows were not taken.

use feature_store::FeatureStoreError;
use online::OnlineError;

/// Why something was not done. Nothing was written where one comes back from writing.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ServingError {
    /// There is no such view.
    #[error("feature view {0} does not exist{1}")]
    UnknownView(String, String),
    /// There is no such service.
    #[error("feature service {0} does not exist{1}")]
    UnknownService(String, String),
    /// There is no such push source.
    #[error("unable to find push source '{0}'{1}")]
    UnknownPushSource(String, String),
    /// A view has no such feature.
    #[error("feature {feature} not found in feature view {view}{hint}")]
    UnknownFeature {
        /// The view.
        view: String,
        /// The feature.
        feature: String,
        /// What may have been meant.
        hint: String,
    },
    /// Two columns of an answer would have one name.
    #[error("duplicate features named {0}: ask with full_feature_names, or for one of them")]
    Collision(String),
    /// Columns that come with the question are missing.
    #[error(
        "required request data source features {0:?} not found in the entity rows, but required by \
         feature views"
    )]
    MissingRequest(Vec<String>),
    /// Join keys are missing.
    #[error("missing join key values for keys: {missing:?}; provided: {given:?}")]
    MissingKeys {
        /// Those that are missing.
        missing: Vec<String>,
        /// The columns that came.
        given: Vec<String>,
    },
    /// A value is none of its type.
    #[error("column {column}, row {row}: {what}")]
    Value {
        /// The column.
        column: String,
        /// The row, from nought.
        row: usize,
        /// What is wrong with it.
        what: String,
    },
    /// There are too many rows.
    #[error("{rows} rows are more than the {most} that are taken at once: send them in parts")]
    TooMany {
        /// How many came.
        rows: usize,
        /// How many are taken.
        most: usize,
    },
    /// What was asked cannot be done as it stands.
    #[error("{0}")]
    Asked(String),
    /// A view is at work already.
    #[error("{0:?} are being materialised already: wait for it to end")]
    Busy(Vec<String>),
    /// The online store.
    #[error(transparent)]
    Online(#[from] OnlineError),
    /// The feature store.
    #[error(transparent)]
    Store(#[from] FeatureStoreError),
}
