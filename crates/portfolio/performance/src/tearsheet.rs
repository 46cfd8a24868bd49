//! Everything that a report shows in, one self-contained HTML file out.
//!
//! Use it at the end of a run: the caller gathers the facts ([`TearsheetInput`] is plain data and
//! can be stored), this room only measures what follows from net asset values and draws it. The
//! file needs no network: style and pictures are inside, and there is no script. Every text that
//! came from outside is escaped.

mod html;
mod sections;
mod tables;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::Date;

use crate::plot::History;
use crate::series::{check_dates, check_length, check_positive};
use crate::{DecisionAttribution, Metric, PerformanceError, Series};
pub use html::tearsheet_html;

/// The facts of one run. What is optional or empty is left out of the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TearsheetInput {
    /// The heading: the mandate's name.
    pub title: String,
    /// What the mandate says, as people read it.
    #[serde(default)]
    pub mandate: Vec<Fact>,
    /// The currency of the net asset values: `USD`.
    pub currency: String,
    /// Periods in a year: 252 for trading days.
    pub periods_per_year: f64,
    /// The riskless rate per year, for the rolling Sharpe ratio.
    #[serde(default)]
    pub risk_free_annual: f64,
    /// Valuation days, increasing.
    pub dates: Vec<Date>,
    /// Net asset value after costs on each day, positive.
    pub nav: Vec<f64>,
    /// What it is compared with.
    #[serde(default)]
    pub benchmark: Option<Benchmark>,
    /// What was held after each decision.
    #[serde(default)]
    pub weights: Option<Weights>,
    /// Exposure and cash over time.
    #[serde(default)]
    pub exposure: Option<Exposure>,
    /// What each decision traded, in time order.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// The efficient frontier at the last decision.
    #[serde(default)]
    pub frontier: Option<Frontier>,
    /// Drift of the features over time.
    #[serde(default)]
    pub drift: Option<Drift>,
    /// Active return by decision stage.
    #[serde(default)]
    pub attribution: Option<DecisionAttribution>,
    /// The figures, as `metrics` gives them.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// What the run used, by stage.
    #[serde(default)]
    pub resources: Vec<StageCost>,
    /// The models that forecast.
    #[serde(default)]
    pub models: Vec<ModelVersion>,
    /// Where all this came from.
    #[serde(default)]
    pub provenance: Provenance,
    /// Remarks, one paragraph each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A name and its value, as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A history to compare with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Benchmark {
    /// Its name.
    pub name: String,
    /// Its value on each valuation day, positive; any starting value.
    pub nav: Vec<f64>,
}

/// Weights after each decision, as fractions of net asset value; what is left of 1 is cash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// The days of the decisions, increasing.
    pub dates: Vec<Date>,
    /// The instruments.
    pub symbols: Vec<String>,
    /// For each date, one weight for each symbol.
    pub values: Vec<Vec<f64>>,
}

/// Exposure over time, as fractions of net asset value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The days, increasing.
    pub dates: Vec<Date>,
    /// Long minus short.
    pub net: Vec<f64>,
    /// Long plus short.
    pub gross: Vec<f64>,
    /// Cash; negative when borrowed.
    pub cash: Vec<f64>,
}

/// What one decision traded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The day.
    pub date: Date,
    /// Half the sum of absolute weight changes.
    pub turnover: f64,
    /// Costs by kind (`commission`, `spread`, `impact`), in the report's currency.
    pub costs: BTreeMap<String, f64>,
}

/// Risk and return, both per year.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RiskReturn {
    /// Standard deviation per year.
    pub volatility: f64,
    /// Expected return per year.
    pub expected_return: f64,
}

/// One asset in the plane of the frontier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub at: RiskReturn,
}

/// The efficient frontier at one decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frontier {
    /// The day of the decision.
    pub as_of: Date,
    /// Portfolios on the frontier, from least risk on.
    pub points: Vec<RiskReturn>,
    /// The single assets.
    pub assets: Vec<Asset>,
    /// The portfolio that was chosen.
    pub chosen: Option<RiskReturn>,
}

/// Population stability index of each feature over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The days of the checks, increasing.
    pub dates: Vec<Date>,
    /// The features.
    pub features: Vec<String>,
    /// For each date, one index for each feature; `None` where it is not known.
    pub psi: Vec<Vec<Option<f64>>>,
    /// The index from which on the mandate alarms, positive.
    pub alarm: f64,
}

/// What one stage of the run used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageCost {
    /// The stage.
    pub stage: String,
    /// CPU seconds.
    pub cpu_seconds: f64,
    /// Bytes written.
    pub bytes: u64,
}

/// One version of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelVersion {
    /// Its name and version: `us-large-cap v12`.
    pub version: String,
    /// The newest day that its training saw.
    pub trained_at: Date,
    /// Information coefficient on its validation window.
    pub information_coefficient: Option<f64>,
    /// When it became champion, if it did.
    pub champion_since: Option<Date>,
}

