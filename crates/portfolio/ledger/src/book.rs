//! The lots of one instrument, first in, first out.
//!
//! Whatever is split between lots (cost, proceeds, commission, shares of a split) is handed out as
//! a portion of what is left, and the last lot takes the rest: so nothing is lost to rounding.

use std::collections::VecDeque;

use types::money::rust_decimal::{Decimal, RoundingStrategy};
use types::{Date, Money, Price, Quantity, Symbol};

use crate::lot::held_over_a_year;
use crate::{Gain, Lot, Ratio};

/// Decimal places to which amounts and quantities are kept.
const PLACES: u32 = 8;

/// Rounds half to even to 8 places.
pub(crate) fn kept(value: Decimal) -> Decimal {
    if value.scale() <= PLACES {
        return value;
    }
    value.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointNearestEven).normalize()
}

/// The share of `total` that falls to `part` of `whole`; exactly `total` where they are equal.
fn portion(total: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    if part == whole {
        total
    } else if total.is_zero() {
        Decimal::ZERO
    } else {
        kept(part / whole * total)
    }
}

/// A trade as a book needs it. `quantity` carries the sign, `gross` is `price × |quantity|`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trade {
    pub at: Date,
    pub quantity: Decimal,
    pub price: Price,
    pub gross: Money,
    pub commission: Money,
}

/// The open lots of one instrument, with their sums.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Book {
    pub lots: VecDeque<Lot>,
    pub quantity: Quantity,
    pub cost: Money,
}

impl Book {
    /// Books a trade: closes lots of the other side, then opens one with what is left.
    pub fn trade(
        &mut self,
        symbol: &Symbol,
        trade: Trade,
        mut closed: impl FnMut(Gain),
    ) -> Option<Lot> {
        let size = trade.quantity.abs();
        let held = self.quantity.decimal();
        let against =
            !held.is_zero() && held.is_sign_negative() != trade.quantity.is_sign_negative();
        let closing = if against { size.min(held.abs()) } else { Decimal::ZERO };
        let gross = if closing == size {
            trade.gross.decimal()
        } else {
            kept(trade.price.decimal() * closing)
        };
        let fee = portion(trade.commission.decimal(), closing, size);
        if !closing.is_zero() {
            self.close(symbol, trade.at, closing, gross, fee, &mut closed);
        }
        (closing < size).then(|| {
            let lot = opening(trade, size - closing, gross, fee);
            self.quantity += lot.quantity;
            self.cost += lot.cost;
            self.lots.push_back(lot);
            lot
        })
    }

    /// Closes `closing` shares, the oldest first; they bring (or, when short, cost) `gross`.
    fn close(
        &mut self,
        symbol: &Symbol,
        at: Date,
        mut closing: Decimal,
        mut gross: Decimal,
        mut fee: Decimal,
        closed: &mut impl FnMut(Gain),
    ) {
        while !closing.is_zero() {
            let lot = self.lots.front_mut().expect("no more is closed than is open");
            let size = lot.quantity.decimal().abs();
            let part = size.min(closing);
            let lot_cost = portion(lot.cost.decimal(), part, size);
            let lot_gross = portion(gross, part, closing);
            let lot_fee = portion(fee, part, closing);
            let quantity = if lot.quantity < Quantity::ZERO { -part } else { part };
            closed(gain(symbol, lot.opened, at, quantity, lot_cost, lot_gross, lot_fee));
            lot.quantity -= quantity.into();
            lot.cost -= lot_cost.into();
            self.quantity -= quantity.into();
            self.cost -= lot_cost.into();
            closing -= part;
            gross -= lot_gross;
            fee -= lot_fee;
            if part == size {
                self.lots.pop_front();
            }
        }
    }

    /// Multiplies every lot by `ratio`; the sum is the position times the ratio, to 8 places.
    pub fn split(&mut self, ratio: Ratio) {
        let (new, old) = (Decimal::from(ratio.new), Decimal::from(ratio.old));
        let times = |quantity: Quantity| kept(quantity.decimal() * new / old);
        let (mut before, mut after) = (Quantity::ZERO, Decimal::ZERO);
        for lot in &mut self.lots {
            before += lot.quantity;
            let up_to_here = times(before);
            lot.quantity = (up_to_here - after).into();
            after = up_to_here;
        }
        self.quantity = after.into();
    }

    /// Pays out what the position has beyond whole shares at `price`. Gives the fraction (with the
    /// sign of the position) and the cash.
    pub fn pay_fraction(
        &mut self,
        symbol: &Symbol,
        at: Date,
        price: Price,
        mut closed: impl FnMut(Gain),
    ) -> Option<(Quantity, Money)> {
        let fraction = self.quantity.decimal().fract();
        if fraction.is_zero() {
            return None;
        }
        let gross = kept(price.decimal() * fraction.abs());
        self.close(symbol, at, fraction.abs(), gross, Decimal::ZERO, &mut closed);
        let cash = if fraction.is_sign_negative() { -gross } else { gross };
        Some((fraction.into(), cash.into()))
    }
}

/// The lot that `size` shares of a trade open, once `gross` and `fee` of it have closed others.
fn opening(trade: Trade, size: Decimal, gross: Decimal, fee: Decimal) -> Lot {
    let gross = trade.gross.decimal() - gross;
    let fee = trade.commission.decimal() - fee;
    let (quantity, cost) =
        if trade.quantity.is_sign_negative() { (-size, fee - gross) } else { (size, gross + fee) };
    Lot { opened: trade.at, quantity: quantity.into(), cost: cost.into() }
}

/// What closing `quantity` shares of a lot gained.
fn gain(
    symbol: &Symbol,
    opened: Date,
    at: Date,
    quantity: Decimal,
    lot_cost: Decimal,
    gross: Decimal,
    fee: Decimal,
) -> Gain {
    let short = quantity.is_sign_negative();
    let (proceeds, cost) = if short { (-lot_cost, gross + fee) } else { (gross - fee, lot_cost) };
    Gain {
        symbol: symbol.clone(),
        opened,
        closed: at,
        quantity: quantity.into(),
        proceeds: proceeds.into(),
        cost: cost.into(),
        days: (at - opened).num_days(),
        long_term: !short && held_over_a_year(opened, at),
    }
}
