//! Orders that wait for their close.

use std::collections::BTreeMap;

use execution::Checked;
use ledger::Ratio;
use types::money::rust_decimal::Decimal;
use types::{Order, Quantity, Symbol};

/// Days that an order waits for a price, beyond the day that it is due, before it is rejected.
const PATIENCE: usize = 5;

/// The orders of one decision.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub orders: Vec<Checked<Order>>,
    /// The number of days seen on the day that they are filled.
    due: usize,
    /// Daily volatility of each symbol, as it was seen at the decision.
    volatility: BTreeMap<Symbol, f64>,
    mean_volatility: f64,
    splits: BTreeMap<Symbol, (Decimal, Decimal)>,
}

impl Waiting {
    pub fn new(orders: Vec<Checked<Order>>, due: usize, volatility: BTreeMap<Symbol, f64>) -> Self {
        let mean_volatility = volatility.values().sum::<f64>() / volatility.len().max(1) as f64;
        Self { orders, due, volatility, mean_volatility, splits: BTreeMap::new() }
    }

    /// Whether the orders are to be filled on the day with this number.
    pub fn is_due(&self, row: usize) -> bool {
        row >= self.due
    }

    /// Whether they have waited for a price for too long.
    pub fn is_stale(&self, row: usize) -> bool {
        row >= self.due + PATIENCE
    }

    /// A split changes the shares that an open order is for, as the venues do it (FINRA rule 5330).
    pub fn split(&mut self, symbol: &Symbol, ratio: Ratio) {
        let (new, old) = self.splits.entry(symbol.clone()).or_insert((Decimal::ONE, Decimal::ONE));
        *new *= Decimal::from(ratio.new);
        *old *= Decimal::from(ratio.old);
    }

    /// The shares that an order is for by now, in whole shares once there was a split.
    pub fn shares(&self, order: &Order) -> Quantity {
        match self.splits.get(&order.symbol) {
            None => order.quantity,
            Some((new, old)) => (order.quantity.decimal() * new / old).floor().into(),
        }
    }

    /// Daily volatility; for what was not looked at, the mean of what was.
    pub fn volatility(&self, symbol: &Symbol) -> f64 {
        self.volatility.get(symbol).copied().unwrap_or(self.mean_volatility)
    }
}
