//! Covariance estimators: how returns move together.
//!
//! In come [`Returns`], out comes a covariance in the units of one observation. Use the sample
//! covariance when there are many more days than symbols, Ledoit–Wolf otherwise, exponential
//! weights when the recent past matters more, and the others where their assumption is yours. None
//! of them knows about forecasts.

mod denoise;
mod detone;
mod gerber;
mod graphical_lasso;
mod history;
mod implied;
mod ledoit_wolf;
mod logo;
mod minimum_determinant;
mod regime;
mod shrinkage;
mod tmfg;

use serde::{Deserialize, Serialize};

use crate::{Matrix, Returns, RiskError};

pub(crate) use denoise::signals;
pub use denoise::{Denoising, denoise};
pub use detone::detone;
pub use gerber::GerberStatistic;
pub(crate) use history::{centred, decay, sample, weighted_mean};
pub use implied::{forecast_volatilities, with_volatilities};
pub use minimum_determinant::{RobustMoments, minimum_covariance_determinant};

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
    /// Zero-mean exponential weights, times the square of how much larger than forecast the
    /// newest returns of the inverse-volatility portfolio were: it follows a change of regime
    /// within days, while the correlations keep the longer memory (Paleologo 2025, "The Elements
    /// of Quantitative Investing", short-term volatility update).
    RegimeAdjusted {
        /// Rows after which the weight of a product of returns has halved; positive.
        half_life_days: f64,
        /// The same for the comparison with the forecasts; half of `half_life_days` if absent.
        #[serde(default)]
        regime_half_life_days: Option<f64>,
    },
    /// Products of shortfalls below `benchmark`, over `T`: days above it count as nought
    /// (Estrada 2008, "Mean-semivariance optimization: a heuristic approach").
    Semi {
        /// The return of one observation from which a shortfall is counted.
        #[serde(default)]
        benchmark: f64,
    },
    /// The sample covariance (over `T`) pulled towards a structured target, by the amount that
    /// minimises the expected squared error. Positive definite also with fewer returns than
    /// symbols, wherever the intensity is above 0; with two returns it is always 0.
    LedoitWolf {
        /// What it is pulled towards.
        #[serde(default)]
        target: ShrinkageTarget,
    },
    /// The sample covariance (over `T`) pulled towards the mean variance times the identity, by
    /// the intensity that converges to the oracle's if returns are Gaussian (Chen, Wiesel, Eldar
    /// and Hero 2010, "Shrinkage algorithms for MMSE covariance estimation", eq. 23).
    OracleApproximating,
    /// The sample covariance (over `T`) pulled towards the mean variance times the identity by a
    /// fixed amount.
    Shrunk {
        /// From 0, the sample, to 1, the target.
        #[serde(default = "a_tenth")]
        shrinkage: f64,
    },
    /// The sample covariance with those correlations removed that chance alone would give: see
    /// [`denoise`].
    Denoised {
        /// What becomes of the eigenvalues that are noise.
        #[serde(default)]
        noise: Denoising,
    },
    /// The sample covariance without its largest modes of correlation: see [`detone`]. Singular.
    Detoned {
        /// How many modes go; the first is the market.
        #[serde(default = "one")]
        components: usize,
    },
    /// Volatilities times a correlation that counts joint moves of more than `threshold`
    /// volatilities and ignores all others (Gerber, Markowitz, Ernst, Miao, Javid and Sargen
    /// 2022, "The Gerber statistic: a robust co-movement measure for portfolio optimization").
    Gerber {
        /// What the joint moves are divided by.
        #[serde(default)]
        statistic: GerberStatistic,
        /// A move counts from this part of a volatility on; between 0 and 1.
        #[serde(default = "a_half")]
        threshold: f64,
    },
    /// The covariance whose inverse correlation is sparse: it minimises
    /// `tr(RΘ) − ln det Θ + α Σᵢ≠ⱼ |Θᵢⱼ|` over the inverse `Θ`, where `R` is the sample correlation
    /// (Friedman, Hastie and Tibshirani 2008, "Sparse inverse covariance estimation with the
    /// graphical lasso"). Works on correlations, so `alpha` has no unit.
    GraphicalLasso {
        /// The penalty: above 0; at the largest absolute correlation and beyond, all correlations
        /// are nought.
        alpha: f64,
    },
    /// The covariance of the days that are not outliers: see [`minimum_covariance_determinant`].
    /// Needs more days than twice the symbols.
    MinimumDeterminant {
        /// The part of the days that is surely sound; `(T + N + 1) / 2T` if absent, which stands
        /// the most outliers.
        #[serde(default)]
        support: Option<f64>,
        /// Where the random subsets begin.
        #[serde(default)]
        seed: u64,
    },
    /// The covariance whose inverse is sparse along a planar graph of the largest correlations,
    /// exact within each of its cliques of four (Barfuss, Massara, Di Matteo and Aste 2016,
    /// "Parsimonious modeling with information filtering networks"). Positive definite
    /// with five days or more, however many symbols there are.
    JLogo,
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
    /// Each symbol's own variance, and the covariances that a single factor explains: the equally
    /// weighted mean of the symbols (Ledoit and Wolf 2003, "Improved estimation of the covariance
    /// matrix of stock returns with an application to portfolio selection", §2–3).
    SingleFactor,
}

impl Default for CovarianceEstimator {
    fn default() -> Self {
        Self::LedoitWolf { target: ShrinkageTarget::default() }
    }
}

