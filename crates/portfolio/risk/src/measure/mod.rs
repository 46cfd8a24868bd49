//! Risk measures: one number for how bad a portfolio's returns may be.
//!
//! In come the returns of one portfolio as fractions, oldest first, each with the same probability
//! or with its own; out come a number (losses are positive) and its slopes, from which
//! [contributions](RiskMeasure::contributions) and cutting planes are made. Nothing is annualised:
//! a number belongs to the length of time of one return. Use it wherever risk is measured, limited,
//! budgeted or minimised. It knows nothing about weights beyond [`Contributions`].
//!
//! ```
//! use risk::RiskMeasure;
//!
//! let measure: RiskMeasure = "cvar(80%)".parse()?;
//! assert_eq!(measure, RiskMeasure::ConditionalValueAtRisk { tail: 0.2 });
//! let loss = measure.of(&[0.01, -0.03, 0.02, -0.01, 0.00])?;
//! assert!((loss - 0.03).abs() < 1e-12);
//! # Ok::<(), risk::RiskError>(())
//! ```

mod arguments;
mod catalogue;
mod contribution;
mod drawdown;
mod entropic;
mod evaluate;
mod moment;
mod relativistic;
mod root;
mod sample;
mod spectral;
mod words;

pub use catalogue::RiskMeasure;
pub use contribution::Contributions;
pub use drawdown::Wealth;
pub use moment::Target;
pub use sample::Subgradient;

pub(crate) use sample::check_probabilities;
pub(crate) use spectral::RANK_TOLERANCE;
