//! Returns with gaps: symbols that were listed late, left early, or did not trade on a day.
//!
//! In comes a panel or a table with NaN where a return is unknown; out come means and covariances
//! over the days that there are, the universe that has enough of them, and complete [`Returns`]
//! for every other estimator.

use std::sync::Arc;

use types::{Panel, Symbol};

use crate::covariance::require_rows;
use crate::{Matrix, Moments, ReturnKind, Returns, RiskError};

/// Days × symbols, row by row, oldest day first; NaN where a return is unknown.
#[derive(Debug, Clone)]
pub struct PartialReturns {
    symbols: Arc<[Symbol]>,
    values: Vec<f64>,
}

impl PartialReturns {
    /// Returns that are known already, one row of `symbols.len()` values after another; NaN where
    /// one is not. Infinite values are refused.
    pub fn new(symbols: Vec<Symbol>, values: Vec<f64>) -> Result<Self, RiskError> {
        let cols = symbols.len();
        if cols == 0 {
            return Err(RiskError::NoSymbols);
        }
        if let Some(at) = values.iter().position(|value| value.is_infinite()) {
            return Err(RiskError::NotFinite { what: "returns", row: at / cols, col: at % cols });
        }
        let known = values.iter().map(|value| if value.is_nan() { 0.0 } else { *value });
        let complete = Returns::new(symbols, known.collect())?;
        Ok(Self { symbols: complete.symbols().clone(), values })
    }

    /// The last `rows` returns of the `close` prices of `panel`, or as many as there are. A return
    /// is unknown where either price is; a price that is zero, negative or infinite is an error.
    pub fn from_panel(panel: &Panel, rows: usize, kind: ReturnKind) -> Result<Self, RiskError> {
        let prices = panel.view("close")?;
        if prices.cols == 0 {
            return Err(RiskError::NoSymbols);
        }
        let first = prices.rows.saturating_sub(rows).max(1);
        let mut values = Vec::new();
        for row in first.min(prices.rows)..prices.rows {
            for col in 0..prices.cols {
                let pair = [prices.at(row - 1, col), prices.at(row, col)];
                for (price, row) in pair.into_iter().zip([row - 1, row]) {
                    if price <= 0.0 || price.is_infinite() {
                        let symbol = panel.symbols()[col].clone();
                        return Err(RiskError::BadPrice {
                            symbol,
                            date: panel.dates()[row],
                            price,
                        });
                    }
                }
                values.push(match kind {
                    ReturnKind::Simple => pair[1] / pair[0] - 1.0,
                    ReturnKind::Log => (pair[1] / pair[0]).ln(),
                });
            }
        }
        Ok(Self { symbols: panel.shared_symbols(), values })
    }

    /// The symbols, one for each column.
    pub fn symbols(&self) -> &Arc<[Symbol]> {
        &self.symbols
    }

    /// Days.
    pub fn rows(&self) -> usize {
        self.values.len() / self.symbols.len()
    }

    /// How many returns of each symbol are known.
    pub fn counts(&self) -> Vec<usize> {
        (0..self.symbols.len()).map(|col| self.known(col).count()).collect()
    }

    /// The columns of those that can be held and estimated now: with at least `at_least` returns
    /// known, one of them on the last day. A universe that changes is this, day by day.
    pub fn present(&self, at_least: usize) -> Vec<usize> {
        let cols = self.symbols.len();
        let last = self.values.len().saturating_sub(cols);
        let counts = self.counts();
        (0..cols)
            .filter(|col| counts[*col] >= at_least)
            .filter(|col| self.values.get(last + col).is_some_and(|value| !value.is_nan()))
            .collect()
    }

    /// These columns alone, in this order (panics if one does not exist).
    pub fn select(&self, columns: &[usize]) -> Result<Self, RiskError> {
        let symbols = columns.iter().map(|col| self.symbols[*col].clone()).collect();
        let rows = self.values.chunks_exact(self.symbols.len());
        let values = rows.flat_map(|row| columns.iter().map(|col| row[*col])).collect();
        Self::new(symbols, values)
    }

    /// The days on which every symbol's return is known.
    pub fn complete(&self) -> Result<Returns, RiskError> {
        let rows = self.values.chunks_exact(self.symbols.len());
        let whole = rows.filter(|row| row.iter().all(|value| !value.is_nan()));
        Returns::new(self.symbols.to_vec(), whole.flatten().copied().collect())
    }

    /// The mean of the known returns of each symbol; an error if there is none.
    pub fn mean(&self) -> Result<Vec<f64>, RiskError> {
        (0..self.symbols.len())
            .map(|col| {
                let count = self.known(col).count();
                require_rows("a mean", count, 1)?;
                Ok(self.known(col).sum::<f64>() / count as f64)
            })
            .collect()
    }

    /// The covariance of each pair over the days that the two have in common, with the means of
    /// those days, over their number less 1: pandas' `DataFrame.cov`. Every pair needs `at_least`
    /// (2 or more) days in common.
    ///
    /// Pairs rest on different days, so the matrix may not be positive semidefinite:
    /// [`moments`](Self::moments) repairs it. Costs `T N²`.
    pub fn pairwise_covariance(&self, at_least: usize) -> Result<Matrix, RiskError> {
        let cols = self.symbols.len();
        let columns: Vec<Vec<f64>> = (0..cols)
            .map(|col| self.values.iter().skip(col).step_by(cols).copied().collect())
            .collect();
        let mut lacking = None;
        let covariance = Matrix::from_fn(cols, |row, col| {
            let (count, covariance) = common(&columns[row], &columns[col]);
            if count < at_least.max(2) {
                lacking.get_or_insert((col, row, count));
                return 0.0;
            }
            covariance
        });
        match lacking {
            None => Ok(covariance),
            Some((first, second, found)) => Err(RiskError::TooFewCommon {
                first: self.symbols[first].clone(),
                second: self.symbols[second].clone(),
                needed: at_least.max(2),
                found,
            }),
        }
    }

    /// The available-case means and pairwise covariances, the latter made positive semidefinite
    /// where they are not; `observations` is the smallest number of returns of a symbol.
    pub fn moments(&self, at_least: usize) -> Result<Moments, RiskError> {
        let fewest = self.counts().into_iter().min().unwrap_or(0);
        let covariance = self.pairwise_covariance(at_least)?;
        Moments::new(self.symbols.clone(), self.mean()?, covariance, fewest)
    }

    fn known(&self, col: usize) -> impl Iterator<Item = f64> {
        let column = self.values.iter().skip(col).step_by(self.symbols.len());
        column.copied().filter(|value| !value.is_nan())
    }
}

/// How many rows both have, and the covariance over those.
fn common(a: &[f64], b: &[f64]) -> (usize, f64) {
    let both = || a.iter().zip(b).filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (count, sum_a, sum_b) =
        both().fold((0_usize, 0.0, 0.0), |(n, x, y), (a, b)| (n + 1, x + a, y + b));
    let (mean_a, mean_b) = (sum_a / count as f64, sum_b / count as f64);
    let products: f64 = both().map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    (count, products / (count.max(2) - 1) as f64)
}
