//! What the limits are held against: the state of the portfolio and the market at the decision.

use std::collections::BTreeMap;

use types::{Holdings, Money, Price, Symbol};

/// The state at the decision.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The net asset value.
    pub nav: Money,
    /// Cash and positions before the orders.
    pub holdings: &'a Holdings,
    /// The last close of each symbol.
    pub closes: &'a BTreeMap<Symbol, Price>,
    /// The value traded on a usual day, in currency units, where it is known. A symbol that is not
    /// here, or a value that is not finite, has no participation limit.
    pub daily_value: &'a BTreeMap<Symbol, f64>,
    /// Shares that are traded at once: what an order is cut to.
    pub lot: u32,
    /// Cash that purchases must leave if sales are cut or refused: the buffer and the estimated
    /// costs.
    pub cash_reserve: Money,
}
