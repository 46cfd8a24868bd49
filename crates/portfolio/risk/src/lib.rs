//! Risk: prices become returns, returns become moments, moments become numbers about a portfolio.
//!
//! In comes a [`Panel`](types::Panel) that ends at the day of the decision; out come
//! [`Returns`], the [`Moments`] that allocation optimises over, and the risk of given weights.
//! Use it wherever a covariance, a volatility or a share of risk is needed. A [`RiskMeasure`] is any
//! of 36 numbers for the risk of a portfolio's returns; a [`View`] changes moments or the
//! probabilities of scenarios; [`gaussian`], [`Bootstrap`], [`Vine`] and [`Walk`] draw scenarios.
//!
//! Everything is in units of one observation (daily, for a daily panel) until
//! [`Moments::scaled`] says otherwise, and everything is a pure function of its arguments: linear
//! algebra runs on one thread, so the same input on the same machine gives the same bits.
//!
//! This room knows nothing about forecasts, orders, money, clocks or files.
//!
//! ```
//! use risk::{CovarianceEstimator, MeanEstimator, Returns, estimate};
//!
//! let returns = Returns::new(
//!     ["A", "B"].map(Into::into).to_vec(),
//!     vec![0.01, 0.00, -0.02, 0.01, 0.03, -0.01],
//! )?;
//! let moments = estimate(&returns, &MeanEstimator::Sample, &CovarianceEstimator::Sample)?;
//! let variance = moments.scaled(252.0).variance(&[0.5, 0.5])?;
//! assert!((variance - 0.0147).abs() < 1e-15); // a volatility of 12 % a year
//! # Ok::<(), risk::RiskError>(())
//! ```

mod comoment;
mod covariance;
mod dense;
mod error;
mod evaluation;
mod factor;
mod matrix;
mod mean;
mod measure;
mod moments;
mod partial;
mod portfolio;
mod probability;
mod psd;
mod returns;
mod scenario;
mod sentence;
mod tail;
mod view;

pub use comoment::{Side, cokurtosis, coskewness, portfolio_comoments};
pub use covariance::{
    CovarianceEstimator, Denoising, GerberStatistic, RobustMoments, ShrinkageTarget, denoise,
    detone, forecast_volatilities, minimum_covariance_determinant, with_volatilities,
};
pub use error::RiskError;
pub use evaluation::{
    Calibration, ForecastTest, calibration, exceedance_p_value, matrix_qlike, qlike, test_forecast,
};
pub use factor::{
    Components, CrossSection, Exposures, FactorModel, Selection, cross_sectional, statistical,
    time_series,
};
pub use matrix::{Cholesky, Matrix};
pub use mean::{MeanEstimator, betas, capital_asset_pricing, equilibrium, implied_risk_aversion};
pub use measure::{Contributions, RiskMeasure, Subgradient, Target, Wealth};
pub use moments::{Moments, estimate};
pub use partial::PartialReturns;
pub use probability::chi_squared_quantile;
pub use psd::{Repair, nearest_correlation, nearest_covariance, nearest_psd};
pub use returns::{Gaps, ReturnKind, Returns, Window};
pub use scenario::{
    BlockLength, Bootstrap, Family, FilteredHistory, Garch, Growth, Margin, MarginFamily,
    PairCopula, Philox, Rotation, Stream, Stressed, Vine, Walk, fan, gaussian,
    optimal_block_length, quantiles, stress, student,
};
pub use sentence::SentenceError;
pub use tail::{conditional_value_at_risk, value_at_risk};
pub use view::{
    BlackLitterman, Portfolio, Posterior, Relation, Statistic, View, Vocabulary, entropy_pooling,
    pool_linear, pool_logarithmic, robust_shares, with_factors,
};

/// The reference pages of this room, whose examples run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../../docs/methods/means.md")]
    struct Means;
    #[doc = include_str!("../../../../docs/methods/covariances.md")]
    struct Covariances;
    #[doc = include_str!("../../../../docs/methods/returns.md")]
    struct ReturnsPage;
    #[doc = include_str!("../../../../docs/methods/factor-models.md")]
    struct FactorModels;
    #[doc = include_str!("../../../../docs/methods/measures.md")]
    struct Measures;
    #[doc = include_str!("../../../../docs/methods/views.md")]
    struct Views;
    #[doc = include_str!("../../../../docs/methods/scenarios.md")]
    struct Scenarios;
}
