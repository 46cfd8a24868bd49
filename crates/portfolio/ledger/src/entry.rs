//! What goes into the ledger, and what it did.

use serde::{Deserialize, Serialize};
use types::{Date, Fill, Money, Price, Quantity, Symbol};

use crate::{Gain, Lot};

/// Something that changes cash or positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// A venue filled an order.
    Fill(Fill),
    /// New shares for old ones; also a stock dividend (`21:20` is one of 5 %) or a reverse split.
    Split {
        /// The instrument.
        symbol: Symbol,
        /// New shares for old shares.
        ratio: Ratio,
        /// The price of one new share at which a fraction of a share is paid out in cash; the
        /// fraction is kept where `None`.
        cash_in_lieu: Option<Price>,
        /// The first day on which the new shares are traded.
        at: Date,
    },
    /// A cash dividend; a short position pays it.
    Dividend {
        /// The instrument.
        symbol: Symbol,
        /// Per share, in the shares of that day.
        per_share: Money,
        /// The day on which it is booked (the ex-date, where only that is known).
        at: Date,
    },
    /// Interest received, or paid where negative; see [`crate::interest_act_365`].
    Interest {
        /// The amount.
        amount: Money,
        /// The day.
        at: Date,
    },
    /// Cash from outside.
    Deposit {
        /// A positive amount.
        amount: Money,
        /// The day.
        at: Date,
    },
    /// Cash to outside. More than there is may be withdrawn: the rest is borrowed.
    Withdrawal {
        /// A positive amount.
        amount: Money,
        /// The day.
        at: Date,
    },
    /// A fee that belongs to no fill: management, custody, borrowing.
    Fee {
        /// A positive amount.
        amount: Money,
        /// The day.
        at: Date,
    },
}

impl Entry {
    /// The day on which it is booked.
    pub fn at(&self) -> Date {
        match self {
            Entry::Fill(fill) => fill.at,
            Entry::Split { at, .. }
            | Entry::Dividend { at, .. }
            | Entry::Interest { at, .. }
            | Entry::Deposit { at, .. }
            | Entry::Withdrawal { at, .. }
            | Entry::Fee { at, .. } => *at,
        }
    }

    /// In words, for messages: `fill of order-1 in AAPL`.
    pub(crate) fn name(&self) -> String {
        match self {
            Entry::Fill(fill) => format!("fill of {} in {}", fill.order, fill.symbol),
            Entry::Split { symbol, .. } => format!("split of {symbol}"),
            Entry::Dividend { symbol, .. } => format!("dividend of {symbol}"),
            Entry::Interest { .. } => "interest".to_owned(),
            Entry::Deposit { .. } => "deposit".to_owned(),
            Entry::Withdrawal { .. } => "withdrawal".to_owned(),
            Entry::Fee { .. } => "fee".to_owned(),
        }
    }
}

/// New shares for old shares, exactly: `3:2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// New shares.
    pub new: u32,
    /// Old shares.
    pub old: u32,
}

/// What an entry did to the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "booking", rename_all = "snake_case")]
pub enum Booking {
    /// A lot was opened.
    Opened {
        /// The instrument.
        symbol: Symbol,
        /// The lot.
        lot: Lot,
    },
    /// A lot, or a part of one, was closed.
    Closed(Gain),
    /// A position was split.
    Split {
        /// The instrument.
        symbol: Symbol,
        /// Shares before.
        before: Quantity,
        /// Shares after, any fraction still among them.
        after: Quantity,
    },
    /// A fraction of a share was paid out in cash; the [`Booking::Closed`] beside it has its gain.
    CashInLieu {
        /// The instrument.
        symbol: Symbol,
        /// The fraction; negative when short.
        quantity: Quantity,
        /// The cash; negative when paid.
        amount: Money,
    },
    /// A dividend was paid.
    Dividend {
        /// The instrument.
        symbol: Symbol,
        /// The shares that it was paid on; negative when short.
        quantity: Quantity,
        /// The cash; negative when paid.
        amount: Money,
    },
    /// Cash moved for a reason other than a position.
    Cash {
        /// The reason: `interest`, `deposit`, `withdrawal` or `fee`.
        reason: String,
        /// The cash; negative when paid.
        amount: Money,
    },
}
