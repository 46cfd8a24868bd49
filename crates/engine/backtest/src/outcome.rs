//! What came of a run, gathered as it happens, in the form that reports are drawn from.

use std::collections::BTreeMap;

use cycle::facts::DriftSeen;
use cycle::{Book, Desk, FrontierSeen, Shape};
use journal::{Draft, Kind};
use performance::{
    Asset, Benchmark, Decision, DecisionPeriod, Drift, Exposure, Fact, Frontier, ModelVersion,
    Provenance, RiskReturn, TearsheetInput, Weights, decision_attribution, metrics,
};
use serde::{Deserialize, Serialize};
use tracking::CHAMPION;
use types::{Date, Fill, Panel};

use crate::BacktestError;

/// Trading days in a year, for annualising.
const YEAR: f64 = 252.0;

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Everything that a report shows, but for what the run used of the machine.
    pub report: TearsheetInput,
    /// Counts and sums.
    pub totals: Totals,
}

/// Counts and sums over a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Decisions.
    pub decisions: usize,
    /// Orders that were placed.
    pub orders: usize,
    /// Orders that were refused by a limit.
    pub refused: usize,
    /// Trainings.
    pub trainings: usize,
    /// Promotions of a champion.
    pub promotions: usize,
    /// Alarms.
    pub alarms: usize,
    /// Half the value traded per year, as a fraction of net asset value.
    pub turnover_annual: f64,
    /// Costs in all, in currency units.
    pub costs: f64,
    /// Dividends, in currency units.
    pub dividends: f64,
    /// Interest, in currency units.
    pub interest: f64,
}

/// A decision and the day on which its orders are filled.
struct Made {
    day: Date,
    filled_row: usize,
    shape: Shape,
    costs: BTreeMap<String, f64>,
}

/// Gathers.
#[derive(Default)]
pub(crate) struct Gatherer {
    pub totals: Totals,
    dates: Vec<Date>,
    /// Time-weighted value: deposits change nothing.
    index: Vec<f64>,
    benchmark: Vec<f64>,
    cash: Vec<f64>,
    net: Vec<f64>,
    gross: Vec<f64>,
    /// Net asset value in currency units.
    nav: Vec<f64>,
    rows: Vec<usize>,
    made: Vec<Made>,
    drift: Vec<DriftSeen>,
    drift_days: Vec<Date>,
}

/// A day's figures.
pub(crate) struct Day {
    pub date: Date,
    /// The panel row, counted from 0.
    pub row: usize,
    /// Net asset value relative to that of the day before, deposits taken out.
    pub growth: f64,
    /// In currency units.
    pub nav: f64,
    pub benchmark: f64,
    /// Cash as a fraction of net asset value.
    pub cash: f64,
    pub net: f64,
    pub gross: f64,
}

impl Gatherer {
    pub fn day(&mut self, day: Day) {
        let before = self.index.last().copied().unwrap_or(1.0);
        self.dates.push(day.date);
        self.rows.push(day.row);
        self.index.push(before * day.growth);
        self.nav.push(day.nav);
        self.benchmark.push(day.benchmark);
        self.cash.push(day.cash);
        self.net.push(day.net);
        self.gross.push(day.gross);
    }

    pub fn decided(&mut self, day: Date, filled_row: usize, shape: Shape, facts: &[Draft]) {
        self.totals.decisions += 1;
        for fact in facts {
            match fact.kind() {
                Kind::Placed => self.totals.orders += 1,
                Kind::Trained => self.totals.trainings += 1,
                Kind::Alerted => self.totals.alarms += 1,
                Kind::Promoted if fact.id().as_str().ends_with("champion") => {
                    self.totals.promotions += 1;
                }
                Kind::Drifted => {
                    let seen = serde_json::from_slice(fact.payload()).expect("it was just written");
                    self.drift.push(seen);
                    self.drift_days.push(day);
                }
                _ => {}
            }
        }
        self.made.push(Made { day, filled_row, shape, costs: BTreeMap::new() });
    }

    pub fn filled(&mut self, fill: &Fill) {
        let Some(made) = self.made.last_mut() else { return };
        for (kind, amount) in
            [("commission", fill.commission), ("spread", fill.spread), ("impact", fill.impact)]
        {
            *made.costs.entry(kind.to_owned()).or_default() += amount.to_f64();
            self.totals.costs += amount.to_f64();
        }
    }

