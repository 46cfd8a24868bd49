//! Covariance estimators: how returns move together.
//!
//! In come [`Returns`], out comes a covariance in the units of one observation. Use the sample
//! covariance when there are many more days than symbols, Ledoit–Wolf otherwise, exponential
//! weights when the recent past matters more. None of them knows about forecasts.

use serde::{Deserialize, Serialize};

use crate::{Matrix, Returns, RiskError, dense, ledoit_wolf};

/// How a covariance is estimated. In a mandate: `{ estimator = "ledoit-wolf" }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "estimator", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CovarianceEstimator {
    /// Sums of products of deviations from the mean, over `T − 1`.
    ///
    /// Singular when there are no more returns than symbols.
    Sample,
    /// Weights that halve every `half_life_days`, deviations from the mean under the same
    /// weights, with the correction for bias `1 / (1 − Σw²)` for weights that sum to one.
    ///
    /// This is what `ewm(halflife=h).cov()` gives in pandas, not the zero-mean recursion of
    /// RiskMetrics.
    ExponentiallyWeighted {
        /// Rows after which a weight has halved; positive.
        half_life_days: f64,
    },
    /// The sample covariance (over `T`) pulled towards a structured target, by the amount that
    /// minimises the expected squared error. Positive definite also with fewer returns than
    /// symbols, wherever the intensity is above 0; with two returns it is always 0.
    LedoitWolf {
        /// What it is pulled towards.
        #[serde(default)]
        target: ShrinkageTarget,
    },
}

/// What Ledoit–Wolf pulls the sample covariance towards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ShrinkageTarget {
    /// The mean variance times the identity (Ledoit and Wolf 2004, "A well-conditioned estimator
    /// for large-dimensional covariance matrices", §2–3).
    #[default]
    ScaledIdentity,
    /// Each symbol's own variance and one correlation for all pairs, the mean of the sample's
    /// (Ledoit and Wolf 2004, "Honey, I shrunk the sample covariance matrix", appendix).
    ConstantCorrelation,
}

impl Default for CovarianceEstimator {
    fn default() -> Self {
        Self::LedoitWolf { target: ShrinkageTarget::default() }
    }
}

impl CovarianceEstimator {
    /// The covariance of one observation's returns, and the shrinkage intensity (from 0, the
    /// sample, to 1, the target) where there is one.
    pub fn estimate(&self, returns: &Returns) -> Result<(Matrix, Option<f64>), RiskError> {
        require_rows("a covariance", returns.rows(), 2)?;
        match *self {
            Self::Sample => Ok((sample(returns), None)),
            Self::ExponentiallyWeighted { half_life_days } => {
                Ok((weighted(returns, half_life_days)?, None))
            }
            Self::LedoitWolf { target } => {
                let (covariance, shrinkage) = match target {
                    ShrinkageTarget::ScaledIdentity => ledoit_wolf::scaled_identity(returns),
                    ShrinkageTarget::ConstantCorrelation => {
                        ledoit_wolf::constant_correlation(returns)?
                    }
                };
                Ok((covariance, Some(shrinkage)))
            }
        }
    }
}

/// That there are at least `needed` rows.
pub(crate) fn require_rows(
    estimator: &'static str,
    found: usize,
    needed: usize,
) -> Result<(), RiskError> {
    if found < needed {
        return Err(RiskError::TooFew { estimator, needed, found });
    }
    Ok(())
}

/// The weight of each row, oldest first, summing to one and halving every `half_life` rows.
pub(crate) fn decay(rows: usize, half_life: f64) -> Result<Vec<f64>, RiskError> {
    if !(half_life.is_finite() && half_life > 0.0) {
        return Err(RiskError::Parameter {
            name: "half_life_days",
            found: half_life,
            must: "a positive number of rows",
        });
    }
    let raw: Vec<f64> =
        (0..rows).map(|row| (-((rows - 1 - row) as f64) / half_life).exp2()).collect();
    let total: f64 = raw.iter().sum();
    Ok(raw.into_iter().map(|weight| weight / total).collect())
}

/// The mean of each column under row weights that sum to one.
pub(crate) fn weighted_mean(returns: &Returns, weight: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut mean = vec![0.0; returns.cols()];
    for row in 0..returns.rows() {
        let weight = weight(row);
        for (sum, value) in mean.iter_mut().zip(returns.row(row)) {
            *sum += weight * value;
        }
    }
    mean
}

/// The deviations from `mean`, each row times `scale(row)`.
pub(crate) fn deviations(
    returns: &Returns,
    mean: &[f64],
    scale: impl Fn(usize) -> f64,
) -> Vec<f64> {
    (0..returns.rows())
        .flat_map(|row| {
            let scale = scale(row);
            let pairs = returns.row(row).iter().zip(mean);
            pairs.map(move |(value, mean)| (value - mean) * scale)
        })
        .collect()
}

/// The deviations from the equally weighted mean.
pub(crate) fn centred(returns: &Returns) -> Vec<f64> {
    let weight = 1.0 / returns.rows() as f64;
    deviations(returns, &weighted_mean(returns, |_| weight), |_| 1.0)
}

fn sample(returns: &Returns) -> Matrix {
    let (rows, cols) = (returns.rows(), returns.cols());
    dense::gram(&centred(returns), rows, cols).scaled(1.0 / (rows - 1) as f64)
}

fn weighted(returns: &Returns, half_life: f64) -> Result<Matrix, RiskError> {
    let (rows, cols) = (returns.rows(), returns.cols());
    let weights = decay(rows, half_life)?;
    let mean = weighted_mean(returns, |row| weights[row]);
    let scaled = deviations(returns, &mean, |row| weights[row].sqrt());
    let bias = 1.0 - weights.iter().map(|weight| weight * weight).sum::<f64>();
    if bias <= f64::EPSILON {
        return Err(RiskError::Parameter {
            name: "half_life_days",
            found: half_life,
            must: "long enough that more than one row counts",
        });
    }
    Ok(dense::gram(&scaled, rows, cols).scaled(1.0 / bias))
}
