//! What `trimtab run` says of a run at its end: a summary for people, or JSON.

use std::collections::BTreeMap;
use std::path::Path;

use backtest::Outcome;
use serde::Serialize;
use types::{Date, RunId};

use crate::show::{self, count, grouped, percent, say, table};

/// Where a run stood when it was asked for.
pub enum State {
    /// At its end.
    AlreadyComplete,
    /// Records that were there already and agreed.
    Resumed(usize),
}

/// A run at its end, with what a person needs to go on.
pub struct Told<'a> {
    /// The run.
    pub run: &'a RunId,
    /// What came of it.
    pub outcome: &'a Outcome,
    /// Where it stood.
    pub state: State,
    /// How long the command took.
    pub seconds: f64,
    /// An order to ask about.
    pub order: Option<String>,
    /// The home folder, as it was named.
    pub home: &'a Path,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    run: &'a RunId,
    mandate: &'a str,
    from: Date,
    to: Date,
    resumed_records: usize,
    already_complete: bool,
    final_value: f64,
    benchmark_growth: f64,
    totals: &'a backtest::Totals,
    metrics: BTreeMap<&'a str, Option<f64>>,
    seconds: f64,
    an_order: Option<&'a str>,
}

impl Told<'_> {
    /// Prints the run for programs.
    pub fn json(&self) -> anyhow::Result<()> {
        let report = &self.outcome.report;
        let benchmark = report.benchmark.as_ref();
        show::json(&Summary {
            run: self.run,
            mandate: &report.title,
            from: report.dates[0],
            to: report.dates[report.dates.len() - 1],
            resumed_records: match self.state {
                State::Resumed(records) => records,
                State::AlreadyComplete => 0,
            },
            already_complete: matches!(self.state, State::AlreadyComplete),
            final_value: report.nav.last().copied().unwrap_or_default(),
            benchmark_growth: benchmark.and_then(|b| b.nav.last().copied()).unwrap_or_default(),
            totals: &self.outcome.totals,
            metrics: report.metrics.iter().map(|m| (m.id.as_str(), m.value)).collect(),
            seconds: self.seconds,
            an_order: self.order.as_deref(),
        })
    }

    /// Prints the run for people.
    pub fn print(&self) {
        let report = &self.outcome.report;
        let (from, to) = (report.dates[0], report.dates[report.dates.len() - 1]);
        say(&format!("{}  {from} to {to}  {}", report.title, self.run));
        match self.state {
            State::AlreadyComplete => say("this run is complete; shown from the journal"),
            State::Resumed(0) => {}
            State::Resumed(records) => {
                say(&format!("resumed: {} stood and agree", count(records, "record")));
            }
        }
        say("");
        print_figures(self.outcome);
        say("");
        self.print_totals();
        if let Some(order) = &self.order {
            say("");
            say(&format!("why        trimtab why {order} --home {}", self.home.display()));
        }
    }

    fn print_totals(&self) {
        let (totals, currency) = (&self.outcome.totals, &self.outcome.report.currency);
        let money = |value: f64| grouped(value, 0);
        let did = [
            ("decisions", money(totals.decisions as f64)),
            ("orders", money(totals.orders as f64)),
            ("trainings", format!("{}, {} promoted", totals.trainings, totals.promotions)),
            ("alarms", totals.alarms.to_string()),
            ("turnover", format!("{} a year", percent(totals.turnover_annual))),
            ("costs", format!("{} {currency}", money(totals.costs))),
            (
                "income",
                format!(
                    "{} dividends, {} interest",
                    money(totals.dividends),
                    money(totals.interest)
                ),
            ),
            ("time", format!("{:.2} s", self.seconds)),
        ];
        for (what, value) in did {
            say(&format!("{what:<10} {value}"));
        }
        if totals.decisions == 0 {
            say("");
            say(
                "nothing was decided: on no day did a rule call for it while a symbol met `require`",
            );
        }
    }
}

fn print_figures(outcome: &Outcome) {
    let report = &outcome.report;
    let growth = |nav: &[f64]| nav.last().copied().unwrap_or(1.0) / nav[0];
    let figures = |nav: &[f64]| {
        let series = performance::Series::new(report.dates.clone(), nav.to_vec())
            .and_then(|series| series.returns());
        let basis = performance::Basis {
            risk_free: performance::RiskFree::Annual(report.risk_free_annual),
            ..performance::Basis::new(report.periods_per_year)
        };
        series.and_then(|series| performance::metrics(&series, &basis)).unwrap_or_default()
    };
    let row = |name: &str, nav: &[f64]| {
        let metrics = figures(nav);
        let value = |id: &str| metrics.iter().find(|metric| metric.id == id)?.value;
        let share = |id: &str| value(id).map_or_else(|| "-".to_owned(), percent);
        let ratio = |id: &str| value(id).map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
        vec![
            name.to_owned(),
            format!("{:.2}x", growth(nav)),
            share("cagr"),
            share("volatility"),
            ratio("sharpe"),
            share("max_drawdown"),
        ]
    };
    let mut rows = vec![row("portfolio", &report.nav)];
    if let Some(benchmark) = &report.benchmark {
        rows.push(row(&benchmark.name, &benchmark.nav));
    }
    table(&["", ">growth", ">per year", ">volatility", ">Sharpe", ">worst fall"], rows);
}
