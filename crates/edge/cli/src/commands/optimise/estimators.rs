//! The estimators that can be named on the command line.
//!
//! In: a name. Out: the estimator of `risk`, with the numbers that are usual for it. Implied
//! volatilities are not among them, for they are not in the prices.

use clap::ValueEnum;
use risk::{CovarianceEstimator, Denoising, GerberStatistic, MeanEstimator, ShrinkageTarget};

/// The covariance estimators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Covariance {
    Sample,
    /// Weights halve every 63 days
    ExponentiallyWeighted,
    /// The same, and at once larger when the newest returns were larger than forecast
    RegimeAdjusted,
    /// Shortfalls below nought
    Semi,
    LedoitWolf,
    LedoitWolfConstantCorrelation,
    LedoitWolfSingleFactor,
    OracleApproximating,
    /// A tenth of the way to equal variances without correlations
    Shrunk,
    /// Marchenko-Pastur: eigenvalues that are noise are replaced by their mean
    Denoised,
    /// Without the market's mode of correlation; singular
    Detoned,
    Gerber,
    /// Without the days that are outliers
    MinimumDeterminant,
    /// A sparse inverse, with a penalty of a tenth
    GraphicalLasso,
    JLogo,
}

impl Covariance {
    /// The estimator, with its usual numbers.
    pub fn estimator(self) -> CovarianceEstimator {
        use CovarianceEstimator as Estimator;
        match self {
            Self::Sample => Estimator::Sample,
            Self::ExponentiallyWeighted => {
                Estimator::ExponentiallyWeighted { half_life_days: 63.0 }
            }
            Self::RegimeAdjusted => {
                Estimator::RegimeAdjusted { half_life_days: 63.0, regime_half_life_days: None }
            }
            Self::Semi => Estimator::Semi { benchmark: 0.0 },
            Self::LedoitWolf => Estimator::LedoitWolf { target: ShrinkageTarget::ScaledIdentity },
            Self::LedoitWolfConstantCorrelation => {
                Estimator::LedoitWolf { target: ShrinkageTarget::ConstantCorrelation }
            }
            Self::LedoitWolfSingleFactor => {
                Estimator::LedoitWolf { target: ShrinkageTarget::SingleFactor }
            }
            Self::OracleApproximating => Estimator::OracleApproximating,
            Self::Shrunk => Estimator::Shrunk { shrinkage: 0.1 },
            Self::Detoned => Estimator::Detoned { components: 1 },
            Self::GraphicalLasso => Estimator::GraphicalLasso { alpha: 0.1 },
            Self::Denoised => Estimator::Denoised { noise: Denoising::default() },
            Self::Gerber => {
                Estimator::Gerber { statistic: GerberStatistic::default(), threshold: 0.5 }
            }
            Self::MinimumDeterminant => Estimator::MinimumDeterminant { support: None, seed: 0 },
            Self::JLogo => Estimator::JLogo,
        }
    }
}

/// The mean estimators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mean {
    Sample,
    Geometric,
    /// Weights halve every 63 days
    ExponentiallyWeighted,
    JamesStein,
    BayesStein,
    BodnarOkhrinParolya,
    /// At which equal weights are optimal for a risk aversion of 2.5 (He and Litterman 1999)
    Equilibrium,
    /// The capital asset pricing model beside the equally weighted market, without a riskless return
    CapitalAssetPricing,
    Zero,
}

impl Mean {
    /// The estimator, with its usual numbers.
    pub fn estimator(self) -> MeanEstimator {
        use MeanEstimator as Estimator;
        match self {
            Self::Sample => Estimator::Sample,
            Self::Geometric => Estimator::Geometric,
            Self::ExponentiallyWeighted => {
                Estimator::ExponentiallyWeighted { half_life_days: 63.0 }
            }
            Self::JamesStein => Estimator::JamesStein,
            Self::BayesStein => Estimator::BayesStein,
            Self::BodnarOkhrinParolya => Estimator::BodnarOkhrinParolya,
            Self::Equilibrium => Estimator::Equilibrium { risk_aversion: 2.5 },
            Self::CapitalAssetPricing => Estimator::CapitalAssetPricing { risk_free: 0.0 },
            Self::Zero => Estimator::Zero,
        }
    }
}
