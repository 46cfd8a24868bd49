//! What an order cost against the price at which it was decided, and why.
//!
//! Implementation shortfall (Perold (1988), "The Implementation Shortfall: Paper versus Reality",
//! *Journal of Portfolio Management* 14(3)): the paper portfolio trades everything at the decision
//! price, at once and for nothing; what the real one lacks against it is split into
//!
//! * *delay*: from the decision price to the price on arrival, on the shares that were filled;
//! * *spread*, *impact* and *timing*: from the price on arrival to the fills (timing is what
//!   spread and impact do not explain: the market moved);
//! * *commission*;
//! * *opportunity*: from the decision price to the last price, on the shares that were not filled
//!   (Wagner & Edwards (1993), "Best Execution", *Financial Analysts Journal* 49(1)).
//!
//! Costs are positive, for purchases and sales alike.

use serde::{Deserialize, Serialize};
use types::{Fill, Money, Order, Price, Quantity, Side, TradeCost};

use crate::ExecutionError;

/// Prices of the market around an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// When the order reached the venue.
    pub arrival: Price,
    /// When trading ended, for shares that were not filled.
    pub last: Price,
}

/// The cost of one order by its parts, in currency units. Negative parts are gains.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shortfall {
    /// The order at its reference price: what the parts are fractions of.
    pub decision_value: Money,
    /// The market moved before the order arrived.
    pub delay: Money,
    /// Half the spread.
    pub spread: Money,
    /// The price moved by the order itself.
    pub impact: Money,
    /// The market moved while the order was filled.
    pub timing: Money,
    /// The broker's fee.
    pub commission: Money,
    /// The market moved away from what was not filled.
    pub opportunity: Money,
    /// What had been estimated for the whole order.
    pub estimated: TradeCost,
}

impl Shortfall {
    /// All parts together.
    pub fn total(&self) -> Money {
        self.delay + self.spread + self.impact + self.timing + self.commission + self.opportunity
    }

    /// Commission, spread and impact as they were paid: what the estimate is compared with.
    pub fn paid(&self) -> TradeCost {
        TradeCost {
            commission: self.commission.to_f64(),
            spread: self.spread.to_f64(),
            impact: self.impact.to_f64(),
        }
    }

    /// An amount in basis points of the decision value.
    pub fn bps(&self, amount: Money) -> f64 {
        amount.to_f64() / self.decision_value.to_f64() * 1e4
    }
}

/// The cost of `order` as its `fills` paid it, beside the `estimated` one.
///
/// # Errors
///
/// A fill of another order, instrument or side, or more shares than were ordered.
pub fn shortfall(
    order: &Order,
    fills: &[Fill],
    marks: Marks,
    estimated: TradeCost,
) -> Result<Shortfall, ExecutionError> {
    let filled = check(order, fills)?;
    let decision = order.reference_price;
    let worse = |from: Price, to: Price, shares: Quantity| match order.side {
        Side::Buy => to * shares - from * shares,
        Side::Sell => from * shares - to * shares,
    };
    let spread: Money = fills.iter().map(|fill| fill.spread).sum();
    let impact: Money = fills.iter().map(|fill| fill.impact).sum();
    let slipped: Money =
        fills.iter().map(|fill| worse(marks.arrival, fill.price, fill.quantity)).sum();
    Ok(Shortfall {
        decision_value: order.value(),
        delay: worse(decision, marks.arrival, filled),
        spread,
        impact,
        timing: slipped - spread - impact,
        commission: fills.iter().map(|fill| fill.commission).sum(),
        opportunity: worse(decision, marks.last, order.quantity - filled),
        estimated,
    })
}

/// The shares that were filled, if the fills are of this order.
fn check(order: &Order, fills: &[Fill]) -> Result<Quantity, ExecutionError> {
    let wrong = |what: String| ExecutionError::Fills {
        order: order.id.clone(),
        symbol: order.symbol.clone(),
        what,
    };
    for fill in fills {
        if (&fill.order, &fill.symbol, fill.side) != (&order.id, &order.symbol, order.side) {
            return Err(wrong(format!("one is of {} in {}", fill.order, fill.symbol)));
        }
    }
    let filled: Quantity = fills.iter().map(|fill| fill.quantity).sum();
    if filled > order.quantity {
        return Err(wrong(format!("{filled} filled of {}", order.quantity)));
    }
    Ok(filled)
}
