//! Statistical factor models: the factors are the principal components of the correlation.
//!
//! In come returns, out comes a model whose factors have no name and no correlation. Use it where
//! no factor returns are at hand.

use serde::{Deserialize, Serialize};

use super::FactorModel;
use crate::covariance::{moving_sample, signals, standardised};
use crate::{Matrix, Returns, RiskError, dense};

/// How many components count as factors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "components", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Components {
    /// So many.
    Count {
        /// From 1 to the number of symbols.
        count: usize,
    },
    /// The fewest that explain more than this part of the (standardised) variance.
    Explained {
        /// Above 0, below 1.
        part: f64,
    },
    /// Those above what noise can give: see [`denoise`](crate::denoise). At least one.
    MarchenkoPastur,
}

/// The model of the largest principal components of the sample correlation, each symbol's loading
/// scaled by its volatility. Factors have the eigenvalues as variances; an eigenvector's largest
/// entry is positive, so that the sign does not depend on rounding. The specific variance is what
/// is missing to the sample variance, so the diagonal is the sample's (Connor and Korajczyk 1986;
/// Fan, Liao and Mincheva 2013, "Large covariance estimation by thresholding principal orthogonal
/// complements", with all of the remainder off the diagonal dropped).
///
/// Fails with fewer than two days or if a symbol never moves. Costs one eigendecomposition.
pub fn statistical(returns: &Returns, components: Components) -> Result<FactorModel, RiskError> {
    crate::covariance::require_rows("principal components", returns.rows(), 2)?;
    let covariance = moving_sample(returns)?;
    let (sigma, correlation) = standardised(&covariance)?;
    let (values, vectors) = dense::eigen(&correlation)?;
    let n = values.len();
    let k = components.count(&values, returns.rows())?;
    let mut loadings = vec![0.0; n * k];
    for factor in 0..k {
        let vector: Vec<f64> = (0..n).map(|row| vectors[(row, n - 1 - factor)]).collect();
        let largest =
            vector.iter().fold(0.0_f64, |max, v| if v.abs() > max.abs() { *v } else { max });
        for (row, value) in vector.iter().enumerate() {
            loadings[row * k + factor] = value * largest.signum() * sigma[row];
        }
    }
    let variances: Vec<f64> = (0..k).map(|factor| values[n - 1 - factor].max(0.0)).collect();
    let specific_variances = (0..n)
        .map(|row| {
            let own = &loadings[row * k..(row + 1) * k];
            let common: f64 = own.iter().zip(&variances).map(|(b, v)| b * b * v).sum();
            (covariance.at(row, row) - common).max(0.0)
        })
        .collect();
    Ok(FactorModel {
        symbols: returns.symbols().clone(),
        intercepts: vec![0.0; n],
        loadings,
        factor_covariance: Matrix::diagonal(&variances),
        specific_variances,
    })
}

impl Components {
    /// How many of the eigenvalues, smallest first.
    fn count(self, eigenvalues: &[f64], observations: usize) -> Result<usize, RiskError> {
        let n = eigenvalues.len();
        match self {
            Self::Count { count } if (1..=n).contains(&count) => Ok(count),
            Self::Count { count } => {
                let must = "from 1 to the number of symbols";
                Err(RiskError::Parameter { name: "count", found: count as f64, must })
            }
            Self::Explained { part } if part > 0.0 && part < 1.0 => {
                let total: f64 = eigenvalues.iter().sum();
                let mut explained = 0.0;
                let enough = eigenvalues.iter().rev().position(|value| {
                    explained += value / total;
                    explained > part
                });
                Ok(enough.map_or(n, |at| at + 1))
            }
            Self::Explained { part } => {
                let must = "above 0 and below 1, such as 0.95";
                Err(RiskError::Parameter { name: "part", found: part, must })
            }
            Self::MarchenkoPastur => Ok(signals(eigenvalues, observations)?.max(1)),
        }
    }
}
