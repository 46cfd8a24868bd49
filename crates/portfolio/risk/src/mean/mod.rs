//! Mean estimators: what one observation's return is expected to be, from the past alone.
//!
//! In come [`Returns`] and their covariance, out comes one number for each symbol. Use them where
//! there is no forecast; sample means are noisy, which is why shrinkage, models and zero stand
//! beside them.

mod equilibrium;
mod shrinkage;

use serde::{Deserialize, Serialize};

use crate::covariance::{decay, require_rows, weighted_mean};
use crate::{Matrix, Returns, RiskError};

pub use equilibrium::{betas, capital_asset_pricing, equilibrium, implied_risk_aversion};

/// How a mean is estimated. In a mandate: `{ estimator = "bayes-stein" }`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "estimator", rename_all = "kebab-case", deny_unknown_fields)]
pub enum MeanEstimator {
    /// The arithmetic mean.
    #[default]
    Sample,
    /// The constant return that compounds to what was earned: `(Π (1 + r))^(1/T) − 1`. About half
    /// a variance below the arithmetic mean, which is the one that a one-period objective wants.
    Geometric,
    /// The mean with weights that halve every `half_life_days`.
    ExponentiallyWeighted {
        /// Rows after which a weight has halved; positive.
        half_life_days: f64,
    },
    /// The arithmetic means, pulled towards their own mean `b` by
    /// `(tr Σ − 2 λ₁) / (T (μ − b)'(μ − b))`, within 0 and 1 (James and Stein 1961; Meucci 2005,
    /// "Risk and Asset Allocation", §4.4). Where one mode holds more than half of all variance, as
    /// the market often does, the pull is 0.
    JamesStein,
    /// The arithmetic means, pulled towards the mean `μ₀` of the minimum-variance portfolio.
    ///
    /// Jorion 1986, "Bayes-Stein estimation for portfolio analysis", eq. 14 and 17: the
    /// pull is `φ = (N + 2) / (N + 2 + T (μ − μ₀)' Σ⁻¹ (μ − μ₀))`, and `μ₀ = 1'Σ⁻¹μ / 1'Σ⁻¹1`.
    /// Σ is the covariance as it is estimated, without Jorion's factor `(T − 1) / (T − N − 2)`; it
    /// must be positive definite.
    BayesStein,
    /// `α μ + β b`, with the arithmetic means `μ`, their mean `b` for every symbol, and the `α` and
    /// `β` that minimise the expected loss under Σ⁻¹ as `N` and `T` grow together (Bodnar, Okhrin
    /// and Parolya 2019, "Optimal shrinkage estimator for high-dimensional mean vector"). Needs more returns than symbols and a positive definite covariance.
    BodnarOkhrinParolya,
    /// `δ Σ w`, the means at which the equally weighted portfolio is optimal: see
    /// [`equilibrium`], which takes other weights.
    Equilibrium {
        /// `δ`: the return of the market that is asked for one unit of its variance.
        risk_aversion: f64,
    },
    /// The capital asset pricing model with the equally weighted mean of the symbols as market:
    /// see [`capital_asset_pricing`], which takes another one.
    CapitalAssetPricing {
        /// The return without risk, of one observation.
        #[serde(default)]
        risk_free: f64,
    },
    /// Zero for every symbol: an optimiser that should look at risk alone.
    Zero,
}

impl MeanEstimator {
    /// The mean of each column, in the units of one observation.
    ///
    /// `covariance` is that of the same returns; only the shrinkage estimators and the equilibrium
    /// read it.
    pub fn estimate(&self, returns: &Returns, covariance: &Matrix) -> Result<Vec<f64>, RiskError> {
        require_rows("a mean", returns.rows(), 1)?;
        match *self {
            Self::Sample => Ok(sample(returns)),
            Self::Geometric => geometric(returns),
            Self::ExponentiallyWeighted { half_life_days } => {
                let weights = decay(returns.rows(), half_life_days)?;
                Ok(weighted_mean(returns, |row| weights[row]))
            }
            Self::JamesStein => shrinkage::james_stein(returns, covariance),
            Self::BayesStein => shrinkage::bayes_stein(returns, covariance),
            Self::BodnarOkhrinParolya => shrinkage::bodnar_okhrin_parolya(returns, covariance),
            Self::Equilibrium { risk_aversion } => {
                equilibrium(covariance, &equal_weights(returns), risk_aversion)
            }
            Self::CapitalAssetPricing { risk_free } => {
                let market = returns.of_portfolio(&equal_weights(returns))?;
                capital_asset_pricing(returns, &market, risk_free)
            }
            Self::Zero => Ok(vec![0.0; returns.cols()]),
        }
    }
}

fn equal_weights(returns: &Returns) -> Vec<f64> {
    vec![1.0 / returns.cols() as f64; returns.cols()]
}

fn sample(returns: &Returns) -> Vec<f64> {
    let weight = 1.0 / returns.rows() as f64;
    weighted_mean(returns, |_| weight)
}

/// By logarithms, so that long histories neither overflow nor vanish.
fn geometric(returns: &Returns) -> Result<Vec<f64>, RiskError> {
    if let Some(found) = returns.as_slice().iter().copied().find(|value| *value <= -1.0) {
        let must = "above -1 to be compounded; a symbol that lost all has no geometric mean";
        return Err(RiskError::Parameter { name: "return", found, must });
    }
    let mut sums = vec![0.0; returns.cols()];
    for row in 0..returns.rows() {
        for (sum, value) in sums.iter_mut().zip(returns.row(row)) {
            *sum += value.ln_1p();
        }
    }
    Ok(sums.into_iter().map(|sum| (sum / returns.rows() as f64).exp_m1()).collect())
}
