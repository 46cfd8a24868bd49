//! The ledger itself: entries in, bookings out.

use std::collections::BTreeMap;

use types::money::rust_decimal::Decimal;
use types::{Date, Fill, Holdings, Money, Position, Price, Quantity, Side, Symbol};

use crate::book::{Book, Trade, kept};
use crate::{Booking, Entry, Gain, LedgerError, Lot, ProfitAndLoss, Ratio, Totals};

/// The largest amount that is kept exactly beside amounts of 8 decimal places.
const LARGEST: i64 = 1_000_000_000_000_000;

/// Cash, lots and everything that was ever realised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    cash: Money,
    books: BTreeMap<Symbol, Book>,
    gains: Vec<Gain>,
    totals: Totals,
    newest: Option<Date>,
    short_allowed: bool,
}

impl Ledger {
    /// A ledger with nothing but cash, which counts as the first deposit.
    pub fn open(cash: Money) -> Self {
        Self {
            cash,
            books: BTreeMap::new(),
            gains: vec![],
            totals: Totals { deposits: cash, ..Totals::default() },
            newest: None,
            short_allowed: true,
        }
    }

    /// The same, but a sale of more shares than are held is refused.
    pub fn open_long_only(cash: Money) -> Self {
        Self { short_allowed: false, ..Self::open(cash) }
    }

    /// Books an entry and says what it did. A dividend or split of an instrument that is not held
    /// does nothing. After an error nothing has changed.
    pub fn apply(&mut self, entry: Entry) -> Result<Vec<Booking>, LedgerError> {
        let at = entry.at();
        if let Some(newest) = self.newest.filter(|newest| at < *newest) {
            return Err(LedgerError::OutOfOrder { what: entry.name(), at, newest });
        }
        let bookings = match &entry {
            Entry::Fill(fill) => self.fill(fill, &entry),
            Entry::Split { symbol, ratio, cash_in_lieu, .. } => {
                self.split(symbol, *ratio, *cash_in_lieu, at)
            }
            Entry::Dividend { symbol, per_share, .. } => self.dividend(symbol, *per_share, &entry),
            Entry::Interest { amount, .. }
            | Entry::Deposit { amount, .. }
            | Entry::Withdrawal { amount, .. }
            | Entry::Fee { amount, .. } => self.move_cash(*amount, &entry),
        }?;
        self.newest = Some(at);
        Ok(bookings)
    }

    fn fill(&mut self, fill: &Fill, entry: &Entry) -> Result<Vec<Booking>, LedgerError> {
        if fill.quantity <= Quantity::ZERO {
            return Err(LedgerError::FillQuantity {
                order: fill.order.clone(),
                symbol: fill.symbol.clone(),
                quantity: fill.quantity,
            });
        }
        positive_price(&fill.symbol, fill.at, fill.price)?;
        self.check_held(fill)?;
        let gross = product(fill.price.decimal(), fill.quantity.decimal(), entry)?;
        let commission = product(fill.commission.decimal(), Decimal::ONE, entry)?;
        let trade = Trade {
            at: fill.at,
            quantity: fill.side.signed(fill.quantity).decimal(),
            price: fill.price,
            gross,
            commission,
        };
        self.count_trade(fill.side, gross, commission);
        Ok(self.book_trade(&fill.symbol, trade))
    }

    fn check_held(&self, fill: &Fill) -> Result<(), LedgerError> {
        let held = self.quantity(&fill.symbol);
        if self.short_allowed || fill.side == Side::Buy || fill.quantity <= held {
            return Ok(());
        }
        Err(LedgerError::NotHeld {
            symbol: fill.symbol.clone(),
            at: fill.at,
            held,
            wanted: fill.quantity,
        })
    }

    fn count_trade(&mut self, side: Side, gross: Money, commission: Money) {
        match side {
            Side::Buy => {
                self.totals.buys += gross;
                self.cash -= gross + commission;
            }
            Side::Sell => {
                self.totals.sells += gross;
                self.cash += gross - commission;
            }
        }
        self.totals.commissions += commission;
    }

