//! One decision's orders on their way through the limits.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use types::money::rust_decimal::Decimal;
use types::money::rust_decimal::prelude::FromPrimitive;
use types::{Money, Order, OrderId, Price, Quantity, Side, Symbol};

use crate::{Checked, Context, Limits, Refusal, RefusalReason, Trim, TrimReason};

/// What became of the orders: each is checked or refused, and a checked one may have trims.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Screening {
    /// Orders that a venue may be given, in the order in which they came.
    pub checked: Vec<Checked<Order>>,
    /// Orders that are not placed.
    pub refusals: Vec<Refusal>,
    /// Orders that were cut.
    pub trims: Vec<Trim>,
}

/// The sums that limits are held against while orders pass, one after the other.
pub(crate) struct Desk<'a> {
    limits: &'a Limits,
    context: &'a Context<'a>,
    seen: BTreeSet<OrderId>,
    /// Positions and value traded, with the orders that passed.
    positions: BTreeMap<Symbol, Quantity>,
    traded: BTreeMap<Symbol, Decimal>,
    turnover: Decimal,
    cash: Money,
    /// Cash may not fall below this.
    cash_floor: Money,
    outcome: Screening,
}

/// Why an order does not pass.
type Verdict<T> = Result<T, (RefusalReason, String)>;

impl<'a> Desk<'a> {
    pub fn open(limits: &'a Limits, context: &'a Context<'a>, orders: &[Order]) -> Self {
        let cash = context.holdings.cash;
        let after = orders.iter().fold(cash, |cash, order| cash + cash_of(order));
        Self {
            limits,
            context,
            seen: BTreeSet::new(),
            positions: BTreeMap::new(),
            traded: BTreeMap::new(),
            turnover: Decimal::ZERO,
            cash,
            cash_floor: after.min(context.cash_reserve),
            outcome: Screening::default(),
        }
    }

    pub fn screen(&mut self, order: Order) {
        let verdict = self.refuse(&order).and_then(|close| self.cut(&order, close));
        match verdict {
            Ok(passed) => self.pass(passed),
            Err((reason, detail)) => self.outcome.refusals.push(Refusal { order, reason, detail }),
        }
    }

    pub fn close(self) -> Screening {
        self.outcome
    }

    /// The limits that refuse. Gives the last close.
    fn refuse(&mut self, order: &Order) -> Verdict<Price> {
        if self.limits.kill_switch {
            let detail = "the kill switch is on: switch it off to trade".to_owned();
            return Err((RefusalReason::KillSwitch, detail));
        }
        if order.quantity <= Quantity::ZERO {
            let detail = format!("quantity {} is not positive", order.quantity);
            return Err((RefusalReason::Quantity, detail));
        }
        if !self.seen.insert(order.id.clone()) {
            let detail = format!("{} is already among the orders of this decision", order.id);
            return Err((RefusalReason::Duplicate, detail));
        }
        let close = self.collar(order)?;
        self.size(order)?;
        Ok(close)
    }

    fn collar(&self, order: &Order) -> Verdict<Price> {
        let symbol = &order.symbol;
        let close = self.context.closes.get(symbol).copied();
        let Some(close) = close.filter(|close| *close > Price::ZERO) else {
            let detail = format!("{symbol} has no last close: import its price");
            return Err((RefusalReason::NoPrice, detail));
        };
        let distance = (order.reference_price.decimal() - close.decimal()).abs() / close.decimal();
        if distance > exact(self.limits.price_collar) {
            let detail = format!(
                "reference price {} of {symbol} is {}% from the last close {close}, price_collar is {}%",
                order.reference_price,
                percent(distance),
                percent(exact(self.limits.price_collar)),
            );
            return Err((RefusalReason::PriceCollar, detail));
        }
        Ok(close)
    }

    fn size(&self, order: &Order) -> Verdict<()> {
        let (value, limits) = (order.value(), self.limits);
        if value.decimal() > exact(limits.max_order_value) {
            let detail = format!(
                "order of {value} in {} is above max_order_value {}",
                order.symbol, limits.max_order_value
            );
            return Err((RefusalReason::OrderValue, detail));
        }
        if self.outcome.checked.len() >= limits.max_orders {
            let detail = format!("{} orders have passed, max_orders is that", limits.max_orders);
            return Err((RefusalReason::MaxOrders, detail));
        }
        let cap = exact(limits.max_turnover).saturating_mul(self.context.nav.decimal());
        if self.turnover + value.decimal() > cap {
            let detail = format!(
                "with {value} in {} the decision trades {}, max_turnover allows {}",
                order.symbol,
                self.turnover + value.decimal(),
                cap.round_dp(2)
            );
            return Err((RefusalReason::Turnover, detail));
        }
        Ok(())
    }

