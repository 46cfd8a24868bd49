//! What the portfolio is compared with: equal weight over what may be held, set anew at each month
//! end and left to drift between, free of cost; or one symbol, held.

use cycle::Period;
use types::{Date, Symbol};

use crate::{BacktestError, History};

/// The benchmark, followed day by day.
pub(crate) struct Benchmark {
    kind: Kind,
    pub value: f64,
    /// The value of each holding, by panel column.
    holdings: Vec<f64>,
}

enum Kind {
    EqualWeight,
    Symbol(usize),
}

impl Benchmark {
    pub fn new(name: &str, history: &History) -> Result<Self, BacktestError> {
        let kind = match name {
            "equal-weight" => Kind::EqualWeight,
            symbol => Kind::Symbol(
                history
                    .panel
                    .column(&symbol.into())
                    .map_err(|_| BacktestError::Benchmark(name.to_owned()))?,
            ),
        };
        let columns = history.panel.symbols().len();
        Ok(Self { kind, value: 1.0, holdings: vec![0.0; columns] })
    }

    /// Moves on to a day whose returns since the day before are `returns` (NaN where unknown).
    pub fn step(&mut self, returns: &[f64]) {
        let invested: f64 = self.holdings.iter().sum();
        for (holding, change) in self.holdings.iter_mut().zip(returns) {
            if change.is_finite() {
                *holding *= 1.0 + change;
            }
        }
        self.value += self.holdings.iter().sum::<f64>() - invested;
    }

    /// Sets the weights anew, if nothing is held yet or a month ends.
    pub fn rebalance(&mut self, day: Date, next: Date, eligible: impl FnOnce() -> Vec<usize>) {
        let empty = self.holdings.iter().all(|holding| *holding == 0.0);
        let due = matches!(self.kind, Kind::EqualWeight) && Period::Month.ends(day, next);
        if !(empty || due) {
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
}

/// The columns of symbols.
pub(crate) fn columns(history: &History, symbols: &[Symbol]) -> Vec<usize> {
    symbols.iter().filter_map(|symbol| history.panel.column(symbol).ok()).collect()
}