    fn book_trade(&mut self, symbol: &Symbol, trade: Trade) -> Vec<Booking> {
        if !self.books.contains_key(symbol) {
            self.books.insert(symbol.clone(), Book::default());
        }
        let book = self.books.get_mut(symbol).expect("inserted above");
        let first = self.gains.len();
        let opened = book.trade(symbol, trade, |gain| self.gains.push(gain));
        if book.lots.is_empty() {
            self.books.remove(symbol);
        }
        let mut bookings = self.closed_since(first);
        bookings.extend(opened.map(|lot| Booking::Opened { symbol: symbol.clone(), lot }));
        bookings
    }

    /// Counts the gains from number `first` on as realised.
    fn closed_since(&mut self, first: usize) -> Vec<Booking> {
        let gains = &self.gains[first..];
        self.totals.realised += gains.iter().map(Gain::amount).sum();
        gains.iter().cloned().map(Booking::Closed).collect()
    }

    fn split(
        &mut self,
        symbol: &Symbol,
        ratio: Ratio,
        cash_in_lieu: Option<Price>,
        at: Date,
    ) -> Result<Vec<Booking>, LedgerError> {
        let Ratio { new, old } = ratio;
        if new == 0 || old == 0 {
            let symbol = symbol.clone();
            return Err(LedgerError::Ratio { symbol, new, old });
        }
        if let Some(price) = cash_in_lieu {
            positive_price(symbol, at, price)?;
        }
        let Some(book) = self.books.get_mut(symbol) else {
            return Ok(vec![]);
        };
        let before = book.quantity;
        book.split(ratio);
        let mut bookings =
            vec![Booking::Split { symbol: symbol.clone(), before, after: book.quantity }];
        if let Some(price) = cash_in_lieu {
            bookings.extend(self.pay_fraction(symbol, at, price));
        }
        Ok(bookings)
    }

    fn pay_fraction(&mut self, symbol: &Symbol, at: Date, price: Price) -> Vec<Booking> {
        let first = self.gains.len();
        let Some(book) = self.books.get_mut(symbol) else {
            return vec![];
        };
        let Some((quantity, amount)) =
            book.pay_fraction(symbol, at, price, |gain| self.gains.push(gain))
        else {
            return vec![];
        };
        if book.lots.is_empty() {
            self.books.remove(symbol);
        }
        self.cash += amount;
        self.totals.cash_in_lieu += amount;
        let mut bookings = self.closed_since(first);
        bookings.push(Booking::CashInLieu { symbol: symbol.clone(), quantity, amount });
        bookings
    }

    fn dividend(
        &mut self,
        symbol: &Symbol,
        per_share: Money,
        entry: &Entry,
    ) -> Result<Vec<Booking>, LedgerError> {
        let quantity = self.quantity(symbol);
        if quantity.is_zero() {
            return Ok(vec![]);
        }
        let amount = product(per_share.decimal(), quantity.decimal(), entry)?.to_cents();
        self.cash += amount;
        self.totals.dividends += amount;
        Ok(vec![Booking::Dividend { symbol: symbol.clone(), quantity, amount }])
    }

    fn move_cash(&mut self, amount: Money, entry: &Entry) -> Result<Vec<Booking>, LedgerError> {
        let amount = product(amount.decimal(), Decimal::ONE, entry)?;
        let interest = matches!(entry, Entry::Interest { .. });
        if !interest && amount <= Money::ZERO {
            return Err(LedgerError::NotPositive { what: entry.name(), at: entry.at(), amount });
        }
        let (total, flow) = match entry {
            Entry::Deposit { .. } => (&mut self.totals.deposits, amount),
            Entry::Withdrawal { .. } => (&mut self.totals.withdrawals, -amount),
            Entry::Fee { .. } => (&mut self.totals.fees, -amount),
            _ => (&mut self.totals.interest, amount),
        };
        *total += amount;
        self.cash += flow;
        Ok(vec![Booking::Cash { reason: entry.name(), amount: flow }])
    }

