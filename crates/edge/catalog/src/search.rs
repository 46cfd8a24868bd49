//! Searches: a filter, an order and a page, as statements that an index answers wherever one can.
//!
//! [`runs()`] chooses between three plans; [`experiments()`] needs one.

mod build;
mod experiments;
mod fetch;
mod plan;
mod runs;
mod terms;

pub use experiments::{ExperimentSearch, experiments};
pub use runs::{RunSearch, runs};

pub(crate) use build::Build;
pub(crate) use terms::compare;