/// What the run can be recomputed from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provenance {
    /// The run.
    pub run: String,
    /// Data snapshots: name and digest.
    pub snapshots: Vec<Fact>,
    /// The revision of the code.
    pub code_revision: String,
}

impl TearsheetInput {
    /// Errors unless lengths agree, dates increase and values can be drawn.
    pub(crate) fn check(&self) -> Result<(), PerformanceError> {
        let days = self.dates.len();
        if days < 2 {
            return Err(PerformanceError::TooShort {
                what: "the history of net asset values".to_owned(),
                least: 2,
                found: days,
            });
        }
        check_dates("the valuation days", &self.dates)?;
        check_length("the net asset value", days, self.nav.len(), "date")?;
        check_positive("the net asset value", &self.dates, &self.nav)?;
        positive("the number of periods per year", self.periods_per_year)?;
        positive("one plus the riskless rate", 1.0 + self.risk_free_annual)?;
        if let Some(benchmark) = &self.benchmark {
            check_length("the benchmark", days, benchmark.nav.len(), "date")?;
            check_positive("the benchmark", &self.dates, &benchmark.nav)?;
        }
        self.weights.as_ref().map_or(Ok(()), Weights::check)?;
        self.exposure.as_ref().map_or(Ok(()), Exposure::check)?;
        self.frontier.as_ref().map_or(Ok(()), Frontier::check)?;
        self.decisions.iter().try_for_each(Decision::check)?;
        self.drift.as_ref().map_or(Ok(()), Drift::check)
    }

    /// Returns of portfolio and benchmark.
    pub(crate) fn history(&self) -> Result<History, PerformanceError> {
        let returns = |nav: &[f64]| Series::new(self.dates.clone(), nav.to_vec())?.returns();
        let benchmark = self.benchmark.as_ref();
        Ok(History {
            returns: returns(&self.nav)?,
            benchmark: benchmark.map(|b| returns(&b.nav)).transpose()?,
            benchmark_name: benchmark.map_or_else(String::new, |b| b.name.clone()),
            periods_per_year: self.periods_per_year,
        })
    }

    /// The last known net asset value on or before a day, else the first.
    pub(crate) fn nav_on(&self, date: Date) -> Option<f64> {
        let after = self.dates.partition_point(|d| *d <= date);
        self.nav.get(after.saturating_sub(1)).copied()
    }

    /// The value of a metric by its id.
    pub(crate) fn metric(&self, id: &str) -> Option<f64> {
        self.metrics.iter().find(|metric| metric.id == id)?.value
    }
}

impl Weights {
    fn check(&self) -> Result<(), PerformanceError> {
        check_dates("the days of the weights", &self.dates)?;
        check_length("the table of weights", self.dates.len(), self.values.len(), "date")?;
        for (row, date) in self.values.iter().zip(&self.dates) {
            let what = format!("the row of weights on {date}");
            check_length(&what, self.symbols.len(), row.len(), "symbol")?;
            finite(&what, row)?;
        }
        Ok(())
    }
}

impl Exposure {
    fn check(&self) -> Result<(), PerformanceError> {
        check_dates("the days of the exposure", &self.dates)?;
        let parts = [
            ("the net exposure", &self.net),
            ("the gross exposure", &self.gross),
            ("the cash", &self.cash),
        ];
        for (what, values) in parts {
            check_length(what, self.dates.len(), values.len(), "date")?;
            finite(what, values)?;
        }
        Ok(())
    }
}

impl Decision {
    fn check(&self) -> Result<(), PerformanceError> {
        finite(&format!("the turnover on {}", self.date), &[self.turnover])?;
        let costs: Vec<f64> = self.costs.values().copied().collect();
        finite(&format!("a cost on {}", self.date), &costs)
    }
}

impl Frontier {
    fn check(&self) -> Result<(), PerformanceError> {
        let assets = self.assets.iter().map(|asset| asset.at);
        let all = assets.chain(self.points.iter().copied()).chain(self.chosen);
        let numbers: Vec<f64> = all.flat_map(|p| [p.volatility, p.expected_return]).collect();
        finite("a volatility or return of the frontier", &numbers)
    }
}

impl Drift {
    fn check(&self) -> Result<(), PerformanceError> {
        check_dates("the days of the drift", &self.dates)?;
        check_length("the table of drift", self.dates.len(), self.psi.len(), "date")?;
        for (row, date) in self.psi.iter().zip(&self.dates) {
            let what = format!("the row of drift on {date}");
            check_length(&what, self.features.len(), row.len(), "feature")?;
        }
        positive("the alarm threshold of the drift", self.alarm)
    }
}

fn finite(what: &str, values: &[f64]) -> Result<(), PerformanceError> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(PerformanceError::NotFinite { what: what.to_owned(), value }),
        None => Ok(()),
    }
}

fn positive(what: &str, value: f64) -> Result<(), PerformanceError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(PerformanceError::NotFinite { what: what.to_owned(), value })
}
