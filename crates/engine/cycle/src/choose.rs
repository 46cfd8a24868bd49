//! From moments and a view to target weights.

use allocation::{AllocationError, Constraint, Costs, Objective, Problem, allocate};
use journal::{Because, Kind};
use risk::{Gaps, MeanEstimator, Moments, ReturnKind, Returns, Window, estimate};
use types::{Digest, Forecast, Id, Money, Symbol, Target};

use crate::decide::Shape;
use crate::facts::{Allocated, Estimated};
use crate::observe::Before;
use crate::{CycleError, Desk, Seen, Trail, daily_value};

/// Daily moments of what may be held, from the newest complete returns.
pub(crate) fn moments(desk: &Desk, seen: &Seen) -> Result<Moments, CycleError> {
    let window = desk.mandate.risk.covariance.window.0;
    let failed = |error| CycleError::new(seen.day(), "risk", error);
    let panel = seen
        .panel
        .last_rows(window + 1)
        .select(&seen.eligible)
        .map_err(|error| CycleError::new(seen.day(), "risk", error))?;
    let at_least = Gaps::Drop { at_least: 20.min(window) };
    let window = Window { rows: window, kind: ReturnKind::Simple, gaps: at_least };
    let returns = Returns::from_panel(&panel, window).map_err(failed)?;
    estimate(&returns, &MeanEstimator::Zero, &desk.covariance).map_err(failed)
}

/// Puts the moments on record.
pub(crate) fn record_moments(
    desk: &Desk,
    moments: &Moments,
    observed: &Id,
    trail: &mut Trail,
) -> Id {
    let bytes: Vec<u8> =
        moments.covariance.as_slice().iter().flat_map(|value| value.to_le_bytes()).collect();
    let volatility = moments.symbols.iter().cloned().zip(moments.volatilities()).collect();
    let says = Estimated {
        estimator: desk.mandate.risk.covariance.estimator.to_string(),
        observations: moments.observations,
        shrinkage: moments.shrinkage,
        volatility,
        covariance: Digest::of(&bytes),
    };
    let id = trail.id("estimated");
    trail.named(Kind::Estimated, id, Because::of(observed.clone()), &says, [])
}

/// Chooses the target weights and records them.
pub(crate) fn choose(
    desk: &Desk,
    seen: &Seen,
    daily: &Moments,
    view: &Forecast,
    before: &Before,
    causes: Because,
    trail: &mut Trail,
) -> Result<(Target, Shape), CycleError> {
    let moments = daily.scaled(f64::from(view.horizon_days));
    let previous: Vec<f64> = moments
        .symbols
        .iter()
        .map(|symbol| before.weights.get(symbol).copied().unwrap_or(0.0))
        .collect();
    let problem = Problem {
        moments: &moments,
        expected_return: &view.expected_return,
        previous: &previous,
        constraints: &desk.constraints,
        groups: &desk.groups,
        costs: Some(costs(desk, seen, daily, before.nav)),
        as_of: seen.day(),
    };
    let failed = |error: AllocationError| CycleError::new(seen.day(), "allocate", error);
    let target = allocate(&desk.objective, &problem).map_err(failed)?;
    let shape = shape(desk, seen, &problem, view, &target);
    let says = Allocated {
        objective: desk.mandate.allocation.objective.sentence(),
        target: target.clone(),
        previous: before.weights.clone(),
    };
    let id = trail.id("allocated");
    trail.named(Kind::Allocated, id, causes, &says, []);
    Ok((target, shape))
}

/// The costs of one change of weight, from the object that the venue charges by.
fn costs(desk: &Desk, seen: &Seen, daily: &Moments, nav: Money) -> Costs {
    let root = nav.to_f64().max(0.0).sqrt();
    let impact = daily.symbols.iter().zip(daily.volatilities()).map(|(symbol, sigma)| {
        root * desk.costs.impact_factor(sigma, daily_value(&seen.panel, symbol, 21))
    });
    Costs {
        linear: vec![desk.costs.linear_rate(); daily.symbols.len()],
        impact_factor: impact.collect(),
    }
}

fn shape(
    desk: &Desk,
    seen: &Seen,
    problem: &Problem<'_>,
    view: &Forecast,
    target: &Target,
) -> Shape {
    let symbols = &problem.moments.symbols;
    let spread = |chosen: &[bool]| {
        let count = chosen.iter().filter(|chosen| **chosen).count().max(1) as f64;
        chosen.iter().map(|chosen| f64::from(u8::from(*chosen)) / count).collect::<Vec<f64>>()
    };
    let long_only: Constraint = "long only".parse().expect("`long only` is a constraint");
    let free = Problem { constraints: &[long_only], costs: None, ..problem.clone() };
    let unconstrained = match desk.objective {
        Objective::MinimumVariance
        | Objective::MeanVariance { .. }
        | Objective::MaximumSharpe { .. } => allocate(&without_costs(&desk.objective), &free).ok(),
        _ => None,
    };
    let columns = |weights: &[f64]| by_column(seen, symbols, weights);
    Shape {
        equal: columns(&spread(&vec![true; symbols.len()])),
        forecast: columns(&spread(&upper_half(&view.expected_return))),
        unconstrained: columns(&unconstrained.map_or(target.weights.clone(), |t| t.weights)),
        target: columns(&target.weights),
        rounded: vec![],
        turnover: 0.0,
    }
}

fn without_costs(objective: &Objective) -> Objective {
    match *objective {
        Objective::MeanVariance { risk_aversion, .. } => {
            Objective::MeanVariance { risk_aversion, costs: false }
        }
        other => other,
    }
}

/// Those above the median; all where nothing is told apart.
fn upper_half(expected: &[f64]) -> Vec<bool> {
    let mut sorted = expected.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
    let chosen: Vec<bool> = expected.iter().map(|value| *value > median).collect();
    if chosen.contains(&true) { chosen } else { vec![true; expected.len()] }
}

/// Weights by panel column.
pub(crate) fn by_column(seen: &Seen, symbols: &[Symbol], weights: &[f64]) -> Vec<f64> {
    let mut columns = vec![0.0; seen.panel.symbols().len()];
    for (symbol, weight) in symbols.iter().zip(weights) {
        let column = seen.panel.column(symbol).expect("the symbols came from the panel");
        columns[column] = *weight;
    }
    columns
}
