//! What came of a run, gathered as it happens.

use std::collections::BTreeMap;

use cycle::Shape;
use cycle::facts::DriftSeen;
use journal::{Draft, Kind};
use performance::TearsheetInput;
use serde::{Deserialize, Serialize};
use types::{Date, Fill};

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
    /// Orders that the venue rejected: there was no price.
    pub rejected: usize,
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

/// A decision, and what came of it.
pub(crate) struct Made {
    pub day: Date,
    /// The row of the day on which its orders are due.
    pub due: usize,
    pub shape: Shape,
    pub costs: BTreeMap<String, f64>,
    /// The benchmark's weights at the close of the day on which the orders are due.
    pub benchmark: Option<Vec<f64>>,
}

/// Gathers. All lists but those of decisions and drift have one entry for each day.
#[derive(Default)]
pub(crate) struct Gatherer {
    pub totals: Totals,
    pub dates: Vec<Date>,
    /// Panel rows.
    pub rows: Vec<usize>,
    /// Time-weighted value: deposits change nothing.
    pub index: Vec<f64>,
    /// Net asset value in currency units, after the day's fills.
    pub nav: Vec<f64>,
    /// What the day's fills cost, in currency units.
    pub paid: Vec<f64>,
    pub benchmark: Vec<f64>,
    pub cash: Vec<f64>,
    pub net: Vec<f64>,
    pub gross: Vec<f64>,
    pub made: Vec<Made>,
    pub drift: Vec<(Date, DriftSeen)>,
    paid_today: f64,
}

/// A day's figures, after its fills.
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
    /// Takes a day in. `benchmark` gives the benchmark's weights, if they are wanted.
    pub fn day(&mut self, day: Day, benchmark: impl FnOnce() -> Vec<f64>) {
        let before = self.index.last().copied().unwrap_or(1.0);
        self.dates.push(day.date);
        self.rows.push(day.row);
        self.index.push(before * day.growth);
        self.nav.push(day.nav);
        self.paid.push(std::mem::take(&mut self.paid_today));
        self.benchmark.push(day.benchmark);
        self.cash.push(day.cash);
        self.net.push(day.net);
        self.gross.push(day.gross);
        if let Some(made) = self.made.last_mut().filter(|made| made.due == day.row) {
            made.benchmark = Some(benchmark());
        }
    }

    /// Takes a decision in, whose orders are due at the close of the panel row `due`.
    pub fn decided(&mut self, day: Date, due: usize, shape: Shape, facts: &[Draft]) {
        self.totals.decisions += 1;
        for fact in facts {
            match fact.kind() {
                Kind::Placed => self.totals.orders += 1,
                Kind::Refused => self.totals.refused += 1,
                Kind::Trained => self.totals.trainings += 1,
                Kind::Alerted => self.totals.alarms += 1,
                Kind::Promoted if fact.id().as_str().ends_with("champion") => {
                    self.totals.promotions += 1;
                }
                Kind::Drifted => {
                    let seen = serde_json::from_slice(fact.payload()).expect("it was just written");
                    self.drift.push((day, seen));
                }
                _ => {}
            }
        }
        self.made.push(Made { day, due, shape, costs: BTreeMap::new(), benchmark: None });
    }

    /// Takes a fill of the newest decision in.
    pub fn filled(&mut self, fill: &Fill) {
        let Some(made) = self.made.last_mut() else { return };
        for (kind, amount) in
            [("commission", fill.commission), ("spread", fill.spread), ("impact", fill.impact)]
        {
            *made.costs.entry(kind.to_owned()).or_default() += amount.to_f64();
            self.totals.costs += amount.to_f64();
            self.paid_today += amount.to_f64();
        }
    }
}
