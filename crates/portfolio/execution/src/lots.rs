//! How wishes become whole trades: lot size, smallest trade, cash that must stay, and what trading
//! is expected to cost.

use std::collections::BTreeMap;

use types::{CostModel, Money, Symbol};

/// The rules of construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Lots {
    /// Shares that are traded at once.
    pub lot: u32,
    /// Trades worth less are left out, unless they close a position.
    pub min_trade_value: Money,
    /// Cash that purchases leave untouched.
    pub cash_buffer: Money,
    /// The costs that the venue will charge, estimated here so that cash pays for them too.
    pub costs: CostModel,
    /// The factor `c` of the impact cost `c · value^1.5` of each symbol
    /// ([`CostModel::impact_factor`]); nought for symbols that are not here.
    pub impact_factors: BTreeMap<Symbol, f64>,
}

impl Default for Lots {
    /// Single shares, no minimum, no buffer, no costs.
    fn default() -> Self {
        Self {
            lot: 1,
            min_trade_value: Money::ZERO,
            cash_buffer: Money::ZERO,
            costs: CostModel::default(),
            impact_factors: BTreeMap::new(),
        }
    }
}

impl Lots {
    /// The estimated cost of trading `value` (currency units, sign ignored) of `symbol`.
    pub fn cost(&self, symbol: &Symbol, value: f64) -> f64 {
        self.cost_with(self.impact_factor(symbol), value)
    }

    pub(crate) fn impact_factor(&self, symbol: &Symbol) -> f64 {
        self.impact_factors.get(symbol).copied().unwrap_or(0.0)
    }

    pub(crate) fn cost_with(&self, impact_factor: f64, value: f64) -> f64 {
        let value = value.abs();
        value * self.costs.linear_rate() + impact_factor * value * value.sqrt()
    }
}
