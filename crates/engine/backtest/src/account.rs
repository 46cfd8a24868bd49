//! The account of a run: the ledger, the newest price of everything, and what was booked since the
//! last decision.

use std::collections::BTreeMap;

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
    pub prices: BTreeMap<Symbol, Price>,
    last_seen: BTreeMap<Symbol, usize>,
    newest: Option<Date>,
    pub booked: Vec<BookedEntry>,
}

impl Account {
    pub fn open(capital: Money) -> Self {
        Self {
            ledger: Ledger::open(capital),
            prices: BTreeMap::new(),
            last_seen: BTreeMap::new(),
            newest: None,
            booked: vec![],
        }
    }

    /// Takes in the prices of the newest day of `seen`.
    pub fn mark(&mut self, seen: &Panel, field: &str) -> Result<(), BacktestError> {
        let day = seen.last_date().expect("a day is marked only once it has a row");
        let values = seen.view(field).expect("the traded field is in the panel");
        let newest = values.last().expect("a day has values");
        for (symbol, value) in seen.symbols().iter().zip(newest) {
            if value.is_nan() {
                continue;
            }
            let price = Price::from_f64(*value).map_err(|error| BacktestError::Price {
                symbol: symbol.clone(),
                day,
                what: error.to_string(),
            })?;
            self.prices.insert(symbol.clone(), price);
            self.last_seen.insert(symbol.clone(), seen.rows());
        }
        Ok(())
    }

    /// Books interest for the days since the last one.
    pub fn accrue(&mut self, history: &History, day: Date) -> Result<(), BacktestError> {
        if let Some(before) = self.newest.replace(day) {
            let cash = self.ledger.cash();
            let amount = interest_act_365(cash, history.rate(before), before, day)?;
            if !amount.is_zero() {
                self.apply("interest", None, Entry::Interest { amount, at: day })?;
            }
        }
        Ok(())
    }

    /// Books the splits and dividends of a day, before anything trades.
    pub fn act(&mut self, history: &History, day: Date) -> Result<(), BacktestError> {
        for action in history.actions.get(&day).into_iter().flatten() {
            let symbol = action.symbol.clone();
            match self.entry(action, day)? {
                (what, Some(entry)) => self.apply(what, Some(symbol), entry)?,
                (_, None) => {}
            }
        }
        Ok(())
    }

    fn entry(
        &self,
        action: &CorporateAction,
        day: Date,
    ) -> Result<(&'static str, Option<Entry>), BacktestError> {
        let symbol = action.symbol.clone();
        let bad = |what: String| BacktestError::Price { symbol: symbol.clone(), day, what };
        match action.kind {
            ActionKind::Dividend { amount } => {
                let per_share = Money::from_f64(amount).map_err(|error| bad(error.to_string()))?;
                let entry = Entry::Dividend { symbol: symbol.clone(), per_share, at: day };
                Ok(("dividend", (!per_share.is_zero()).then_some(entry)))
            }
            ActionKind::Split { ratio } => {
                let (new, old) = market::small_fraction(ratio).ok_or_else(|| {
                    bad(format!("a split of {ratio} is no ratio of whole shares"))
                })?;
                let ratio = Ratio { new, old };
                let cash_in_lieu = self.prices.get(&symbol).copied();
                Ok(("split", Some(Entry::Split { symbol, ratio, cash_in_lieu, at: day })))
            }
        }
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

    /// Refuses, or sells, what is held and has had no price for too long.
    pub fn check_vanished(&mut self, seen: &Panel, policy: Vanished) -> Result<(), BacktestError> {
        let today = seen.last_date().expect("a day is checked only once it has a row");
        let gone: Vec<(Symbol, usize)> = self
            .ledger
            .holdings()
            .positions
            .keys()
            .map(|symbol| (symbol.clone(), self.last_seen.get(symbol).copied().unwrap_or(0)))
            .filter(|(_, row)| seen.rows() - row > PATIENCE)
            .collect();
        for (symbol, row) in gone {
            if policy == Vanished::Stop {
                let last_seen = seen.dates()[row.max(1) - 1];
                return Err(BacktestError::Vanished { symbol, last_seen, today });
            }
            let fill = self.farewell(&symbol, today);
            self.apply("vanished", Some(symbol), Entry::Fill(fill))?;
        }
        Ok(())
    }

    /// The sale of all of a symbol at its last price, free of cost.
    fn farewell(&self, symbol: &Symbol, today: Date) -> Fill {
        let held = self.ledger.quantity(symbol);
        let side = if held.to_f64() > 0.0 { Side::Sell } else { Side::Buy };
        Fill {
            order: OrderId::from(format!("vanished-{symbol}-{today}")),
            at: today,
            symbol: symbol.clone(),
            side,
            quantity: held.abs(),
            price: self.prices[symbol],
            commission: Money::ZERO,
            spread: Money::ZERO,
            impact: Money::ZERO,
        }
    }

    /// Net asset value at the newest prices.
    pub fn value(&self) -> Result<Money, BacktestError> {
        Ok(self.ledger.value(|symbol| self.prices.get(symbol).copied())?)
    }

    pub fn holdings(&self) -> Holdings {
        self.ledger.holdings()
    }
}
