//! Returns and holdings in; metrics, tables, attribution and a tearsheet out.
//!
//! Use it after the fact: the room measures what happened and decides nothing. It is pure
//! (strings and numbers only) and does not know orders, models, files or clocks.
//!
//! * [`metrics`]: standard figures, each with its formula and source in [`catalogue`].
//! * [`monthly_returns`], [`yearly_returns`], [`drawdown_periods`], [`rolling`]: tables.
//! * [`brinson_fachler`], [`link_brinson`], [`decision_attribution`]: where active return came from.
//! * [`validation`]: splits to test a strategy on, and what weights earn as they drift.
//! * [`tearsheet_html`], [`plots`]: the report that a person shows to a colleague.
//!
//! ```
//! use performance::{Basis, Series, metrics};
//!
//! let days = ["2024-01-02", "2024-01-03", "2024-01-04"].map(|d| types::parse_date(d).unwrap());
//! let nav = Series::new(days.to_vec(), vec![100.0, 80.0, 120.0])?;
//! let figures = metrics(&nav.returns()?, &Basis::new(252.0))?;
//! let deepest = figures.iter().find(|figure| figure.id == "max_drawdown").unwrap();
//! assert!((deepest.value.unwrap() - 0.2).abs() < 1e-12);
//! # Ok::<(), performance::PerformanceError>(())
//! ```

mod attribution;
mod calendar;
mod drawdown;
mod error;
mod metrics;
mod plot;
pub mod rolling;
mod series;
mod statistics;
mod tearsheet;
pub mod validation;

pub use attribution::{
    Brinson, DecisionAttribution, DecisionPeriod, Effects, PeriodEffects, Segment, SegmentEffects,
    YearEffects, brinson_fachler, decision_attribution, link_brinson,
};
pub use calendar::{MonthlyReturns, YearlyReturn, monthly_returns, yearly_returns};
pub use drawdown::{DrawdownPeriod, drawdown_periods};
pub use error::PerformanceError;
pub use metrics::{
    Basis, Group, Metric, MetricDoc, RiskFree, Trials, Unit, catalogue, format_value, metrics,
    reference_markdown,
};
pub use plot::{Plot, dendrogram, frontier_plane, frontier_weights, plots, risk_contributions};
pub use series::Series;
pub use tearsheet::{
    Asset, Benchmark, Decision, Drift, Exposure, Fact, Frontier, ModelVersion, Provenance,
    RiskReturn, StageCost, TearsheetInput, Weights, tearsheet_html,
};

/// The reference page of this room, whose example runs as a test.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../../docs/methods/validation.md")]
    struct Validation;
}