    pub fn finish(
        mut self,
        desk: &Desk,
        book: &Book,
        panel: &Panel,
        rate: impl Fn(Date) -> f64,
        frontier: Option<(Date, FrontierSeen)>,
        provenance: Provenance,
    ) -> Result<Outcome, BacktestError> {
        let years = self.dates.len() as f64 / YEAR;
        let turnover: f64 = self.made.iter().map(|made| made.shape.turnover).sum();
        self.totals.turnover_annual = turnover / years;
        let mean_rate =
            self.dates.iter().map(|day| rate(*day)).sum::<f64>() / self.dates.len().max(1) as f64;
        let purpose = &desk.mandate.mandate;
        let mut report = TearsheetInput {
            title: purpose.name.clone(),
            mandate: mandate_facts(desk),
            currency: purpose.currency.clone(),
            periods_per_year: YEAR,
            risk_free_annual: mean_rate,
            nav: self.index.iter().map(|value| value * purpose.capital).collect(),
            benchmark: Some(Benchmark {
                name: purpose.benchmark.replace('-', " "),
                nav: self.benchmark.clone(),
            }),
            weights: self.weights(panel),
            exposure: Some(Exposure {
                dates: self.dates.clone(),
                net: std::mem::take(&mut self.net),
                gross: std::mem::take(&mut self.gross),
                cash: std::mem::take(&mut self.cash),
            }),
            decisions: self.decisions(),
            frontier: frontier.map(|(day, seen)| plane(day, &seen)),
            drift: self.drift(desk),
            attribution: self.attribution(panel, &rate)?,
            metrics: vec![],
            resources: vec![],
            models: models(desk, book),
            provenance,
            notes: notes(desk),
            dates: self.dates,
        };
        report.metrics = figures(&report, rate)?;
        Ok(Outcome { report, totals: self.totals })
    }

    fn weights(&self, panel: &Panel) -> Option<Weights> {
        let kept: Vec<&Made> =
            self.made.iter().filter(|made| !made.shape.rounded.is_empty()).collect();
        (!kept.is_empty()).then(|| Weights {
            dates: kept.iter().map(|made| made.day).collect(),
            symbols: panel.symbols().iter().map(ToString::to_string).collect(),
            values: kept.iter().map(|made| made.shape.rounded.clone()).collect(),
        })
    }

    fn decisions(&self) -> Vec<Decision> {
        self.made
            .iter()
            .map(|made| Decision {
                date: made.day,
                turnover: made.shape.turnover,
                costs: made.costs.clone(),
            })
            .collect()
    }

    fn drift(&self, desk: &Desk) -> Option<Drift> {
        let features = desk.features.as_ref()?.names().to_vec();
        let row = |seen: &DriftSeen| features.iter().map(|f| seen.values.get(f).copied()).collect();
        (!self.drift.is_empty()).then(|| Drift {
            dates: self.drift_days.clone(),
            psi: self.drift.iter().map(row).collect(),
            alarm: self.drift[0].threshold,
            features: features.clone(),
        })
    }

    fn attribution(
        &self,
        panel: &Panel,
        rate: impl Fn(Date) -> f64,
    ) -> Result<Option<performance::DecisionAttribution>, BacktestError> {
        let closes = panel.view("close").expect("a run has closes");
        let first = self.rows.first().copied().unwrap_or(0);
        let last = self.dates.len().saturating_sub(1);
        let mut periods = Vec::with_capacity(self.made.len());
        for (place, made) in self.made.iter().enumerate() {
            let start = made.filled_row - first;
            let end = self.made.get(place + 1).map_or(last, |next| next.filled_row - first);
            let end = end.min(last);
            if start >= end {
                continue;
            }
            let (from, to) = (closes.row(self.rows[start]), closes.row(self.rows[end]));
            let change = |(from, to): (&f64, &f64)| to / from - 1.0;
            let known = |value: f64| if value.is_finite() { value } else { 0.0 };
            let growth = |values: &[f64]| values[end] / values[start] - 1.0;
            let days = (self.dates[end] - self.dates[start]).num_days() as f64;
            let cost = made.costs.values().sum::<f64>() / self.nav[start];
            periods.push(DecisionPeriod {
                start: self.dates[start],
                end: self.dates[end],
                asset_returns: from.iter().zip(to).map(change).map(known).collect(),
                cash_return: rate(self.dates[start]) * days / 365.0,
                benchmark: made.shape.equal.clone(),
                forecast: made.shape.forecast.clone(),
                unconstrained: made.shape.unconstrained.clone(),
                constrained: made.shape.target.clone(),
                rounded: made.shape.rounded.clone(),
                cost,
                // Fills come before the day is valued: the growth from that day on lacks them.
                portfolio_return: (1.0 - cost) * (1.0 + growth(&self.index)) - 1.0,
                benchmark_return: growth(&self.benchmark),
            });
        }
        if periods.is_empty() {
            return Ok(None);
        }
        Ok(Some(decision_attribution(&periods)?))
    }
}