impl CovarianceEstimator {
    /// The covariance of one observation's returns, and the shrinkage intensity (from 0, the
    /// sample, to 1, the target) where there is one.
    ///
    /// [`is_semidefinite`](Self::is_semidefinite) says which may have a negative eigenvalue;
    /// [`estimate`](crate::estimate) repairs those and notes it.
    pub fn estimate(&self, returns: &Returns) -> Result<(Matrix, Option<f64>), RiskError> {
        require_rows("a covariance", returns.rows(), 2)?;
        let plain = |covariance: Matrix| (covariance, None);
        match *self {
            Self::Sample => Ok(plain(history::sample(returns))),
            Self::ExponentiallyWeighted { half_life_days } => {
                history::weighted(returns, half_life_days).map(plain)
            }
            Self::RegimeAdjusted { half_life_days, regime_half_life_days } => {
                regime::adjusted(returns, half_life_days, regime_half_life_days).map(plain)
            }
            Self::Semi { benchmark } => history::semi(returns, benchmark).map(plain),
            Self::LedoitWolf { target } => shrunk_to(returns, target),
            Self::OracleApproximating => Ok(shrinkage::oracle_approximating(returns)),
            Self::Shrunk { shrinkage } => shrinkage::fixed(returns, shrinkage),
            Self::Denoised { noise } => {
                denoise(&moving_sample(returns)?, returns.rows(), noise).map(plain)
            }
            Self::Detoned { components } => detone(&moving_sample(returns)?, components).map(plain),
            Self::Gerber { statistic, threshold } => {
                gerber::gerber(returns, statistic, threshold).map(plain)
            }
            Self::GraphicalLasso { alpha } => graphical_lasso::estimate(returns, alpha).map(plain),
            Self::MinimumDeterminant { support, seed } => {
                minimum_covariance_determinant(returns, support, seed)
                    .map(|robust| plain(robust.covariance))
            }
            Self::JLogo => logo::estimate(returns).map(plain),
        }
    }

    /// Whether no portfolio can have negative variance under the estimate, whatever the returns.
    pub fn is_semidefinite(&self) -> bool {
        !matches!(self, Self::Gerber { .. })
    }

    /// Whether each entry rests on the returns of its two symbols alone, so that a symbol's
    /// variance is the same whoever stands beside it.
    pub fn is_pairwise(&self) -> bool {
        matches!(self, Self::Sample | Self::ExponentiallyWeighted { .. } | Self::Semi { .. })
    }
}

fn shrunk_to(
    returns: &Returns,
    target: ShrinkageTarget,
) -> Result<(Matrix, Option<f64>), RiskError> {
    let (covariance, shrinkage) = match target {
        ShrinkageTarget::ScaledIdentity => ledoit_wolf::scaled_identity(returns),
        ShrinkageTarget::ConstantCorrelation => ledoit_wolf::constant_correlation(returns)?,
        ShrinkageTarget::SingleFactor => ledoit_wolf::single_factor(returns),
    };
    Ok((covariance, Some(shrinkage)))
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

/// That every symbol moves by more than rounding, for estimators that divide by volatilities.
pub(crate) fn require_moving(returns: &Returns, covariance: &Matrix) -> Result<(), RiskError> {
    const ROUNDING: f64 = 1e-13;
    let mut largest = vec![0.0_f64; returns.cols()];
    for row in returns.as_slice().chunks_exact(returns.cols()) {
        for (largest, value) in largest.iter_mut().zip(row) {
            *largest = largest.max(value.abs());
        }
    }
    let still = |(variance, largest): (f64, f64)| variance.sqrt() <= ROUNDING * largest;
    match covariance.diag().zip(largest).position(still) {
        Some(col) => Err(RiskError::Constant { symbol: returns.symbols()[col].clone() }),
        None => Ok(()),
    }
}

/// The sample covariance of symbols that all move.
pub(crate) fn moving_sample(returns: &Returns) -> Result<Matrix, RiskError> {
    let covariance = history::sample(returns);
    require_moving(returns, &covariance)?;
    Ok(covariance)
}

/// The volatilities and the correlation of a covariance; an error where a variance is not
/// positive.
pub(crate) fn standardised(covariance: &Matrix) -> Result<(Vec<f64>, Matrix), RiskError> {
    if let Some(row) = covariance.diag().position(|variance| variance <= 0.0) {
        return Err(RiskError::NotPositiveDefinite { row });
    }
    let sigma: Vec<f64> = covariance.diag().map(f64::sqrt).collect();
    let correlation = Matrix::from_fn(covariance.n(), |row, col| match row == col {
        true => 1.0,
        false => covariance.at(row, col) / (sigma[row] * sigma[col]),
    });
    Ok((sigma, correlation))
}

/// The covariance with these volatilities and these correlations.
pub(crate) fn rescaled(correlation: &Matrix, sigma: &[f64]) -> Matrix {
    Matrix::from_fn(sigma.len(), |row, col| correlation.at(row, col) * sigma[row] * sigma[col])
}

/// The matrix divided by the roots of its diagonal, so that the diagonal is 1.
pub(crate) fn unit_diagonal(matrix: &Matrix) -> Result<Matrix, RiskError> {
    standardised(matrix).map(|(_, correlation)| correlation)
}

fn a_tenth() -> f64 {
    0.1
}
fn a_half() -> f64 {
    0.5
}
fn one() -> usize {
    1
}
