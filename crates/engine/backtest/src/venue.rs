//! The simulated venue: fills checked orders at a close, and charges by the cost model that the
//! optimiser saw.

use execution::Checked;
use types::{CostModel, Date, Fill, Money, MoneyError, Order, Price, Quantity, Side};

/// A venue that fills everything it is given, whole, at a closing price.
///
/// A buy pays the close plus half the spread and the impact, a sale receives the close less both;
/// commission comes on top. That an order can be filled whole is what the participation limit is
/// for.
#[derive(Debug, Clone, Copy)]
pub struct Venue {
    costs: CostModel,
}

/// What the venue must know of an instrument to price a trade.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// The shares to trade: those of the order, or what splits since then have made of them.
    pub shares: Quantity,
    /// The closing price.
    pub close: Price,
    /// Daily volatility, a fraction.
    pub sigma_daily: f64,
    /// Daily traded value in currency units, where it is known.
    pub daily_value: Option<f64>,
}

impl Venue {
    /// A venue that charges by `costs`.
    pub fn new(costs: CostModel) -> Self {
        Self { costs }
    }

    /// Fills an order. Only a checked one can be given.
    pub fn fill(
        &self,
        order: &Checked<Order>,
        day: Date,
        quote: &Quote,
    ) -> Result<Fill, MoneyError> {
        let order = order.get();
        let quantity = quote.shares.to_f64();
        let value = quote.close.to_f64() * quantity;
        let cost = self.costs.cost(value, quote.sigma_daily, quote.daily_value);
        let slippage = (cost.spread + cost.impact) / quantity;
        let price = match order.side {
            Side::Buy => quote.close.to_f64() + slippage,
            Side::Sell => quote.close.to_f64() - slippage,
        };
        Ok(Fill {
            order: order.id.clone(),
            at: day,
            symbol: order.symbol.clone(),
            side: order.side,
            quantity: quote.shares,
            price: Price::from_f64(price)?,
            commission: Money::from_f64(cost.commission)?.to_cents(),
            spread: Money::from_f64(cost.spread)?,
            impact: Money::from_f64(cost.impact)?,
        })
    }
}
