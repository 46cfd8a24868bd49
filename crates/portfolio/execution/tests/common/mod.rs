//! Short ways to write targets, holdings and orders.
#![allow(dead_code, missing_docs)]

use std::collections::BTreeMap;

use types::money::rust_decimal::Decimal;
use types::{
    Certificate, Date, Holdings, Money, Order, Position, Price, Quantity, RunId, Side, Status,
    Symbol, Target,
};

pub fn day() -> Date {
    types::parse_date("2024-03-01").unwrap()
}

pub fn run() -> RunId {
    "run".into()
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn money(text: &str) -> Money {
    Money::from(decimal(text))
}

pub fn target(weights: &[(&str, f64)]) -> Target {
    Target {
        as_of: day(),
        symbols: weights.iter().map(|(symbol, _)| (*symbol).into()).collect(),
        weights: weights.iter().map(|(_, weight)| *weight).collect(),
        certificate: Certificate {
            method: "equal weight".to_owned(),
            status: Status::ClosedForm,
            objective: 0.0,
            primal_residual: 0.0,
            dual_residual: 0.0,
            gap: 0.0,
            iterations: 0,
            binding: vec![],
            fallbacks: Vec::new(),
        },
    }
}

pub fn holdings(cash: &str, positions: &[(&str, &str)]) -> Holdings {
    let position = |quantity: &str| Position {
        quantity: Quantity::from(decimal(quantity)),
        cost: Money::ZERO,
    };
    Holdings {
        cash: money(cash),
        positions: positions
            .iter()
            .map(|(symbol, quantity)| ((*symbol).into(), position(quantity)))
            .collect(),
    }
}

pub fn prices(prices: &[(&str, &str)]) -> BTreeMap<Symbol, Price> {
    prices.iter().map(|(symbol, price)| ((*symbol).into(), Price::from(decimal(price)))).collect()
}

/// An order; a negative quantity sells.
pub fn order(id: &str, symbol: &str, quantity: &str, price: &str) -> Order {
    let quantity = decimal(quantity);
    Order {
        id: id.into(),
        as_of: day(),
        symbol: symbol.into(),
        side: if quantity.is_sign_negative() { Side::Sell } else { Side::Buy },
        quantity: Quantity::from(quantity.abs()),
        reference_price: Price::from(decimal(price)),
    }
}

/// `symbol quantity` of each order, a sale with a minus.
pub fn said<'a>(orders: impl IntoIterator<Item = &'a Order>) -> Vec<String> {
    orders
        .into_iter()
        .map(|order| format!("{} {}", order.symbol, order.signed_quantity()))
        .collect()
}
