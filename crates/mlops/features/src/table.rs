//! Features of many days.

use std::sync::Arc;

use types::{Date, Features, Symbol};

/// The feature vectors of every symbol on every day. NaN where a feature is not defined.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    /// The days.
    pub dates: Arc<[Date]>,
    /// The symbols.
    pub symbols: Arc<[Symbol]>,
    /// The features.
    pub names: Arc<[String]>,
    /// Dates × symbols × names.
    pub values: Vec<f64>,
}

impl FeatureTable {
    /// The vectors of one day: symbols × names.
    pub fn row(&self, day: usize) -> &[f64] {
        let size = self.symbols.len() * self.names.len();
        &self.values[day * size..(day + 1) * size]
    }

    /// The vectors of one day, as the noun that a model takes.
    pub fn features(&self, day: usize) -> Features {
        Features {
            as_of: self.dates[day],
            symbols: self.symbols.clone(),
            names: self.names.clone(),
            values: self.row(day).to_vec(),
        }
    }
}
