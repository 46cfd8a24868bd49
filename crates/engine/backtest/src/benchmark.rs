//! What the portfolio is compared with: equal weight over what may be held, set at each month end
//! and left to drift between, free of cost; or one symbol, held from the first day. Until something
//! is held, it earns what cash earns.

use cycle::{Period, Today};
use types::{Panel, Symbol};

use crate::{BacktestError, History};

/// The benchmark, followed day by day.
pub(crate) struct Benchmark {
    kind: Kind,
    pub value: f64,
    /// The value of each holding, by panel column.
    holdings: Vec<f64>,
    /// The newest close of each symbol, NaN before there is one.
    closes: Vec<f64>,
}

enum Kind {
    EqualWeight,
    Symbol(usize),
}

impl Benchmark {
    /// The benchmark of that name, for a run whose first day is number `first`.
    pub fn new(name: &str, history: &History, first: usize) -> Result<Self, BacktestError> {
        let columns = history.panel.symbols().len();
        let kind = match name {
            "equal-weight" => Kind::EqualWeight,
            symbol => Kind::Symbol(priced(&history.panel, &symbol.into(), first)?),
        };
        let (holdings, closes) = (vec![0.0; columns], vec![f64::NAN; columns]);
        Ok(Self { kind, value: 1.0, holdings, closes })
    }

    /// Moves on to a day with these closes (NaN where unknown: such a holding stays as it is until
    /// its next close). `cash` is what cash has earned since the day before, as a fraction.
    pub fn step(&mut self, closes: &[f64], cash: f64) {
        let known = closes.iter().enumerate().filter(|(_, close)| close.is_finite());
        for (column, close) in known {
            let before = std::mem::replace(&mut self.closes[column], *close);
            if before.is_finite() {
                self.holdings[column] *= close / before;
            }
        }
        let invested: f64 = self.holdings.iter().sum();
        self.value = if invested > 0.0 { invested } else { self.value * (1.0 + cash) };
    }

    /// Sets the weights: of equal weight at a month's end, of one symbol once.
    pub fn rebalance(&mut self, today: Today, eligible: impl FnOnce() -> Vec<usize>) {
        let due = match self.kind {
            Kind::EqualWeight => today.ends(Period::Month),
            Kind::Symbol(_) => self.holdings.iter().all(|holding| *holding == 0.0),
        };
        if !due {
            return;
        }
        let columns = match self.kind {
            Kind::Symbol(column) => vec![column],
            Kind::EqualWeight => eligible(),
        };
        if columns.is_empty() {
            return;
        }
        self.holdings.fill(0.0);
        for column in &columns {
            self.holdings[*column] = self.value / columns.len() as f64;
        }
    }

    /// Its weights, by panel column; all nought while nothing is held.
    pub fn weights(&self) -> Vec<f64> {
        self.holdings.iter().map(|holding| holding / self.value).collect()
    }
}

/// The column of a symbol that has a close on the day with this number.
fn priced(panel: &Panel, symbol: &Symbol, day: usize) -> Result<usize, BacktestError> {
    let column = panel.column(symbol).ok();
    let closes = panel.view("close").ok();
    let known = |column: &usize| closes.is_some_and(|closes| closes.at(day, *column).is_finite());
    column.filter(known).ok_or_else(|| BacktestError::Benchmark(symbol.to_string()))
}
