//! From target weights to orders of whole lots: the one crossing from `f64` to exact decimals, with
//! the residual of every symbol recorded.
//!
//! # How
//!
//! Let `V` be the net asset value, `p` a price and `w` a target weight, so that `w·V/p` shares are
//! wished. Three steps:
//!
//! 1. *Scale.* Where the purchases that are wished cost more than cash, sales and buffer give, all
//!    purchases shrink by one factor.
//! 2. *Round down.* Every trade goes to the whole lot below (buy less, sell more): the cheapest
//!    whole-lot portfolio within one lot of the wish, which cash can always pay.
//! 3. *Top up.* One lot at a time is added where it brings the portfolio closest to the target,
//!    as long as cash pays for it, until no single lot up or down brings it closer. Closeness is
//!    the sum of squares of what each position lacks in value, and cash counts as a position: with
//!    `d` lacking in a symbol, `D` the cash that lies idle, and a lot worth `v` that takes `p` from
//!    cash, the lot improves the sum by `v·(2d − v) + p·(2D − p)`.
//!
//! No position ends a whole lot or more away from its scaled wish. A symbol that is held but not in
//! the target is closed, odd lots and all; a trade never crosses nought only because of rounding.
//!
//! Cost: O(n²) for n symbols, from step 3. Source: the greedy round-up is that of discrete
//! allocation in the field (Martin (2021), "PyPortfolioOpt", JOSS 6(61), 3066), with cash in the
//! objective and costs in the budget.

mod wish;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use types::{Date, Holdings, Money, Order, OrderId, Price, Quantity, RunId, Side, Symbol, Target};

use crate::{ExecutionError, Lots, Trim, TrimReason};
use wish::{NOISE, Wish};

/// A weight this small is what a solver leaves of nought.
const WEIGHT_NOISE: f64 = 1e-8;

/// Cash that `f64` may be wrong by, in currency units. Exact money decides in the end.
const SLACK: f64 = 1e-6;

/// Orders and what they leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Construction {
    /// Sales first, each side in the order of symbols. At most one for each symbol.
    pub orders: Vec<Order>,
    /// One for each symbol that does not end exactly where the target wants it.
    pub trims: Vec<Trim>,
    /// The costs that were estimated for all orders, rounded up to the cent for each.
    pub costs: Money,
    /// The cash that remains if every order is filled at its price and costs what was estimated.
    pub cash_after: Money,
}

/// Turns `target` into orders, given what is held and the prices of the day of the decision.
///
/// Weights are fractions of `nav`, the value of `holdings` at `prices`. Purchases never take cash
/// below the buffer (or, where the weights add up to more than 1, below the borrowing that they
/// ask for). Sales are made even if that is already so.
///
/// # Errors
///
/// A symbol to be traded without a price, a weight that is not finite, a symbol twice, a lot size
/// or net asset value of nought.
pub fn construct(
    target: &Target,
    holdings: &Holdings,
    prices: &BTreeMap<Symbol, Price>,
    nav: Money,
    lots: &Lots,
    run: &RunId,
) -> Result<Construction, ExecutionError> {
    let value = check(target, nav, lots)?;
    let mut wishes = wishes(target, holdings, prices, value, lots)?;
    let floor = lots.cash_buffer - borrowing(target, value)?;
    let spare = (holdings.cash - floor).to_f64();
    scale_purchases(&mut wishes, spare, lots);
    for wish in &mut wishes {
        wish.round_down(lots);
    }
    top_up(&mut wishes, spare, lots);
    loop {
        let made = assemble(target.as_of, &wishes, holdings.cash, value, lots, run)?;
        let deficit = (floor - made.cash_after).to_f64();
        if deficit <= 0.0 || !give_up_a_lot(&mut wishes, deficit, lots) {
            return Ok(made);
        }
    }
}

/// The cash that the weights themselves want to borrow: what they have beyond 1, if that is more
/// than a solver's tolerance.
fn borrowing(target: &Target, nav: f64) -> Result<Money, ExecutionError> {
    let beyond = target.weights.iter().sum::<f64>() - 1.0;
    Ok(Money::from_f64(if beyond > 1e-6 { beyond * nav } else { 0.0 })?)
}

