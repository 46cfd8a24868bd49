//! What keeps orders from being made.

use types::{Date, MoneyError, OrderId, Symbol};

/// Why there are no orders, or no cost analysis.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExecutionError {
    /// An order cannot be spread over time.
    #[error("the order cannot be spread over time: {must}")]
    Trajectory {
        /// What must hold.
        must: &'static str,
    },
    /// A symbol that is to be traded has no price.
    #[error(
        "no price of {symbol} on {as_of}: import one, or leave {symbol} out of the universe before that day"
    )]
    NoPrice {
        /// The instrument.
        symbol: Symbol,
        /// The day of the decision.
        as_of: Date,
    },
    /// A weight that is not a number.
    #[error("target weight of {symbol} on {as_of} is {weight}: it must be a finite number")]
    Weight {
        /// The instrument.
        symbol: Symbol,
        /// The day of the decision.
        as_of: Date,
        /// The weight.
        weight: f64,
    },
    /// Symbols and weights that do not match.
    #[error("target of {as_of} has {symbols} symbols and {weights} weights: give one each, once")]
    Shape {
        /// The day of the decision.
        as_of: Date,
        /// Different symbols.
        symbols: usize,
        /// Weights.
        weights: usize,
    },
    /// A net asset value that nothing can be a fraction of.
    #[error("net asset value on {as_of} is {nav}: weights need a positive one")]
    NetAssetValue {
        /// The day of the decision.
        as_of: Date,
        /// The value.
        nav: f64,
    },
    /// A lot size of nought.
    #[error("lot size is 0: write how many shares are traded at once, 1 for most markets")]
    LotSize,
    /// A number that is not an amount.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// A fill that belongs to another order, or more of it than was ordered.
    #[error("fills of {order} in {symbol} do not belong to it: {what}")]
    Fills {
        /// The order.
        order: OrderId,
        /// Its instrument.
        symbol: Symbol,
        /// What does not match.
        what: String,
    },
}