fn figures(
    report: &TearsheetInput,
    rate: impl Fn(Date) -> f64,
) -> Result<Vec<performance::Metric>, BacktestError> {
    let series =
        |values: &[f64]| performance::Series::new(report.dates.clone(), values.to_vec())?.returns();
    let returns = series(&report.nav)?;
    let benchmark = report.benchmark.as_ref().map(|b| series(&b.nav)).transpose()?;
    let daily = returns.dates.iter().map(|day| rate(*day) / YEAR).collect();
    let basis = performance::Basis {
        benchmark: benchmark.map(|series| series.values),
        risk_free: performance::RiskFree::Series(daily),
        ..performance::Basis::new(YEAR)
    };
    Ok(metrics(&returns, &basis)?)
}

/// The frontier per year.
fn plane(day: Date, seen: &FrontierSeen) -> Frontier {
    let yearly = YEAR / f64::from(seen.horizon_days);
    let at = |expected: f64, volatility: f64| RiskReturn {
        volatility: volatility * yearly.sqrt(),
        expected_return: expected * yearly,
    };
    Frontier {
        as_of: day,
        points: seen.points.iter().map(|p| at(p.expected_return, p.volatility)).collect(),
        assets: seen
            .assets
            .iter()
            .map(|(symbol, expected, volatility)| Asset {
                name: symbol.to_string(),
                at: at(*expected, *volatility),
            })
            .collect(),
        chosen: Some(at(seen.chosen.0, seen.chosen.1)),
    }
}

fn models(desk: &Desk, book: &Book) -> Vec<ModelVersion> {
    let name = desk.model_name();
    let history = book.registry.history(&name);
    let crowned = |version: u32| {
        history
            .iter()
            .find(|change| {
                change.promotion.alias == CHAMPION && change.promotion.version == version
            })
            .map(|change| change.at.date_naive())
    };
    book.registry
        .versions(&name)
        .iter()
        .map(|version| ModelVersion {
            version: format!("v{}", version.version),
            trained_at: version.created.date_naive(),
            information_coefficient: version
                .metrics
                .get("information_coefficient")
                .copied()
                .filter(|ic| ic.is_finite()),
            champion_since: crowned(version.version),
        })
        .collect()
}

fn mandate_facts(desk: &Desk) -> Vec<Fact> {
    let mandate = &desk.mandate;
    let fact = |name: &str, value: String| Fact { name: name.to_owned(), value };
    let outlook = match &mandate.forecast {
        None => "none: risk alone".to_owned(),
        Some(plan) => match &plan.signal {
            Some(signal) => format!("signal {signal}, {} ahead", plan.target),
            None => format!("{} learned from {}", plan.target, mandate.features.used.join(", ")),
        },
    };
    let mut facts = vec![
        fact("Capital", format!("{} {}", mandate.mandate.capital, mandate.mandate.currency)),
        fact("Forecast", outlook),
        fact("Objective", mandate.allocation.objective.sentence()),
        fact("Rebalance", mandate.rebalance.when.all().join(" or ")),
    ];
    if !mandate.allocation.constraints.is_empty() {
        facts.push(fact("Constraints", mandate.allocation.constraints.join(", ")));
    }
    facts
}

fn notes(desk: &Desk) -> Vec<String> {
    let delay = desk.mandate.execution.delay.0;
    let fills = match delay {
        0 => "Orders are filled at the close on which they were decided.".to_owned(),
        1 => "Orders are decided at one close and filled at the next.".to_owned(),
        days => format!("Orders are filled at the close {days} days after the decision."),
    };
    let mut notes = vec![
        fills,
        "The benchmark is free of costs and set to its weights anew at each month end.".to_owned(),
    ];
    if desk.deposit.is_some() {
        notes.push("Values are time-weighted: deposits are taken out.".to_owned());
    }
    notes
}
