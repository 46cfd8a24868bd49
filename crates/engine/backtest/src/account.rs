//! The account of a run: the ledger, the newest price of everything, and what was booked since the
//! last decision.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use cycle::facts::BookedEntry;
use ledger::{Booking, Entry, Ledger, Ratio, interest_act_365};
use market::{ActionKind, CorporateAction};
use types::{Date, Fill, Holdings, Money, OrderId, Panel, Price, Side, Symbol};

use crate::{BacktestError, History, Vanished};

/// Days without a price after which a symbol that is held has vanished.
const PATIENCE: usize = 10;

/// The ledger with what it needs to be valued.
pub(crate) struct Account {
    pub ledger: Ledger,
    /// All symbols that can be held, with their columns.
    panel: Panel,
    /// The newest price of each, and the number of days seen by then.
    prices: Vec<Option<(Price, usize)>>,
    newest: Option<Date>,
    pub booked: Vec<BookedEntry>,
}

impl Account {
    /// An account with nothing but cash, for symbols of `panel`.
    pub fn open(capital: Money, panel: &Panel) -> Self {
        Self {
            ledger: Ledger::open(capital),
            panel: panel.clone(),
            prices: vec![None; panel.symbols().len()],
            newest: None,
            booked: vec![],
        }
    }

    /// Books what happened since the last day: interest on the cash of then, splits, dividends.
    /// Gives the splits.
    pub fn wake(
        &mut self,
        history: &History,
        day: Date,
    ) -> Result<Vec<(Symbol, Ratio)>, BacktestError> {
        let Some(before) = self.newest.replace(day) else { return Ok(vec![]) };
        let cash = self.ledger.cash();
        let amount = interest_act_365(cash, history.rate(before), before, day)?;
        if !amount.is_zero() {
            self.apply("interest", None, Entry::Interest { amount, at: day })?;
        }
        let mut splits = vec![];
        // An action dated on a day that the data lacks holds from the next one on.
        for (_, actions) in history.actions.range((Excluded(before), Included(day))) {
            for action in actions {
                if let ActionKind::Split { ratio } = action.kind {
                    let ratio = whole_ratio(action, ratio, day)?;
                    self.split(&action.symbol, ratio, day)?;
                    splits.push((action.symbol.clone(), ratio));
                }
            }
            // A dividend is stated for each share that is there after a split of the same day.
            for action in actions {
                if let ActionKind::Dividend { amount } = action.kind {
                    self.dividend(&action.symbol, amount, day)?;
                }
            }
        }
        Ok(splits)
    }

    fn split(&mut self, symbol: &Symbol, ratio: Ratio, day: Date) -> Result<(), BacktestError> {
        // The newest price is of shares from before the split.
        let after = |price: Price| price.to_f64() * f64::from(ratio.old) / f64::from(ratio.new);
        let price = self.price(symbol).map(|price| Price::from_f64(after(price)));
        let cash_in_lieu = price.transpose().map_err(|error| bad_price(symbol, day, &error))?;
        if let (Some(price), Ok(column)) = (cash_in_lieu, self.panel.column(symbol)) {
            self.prices[column].as_mut().expect("it has a price").0 = price;
        }
        let entry = Entry::Split { symbol: symbol.clone(), ratio, cash_in_lieu, at: day };
        self.apply("split", Some(symbol.clone()), entry)
    }

    fn dividend(&mut self, symbol: &Symbol, amount: f64, day: Date) -> Result<(), BacktestError> {
        let per_share = Money::from_f64(amount).map_err(|error| bad_price(symbol, day, &error))?;
        if per_share.is_zero() {
            return Ok(());
        }
        let entry = Entry::Dividend { symbol: symbol.clone(), per_share, at: day };
        self.apply("dividend", Some(symbol.clone()), entry)
    }

    /// Takes in the prices of the newest day of `seen`.
    pub fn mark(&mut self, seen: &Panel, field: &str) -> Result<(), BacktestError> {
        let day = seen.last_date().expect("a day is marked only once it has a row");
        let values = seen.view(field).expect("the traded field is in the panel");
        let newest = values.last().expect("a day has values");
        for (column, value) in newest.iter().enumerate().filter(|(_, value)| !value.is_nan()) {
            let price = Price::from_f64(*value)
                .map_err(|error| bad_price(&seen.symbols()[column], day, &error))?;
            self.prices[column] = Some((price, seen.rows()));
        }
        Ok(())
    }

