//! Factor models: returns as a few common causes and what remains of each symbol.
//!
//! In come returns, and with them nothing ([`statistical`]), the returns of factors
//! ([`time_series`]) or characteristics of the symbols ([`cross_sectional`]); out comes a
//! [`FactorModel`], whose covariance `B Σ_F B' + D` has far fewer numbers to estimate than `N²`.

mod cross_section;
mod least_squares;
mod statistical;
mod stepwise;
mod time_series;

use std::sync::Arc;

use types::Symbol;

use crate::matrix::dot;
use crate::{Matrix, RiskError};

pub use cross_section::{CrossSection, Exposures, cross_sectional};
pub(crate) use least_squares::least_squares;
pub use statistical::{Components, statistical};
pub use stepwise::Selection;
pub use time_series::time_series;

/// `r = a + B f + e`, with factors `f` of covariance `Σ_F`, and `e` that neither the factors nor
/// each other explain.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorModel {
    /// The symbols, one for each row of the loadings.
    pub symbols: Arc<[Symbol]>,
    /// `a`: what each symbol returns beyond its factors, for one observation.
    pub intercepts: Vec<f64>,
    /// `B`, symbols × factors, row by row.
    pub loadings: Vec<f64>,
    /// `Σ_F`, for one observation.
    pub factor_covariance: Matrix,
    /// The diagonal of `D`: the variance of each symbol's `e`.
    pub specific_variances: Vec<f64>,
}

impl FactorModel {
    /// How many factors there are.
    pub fn factors(&self) -> usize {
        self.factor_covariance.n()
    }

    /// The loadings of one symbol.
    pub fn loadings_of(&self, symbol: usize) -> &[f64] {
        &self.loadings[symbol * self.factors()..(symbol + 1) * self.factors()]
    }

    /// `B Σ_F B' + D`. Costs `N² K`.
    pub fn covariance(&self) -> Matrix {
        let n = self.symbols.len();
        let along: Vec<Vec<f64>> =
            (0..n).map(|i| self.factor_covariance.mul_vec(self.loadings_of(i))).collect();
        Matrix::from_fn(n, |row, col| {
            let common = dot(&along[row], self.loadings_of(col));
            if row == col { common + self.specific_variances[row] } else { common }
        })
    }

    /// `B' w`: how much of each factor a portfolio holds.
    pub fn exposures(&self, weights: &[f64]) -> Result<Vec<f64>, RiskError> {
        crate::moments::check_len("weights", weights, self.symbols.len())?;
        let mut sums = vec![0.0; self.factors()];
        for (symbol, weight) in weights.iter().enumerate() {
            for (sum, loading) in sums.iter_mut().zip(self.loadings_of(symbol)) {
                *sum += weight * loading;
            }
        }
        Ok(sums)
    }

    /// `a + B μ_F`, for expected factor returns `μ_F`.
    pub fn mean(&self, factor_means: &[f64]) -> Result<Vec<f64>, RiskError> {
        crate::moments::check_len("factor means", factor_means, self.factors())?;
        let symbols = self.intercepts.iter().enumerate();
        Ok(symbols.map(|(i, own)| own + dot(self.loadings_of(i), factor_means)).collect())
    }
}
