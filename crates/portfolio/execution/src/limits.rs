//! The pre-trade limits.
//!
//! | limit | default | an order beyond it is |
//! |---|---|---|
//! | `kill_switch` | off | refused |
//! | `price_collar` | 20 % from the last close | refused |
//! | `max_order_value` | 1,000,000,000 | refused |
//! | `max_orders` | 10,000 per decision | refused, from the first one too many |
//! | `max_turnover` | 400 % of net asset value per decision, purchases and sales | refused, from the first one too many |
//! | `max_position` | 100 % of net asset value | cut |
//! | `max_participation` | 25 % of the daily traded value, where that is known | cut |
//!
//! What looks like a mistake (a price far off, an order of the wrong size, a runaway program) is
//! refused, never made smaller: an erroneous order is not less erroneous for being half as large
//! (US SEC Rule 15c3-5(c)(1)(ii)). What is only too much of a good thing is cut.
//!
//! The defaults are generous, so that they stop accidents and shape no strategy: tighten them in
//! the mandate.

use serde::{Deserialize, Serialize};
use types::{Order, Side};

use crate::screening::Desk;
use crate::{Context, Screening};

/// What no order may do, whoever sends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest value of one order at its reference price, in currency units.
    pub max_order_value: f64,
    /// The largest size of a position, long or short, as a fraction of net asset value. An order
    /// that makes a position smaller always passes.
    pub max_position: f64,
    /// The largest fraction of the daily traded value that the orders in one symbol may be.
    pub max_participation: f64,
    /// The furthest that a reference price may be from the last close, as a fraction of it.
    pub price_collar: f64,
    /// The largest number of orders of one decision.
    pub max_orders: usize,
    /// The largest value of all orders of one decision together, as a fraction of net asset value.
    pub max_turnover: f64,
    /// Whether everything is refused.
    pub kill_switch: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_order_value: 1e9,
            max_position: 1.0,
            max_participation: 0.25,
            price_collar: 0.2,
            max_orders: 10_000,
            max_turnover: 4.0,
            kill_switch: false,
        }
    }
}

impl Limits {
    /// Holds the orders of one decision against the limits: sales first, else in the order given.
    /// Every order comes back once, either checked (perhaps cut, with a trim) or refused. A limit
    /// that is not a number lets nothing through.
    ///
    /// Where sales are cut or refused, the purchases that they were to pay for are cut too, the
    /// last first, so that cash ends no lower than `cash_reserve` (or than the orders as given
    /// would have left it).
    pub fn check(&self, mut orders: Vec<Order>, context: &Context<'_>) -> Screening {
        orders.sort_by_key(|order| order.side == Side::Buy);
        let mut desk = Desk::open(self, context, &orders);
        for order in orders {
            desk.screen(order);
        }
        desk.close()
    }
}