    pub fn deposit(&mut self, amount: Money, day: Date) -> Result<(), BacktestError> {
        self.apply("deposit", None, Entry::Deposit { amount, at: day })
    }

    pub fn settle(&mut self, fill: Fill) -> Result<(), BacktestError> {
        self.ledger.apply(Entry::Fill(fill))?;
        Ok(())
    }

    fn apply(
        &mut self,
        what: &str,
        symbol: Option<Symbol>,
        entry: Entry,
    ) -> Result<(), BacktestError> {
        let (day, before) = (entry.at(), self.ledger.cash());
        let bookings: Vec<Booking> = self.ledger.apply(entry)?;
        if !bookings.is_empty() {
            let amount = self.ledger.cash() - before;
            self.booked.push(BookedEntry { day, what: what.to_owned(), symbol, amount });
        }
        Ok(())
    }

    /// Refuses, or sells, what is held and has had no price for too long. Gives what it sold.
    pub fn bury(&mut self, seen: &Panel, policy: Vanished) -> Result<Vec<Symbol>, BacktestError> {
        let today = seen.last_date().expect("a day is checked only once it has a row");
        let mut gone = vec![];
        for symbol in self.ledger.holdings().positions.into_keys() {
            let column = self.column(&symbol);
            let (price, row) = self.prices[column].expect("only what has a price is bought");
            if seen.rows() - row <= PATIENCE {
                continue;
            }
            if policy == Vanished::Stop {
                let last_seen = seen.dates()[row - 1];
                return Err(BacktestError::Vanished { symbol, last_seen, today });
            }
            let fill = self.farewell(&symbol, price, today);
            self.apply("vanished", Some(symbol.clone()), Entry::Fill(fill))?;
            gone.push(symbol);
        }
        Ok(gone)
    }

    /// The sale of all of a symbol at its last price, free of cost.
    fn farewell(&self, symbol: &Symbol, price: Price, today: Date) -> Fill {
        let held = self.ledger.quantity(symbol);
        let side = if held.to_f64() > 0.0 { Side::Sell } else { Side::Buy };
        Fill {
            order: OrderId::from(format!("vanished-{symbol}-{today}")),
            at: today,
            symbol: symbol.clone(),
            side,
            quantity: held.abs(),
            price,
            commission: Money::ZERO,
            spread: Money::ZERO,
            impact: Money::ZERO,
        }
    }

    /// The newest price of a symbol.
    pub fn price(&self, symbol: &Symbol) -> Option<Price> {
        self.prices[self.panel.column(symbol).ok()?].map(|(price, _)| price)
    }

    /// The newest price of everything.
    pub fn prices(&self) -> BTreeMap<Symbol, Price> {
        let known = self.panel.symbols().iter().zip(&self.prices);
        known.filter_map(|(symbol, price)| Some((symbol.clone(), (*price)?.0))).collect()
    }

    fn column(&self, symbol: &Symbol) -> usize {
        self.panel.column(symbol).expect("only symbols of the panel are traded")
    }

    /// Net asset value at the newest prices.
    pub fn value(&self) -> Result<Money, BacktestError> {
        Ok(self.ledger.value(|symbol| self.price(symbol))?)
    }

    pub fn holdings(&self) -> Holdings {
        self.ledger.holdings()
    }

    /// Weights by panel column, as fractions of `value`.
    pub fn weights(&self, value: f64) -> Vec<f64> {
        let mut weights = vec![0.0; self.prices.len()];
        for (symbol, position) in &self.holdings().positions {
            let column = self.column(symbol);
            let (price, _) = self.prices[column].expect("only what has a price is bought");
            weights[column] = (price * position.quantity).to_f64() / value;
        }
        weights
    }
}

fn whole_ratio(action: &CorporateAction, ratio: f64, day: Date) -> Result<Ratio, BacktestError> {
    let what = format!("a split of {ratio} is no ratio of whole shares");
    let symbol = action.symbol.clone();
    let (new, old) =
        market::small_fraction(ratio).ok_or(BacktestError::Price { symbol, day, what })?;
    Ok(Ratio { new, old })
}

pub(crate) fn bad_price(
    symbol: &Symbol,
    day: Date,
    error: &dyn std::fmt::Display,
) -> BacktestError {
    BacktestError::Price { symbol: symbol.clone(), day, what: error.to_string() }
}
