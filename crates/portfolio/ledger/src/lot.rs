//! Tax lots and what closing them gained.

use std::cmp::Ordering;

use chrono::Months;
use serde::{Deserialize, Serialize};
use types::{Date, Money, Quantity, Symbol};

/// Shares that were opened together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The day of the trade; a split does not change it.
    pub opened: Date,
    /// Shares; negative when short.
    pub quantity: Quantity,
    /// What they cost, with commission. Of a short lot: what the sale brought, as a negative
    /// number.
    pub cost: Money,
}

/// A lot, or a part of one, that was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gain {
    /// The instrument.
    pub symbol: Symbol,
    /// The day on which the lot was opened.
    pub opened: Date,
    /// The day on which it was closed.
    pub closed: Date,
    /// Shares that were closed; negative when they were short.
    pub quantity: Quantity,
    /// What the sale brought, net of commission.
    pub proceeds: Money,
    /// What the purchase cost, with commission.
    pub cost: Money,
    /// Calendar days from opening to closing.
    pub days: i64,
    /// Whether it was held for more than one year (IRS Publication 550, "Holding Period": counted
    /// from the day after the trade, so a sale on the same day of the next year is not yet long
    /// term). Never for a short position, whose closing shares are bought on the day.
    pub long_term: bool,
}

impl Gain {
    /// Proceeds less cost.
    pub fn amount(&self) -> Money {
        self.proceeds - self.cost
    }
}

/// Whether shares bought on `opened` and sold on `closed` were held for more than one year.
pub(crate) fn held_over_a_year(opened: Date, closed: Date) -> bool {
    opened
        .checked_add_months(Months::new(12))
        .is_some_and(|anniversary| closed.cmp(&anniversary) == Ordering::Greater)
}
