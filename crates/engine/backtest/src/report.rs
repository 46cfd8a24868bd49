//! The form in which reports are drawn from what was gathered.

use cycle::{Book, Desk, FrontierSeen};
use performance::{
    Asset, Benchmark, Decision, Drift, Exposure, Fact, Frontier, ModelVersion, Provenance,
    RiskReturn, TearsheetInput, Weights, metrics,
};
use tracking::CHAMPION;
use types::{Date, Panel};

use crate::attribution::attribution;
use crate::outcome::{Gatherer, Outcome};
use crate::{BacktestError, History};

/// Trading days in a year, for annualising.
const YEAR: f64 = 252.0;
/// The most days for which weights are shown: a picture has no room for more.
const SHOWN: usize = 500;

impl Gatherer {
    /// The outcome of a run that has come to its end.
    pub fn finish(
        mut self,
        desk: &Desk,
        book: &Book,
        history: &History,
        frontier: Option<(Date, FrontierSeen)>,
        provenance: Provenance,
    ) -> Result<Outcome, BacktestError> {
        let turnover: f64 = self.made.iter().map(|made| made.shape.turnover).sum();
        self.totals.turnover_annual = turnover * YEAR / self.dates.len() as f64;
        let rates = self.dates.iter().map(|day| history.rate(*day));
        let purpose = &desk.mandate.mandate;
        let mut report = TearsheetInput {
            title: purpose.name.clone(),
            mandate: mandate_facts(desk),
            currency: purpose.currency.clone(),
            periods_per_year: YEAR,
            risk_free_annual: rates.sum::<f64>() / self.dates.len() as f64,
            nav: self.index.iter().map(|value| value * purpose.capital).collect(),
            benchmark: Some(Benchmark {
                name: purpose.benchmark.replace('-', " "),
                nav: self.benchmark.clone(),
            }),
            weights: self.weights(&history.panel),
            exposure: Some(self.exposure()),
            decisions: self.decisions(),
            frontier: frontier.map(|(day, seen)| plane(day, &seen)),
            drift: self.drift(desk),
            attribution: attribution(&self, history)?,
            metrics: vec![],
            resources: vec![],
            models: models(desk, book),
            provenance,
            notes: notes(desk),
            dates: self.dates,
        };
        report.metrics = figures(&report, history)?;
        Ok(Outcome { report, totals: self.totals })
    }

    fn exposure(&self) -> Exposure {
        Exposure {
            dates: self.dates.clone(),
            net: self.net.clone(),
            gross: self.gross.clone(),
            cash: self.cash.clone(),
        }
    }

    fn weights(&self, panel: &Panel) -> Option<Weights> {
        let step = self.made.len().div_ceil(SHOWN).max(1);
        let kept = || self.made.iter().step_by(step);
        (!self.made.is_empty()).then(|| Weights {
            dates: kept().map(|made| made.day).collect(),
            symbols: panel.symbols().iter().map(ToString::to_string).collect(),
            values: kept().map(|made| made.shape.rounded.clone()).collect(),
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
        let (_, first) = self.drift.first()?;
        Some(Drift {
            dates: self.drift.iter().map(|(day, _)| *day).collect(),
            psi: self
                .drift
                .iter()
                .map(|(_, seen)| features.iter().map(|f| seen.values.get(f).copied()).collect())
                .collect(),
            alarm: first.threshold,
            features,
        })
    }
}

fn figures(
    report: &TearsheetInput,
    history: &History,
) -> Result<Vec<performance::Metric>, BacktestError> {
    let series =
        |values: &[f64]| performance::Series::new(report.dates.clone(), values.to_vec())?.returns();
    let returns = series(&report.nav)?;
    let benchmark = report.benchmark.as_ref().map(|b| series(&b.nav)).transpose()?;
    // What cash earned over the same days, as the ledger books it.
    let cash = |days: &[Date]| history.earned(days[0], days[1]);
    let daily = report.dates.windows(2).map(cash).collect();
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
