//! Returns: what each symbol earned on each day of a window.
//!
//! In comes a panel (adjusted closes, usually) or a ready table; out comes a complete matrix of
//! days × symbols. Every value is finite: what is unknown is refused or dropped at this door, so
//! no estimator behind it has to ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use types::{Date, Panel, Symbol, View};

use crate::RiskError;

/// How a return is taken from two prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReturnKind {
    /// `p₁ / p₀ − 1`: what a holder earns; adds up over the assets of a portfolio.
    #[default]
    Simple,
    /// `ln(p₁ / p₀)`: adds up over time.
    Log,
}

/// What to do about days on which a price is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    /// An unknown price inside the window is an error that names it.
    #[default]
    Refuse,
    /// Complete cases: a day on which any symbol's return is unknown is dropped for all symbols,
    /// and a panel shorter than the window is used as it is; at least this many returns must
    /// remain.
    Drop {
        /// The fewest complete returns that will do.
        at_least: usize,
    },
}

/// Which returns to take from a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many returns, counted back from the last day. They read one more day of prices.
    pub rows: usize,
    /// Simple or logarithmic.
    pub kind: ReturnKind,
    /// What to do about unknown prices.
    pub gaps: Gaps,
}

impl Window {
    /// The last `rows` simple returns, all of which must be known.
    pub fn last(rows: usize) -> Self {
        Self { rows, kind: ReturnKind::default(), gaps: Gaps::default() }
    }
}

/// Days × symbols, row by row, oldest day first. Fractions: 0.01 is one per cent.
#[derive(Debug, Clone, PartialEq)]
pub struct Returns {
    symbols: Arc<[Symbol]>,
    values: Vec<f64>,
}

impl Returns {
    /// Returns that are known already, one row of `symbols.len()` values after another.
    ///
    /// Fails without symbols, if one comes twice, if the last row is not whole, or if a value is not
    /// finite.
    pub fn new(symbols: Vec<Symbol>, values: Vec<f64>) -> Result<Self, RiskError> {
        let cols = symbols.len();
        if cols == 0 {
            return Err(RiskError::NoSymbols);
        }
        let mut sorted: Vec<&Symbol> = symbols.iter().collect();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(RiskError::DuplicateSymbol { symbol: twice[0].clone() });
        }
        if !values.len().is_multiple_of(cols) {
            return Err(RiskError::Shape {
                what: "last row of returns",
                expected: cols,
                found: values.len() % cols,
            });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(RiskError::NotFinite { what: "returns", row: at / cols, col: at % cols });
        }
        Ok(Self { symbols: symbols.into(), values })
    }

    /// The returns of the `close` prices at the end of `panel`.
    ///
    /// A price that is zero, negative or infinite is always an error; one that is unknown (NaN)
    /// is treated as [`Window::gaps`] says.
    pub fn from_panel(panel: &Panel, window: Window) -> Result<Self, RiskError> {
        let prices = panel.view("close")?;
        if prices.cols == 0 {
            return Err(RiskError::NoSymbols);
        }
        let least = match window.gaps {
            Gaps::Refuse => window.rows,
            Gaps::Drop { at_least } => at_least.min(window.rows),
        };
        if prices.rows <= least {
            return Err(RiskError::ShortPanel {
                needed: least,
                days: prices.rows,
                until: panel.last_date(),
            });
        }
        let rows = window.rows.min(prices.rows - 1);
        let first = prices.rows - rows;
        check_prices(panel, prices, first - 1, window.gaps)?;
        let taken = take(prices, first, window.kind);
        if taken.len() < least * prices.cols {
            return Err(too_few(panel, prices, first, least, taken.len() / prices.cols));
        }
        Ok(Self { symbols: panel.shared_symbols(), values: taken })
    }

    /// The symbols, one for each column.
    pub fn symbols(&self) -> &Arc<[Symbol]> {
        &self.symbols
    }

    /// Days.
    pub fn rows(&self) -> usize {
        self.values.len() / self.cols()
    }

    /// Symbols.
    pub fn cols(&self) -> usize {
        self.symbols.len()
    }

    /// The returns of one day.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.cols()..(row + 1) * self.cols()]
    }

    /// The returns of one symbol, oldest first.
    pub fn column(&self, col: usize) -> Vec<f64> {
        self.values.iter().skip(col).step_by(self.cols()).copied().collect()
    }

    /// All values, row by row.
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// What a portfolio that is held at these weights every day would have returned, day by day.
    pub fn of_portfolio(&self, weights: &[f64]) -> Result<Vec<f64>, RiskError> {
        crate::moments::check_len("weights", weights, self.cols())?;
        Ok((0..self.rows()).map(|row| crate::matrix::dot(self.row(row), weights)).collect())
    }
}

fn check_prices(
    panel: &Panel,
    prices: View<'_>,
    first: usize,
    gaps: Gaps,
) -> Result<(), RiskError> {
    for row in first..prices.rows {
        for (col, price) in prices.row(row).iter().enumerate() {
            let symbol = || panel.symbols()[col].clone();
            let date = panel.dates()[row];
            if price.is_nan() && gaps == Gaps::Refuse {
                let symbol = symbol();
                return Err(RiskError::MissingPrice { symbol, date });
            }
            if *price <= 0.0 || price.is_infinite() {
                return Err(RiskError::BadPrice { symbol: symbol(), date, price: *price });
            }
        }
    }
    Ok(())
}

/// The complete rows of returns from day `first` on, each against the day before.
fn take(prices: View<'_>, first: usize, kind: ReturnKind) -> Vec<f64> {
    let mut values = Vec::with_capacity((prices.rows - first) * prices.cols);
    for row in first..prices.rows {
        let start = values.len();
        let pairs = prices.row(row).iter().zip(prices.row(row - 1));
        values.extend(pairs.map(|(now, before)| match kind {
            ReturnKind::Simple => now / before - 1.0,
            ReturnKind::Log => (now / before).ln(),
        }));
        if values[start..].iter().any(|value| value.is_nan()) {
            values.truncate(start);
        }
    }
    values
}

fn too_few(
    panel: &Panel,
    prices: View<'_>,
    first: usize,
    needed: usize,
    found: usize,
) -> RiskError {
    let mut lacking: BTreeMap<usize, (usize, Date)> = BTreeMap::new();
    for row in first..prices.rows {
        for col in 0..prices.cols {
            if prices.at(row, col).is_nan() || prices.at(row - 1, col).is_nan() {
                let entry = lacking.entry(col).or_insert((0, panel.dates()[row]));
                *entry = (entry.0 + 1, panel.dates()[row]);
            }
        }
    }
    let (col, (missing, date)) = lacking
        .into_iter()
        .max_by_key(|(col, (missing, _))| (*missing, std::cmp::Reverse(*col)))
        .expect("a row is only dropped when a price in it is unknown");
    RiskError::TooFewComplete { needed, found, symbol: panel.symbols()[col].clone(), missing, date }
}