    /// Cash; negative when borrowed.
    pub fn cash(&self) -> Money {
        self.cash
    }

    /// Shares of `symbol`; negative when short.
    pub fn quantity(&self, symbol: &Symbol) -> Quantity {
        self.books.get(symbol).map_or(Quantity::ZERO, |book| book.quantity)
    }

    /// The open lots of `symbol`, oldest first.
    pub fn lots(&self, symbol: &Symbol) -> impl Iterator<Item = &Lot> {
        self.books.get(symbol).into_iter().flat_map(|book| &book.lots)
    }

    /// Every lot that was closed, in the order of closing.
    pub fn gains(&self) -> &[Gain] {
        &self.gains
    }

    /// The sums of all flows since opening.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Cash and positions.
    pub fn holdings(&self) -> Holdings {
        let position = |book: &Book| Position { quantity: book.quantity, cost: book.cost };
        Holdings {
            cash: self.cash,
            positions: self
                .books
                .iter()
                .map(|(symbol, book)| (symbol.clone(), position(book)))
                .collect(),
        }
    }

    /// Cash and positions at `price_of`: the net asset value.
    pub fn value(&self, price_of: impl Fn(&Symbol) -> Option<Price>) -> Result<Money, LedgerError> {
        self.books.iter().try_fold(self.cash, |sum, (symbol, book)| {
            let price = price_of(symbol).ok_or_else(|| LedgerError::NoPrice(symbol.clone()))?;
            Ok(sum + price * book.quantity)
        })
    }

    /// Where the value at `price_of` came from.
    pub fn profit_and_loss(
        &self,
        price_of: impl Fn(&Symbol) -> Option<Price>,
    ) -> Result<ProfitAndLoss, LedgerError> {
        let cost: Money = self.books.values().map(|book| book.cost).sum();
        Ok(ProfitAndLoss {
            realised: self.totals.realised,
            unrealised: self.value(price_of)? - self.cash - cost,
            dividends: self.totals.dividends,
            interest: self.totals.interest,
            fees: self.totals.fees,
        })
    }

    /// Recomputes what must balance: cash from its flows, each position from its lots, the cost of
    /// open lots from flows and gains, gains from the list of them.
    pub fn audit(&self) -> Result<(), LedgerError> {
        balance("cash", self.cash, self.totals.cash())?;
        let mut open_cost = Money::ZERO;
        for (symbol, book) in &self.books {
            let quantity: Quantity = book.lots.iter().map(|lot| lot.quantity).sum();
            let cost: Money = book.lots.iter().map(|lot| lot.cost).sum();
            balance(&format!("position in {symbol}"), book.quantity, quantity)?;
            balance(&format!("cost of {symbol}"), book.cost, cost)?;
            open_cost += cost;
        }
        balance("cost of open lots", open_cost, self.totals.open_cost())?;
        let realised = self.gains.iter().map(Gain::amount).sum();
        balance("realised gain", self.totals.realised, realised)
    }
}

/// `a × b` kept to 8 places; an error where it is too large to be kept exactly.
fn product(a: Decimal, b: Decimal, entry: &Entry) -> Result<Money, LedgerError> {
    a.checked_mul(b)
        .filter(|value| value.abs() <= Decimal::from(LARGEST))
        .map(|value| kept(value).into())
        .ok_or_else(|| LedgerError::TooLarge { what: entry.name(), at: entry.at() })
}

fn positive_price(symbol: &Symbol, at: Date, price: Price) -> Result<(), LedgerError> {
    if price > Price::ZERO {
        return Ok(());
    }
    Err(LedgerError::Price { symbol: symbol.clone(), at, price: price.to_string() })
}

fn balance<T: PartialEq + std::fmt::Display>(
    what: &str,
    left: T,
    right: T,
) -> Result<(), LedgerError> {
    if left == right {
        return Ok(());
    }
    Err(LedgerError::Imbalance {
        what: what.to_owned(),
        left: left.to_string(),
        right: right.to_string(),
    })
}
