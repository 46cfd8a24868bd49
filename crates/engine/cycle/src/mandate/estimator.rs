//! The covariance estimators by their names: one list, for mandates and for the command line.
//!
//! In: a name and the few numbers that go with it. Out: the estimator of [`risk`]. Implied
//! volatilities are not among them, for they are not in the prices.

use risk::{CovarianceEstimator, Denoising, GerberStatistic, ShrinkageTarget};
use serde::{Deserialize, Serialize};

use super::units::Days;

/// The share of a shrinkage and the penalty of a lasso where nothing is said.
const USUAL: f64 = 0.1;

/// `[risk] covariance`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CovariancePlan {
    /// Which estimator.
    pub estimator: Estimator,
    /// Daily returns that it sees.
    pub window: Days,
    /// For `exponentially-weighted` and `regime-adjusted`: days after which a weight has halved.
    pub half_life: Days,
    /// For `graphical-lasso`: the penalty on inverse correlations, above 0; a tenth if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// For `shrunk`: from 0, the sample, to 1, the target; a tenth if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shrinkage: Option<f64>,
}

impl Default for CovariancePlan {
    fn default() -> Self {
        Self {
            estimator: Estimator::LedoitWolf,
            window: Days(504),
            half_life: Days(63),
            penalty: None,
            shrinkage: None,
        }
    }
}

/// The covariance estimators of `risk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// The sample covariance.
    Sample,
    /// Recent days weigh more.
    ExponentiallyWeighted,
    /// The same, and at once larger when the newest returns were larger than forecast.
    RegimeAdjusted,
    /// Shortfalls below nought.
    Semi,
    /// Shrunk towards a multiple of the identity.
    LedoitWolf,
    /// Shrunk towards one common correlation.
    LedoitWolfConstantCorrelation,
    /// Shrunk towards what a single factor explains.
    LedoitWolfSingleFactor,
    /// Shrunk towards a multiple of the identity as if returns were Gaussian.
    OracleApproximating,
    /// Shrunk by a given part towards equal variances without correlations.
    Shrunk,
    /// Eigenvalues that are noise by Marchenko and Pastur are replaced by their mean.
    Denoised,
    /// Without the market's mode of correlation; singular.
    Detoned,
    /// Joint moves of more than half a volatility.
    Gerber,
    /// Without the days that are outliers; the mandate's seed starts its search.
    MinimumDeterminant,
    /// A sparse inverse.
    GraphicalLasso,
    /// Sparse along a planar graph of the largest correlations.
    JLogo,
}

impl Estimator {
    /// Each estimator with its name and what it does, for a list of choices.
    pub const ALL: [(Estimator, &'static str, &'static str); 15] = [
        (Estimator::Sample, "sample", "The sample covariance"),
        (Estimator::ExponentiallyWeighted, "exponentially-weighted", "Weights halve every 63 days"),
        (
            Estimator::RegimeAdjusted,
            "regime-adjusted",
            "The same, and at once larger when the newest returns were larger than forecast",
        ),
        (Estimator::Semi, "semi", "Shortfalls below nought"),
        (
            Estimator::LedoitWolf,
            "ledoit-wolf",
            "Shrunk towards equal variances without correlations",
        ),
        (
            Estimator::LedoitWolfConstantCorrelation,
            "ledoit-wolf-constant-correlation",
            "Shrunk towards one correlation for all",
        ),
        (
            Estimator::LedoitWolfSingleFactor,
            "ledoit-wolf-single-factor",
            "Shrunk towards a market model",
        ),
        (
            Estimator::OracleApproximating,
            "oracle-approximating",
            "Shrunk by the rule for normal returns",
        ),
        (Estimator::Shrunk, "shrunk", "A tenth of the way to equal variances without correlations"),
        (
            Estimator::Denoised,
            "denoised",
            "Marchenko-Pastur: eigenvalues that are noise are replaced by their mean",
        ),
        (Estimator::Detoned, "detoned", "Without the market's mode of correlation; singular"),
        (Estimator::Gerber, "gerber", "Joint moves of more than half a volatility"),
        (
            Estimator::MinimumDeterminant,
            "minimum-determinant",
            "Without the days that are outliers",
        ),
        (
            Estimator::GraphicalLasso,
            "graphical-lasso",
            "A sparse inverse, with a penalty of a tenth",
        ),
        (Estimator::JLogo, "j-logo", "Sparse along a planar graph of the largest correlations"),
    ];
}

impl std::fmt::Display for Estimator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = Self::ALL.iter().find(|(estimator, _, _)| estimator == self);
        f.write_str(named.map_or("", |(_, name, _)| name))
    }
}

impl CovariancePlan {
    /// The estimator. `seed` is where those that search at random start.
    pub fn estimator(&self, seed: u64) -> CovarianceEstimator {
        let half_life_days = self.half_life.0 as f64;
        match self.estimator {
            Estimator::Sample => CovarianceEstimator::Sample,
            Estimator::ExponentiallyWeighted => {
                CovarianceEstimator::ExponentiallyWeighted { half_life_days }
            }
            Estimator::RegimeAdjusted => {
                CovarianceEstimator::RegimeAdjusted { half_life_days, regime_half_life_days: None }
            }
            Estimator::Semi => CovarianceEstimator::Semi { benchmark: 0.0 },
            Estimator::LedoitWolf => {
                CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ScaledIdentity }
            }
            Estimator::LedoitWolfConstantCorrelation => {
                CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::ConstantCorrelation }
            }
            Estimator::LedoitWolfSingleFactor => {
                CovarianceEstimator::LedoitWolf { target: ShrinkageTarget::SingleFactor }
            }
            Estimator::OracleApproximating => CovarianceEstimator::OracleApproximating,
            Estimator::Shrunk => {
                CovarianceEstimator::Shrunk { shrinkage: self.shrinkage.unwrap_or(USUAL) }
            }
            Estimator::Detoned => CovarianceEstimator::Detoned { components: 1 },
            Estimator::MinimumDeterminant => {
                CovarianceEstimator::MinimumDeterminant { support: None, seed }
            }
            Estimator::GraphicalLasso => {
                CovarianceEstimator::GraphicalLasso { alpha: self.penalty.unwrap_or(USUAL) }
            }
            Estimator::Denoised => CovarianceEstimator::Denoised { noise: Denoising::default() },
            Estimator::Gerber => CovarianceEstimator::Gerber {
                statistic: GerberStatistic::default(),
                threshold: 0.5,
            },
            Estimator::JLogo => CovarianceEstimator::JLogo,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_each_estimator_as_mandates_do() {
        for (estimator, name, _) in Estimator::ALL {
            let read: Estimator = serde_json::from_str(&format!("\"{name}\"")).unwrap();
            assert_eq!(read, estimator);
            assert_eq!(estimator.to_string(), name);
        }
    }
}
