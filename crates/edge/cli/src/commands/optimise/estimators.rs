//! The estimators that can be named on the command line.
//!
//! In: a name. Out: the estimator of `risk`, with the numbers that are usual for it. The covariance
//! estimators are those of mandates.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use cycle::mandate::{CovariancePlan, Estimator};
use risk::{CovarianceEstimator, MeanEstimator};

/// A covariance estimator, by its name in mandates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covariance(pub Estimator);

static COVARIANCES: [Covariance; Estimator::ALL.len()] = {
    let mut all = [Covariance(Estimator::Sample); Estimator::ALL.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = Covariance(Estimator::ALL[at].0);
        at += 1;
    }
    all
};

impl ValueEnum for Covariance {
    fn value_variants<'a>() -> &'a [Self] {
        &COVARIANCES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (_, name, help) =
            Estimator::ALL.iter().find(|(estimator, _, _)| *estimator == self.0)?;
        Some(PossibleValue::new(*name).help(*help))
    }
}

impl Covariance {
    /// The estimator, with its usual numbers.
    pub fn estimator(self) -> CovarianceEstimator {
        CovariancePlan { estimator: self.0, ..CovariancePlan::default() }.estimator(0)
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
