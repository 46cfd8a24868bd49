//! Mean estimators: what one observation's return is expected to be, from the past alone.
//!
//! In come [`Returns`] and their covariance, out comes one number for each symbol. Use them where
//! there is no forecast; sample means are noisy, which is why shrinkage and zero stand beside
//! them.

use serde::{Deserialize, Serialize};

use crate::covariance::{decay, require_rows, weighted_mean};
use crate::matrix::dot;
use crate::{Matrix, Returns, RiskError};

/// How a mean is estimated. In a mandate: `{ estimator = "bayes-stein" }`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "estimator", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MeanEstimator {
    /// The arithmetic mean.
    #[default]
    Sample,
    /// The mean with weights that halve every `half_life_days`.
    ExponentiallyWeighted {
        /// Rows after which a weight has halved; positive.
        half_life_days: f64,
    },
    /// The arithmetic means, pulled towards the mean `μ₀` of the minimum-variance portfolio.
    ///
    /// Jorion 1986, "Bayes-Stein estimation for portfolio analysis", eq. 14 and 17: the
    /// pull is `φ = (N + 2) / (N + 2 + T (μ − μ₀)' Σ⁻¹ (μ − μ₀))`, and `μ₀ = 1'Σ⁻¹μ / 1'Σ⁻¹1`.
    /// Σ is the covariance as it is estimated, without Jorion's factor `(T − 1) / (T − N − 2)`; it
    /// must be positive definite.
    BayesStein,
    /// Zero for every symbol: an optimiser that should look at risk alone.
    Zero,
}

impl MeanEstimator {
    /// The mean of each column, in the units of one observation.
    pub fn estimate(&self, returns: &Returns, covariance: &Matrix) -> Result<Vec<f64>, RiskError> {
        require_rows("a mean", returns.rows(), 1)?;
        match *self {
            Self::Sample => Ok(sample(returns)),
            Self::ExponentiallyWeighted { half_life_days } => {
                let weights = decay(returns.rows(), half_life_days)?;
                Ok(weighted_mean(returns, |row| weights[row]))
            }
            Self::BayesStein => bayes_stein(returns, covariance),
            Self::Zero => Ok(vec![0.0; returns.cols()]),
        }
    }
}

fn sample(returns: &Returns) -> Vec<f64> {
    let weight = 1.0 / returns.rows() as f64;
    weighted_mean(returns, |_| weight)
}

fn bayes_stein(returns: &Returns, covariance: &Matrix) -> Result<Vec<f64>, RiskError> {
    let (t, n) = (returns.rows() as f64, returns.cols() as f64);
    let mut mean = sample(returns);
    let factor = covariance.cholesky()?;
    let inverse_ones = factor.solve(&vec![1.0; returns.cols()]);
    let centre = dot(&inverse_ones, &mean) / inverse_ones.iter().sum::<f64>();
    let excess: Vec<f64> = mean.iter().map(|mean| mean - centre).collect();
    let distance = dot(&excess, &factor.solve(&excess));
    let shrinkage = (n + 2.0) / (n + 2.0 + t * distance);
    for mean in &mut mean {
        *mean += shrinkage * (centre - *mean);
    }
    Ok(mean)
}
