//! Filtered historical simulation: yesterday's shocks at today's volatility.
//!
//! In come historical returns; out come scenarios of the returns over a horizon. What moved all
//! symbols on one day stays together, and what made that day calm or wild is replaced by what today
//! is (Barone-Adesi, Giannopoulos and Vosper 1999, "VaR without correlations for portfolios of
//! derivative securities"). It does not know what is held.

use super::random::Stream;
use super::volatility::Garch;
use crate::{Returns, RiskError};

/// Shocks of the past, and the volatility of the day to come.
#[derive(Debug, Clone, PartialEq)]
pub struct FilteredHistory {
    means: Vec<f64>,
    models: Vec<Garch>,
    /// Variances of the day to come.
    next: Vec<f64>,
    /// Moves over the volatility of their day, days × symbols.
    shocks: Returns,
}

impl FilteredHistory {
    /// Filters each symbol with a model that `choose` makes from its moves: `Garch::fit`, or
    /// `|_| Garch::exponential(0.94)`.
    ///
    /// Fails as `choose` does, and for a symbol that never moves.
    pub fn new(
        returns: &Returns,
        choose: impl Fn(&[f64]) -> Result<Garch, RiskError>,
    ) -> Result<Self, RiskError> {
        let (rows, cols) = (returns.rows(), returns.cols());
        crate::covariance::require_rows("filtered historical simulation", rows, 2)?;
        let (mut means, mut models, mut next) = (Vec::new(), Vec::new(), Vec::new());
        let mut shocks = vec![0.0; rows * cols];
        for col in 0..cols {
            let column = || (0..rows).map(|row| returns.row(row)[col]);
            let mean = column().sum::<f64>() / rows as f64;
            let moves: Vec<f64> = column().map(|r| r - mean).collect();
            let model = choose(&moves)?;
            let variances = model.variances(&moves);
            for (row, (r, variance)) in moves.iter().zip(&variances).enumerate() {
                if *variance <= 0.0 {
                    let symbol = returns.symbols()[col].clone();
                    return Err(RiskError::Constant { symbol });
                }
                shocks[row * cols + col] = r / variance.sqrt();
            }
            means.push(mean);
            models.push(model);
            next.push(variances[rows]);
        }
        let shocks = Returns::new(returns.symbols().to_vec(), shocks)?;
        Ok(Self { means, models, next, shocks })
    }

    /// The model of each symbol.
    pub fn models(&self) -> &[Garch] {
        &self.models
    }

    /// The volatility of each symbol on the day to come.
    pub fn volatilities(&self) -> Vec<f64> {
        self.next.iter().map(|variance| variance.sqrt()).collect()
    }

    /// `rows` scenarios of the compounded simple returns over `horizon` days. On each day a past day
    /// is drawn, all symbols take its shocks at their own volatility, and the volatility follows.
    /// Scenario `i` depends on the seed and `i` only.
    ///
    /// Fails if `horizon` is 0.
    pub fn draw(&self, horizon: usize, rows: usize, seed: u64) -> Result<Returns, RiskError> {
        crate::covariance::require_rows("a horizon", horizon, 1)?;
        let cols = self.means.len();
        let mut values = Vec::with_capacity(rows * cols);
        for row in 0..rows {
            let mut stream = Stream::new(seed, row as u64, 0);
            let (mut variances, mut growth) = (self.next.clone(), vec![1.0; cols]);
            for _ in 0..horizon {
                let shocks = self.shocks.row(stream.below(self.shocks.rows()));
                for col in 0..cols {
                    let r = variances[col].sqrt() * shocks[col];
                    growth[col] *= 1.0 + self.means[col] + r;
                    variances[col] = self.models[col].next(r * r, variances[col]);
                }
            }
            values.extend(growth.iter().map(|growth| growth - 1.0));
        }
        Returns::new(self.shocks.symbols().to_vec(), values)
    }
}
