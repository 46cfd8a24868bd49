//! Periodic simple returns in, standard figures out.
//!
//! Use [`metrics`] for the numbers and [`catalogue`] for what they mean: each figure has its
//! formula, its source, and a note where other systems compute something else under the same name.
//! Turnover and costs are not returns and come from the caller.
//!
//! Conventions that hold throughout: losses and drawdowns are positive magnitudes; an unknown
//! return (NaN) is left out and is not counted as a period; a figure that is not defined is `None`
//! and never infinite.

mod distribution;
mod drawdown;
mod ratio;
mod reference;
mod relative;
mod returns;
mod risk;
mod sample;
mod tail;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{PerformanceError, Series};
pub use reference::reference_markdown;
use sample::Sample;

/// What a figure speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// What was earned.
    Return,
    /// How much it moved.
    Risk,
    /// What was earned for the risk.
    Ratio,
    /// Falls from a peak.
    Drawdown,
    /// The worst outcomes.
    Tail,
    /// The shape of the returns.
    Distribution,
    /// Beside the benchmark.
    Relative,
}

impl Group {
    /// All groups, in the order of the catalogue.
    pub const ALL: [Group; 7] = [
        Group::Return,
        Group::Risk,
        Group::Ratio,
        Group::Drawdown,
        Group::Tail,
        Group::Distribution,
        Group::Relative,
    ];

    /// The heading of the group.
    pub fn title(self) -> &'static str {
        match self {
            Group::Return => "Return",
            Group::Risk => "Risk",
            Group::Ratio => "Return for risk",
            Group::Drawdown => "Drawdown",
            Group::Tail => "Tail",
            Group::Distribution => "Distribution",
            Group::Relative => "Relative to the benchmark",
        }
    }
}

/// How a figure is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A fraction, shown in per cent.
    Fraction,
    /// A number without a unit.
    Number,
    /// Calendar days.
    Days,
}

/// One figure of the catalogue.
#[derive(Debug)]
pub struct MetricDoc {
    /// Stable name, for programs: `max_drawdown`.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// What it speaks of.
    pub group: Group,
    /// How it is to be read.
    pub unit: Unit,
    /// The formula; symbols as in [`reference_markdown`].
    pub formula: &'static str,
    /// Where the formula is from.
    pub source: &'static str,
    /// Where others disagree, or what to mind; may be empty.
    pub note: &'static str,
    compute: fn(&Sample) -> Option<f64>,
}

/// One figure of one history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The [`MetricDoc::id`].
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it speaks of.
    pub group: Group,
    /// How it is to be read.
    pub unit: Unit,
    /// The value; `None` where it is not defined.
    pub value: Option<f64>,
}

/// The return of the riskless asset.
#[derive(Debug, Clone, PartialEq)]
pub enum RiskFree {
    /// A rate per year, compounded: `0.03` is `1.03^(1/P) − 1` a period.
    Annual(f64),
    /// A simple return for each period.
    Series(Vec<f64>),
}

/// How many strategies were tried before this one, for the deflated Sharpe ratio.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trials {
    /// Independent trials.
    pub count: u32,
    /// Variance of their Sharpe ratios, per period (not annualised).
    pub sharpe_variance: f64,
}

/// What the figures are measured against.
#[derive(Debug, Clone, PartialEq)]
pub struct Basis {
    /// Benchmark returns on the same dates; NaN where unknown.
    pub benchmark: Option<Vec<f64>>,
    /// The riskless asset.
    pub risk_free: RiskFree,
    /// Periods in a year: 252 for trading days, 12 for months.
    pub periods_per_year: f64,
    /// The least acceptable return per period, for the downside figures.
    pub minimum_acceptable: f64,
    /// Trials before this one; without them there is no deflated Sharpe ratio.
    pub trials: Option<Trials>,
}

impl Basis {
    /// No benchmark, no riskless return, nothing acceptable but gains.
    pub fn new(periods_per_year: f64) -> Self {
        Self {
            benchmark: None,
            risk_free: RiskFree::Annual(0.0),
            periods_per_year,
            minimum_acceptable: 0.0,
            trials: None,
        }
    }

    /// The same beside a benchmark.
    pub fn against(mut self, benchmark: Vec<f64>) -> Self {
        self.benchmark = Some(benchmark);
        self
    }
}

/// Every figure of the catalogue, in its order, for `returns` (simple, periodic, dated by the end
/// of the period).
///
/// Errors when a benchmark or riskless series has another length, when a return is infinite, or
/// when the number of periods a year is not positive.
pub fn metrics(returns: &Series, basis: &Basis) -> Result<Vec<Metric>, PerformanceError> {
    let sample = Sample::new(returns, basis)?;
    let measured = catalogue().iter().map(|doc| Metric {
        id: doc.id.to_owned(),
        name: doc.name.to_owned(),
        group: doc.group,
        unit: doc.unit,
        value: (doc.compute)(&sample).filter(|value| value.is_finite()),
    });
    Ok(measured.collect())
}

/// What each figure means, by group.
pub fn catalogue() -> &'static [MetricDoc] {
    static ALL: LazyLock<Vec<MetricDoc>> = LazyLock::new(|| {
        [
            returns::docs(),
            risk::docs(),
            ratio::docs(),
            drawdown::docs(),
            tail::docs(),
            distribution::docs(),
            relative::docs(),
        ]
        .into_iter()
        .flatten()
        .collect()
    });
    &ALL
}

/// A value as people read it: `12.3%`, `1.04`, `378 d`, or a dash where it is not defined.
pub fn format_value(value: Option<f64>, unit: Unit) -> String {
    let Some(value) = value.filter(|v| v.is_finite()) else {
        return "–".to_owned();
    };
    let text = match unit {
        Unit::Fraction if value.abs() < 0.01 => format!("{:.3}%", 100.0 * value),
        Unit::Fraction if value.abs() < 10.0 => format!("{:.2}%", 100.0 * value),
        Unit::Fraction => format!("{}%", crate::plot::thousands(100.0 * value)),
        Unit::Number if value.abs() < 1000.0 => format!("{value:.3}"),
        Unit::Number => crate::plot::thousands(value),
        Unit::Days => format!("{} d", crate::plot::thousands(value)),
    };
    crate::plot::signed(&text)
}

/// Rows of a group's table: id, name, unit, formula, source, note, function.
macro_rules! table {
    ($group:ident: $(($id:literal, $name:literal, $unit:ident, $formula:literal, $source:literal, $note:literal, $compute:expr))*) => {
        pub(super) fn docs() -> Vec<crate::metrics::MetricDoc> {
            vec![$(crate::metrics::MetricDoc {
                id: $id,
                name: $name,
                group: crate::metrics::Group::$group,
                unit: crate::metrics::Unit::$unit,
                formula: $formula,
                source: $source,
                note: $note,
                compute: $compute,
            }),*]
        }
    };
}
use table;