    /// The limits that cut. Gives the order with the shares that are left of it.
    fn cut(&mut self, order: &Order, close: Price) -> Verdict<Order> {
        let wanted = order.quantity.decimal();
        let bounds = [
            (TrimReason::Position, self.room_in_position(order, close)),
            (TrimReason::Participation, self.room_in_volume(order, close)),
            (TrimReason::Cash, self.room_in_cash(order)),
        ];
        let tightest = bounds
            .into_iter()
            .filter_map(|(reason, room)| Some((room?, reason)))
            .min_by_key(|(room, _)| *room)
            .filter(|(room, _)| *room < wanted);
        let Some((room, reason)) = tightest else {
            return Ok(order.clone());
        };
        let lot = Decimal::from(self.context.lot.max(1));
        let kept = (room.max(Decimal::ZERO) / lot).floor() * lot;
        if kept.is_zero() {
            let detail = format!(
                "{reason} leaves {} of {wanted} {}: {}",
                room.max(Decimal::ZERO).round_dp(4),
                order.symbol,
                reason.meaning()
            );
            return Err((RefusalReason::NothingLeft, detail));
        }
        self.record(order, kept, reason);
        Ok(Order { quantity: kept.into(), ..order.clone() })
    }

    fn record(&mut self, order: &Order, kept: Decimal, reason: TrimReason) {
        let signed = |shares: Decimal| order.side.signed(shares.into()).to_f64();
        let (wanted, kept) = (signed(order.quantity.decimal()), signed(kept));
        let missing = (wanted - kept) * order.reference_price.to_f64();
        self.outcome.trims.push(Trim {
            symbol: order.symbol.clone(),
            reason,
            wanted,
            kept,
            residual_weight: missing / self.context.nav.to_f64(),
        });
    }

    fn position(&self, symbol: &Symbol) -> Quantity {
        self.positions
            .get(symbol)
            .copied()
            .unwrap_or_else(|| self.context.holdings.quantity(symbol))
    }

    /// Shares until the position is too large; `None` where the order makes it smaller.
    fn room_in_position(&self, order: &Order, close: Price) -> Option<Decimal> {
        let before = self.position(&order.symbol);
        let after = before + order.signed_quantity();
        if after.abs() <= before.abs() {
            return None;
        }
        let cap = exact(self.limits.max_position)
            .saturating_mul(self.context.nav.decimal())
            .max(Decimal::ZERO);
        let towards = match order.side {
            Side::Buy => before.decimal(),
            Side::Sell => -before.decimal(),
        };
        Some(cap / close.decimal() - towards)
    }

    /// Shares until the day's volume is too small; `None` where it is not known.
    fn room_in_volume(&self, order: &Order, close: Price) -> Option<Decimal> {
        let value = *self.context.daily_value.get(&order.symbol)?;
        let day = Decimal::from_f64(value)?.saturating_mul(exact(self.limits.max_participation));
        let traded = self.traded.get(&order.symbol).copied().unwrap_or_default();
        Some((day - traded) / close.decimal())
    }

    /// Shares until cash falls below what the orders as given would have left.
    fn room_in_cash(&self, order: &Order) -> Option<Decimal> {
        if order.side == Side::Sell {
            return None;
        }
        let room = self.cash - self.cash_floor;
        Some(room.decimal() / order.reference_price.decimal())
    }

    fn pass(&mut self, order: Order) {
        let position = self.position(&order.symbol) + order.signed_quantity();
        self.positions.insert(order.symbol.clone(), position);
        let value = order.value().decimal();
        *self.traded.entry(order.symbol.clone()).or_default() += value;
        self.turnover += value;
        self.cash += cash_of(&order);
        self.outcome.checked.push(Checked::passed(order));
    }
}

/// The cash that an order brings at its reference price; negative where it takes some.
fn cash_of(order: &Order) -> Money {
    match order.side {
        Side::Buy => -order.value(),
        Side::Sell => order.value(),
    }
}

/// A limit as an exact number: the largest there is for an infinite one, nought for one that is
/// not a number.
fn exact(limit: f64) -> Decimal {
    let beyond = if limit > 0.0 { Decimal::MAX } else { Decimal::ZERO };
    Decimal::from_f64(limit).unwrap_or(beyond)
}

fn percent(fraction: Decimal) -> Decimal {
    fraction.saturating_mul(Decimal::ONE_HUNDRED).round_dp(2).normalize()
}
