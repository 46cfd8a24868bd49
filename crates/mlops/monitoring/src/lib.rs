//! Watching: are the features that arrive still those of the training, are the forecasts valid and
//! any good, and what did it cost?
//!
//! A [`Reference`] of the training rows and the newest rows come in; [`FeatureDrift`]s go out, and
//! an [`Alarm`] turns them into a [`Verdict`] with the [`Response`] that the mandate chose.
//! [`check_forecast`] finds predictions that cannot be right, [`DaySkill`] measures predictions
//! against what came true, and a [`Meter`] adds up what each stage used.
//!
//! It does not know about portfolios, orders or models, has no clock and no meter of its own: what
//! was measured is given to it. It compares one feature at a time; a change of the dependence
//! between features that leaves each of them as it was is not seen.

mod alarm;
mod drift;
mod error;
mod forecast;
mod ks;
mod outcome;
mod psi;
mod reference;
mod usage;

pub use alarm::{Alarm, Alarmed, Response, Test, Verdict, judge};
pub use drift::{FeatureDrift, drift};
pub use error::MonitoringError;
pub use forecast::{Invalid, InvalidPrediction, ReturnBounds, check_forecast};
pub use ks::{ks_p_value, ks_statistic};
pub use outcome::{DaySkill, mean_information_coefficient};
pub use psi::{Band, PSI_SIGNIFICANT, PSI_STABLE, psi};
pub use reference::{FeatureReference, Reference};
pub use usage::{CostTable, Meter, StageCost, Usage};
