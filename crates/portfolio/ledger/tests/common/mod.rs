//! Short ways to write entries.
#![allow(dead_code, missing_docs)]

use ledger::{Entry, Ratio};
use types::{Date, Fill, Money, Price, Quantity, Side};

pub fn day(text: &str) -> Date {
    types::parse_date(text).unwrap()
}

pub fn money(text: &str) -> Money {
    Money::from(text.replace(',', "").parse::<types::money::rust_decimal::Decimal>().unwrap())
}

pub fn price(text: &str) -> Price {
    Price::from(money(text).decimal())
}

pub fn shares(text: &str) -> Quantity {
    Quantity::from(money(text).decimal())
}

/// A fill; a negative quantity sells.
pub fn fill(at: &str, symbol: &str, quantity: &str, at_price: &str, commission: &str) -> Entry {
    let quantity = shares(quantity);
    Entry::Fill(Fill {
        order: "order".into(),
        at: day(at),
        symbol: symbol.into(),
        side: if quantity < Quantity::ZERO { Side::Sell } else { Side::Buy },
        quantity: quantity.abs(),
        price: price(at_price),
        commission: money(commission),
        spread: Money::ZERO,
        impact: Money::ZERO,
    })
}

pub fn split(at: &str, symbol: &str, new: u32, old: u32, cash_in_lieu: Option<&str>) -> Entry {
    Entry::Split {
        symbol: symbol.into(),
        ratio: Ratio { new, old },
        cash_in_lieu: cash_in_lieu.map(price),
        at: day(at),
    }
}

pub fn dividend(at: &str, symbol: &str, per_share: &str) -> Entry {
    Entry::Dividend { symbol: symbol.into(), per_share: money(per_share), at: day(at) }
}