fn check(target: &Target, nav: Money, lots: &Lots) -> Result<f64, ExecutionError> {
    let as_of = target.as_of;
    let unique = target.symbols.iter().collect::<BTreeSet<_>>().len();
    if unique != target.weights.len() || unique != target.symbols.len() {
        return Err(ExecutionError::Shape {
            as_of,
            symbols: unique,
            weights: target.weights.len(),
        });
    }
    if lots.lot == 0 {
        return Err(ExecutionError::LotSize);
    }
    let nav = nav.to_f64();
    if nav <= 0.0 {
        return Err(ExecutionError::NetAssetValue { as_of, nav });
    }
    Ok(nav)
}

/// One wish for each symbol of the target or the holdings that has something to do, by symbol.
fn wishes(
    target: &Target,
    holdings: &Holdings,
    prices: &BTreeMap<Symbol, Price>,
    nav: f64,
    lots: &Lots,
) -> Result<Vec<Wish>, ExecutionError> {
    let as_of = target.as_of;
    let mut weights: BTreeMap<&Symbol, f64> =
        holdings.positions.keys().map(|symbol| (symbol, 0.0)).collect();
    for (symbol, &weight) in target.symbols.iter().zip(&target.weights) {
        if !weight.is_finite() {
            let symbol = symbol.clone();
            return Err(ExecutionError::Weight { symbol, as_of, weight });
        }
        weights.insert(symbol, if weight.abs() < WEIGHT_NOISE { 0.0 } else { weight });
    }
    weights
        .into_iter()
        .map(|(symbol, weight)| (symbol, weight, holdings.quantity(symbol)))
        .filter(|(_, weight, held)| *weight != 0.0 || !held.is_zero())
        .map(|(symbol, weight, held)| {
            let price = prices.get(symbol).copied().filter(|price| *price > Price::ZERO);
            let price =
                price.ok_or_else(|| ExecutionError::NoPrice { symbol: symbol.clone(), as_of })?;
            Ok(Wish::new(symbol, price, held, weight * nav, lots))
        })
        .collect()
}

/// Shrinks all purchases by one factor where cash does not pay for them. Costs are convex in the
/// traded value, so the shrunken purchases cost no more than the factor says.
fn scale_purchases(wishes: &mut [Wish], spare: f64, lots: &Lots) {
    let (mut available, mut needed) = (spare, 0.0);
    for wish in wishes.iter() {
        let cash = wish.cash_of(wish.scaled, lots);
        if wish.scaled > 0.0 {
            needed -= cash;
        } else {
            available += cash;
        }
    }
    if needed <= available || needed == 0.0 {
        return;
    }
    let factor = (available / needed).max(0.0);
    for wish in wishes.iter_mut().filter(|wish| wish.scaled > 0.0) {
        wish.scaled *= factor;
    }
}

/// The choice between the lot below and the lot above for one wish.
struct Step {
    index: usize,
    /// The trade that is not chosen.
    other: f64,
    /// What the way there is worth; negative on the way down.
    value: f64,
    /// What it takes from cash, costs with it; negative on the way down.
    paid: f64,
}

impl Step {
    /// By how much half the sum of squares falls. Exactly that, costs and all: an approximation
    /// could find a gain both in a step and in the step back, and never come to an end.
    fn gain(&self, lacks: f64, idle: f64) -> f64 {
        self.value * (lacks - self.value / 2.0) + self.paid * (idle - self.paid / 2.0)
    }
}

/// Moves one lot at a time where it brings the portfolio closest to the target: usually up, and
/// down again where a later lot has made an earlier one one too many. Every move brings it nearer,
/// so there is an end.
fn top_up(wishes: &mut [Wish], spare: f64, lots: &Lots) {
    let traded: f64 = wishes.iter().map(|wish| wish.cash_of(wish.trade, lots)).sum();
    let scaled: f64 = wishes.iter().map(|wish| wish.cash_of(wish.scaled, lots)).sum();
    let (mut spare, mut idle) = (spare + traded, traded - scaled);
    let mut steps = steps(wishes, lots);
    loop {
        let mut best: Option<(usize, f64)> = None;
        for (place, step) in steps.iter().enumerate() {
            let gain = step.gain(wishes[step.index].lacks(), idle);
            let worth_it = gain > best.map_or(NOISE * step.value * step.value, |(_, best)| best);
            if worth_it && step.paid <= spare.max(0.0) + SLACK {
                best = Some((place, gain));
            }
        }
        let Some((place, _)) = best else { return };
        let step = &mut steps[place];
        std::mem::swap(&mut wishes[step.index].trade, &mut step.other);
        spare -= step.paid;
        idle -= step.paid;
        (step.value, step.paid) = (-step.value, -step.paid);
    }
}

