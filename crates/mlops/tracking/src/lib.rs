//! Tracking and the registry: which models exist, where they come from, and which of them may
//! forecast.
//!
//! Journal records come in ([`TrainingRun`], [`Evaluation`], [`ModelVersion`] and [`Promotion`] are
//! what they say); a [`Registry`] folded from them goes out. The registry changes nothing by itself:
//! [`Registry::register`], [`Registry::promote`] and [`Registry::roll_back`] hold a wish against the
//! policy and return the fact to record, and [`Registry::fold`] takes that fact in once it is in the
//! journal. So the state after a crash, a replay or at another place is the same by construction.
//!
//! [`Registry::admit`] is the one place where a model may become a forecaster: an [`Admitted`] has
//! no other constructor. A [`PromotionRule`] says when a challenger replaces the champion.
//!
//! It does not know about portfolios, disks or clocks: bytes and times are given to it.

mod admit;
mod compare;
mod error;
mod pick;
mod registry;
mod rule;
mod run;
pub mod search;
mod version;

pub use admit::Admitted;
pub use compare::{Difference, Facts, Section, compare_runs, differences};
pub use error::PolicyError;
pub use pick::{CHALLENGER, CHAMPION, Pick};
pub use registry::{Change, Registry};
pub use rule::{Gate, METRICS, PromotionRule, Verdict};
pub use run::{CodeVersion, DataRef, Evaluation, Metrics, TrainingRun, payload};
pub use version::{Candidate, Metadata, ModelVersion, Promotion};
