//! From target weights to orders that passed the limits.

use std::collections::BTreeMap;

use execution::{Checked, Context, Lots, Trim, construct};
use journal::{Because, Kind};
use risk::Moments;
use types::{Holdings, Id, Money, Order, Symbol, Target};

use crate::choose::by_column;
use crate::decide::{Decision, Shape};
use crate::facts::{CheckedOrders, Cut, HeldStill, Trimmed};
use crate::observe::Before;
use crate::{Book, CycleError, Desk, Seen, Trail, daily_value};

/// A decision that places nothing.
pub(crate) fn hold(
    seen: &Seen,
    before: &Before,
    mut shape: Shape,
    why: &str,
    mut trail: Trail,
) -> Decision {
    let because = Because::of(trail.id("allocated"));
    trail.fact(Kind::Held, "held", because, &HeldStill { why: why.to_owned() });
    shape.rounded = held_by_column(seen, before);
    Decision { facts: trail.into_drafts(), orders: vec![], shape, volatility: BTreeMap::new() }
}

#[expect(clippy::too_many_arguments, reason = "the last step takes what all others made")]
/// Turns the target into checked orders.
pub(crate) fn trade(
    desk: &Desk,
    seen: &Seen,
    held: &Holdings,
    before: &Before,
    moments: &Moments,
    target: &Target,
    mut shape: Shape,
    book: &mut Book,
    mut trail: Trail,
) -> Result<Decision, CycleError> {
    let failed = |error| CycleError::new(seen.day(), "construct", error);
    let lots = lots(desk, seen, moments)?;
    let made =
        construct(target, held, &seen.prices, before.nav, &lots, &desk.run).map_err(failed)?;
    let allocated = trail.id("allocated");
    let mut trimmed = record_trims(&made.trims, &allocated, "construct", &mut trail);
    let daily_value = daily_values(seen);
    let screening = desk.limits.check(
        made.orders,
        &Context {
            nav: before.nav,
            holdings: held,
            closes: &seen.prices,
            daily_value: &daily_value,
            lot: desk.mandate.execution.lot,
            cash_reserve: made.costs,
        },
    );
    trimmed.extend(record_trims(&screening.trims, &allocated, "limits", &mut trail));
    let says = CheckedOrders {
        limits: desk.limits.clone(),
        passed: screening.checked.iter().map(|order| order.get().id.to_string()).collect(),
        refused: screening
            .refusals
            .iter()
            .map(|refusal| (refusal.order.id.to_string(), refusal.detail.clone()))
            .collect(),
    };
    let because = Because::of(allocated).and_all(trimmed);
    let checked = trail.fact(Kind::Checked, "checked", because, &says);
    for order in &screening.checked {
        let because = Because::of(checked.clone());
        trail.named(Kind::Placed, (&order.get().id).into(), because, order.get(), []);
    }
    shape.rounded = after(seen, before, screening.checked.iter().map(Checked::get));
    shape.turnover = 0.5 * distance(&held_by_column(seen, before), &shape.rounded);
    book.target = shape.target.clone();
    let volatility = moments.symbols.iter().cloned().zip(moments.volatilities()).collect();
    Ok(Decision { facts: trail.into_drafts(), orders: screening.checked, shape, volatility })
}

fn lots(desk: &Desk, seen: &Seen, moments: &Moments) -> Result<Lots, CycleError> {
    let plan = &desk.mandate.execution;
    let failed = |error| CycleError::new(seen.day(), "construct", error);
    let factors = moments.symbols.iter().zip(moments.volatilities()).map(|(symbol, sigma)| {
        let factor = desk.costs.impact_factor(sigma, daily_value(&seen.panel, symbol, 21));
        (symbol.clone(), factor)
    });
    Ok(Lots {
        lot: plan.lot,
        min_trade_value: Money::from_f64(plan.min_trade).map_err(failed)?,
        cash_buffer: Money::ZERO,
        costs: desk.costs,
        impact_factors: factors.collect(),
    })
}

fn daily_values(seen: &Seen) -> BTreeMap<Symbol, f64> {
    let known = |symbol: &Symbol| Some((symbol.clone(), daily_value(&seen.panel, symbol, 21)?));
    seen.eligible.iter().filter_map(known).collect()
}

/// One fact for each reason of a trim; gives their names.
fn record_trims(trims: &[Trim], cause: &Id, step: &str, trail: &mut Trail) -> Vec<Id> {
    let mut by_reason: BTreeMap<&str, Vec<Cut>> = BTreeMap::new();
    for trim in trims {
        by_reason.entry(trim.reason.as_str()).or_default().push(Cut {
            symbol: trim.symbol.clone(),
            wanted: trim.wanted,
            kept: trim.kept,
            residual_weight: trim.residual_weight,
        });
    }
    let mut names = Vec::new();
    for (reason, cuts) in by_reason {
        let says = Trimmed { reason: reason.replace('_', " "), trims: cuts };
        let what = format!("trimmed-{step}-{reason}");
        names.push(trail.fact(Kind::Trimmed, &what, Because::of(cause.clone()), &says));
    }
    names
}

fn held_by_column(seen: &Seen, before: &Before) -> Vec<f64> {
    let (symbols, weights): (Vec<_>, Vec<_>) =
        before.weights.iter().map(|(symbol, weight)| (symbol.clone(), *weight)).unzip();
    by_column(seen, &symbols, &weights)
}

/// The weights that the orders lead to, at today's prices, by panel column.
fn after<'a>(seen: &Seen, before: &Before, orders: impl Iterator<Item = &'a Order>) -> Vec<f64> {
    let mut weights = held_by_column(seen, before);
    let nav = before.nav.to_f64();
    for order in orders {
        let value = order.reference_price * order.signed_quantity();
        let column = seen.panel.column(&order.symbol).expect("an order is for a panel's symbol");
        weights[column] += value.to_f64() / nav;
    }
    weights
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}
