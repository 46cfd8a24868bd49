//! Orders, fills and holdings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Date, Money, OrderId, Price, Quantity, Symbol};

/// Which way an order goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Cash to shares.
    Buy,
    /// Shares to cash.
    Sell,
}

impl Side {
    /// `quantity` (not negative) with the sign of this side: plus for a buy.
    pub fn signed(self, quantity: Quantity) -> Quantity {
        match self {
            Side::Buy => quantity,
            Side::Sell => -quantity,
        }
    }
}

/// A wish to trade. A venue takes it only once `execution` has checked it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Chosen here, the same for the same decision.
    pub id: OrderId,
    /// The day of the decision.
    pub as_of: Date,
    /// The instrument.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Shares, positive.
    pub quantity: Quantity,
    /// The price on which the size was decided.
    pub reference_price: Price,
}

impl Order {
    /// Shares with the sign of the side.
    pub fn signed_quantity(&self) -> Quantity {
        self.side.signed(self.quantity)
    }

    /// Shares at the reference price, not negative.
    pub fn value(&self) -> Money {
        self.reference_price * self.quantity
    }
}

/// What a venue did with an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The order.
    pub order: OrderId,
    /// The trading day.
    pub at: Date,
    /// The instrument.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Shares, positive.
    pub quantity: Quantity,
    /// The price that was paid or received, with spread and impact in it.
    pub price: Price,
    /// The broker's fee, on top of the price.
    pub commission: Money,
    /// How much of `price × quantity` was half the spread; for analysis, not paid again.
    pub spread: Money,
    /// How much of it was market impact; for analysis, not paid again.
    pub impact: Money,
}

/// A position in one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Shares; negative when short.
    pub quantity: Quantity,
    /// What the open lots cost, with commissions.
    pub cost: Money,
}

/// What is held at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holdings {
    /// Cash; negative when borrowed.
    pub cash: Money,
    /// Positions that are not nought, by symbol.
    pub positions: BTreeMap<Symbol, Position>,
}

impl Holdings {
    /// Shares of `symbol`.
    pub fn quantity(&self, symbol: &Symbol) -> Quantity {
        self.positions.get(symbol).map_or(Quantity::ZERO, |position| position.quantity)
    }

    /// Cash and positions at `price_of`; the first symbol without a price, if there is one.
    pub fn value(&self, price_of: impl Fn(&Symbol) -> Option<Price>) -> Result<Money, Symbol> {
        self.positions.iter().try_fold(self.cash, |sum, (symbol, position)| {
            let price = price_of(symbol).ok_or_else(|| symbol.clone())?;
            Ok(sum + price * position.quantity)
        })
    }
}
