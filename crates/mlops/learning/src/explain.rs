//! What a forecast is made of: Shapley values of the features (Lundberg and Lee 2017).
//!
//! In: a model file, background rows (usually those of the training) and the rows to explain. Out:
//! for each row one value for each feature; with the base they add up to the forecast. Files that
//! end in trees or in a linear model, with nothing before them that mixes features, are explained
//! exactly; others by sampling. Whatever wrote the file, only the file is asked.

mod chain;
mod sampled;
mod trees;

use chain::{Chain, End};

use crate::{LearnError, Model};

/// How values were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `w·(x - mean of the background)`: exact for a linear model whose features are independent
    /// (Lundberg and Lee 2017, corollary 1).
    Linear,
    /// Exact for trees, by the way that rows take through them (Lundberg, Erion and Lee 2018,
    /// algorithm 2): a feature that is not known is averaged over the background rows of the node.
    Trees,
    /// The mean over random orders of the features (Štrumbelj and Kononenko 2014): a feature that
    /// is not known has the value of a background row.
    Sampled,
}

/// Shapley values of the features.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// How they were found.
    pub method: Method,
    /// What is forecast where nothing is known of the features.
    pub base: f64,
    /// Rows × features, in the unit of the forecast.
    pub values: Vec<f64>,
    /// Features.
    pub features: usize,
}

impl Explanation {
    /// The mean absolute value of each feature: how much it moves forecasts.
    pub fn importance(&self) -> Vec<f64> {
        let rows = (self.values.len() / self.features).max(1) as f64;
        let mut sums = vec![0.0; self.features];
        for row in self.values.chunks_exact(self.features) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value.abs() / rows);
        }
        sums
    }
}

/// How values are sampled where no exact way is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Orders of the features for each row; each is walked forwards and backwards. The values'
    /// standard error falls with the square root of their number.
    pub orders: usize,
    /// The seed of the orders.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { orders: 50, seed: 0 }
    }
}

/// Explains the forecasts of `x`, rows × features, against `background`, rows × features.
///
/// Cost: trees rows × leaves × depth²; a linear model rows × features; sampling 2 × rows × orders ×
/// features forecasts.
///
/// # Errors
/// Those of [`Model::load`] and [`Model::predict`]; [`LearnError::Input`] where the background has
/// no row; [`LearnError::Explanation`] for trees deeper than 256 levels.
pub fn shapley(
    file: &[u8],
    background: &[f64],
    x: &[f64],
    sampling: Sampling,
) -> Result<Explanation, LearnError> {
    let model = Model::load(file)?;
    let features = model.features();
    let whole = |values: &[f64]| values.len().is_multiple_of(features);
    if background.is_empty() || !whole(background) || !whole(x) {
        let found = if whole(x) { background.len() } else { x.len() };
        return Err(LearnError::Input { features, found });
    }
    let Some(chain) = Chain::of(file)? else {
        return sampled::explain(&model, background, x, sampling);
    };
    let (base, of_columns, method) = {
        let (known, rows) = (chain.before(background)?, chain.before(x)?);
        match &chain.end {
            End::Linear(end) => {
                let (base, values) = end.explain(&known, &rows);
                (base, values, Method::Linear)
            }
            End::Trees(end) => {
                let (base, values) = end.explain(&known, &rows, chain.columns.len());
                (base, values, Method::Trees)
            }
        }
    };
    let mut values = vec![0.0; x.len()];
    let rows = values.chunks_exact_mut(features);
    for (row, found) in rows.zip(of_columns.chunks_exact(chain.columns.len())) {
        chain.columns.iter().zip(found).for_each(|(feature, value)| row[*feature] += value);
    }
    Ok(Explanation { method, base, values, features })
}
