//! From target weights to orders that passed the limits.

use std::collections::BTreeMap;

use execution::{Checked, Construction, Context, Lots, Screening, Trim, construct};
use journal::{Because, Kind};
use types::{Holdings, Id, Money, Order, Symbol, Target};

use crate::choose::spread;
use crate::decide::{Decision, Shape};
use crate::facts::{CheckedOrders, Cut, HeldStill, Trimmed};
use crate::observe::Before;
use crate::{CycleError, Desk, Seen, Trail};

/// Where a decision is made: what is seen, held and known.
pub(crate) struct Scene<'a> {
    pub desk: &'a Desk,
    pub seen: &'a Seen<'a>,
    pub held: &'a Holdings,
    pub before: &'a Before,
    /// Daily volatilities.
    pub volatility: &'a BTreeMap<Symbol, f64>,
}

/// A decision that places nothing.
pub(crate) fn hold(scene: &Scene<'_>, mut shape: Shape, why: &str, mut trail: Trail) -> Decision {
    let because = Because::of(trail.id("allocated"));
    trail.fact(Kind::Held, "held", because, &HeldStill { why: why.to_owned() });
    shape.rounded = spread(scene.seen, &scene.before.weights);
    Decision {
        facts: trail.into_drafts(),
        orders: vec![],
        shape,
        volatility: scene.volatility.clone(),
    }
}

/// Turns the target into checked orders.
pub(crate) fn trade(
    scene: &Scene<'_>,
    target: &Target,
    mut shape: Shape,
    mut trail: Trail,
) -> Result<Decision, CycleError> {
    let Scene { desk, seen, before, .. } = *scene;
    let failed = |error| CycleError::new(seen.day(), "construct", error);
    let lots = lots(scene)?;
    let made = construct(target, &movable(scene), &seen.prices, before.nav, &lots, &desk.run)
        .map_err(failed)?;
    let allocated = trail.id("allocated");
    let mut trimmed = record_trims(&made.trims, &allocated, "construct", &mut trail);
    let screening = screen(scene, made);
    trimmed.extend(record_trims(&screening.trims, &allocated, "limits", &mut trail));
    record_orders(desk, &screening, Because::of(allocated).and_all(trimmed), &mut trail);

    let held = spread(seen, &before.weights);
    shape.rounded = after(scene, &held, screening.checked.iter().map(Checked::get));
    shape.turnover = 0.5 * distance(&held, &shape.rounded);
    Ok(Decision {
        facts: trail.into_drafts(),
        orders: screening.checked,
        shape,
        volatility: scene.volatility.clone(),
    })
}

/// What is held and has a price today. The rest would be closed for not being in the target.
fn movable(scene: &Scene<'_>) -> Holdings {
    let mut held = scene.held.clone();
    held.positions.retain(|symbol, _| !scene.before.stuck.contains_key(symbol));
    held
}

fn lots(scene: &Scene<'_>) -> Result<Lots, CycleError> {
    let Scene { desk, seen, .. } = *scene;
    let plan = &desk.mandate.execution;
    let failed = |error| CycleError::new(seen.day(), "construct", error);
    let factors = scene.volatility.iter().map(|(symbol, sigma)| {
        let daily_value = seen.daily_value.get(symbol).copied();
        (symbol.clone(), desk.costs.impact_factor(*sigma, daily_value))
    });
    Ok(Lots {
        lot: plan.lot,
        min_trade_value: Money::from_f64(plan.min_trade).map_err(failed)?,
        cash_buffer: Money::ZERO,
        costs: desk.costs,
        impact_factors: factors.collect(),
    })
}

fn screen(scene: &Scene<'_>, made: Construction) -> Screening {
    let Scene { desk, seen, held, before, .. } = *scene;
    let context = Context {
        nav: before.nav,
        holdings: held,
        closes: &seen.prices,
        daily_value: &seen.daily_value,
        lot: desk.mandate.execution.lot,
        cash_reserve: made.costs,
    };
    desk.limits.check(made.orders, &context)
}

/// One fact for the check, and one for each order that was placed or refused.
fn record_orders(desk: &Desk, screening: &Screening, because: Because, trail: &mut Trail) {
    let ids = screening.checked.iter().map(|order| order.get().id.to_string());
    let refused = screening.refusals.iter().map(|refusal| refusal.order.id.to_string());
    let says = CheckedOrders {
        limits: desk.limits.clone(),
        passed: ids.collect(),
        refused: refused.collect(),
    };
    let checked = trail.fact(Kind::Checked, "checked", because, &says);
    for refusal in &screening.refusals {
        let id = Id::from(format!("{}/refused", refusal.order.id));
        trail.named(Kind::Refused, id, Because::of(checked.clone()), refusal, []);
    }
    for order in &screening.checked {
        let because = Because::of(checked.clone());
        trail.named(Kind::Placed, (&order.get().id).into(), because, order.get(), []);
    }
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

/// The weights that the orders lead to, at today's prices, by panel column.
fn after<'a>(scene: &Scene<'_>, held: &[f64], orders: impl Iterator<Item = &'a Order>) -> Vec<f64> {
    let mut weights = held.to_vec();
    let nav = scene.before.nav.to_f64();
    for order in orders {
        let value = order.reference_price * order.signed_quantity();
        let column = scene.seen.panel.column(&order.symbol);
        weights[column.expect("an order is for a panel's symbol")] += value.to_f64() / nav;
    }
    weights
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum()
}
