//! Why a wish was cut or refused: closed lists, each reason with its sentence.

use std::fmt;

use serde::{Deserialize, Serialize};
use types::{Order, Symbol};

macro_rules! reason {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal: $meaning:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $(#[doc = $meaning] $variant),* }

        impl $name {
            /// Every reason.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word that is written into records.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// What it means.
            pub const fn meaning(self) -> &'static str {
                match self { $($name::$variant => $meaning),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

reason! {
    /// Why less (or more) is traded than was wished.
    TrimReason {
        LotRounding = "lot_rounding": "Only whole lots are traded; this is what the nearest affordable number of lots leaves.",
        NoTrade = "no_trade": "The wish was closer to no trade than to one lot, so nothing is traded.",
        MinimumTrade = "minimum_trade": "The trade was worth less than the minimum trade value, so nothing is traded.",
        Cash = "cash": "Cash, after sales, estimated costs and the buffer, did not pay for the whole purchase.",
        Position = "position": "The position would have been more than `max_position` of net asset value.",
        Participation = "participation": "The trade would have been more than `max_participation` of the daily traded value.",
    }
}

reason! {
    /// Why an order is not placed at all.
    RefusalReason {
        KillSwitch = "kill_switch": "The kill switch is on: nothing is placed.",
        Quantity = "quantity": "The quantity is not positive.",
        Duplicate = "duplicate": "Another order of the same decision has the same id.",
        NoPrice = "no_price": "There is no last close to hold the order against.",
        PriceCollar = "price_collar": "The reference price is further than `price_collar` from the last close.",
        OrderValue = "order_value": "The order is worth more than `max_order_value`.",
        MaxOrders = "max_orders": "The decision has more than `max_orders` orders.",
        Turnover = "turnover": "The orders of the decision are worth more than `max_turnover` of net asset value.",
        NothingLeft = "nothing_left": "A limit that cuts left less than one lot of the order.",
    }
}

/// A wish that was cut, and what that leaves undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trim {
    /// The instrument.
    pub symbol: Symbol,
    /// Why.
    pub reason: TrimReason,
    /// The shares that the trade should have had, with the sign of its side.
    pub wanted: f64,
    /// The shares that it has, with the sign of its side.
    pub kept: f64,
    /// The weight that is missing from the position, as a fraction of net asset value; negative
    /// where the position is larger than wished.
    pub residual_weight: f64,
}

/// An order that is not placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The order as it came.
    pub order: Order,
    /// Why.
    pub reason: RefusalReason,
    /// The numbers behind the reason and what to change, in words.
    pub detail: String,
}

/// A row of the table of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// `trimmed` or `refused`.
    pub outcome: &'static str,
    /// The word in records.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Every reason, for the documentation.
pub fn reasons() -> Vec<Reason> {
    let trims = TrimReason::ALL.iter().map(|reason| Reason {
        outcome: "trimmed",
        name: reason.as_str(),
        meaning: reason.meaning(),
    });
    let refusals = RefusalReason::ALL.iter().map(|reason| Reason {
        outcome: "refused",
        name: reason.as_str(),
        meaning: reason.meaning(),
    });
    trims.chain(refusals).collect()
}