fn steps(wishes: &[Wish], lots: &Lots) -> Vec<Step> {
    let step = |(index, wish): (usize, &Wish)| {
        wish.above.map(|other| Step {
            index,
            other,
            value: (other - wish.trade) * wish.p,
            paid: wish.cash_of(wish.trade, lots) - wish.cash_of(other, lots),
        })
    };
    wishes.iter().enumerate().filter_map(step).collect()
}

/// Takes one lot off a purchase, where exact money shows that cash is short after all: off the one
/// with the cheapest lot that covers the deficit, else off the one with the dearest.
fn give_up_a_lot(wishes: &mut [Wish], deficit: f64, lots: &Lots) -> bool {
    let lot = f64::from(lots.lot);
    let order = |wish: &&mut Wish| {
        let value = wish.p * lot;
        if value >= deficit { (0, value) } else { (1, -value) }
    };
    let purchase = wishes
        .iter_mut()
        .filter(|wish| wish.trade > 0.0)
        .min_by(|a, b| order(a).partial_cmp(&order(b)).expect("prices are finite"));
    let Some(wish) = purchase else { return false };
    let left = (wish.trade - lot).max(0.0);
    wish.trade = if wish.is_small(left, lots) { 0.0 } else { left };
    true
}

/// Orders, trims and the exact cash.
fn assemble(
    as_of: Date,
    wishes: &[Wish],
    cash: Money,
    nav: f64,
    lots: &Lots,
    run: &RunId,
) -> Result<Construction, ExecutionError> {
    let mut made =
        Construction { orders: vec![], trims: vec![], costs: Money::ZERO, cash_after: cash };
    for wish in wishes {
        made.trims.extend(trim(wish, nav));
        let trade = wish.exact_trade()?;
        if trade.is_zero() {
            continue;
        }
        let cost = up_to_the_cent(-wish.cash_of(wish.trade, lots) - wish.trade * wish.p)?;
        made.costs += cost;
        made.cash_after -= wish.price * trade + cost;
        made.orders.push(order(as_of, wish, trade, run));
    }
    made.orders.sort_by_key(|order| order.side == Side::Buy);
    Ok(made)
}

fn order(as_of: Date, wish: &Wish, trade: Quantity, run: &RunId) -> Order {
    Order {
        id: OrderId::of(run, as_of, &wish.symbol),
        as_of,
        symbol: wish.symbol.clone(),
        side: if trade < Quantity::ZERO { Side::Sell } else { Side::Buy },
        quantity: trade.abs(),
        reference_price: wish.price,
    }
}

fn trim(wish: &Wish, nav: f64) -> Option<Trim> {
    let missing = wish.wanted - wish.trade;
    if missing.abs() <= NOISE * wish.wanted.abs().max(1.0) {
        return None;
    }
    let reason = if wish.too_small {
        TrimReason::MinimumTrade
    } else if wish.scaled != wish.wanted && wish.trade < wish.wanted {
        TrimReason::Cash
    } else if wish.trade == 0.0 {
        TrimReason::NoTrade
    } else {
        TrimReason::LotRounding
    };
    Some(Trim {
        symbol: wish.symbol.clone(),
        reason,
        wanted: wish.wanted,
        kept: wish.trade,
        residual_weight: missing * wish.p / nav,
    })
}

/// Costs are estimated upwards: to the next cent, less the noise of `f64`.
fn up_to_the_cent(cost: f64) -> Result<Money, ExecutionError> {
    let cents = (cost * 100.0 - 1e-4).ceil().max(0.0);
    Ok(Money::from_f64(cents / 100.0)?)
}
