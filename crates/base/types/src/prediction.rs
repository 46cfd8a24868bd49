//! From what is known to what is expected.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Date, Digest, Symbol};

/// The newest feature vectors: one row for each symbol. NaN where a feature is not defined.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// The day that they describe.
    pub as_of: Date,
    /// The rows.
    pub symbols: Arc<[Symbol]>,
    /// The columns.
    pub names: Arc<[String]>,
    /// Symbols × names, row by row.
    pub values: Vec<f64>,
}

impl Features {
    /// The feature vector of one symbol.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.names.len()..(row + 1) * self.names.len()]
    }
}

/// A registered model version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelRef {
    /// The registered name.
    pub name: String,
    /// The version, counted from 1.
    pub version: u32,
    /// The digest of the model file that forecasts.
    pub digest: Digest,
}

/// What each symbol is expected to return from `as_of` over the horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// The day on which it was made.
    pub as_of: Date,
    /// Trading days that it looks ahead.
    pub horizon_days: u32,
    /// The symbols, one for each expected return.
    pub symbols: Arc<[Symbol]>,
    /// Simple returns over the horizon, as fractions.
    pub expected_return: Vec<f64>,
    /// The model version that made it; `None` where no model is involved.
    pub model: Option<ModelRef>,
}
