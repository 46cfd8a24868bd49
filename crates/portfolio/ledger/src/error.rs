//! What cannot be booked, and why.

use types::{Date, Money, OrderId, Quantity, Symbol};

/// Why an entry was not booked, or why the books do not balance.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// An entry before the newest one.
    #[error("{what} on {at} comes after an entry on {newest}: book entries in the order of dates")]
    OutOfOrder {
        /// What was to be booked.
        what: String,
        /// Its day.
        at: Date,
        /// The day of the newest entry.
        newest: Date,
    },
    /// A fill of nought or fewer shares.
    #[error(
        "fill of {order} in {symbol} has quantity {quantity}: write a positive quantity and the side"
    )]
    FillQuantity {
        /// The order.
        order: OrderId,
        /// The instrument.
        symbol: Symbol,
        /// The quantity.
        quantity: Quantity,
    },
    /// A price of nought or less.
    #[error("price {price} of {symbol} on {at} is not positive")]
    Price {
        /// The instrument.
        symbol: Symbol,
        /// The day.
        at: Date,
        /// The price.
        price: String,
    },
    /// A sale of shares that are not there, in a ledger without short positions.
    #[error(
        "cannot sell {wanted} {symbol} on {at}, only {held} held: check the symbol, or open the ledger with short positions"
    )]
    NotHeld {
        /// The instrument.
        symbol: Symbol,
        /// The day.
        at: Date,
        /// Shares held.
        held: Quantity,
        /// Shares to be sold.
        wanted: Quantity,
    },
    /// A split ratio with a nought in it.
    #[error("split of {symbol} by {new}:{old} is not a ratio: both numbers must be positive")]
    Ratio {
        /// The instrument.
        symbol: Symbol,
        /// New shares.
        new: u32,
        /// Old shares.
        old: u32,
    },
    /// A deposit, withdrawal or fee of nought or less.
    #[error(
        "{what} of {amount} on {at} is not positive: the kind of entry says which way it flows"
    )]
    NotPositive {
        /// What was to be booked.
        what: String,
        /// The day.
        at: Date,
        /// The amount.
        amount: Money,
    },
    /// An amount that cannot be kept exactly.
    #[error("{what} on {at} is larger than 1e15 in size: check its price and quantity")]
    TooLarge {
        /// What was to be booked.
        what: String,
        /// The day.
        at: Date,
    },
    /// A position that cannot be valued.
    #[error("no price of {0}: give one for every position that is held")]
    NoPrice(Symbol),
    /// An interest rate or a period that makes no sense.
    #[error("interest at rate {rate} over {days} days: give a finite rate and a period forwards")]
    Interest {
        /// The annual rate.
        rate: f64,
        /// The days.
        days: i64,
    },
    /// Two computations of the same amount differ: a bug of this ledger, found by its audit.
    #[error("{what} does not balance: {left} in the books, {right} recomputed")]
    Imbalance {
        /// What does not balance.
        what: String,
        /// The amount in the books.
        left: String,
        /// The amount recomputed.
        right: String,
    },
}
