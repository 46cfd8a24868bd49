//! Scenarios: what every asset returns in each of many futures, and how likely each is.
//!
//! In: the returns (scenarios × assets) and probabilities of a problem. Out: portfolio returns and
//! weighted sums of scenarios, at the cost of what they touch. Knows no risk measure.
//!
//! A cutting-plane method asks for the returns of portfolios with few assets, and for the sum of a
//! few scenarios. The first reads assets as columns, the second scenarios as rows: [`Columns`]
//! keeps the transpose, so that both run through memory in order.

use risk::Returns;

use crate::{AllocationError, Problem};

/// The scenarios of a problem.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenarios<'a> {
    pub returns: &'a Returns,
    /// One for each scenario; empty if all are equally likely.
    pub probabilities: &'a [f64],
}

impl<'a> Scenarios<'a> {
    /// The scenarios of `problem`, checked; an error that says `what` needs them if there are none.
    pub(crate) fn of(problem: &Problem<'a>, what: String) -> Result<Self, AllocationError> {
        let Some(returns) = problem.scenarios else {
            return Err(AllocationError::NoScenarios { what });
        };
        if returns.symbols() != &problem.moments.symbols {
            return Err(AllocationError::ScenarioSymbols);
        }
        let scenarios = Self { returns, probabilities: problem.probabilities };
        scenarios.check()?;
        Ok(scenarios)
    }

    fn check(&self) -> Result<(), AllocationError> {
        let count = self.count();
        if count == 0 {
            return Err(AllocationError::NoScenarios { what: "a risk measure".to_owned() });
        }
        if self.probabilities.is_empty() {
            return Ok(());
        }
        if self.probabilities.len() != count {
            let found = self.probabilities.len();
            return Err(AllocationError::Probabilities {
                wrong: format!("there are {found} for {count} scenarios"),
            });
        }
        if let Some(at) = self.probabilities.iter().position(|p| p.is_nan() || *p < 0.0) {
            let p = self.probabilities[at];
            return Err(AllocationError::Probabilities {
                wrong: format!("that of scenario {} is {p}", at + 1),
            });
        }
        let sum: f64 = self.probabilities.iter().sum();
        match (sum - 1.0).abs() <= 1e-9 {
            true => Ok(()),
            false => Err(AllocationError::Probabilities { wrong: format!("they sum to {sum}") }),
        }
    }

    /// How many scenarios there are.
    pub(crate) fn count(&self) -> usize {
        self.returns.rows()
    }

    pub(crate) fn probability(&self, scenario: usize) -> f64 {
        match self.probabilities {
            [] => 1.0 / self.count() as f64,
            given => given[scenario],
        }
    }

    /// Whether it can happen.
    pub(crate) fn possible(&self, scenario: usize) -> bool {
        self.probability(scenario) > 0.0
    }

    /// `1 − Σ p²`: turns a mean square into the sample variance; `1 − 1/T` if equally likely.
    pub(crate) fn correction(&self) -> f64 {
        match self.probabilities {
            [] => 1.0 - 1.0 / self.count() as f64,
            given => 1.0 - given.iter().map(|p| p * p).sum::<f64>(),
        }
    }

    /// The portfolio's return in each scenario.
    pub(crate) fn of_portfolio(&self, weights: &[f64]) -> Vec<f64> {
        let dot = |row: &[f64]| row.iter().zip(weights).map(|(r, w)| r * w).sum();
        (0..self.count()).map(|scenario| dot(self.returns.row(scenario))).collect()
    }

    /// `Σ_s q_s R_s`: the assets' returns summed over scenarios.
    pub(crate) fn weighted(&self, sum: &[(usize, f64)]) -> Vec<f64> {
        let mut total = vec![0.0; self.returns.cols()];
        for (scenario, q) in sum {
            for (total, r) in total.iter_mut().zip(self.returns.row(*scenario)) {
                *total += q * r;
            }
        }
        total
    }

    /// A number that other scenarios do not share, but for one chance in 2^64.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut lanes =
            [0x9E37_79B9_7F4A_7C15_u64, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 3];
        let mut mix = |values: &[f64]| {
            for four in values.chunks(4) {
                for (lane, value) in lanes.iter_mut().zip(four) {
                    let mixed = (*lane ^ value.to_bits()).wrapping_mul(0x9FB2_1C65_1E98_DF25);
                    *lane = mixed.rotate_left(29) ^ (mixed >> 32);
                }
            }
        };
        mix(self.returns.as_slice());
        mix(self.probabilities);
        mix(&[self.returns.cols() as f64, self.probabilities.len() as f64]);
        let join = |hash: u64, lane: &u64| {
            (hash.rotate_left(23) ^ lane).wrapping_mul(0xD6E8_FEB8_6659_FD93)
        };
        lanes.iter().fold(0, join)
    }
}

/// The scenarios asset by asset.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    rows: usize,
    values: Vec<f64>,
}

/// Scenarios that are transposed at a time, so that a block stays in the cache.
const BLOCK: usize = 16;

impl Columns {
    pub(crate) fn new(scenarios: &Scenarios<'_>) -> Self {
        let (rows, cols) = (scenarios.count(), scenarios.returns.cols());
        let mut values = vec![0.0; rows * cols];
        let source = scenarios.returns.as_slice();
        for first in (0..rows).step_by(BLOCK) {
            let last = (first + BLOCK).min(rows);
            for col in 0..cols {
                let target = &mut values[col * rows + first..col * rows + last];
                for (row, value) in (first..last).zip(target) {
                    *value = source[row * cols + col];
                }
            }
        }
        Self { rows, values }
    }

    /// The portfolio's return in each scenario; assets without weight are not read.
    pub(crate) fn of_portfolio(&self, weights: &[f64]) -> Vec<f64> {
        let mut total = vec![0.0; self.rows];
        for (asset, weight) in weights.iter().enumerate().filter(|(_, w)| **w != 0.0) {
            let column = &self.values[asset * self.rows..(asset + 1) * self.rows];
            for (total, r) in total.iter_mut().zip(column) {
                *total += weight * r;
            }
        }
        total
    }
}
