//! From moments and a view to target weights.

use std::borrow::Cow;
use std::collections::BTreeMap;

use allocation::{
    Aim, AllocationError, Answer, Constraint, Costs, Objective, Problem, Uncertainty, ViewMethod,
    allocate, plan_fading, reads_scenarios, reads_uncertainty,
};
use journal::{Because, Kind};
use risk::Moments;
use types::{Digest, Forecast, Id, Symbol, Target};

use crate::beliefs::{are_held, prospects, record};
use crate::characteristics::characteristics;
use crate::decide::Shape;
use crate::desk::Outlook;
use crate::facts::{Allocated, Estimated};
use crate::moments::returns;
use crate::observe::Before;
use crate::{CycleError, Desk, Seen, Trail};

/// Puts the moments on record.
pub(crate) fn record_moments(
    desk: &Desk,
    moments: &Moments,
    volatility: &BTreeMap<Symbol, f64>,
    observed: &Id,
    trail: &mut Trail,
) -> Id {
    let digest = || {
        let values = moments.covariance.as_slice();
        let mut bytes = Vec::with_capacity(8 * values.len());
        values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        Digest::of(&bytes)
    };
    let says = Estimated {
        estimator: desk.mandate.risk.covariance.estimator.to_string(),
        observations: moments.observations,
        shrinkage: moments.shrinkage,
        volatility: volatility.clone(),
        covariance: desk.wants_correlations().then(digest),
    };
    trail.fact(Kind::Estimated, "estimated", Because::of(observed.clone()), &says)
}

/// Chooses the target weights and records them. `causes` are the records of the forecast, of the
/// estimate and of what is held.
pub(crate) fn choose(
    desk: &Desk,
    seen: &Seen<'_>,
    daily: &Moments,
    view: &Forecast,
    before: &Before,
    causes: [Id; 3],
    trail: &mut Trail,
) -> Result<(Target, Shape), CycleError> {
    let returns = wants_returns(desk, seen).then(|| returns(desk, seen)).transpose()?;
    let (prospects, views) = prospects(desk, seen, daily, returns.as_ref(), view)?;
    let [foreseen, estimated, measured] = causes;
    let (mut view, mut viewed) = (Cow::Borrowed(view), None);
    if let Some(says) = views {
        let expected_return = prospects.moments().mean.clone();
        view = Cow::Owned(Forecast { expected_return, ..view.into_owned() });
        let rest_on = [foreseen.clone(), estimated.clone()];
        viewed = Some(record(desk, says, &view, &rest_on, trail));
    }
    let moments = prospects.moments();
    let free = before.free();
    let previous: Vec<f64> = moments
        .symbols
        .iter()
        .map(|symbol| before.weights.get(symbol).copied().unwrap_or(0.0) / free)
        .collect();
    let aims: Vec<Aim> = desk.aims.iter().map(|aim| known(desk, &view, aim)).collect();
    let failed = |error: AllocationError| CycleError::new(seen.day(), "allocate", error);
    let objectives = aims.iter().flat_map(Aim::objectives);
    let uncertainty = objectives
        .into_iter()
        .any(reads_uncertainty)
        .then(|| Uncertainty::usual(moments, view.horizon_days as usize));
    let benchmarks = benchmarks(desk, &moments.symbols);
    let characteristics = characteristics(desk, seen, moments)?;
    let problem = Problem {
        expected_return: &view.expected_return,
        previous: &previous,
        constraints: &desk.constraints,
        groups: &desk.groups,
        costs: Some(costs(desk, seen, daily, free * before.nav.to_f64())),
        uncertainty: uncertainty.as_ref(),
        benchmarks: &benchmarks,
        characteristics: &characteristics,
        ..Problem::new(moments, seen.day())
    };
    let answer = match planned(desk, &aims, &problem, view.horizon_days) {
        Some(planned) => planned,
        None => prospects.allocate(&aims, &problem),
    };
    let mut answer = answer.map_err(failed)?;
    let mut shape = shape(&aims[answer.aim], seen, &problem, &view, &answer.target);
    if free != 1.0 {
        answer.target.weights.iter_mut().for_each(|weight| *weight *= free);
        keep_stuck(seen, before, &mut shape);
    }
    let because = match viewed {
        Some(viewed) => Because::of(viewed).and(foreseen),
        None => Because::of(foreseen),
    };
    let says = allocated(desk, before, &aims, &answer, &characteristics);
    let because = because.and(estimated).and(measured);
    trail.fact(Kind::Allocated, "allocated", because, &says);
    Ok((answer.target, shape))
}

/// The first trades of a plan over several periods, if the mandate asks for one.
fn planned(
    desk: &Desk,
    aims: &[Aim],
    problem: &Problem<'_>,
    horizon_days: u32,
) -> Option<Result<Answer, AllocationError>> {
    let ahead = desk.mandate.allocation.plan.as_ref()?;
    let [Aim::One(Objective::MeanVariance { risk_aversion, costs })] = aims else { return None };
    let kept = ahead
        .half_life
        .map_or(1.0, |half_life| 0.5_f64.powf(f64::from(horizon_days) / half_life.0 as f64));
    let costs = problem.costs.clone().filter(|_| *costs);
    let problem = Problem { costs, ..problem.clone() };
    let found = plan_fading(&problem, *risk_aversion, ahead.periods, kept);
    Some(found.map(|mut plan| Answer {
        target: Target {
            as_of: problem.as_of,
            symbols: problem.moments.symbols.clone(),
            weights: plan.weights.swap_remove(0),
            certificate: plan.certificate,
        },
        aim: 0,
        shares: Vec::new(),
        scenarios: None,
    }))
}

/// Whether daily returns are read beyond their moments.
fn wants_returns(desk: &Desk, seen: &Seen<'_>) -> bool {
    let pooled = desk.views.as_ref().is_some_and(|v| v.method == ViewMethod::EntropyPooling);
    let mut objectives = desk.aims.iter().flat_map(Aim::objectives);
    (pooled && are_held(desk, seen))
        || objectives.any(|objective| reads_scenarios(objective, &desk.constraints))
}

/// What the record of a choice says.
fn allocated(
    desk: &Desk,
    before: &Before,
    aims: &[Aim],
    answer: &Answer,
    characteristics: &BTreeMap<String, Vec<f64>>,
) -> Allocated {
    let aim = &aims[answer.aim];
    let parts = aim.objectives().into_iter().skip(1).map(Objective::to_string);
    let drawn = aim.objectives().iter().any(|o| reads_scenarios(o, &desk.constraints));
    let drawn = drawn && desk.mandate.risk.scenarios.is_some();
    let weights = &answer.target.weights;
    let in_stress = |name: &String| {
        let returns = characteristics[name].iter().zip(weights);
        (name.clone(), returns.map(|(r, w)| r * w).sum())
    };
    Allocated {
        objective: desk.mandate.allocation.objective.sentence(),
        target: answer.target.clone(),
        previous: before.weights.clone(),
        answered: (aims.len() > 1).then(|| aim.to_string()),
        shares: parts.zip(answer.shares.iter().copied()).collect(),
        scenarios: drawn.then(|| desk.source.to_string()),
        stress: desk.stress.keys().map(in_stress).collect(),
    }
}

/// An aim by what is known. As long as a model has yet to be trained and no view is held, no
/// portfolio beats another by its expected return, and the highest Sharpe ratio is that of the
/// least variance.
fn known(desk: &Desk, view: &Forecast, aim: &Aim) -> Aim {
    let learns = matches!(desk.outlook, Outlook::Model { .. } | Outlook::Registered { .. });
    let nothing = view.model.is_none() && view.expected_return.iter().all(|r| *r == 0.0);
    let one = |objective: &Objective| match objective {
        Objective::MaximumSharpe { .. } if learns && nothing => Objective::MinimumVariance,
        objective => objective.clone(),
    };
    match aim {
        Aim::One(objective) => Aim::One(one(objective)),
        Aim::Among { last, parts } => {
            Aim::Among { last: one(last), parts: parts.iter().map(one).collect() }
        }
    }
}

/// The weights of the mandate's benchmark, under its own name and as `benchmark`: equal weight over
/// what may be held, or one symbol. None where that symbol may not be held, for then no covariance
/// with it is known.
pub(crate) fn benchmarks(desk: &Desk, symbols: &[Symbol]) -> BTreeMap<String, Vec<f64>> {
    let name = desk.mandate.mandate.benchmark.as_str();
    let one = |at: usize| (0..symbols.len()).map(|i| f64::from(u8::from(i == at))).collect();
    let weights: Option<Vec<f64>> = match name {
        "equal-weight" => Some(vec![1.0 / symbols.len() as f64; symbols.len()]),
        symbol => symbols.iter().position(|held| held.as_str() == symbol).map(one),
    };
    let named = |weights: Vec<f64>| ["benchmark", name].map(|n| (n.to_owned(), weights.clone()));
    weights.map(named).into_iter().flatten().collect()
}

/// The costs of one change of weight, from the object that the venue charges by.
fn costs(desk: &Desk, seen: &Seen<'_>, daily: &Moments, nav: f64) -> Costs {
    let root = nav.max(0.0).sqrt();
    let impact = daily.symbols.iter().zip(daily.covariance.diag()).map(|(symbol, variance)| {
        let daily_value = seen.daily_value.get(symbol).copied();
        root * desk.costs.impact_factor(variance.sqrt(), daily_value)
    });
    Costs {
        linear: vec![desk.costs.linear_rate(); daily.symbols.len()],
        impact_factor: impact.collect(),
        ..Costs::default()
    }
}

fn shape(
    aim: &Aim,
    seen: &Seen<'_>,
    problem: &Problem<'_>,
    view: &Forecast,
    target: &Target,
) -> Shape {
    let symbols = &problem.moments.symbols;
    let columns = |weights: &[f64]| by_column(seen, symbols, weights);
    let unconstrained = match aim {
        Aim::One(objective) => unconstrained(objective, problem),
        Aim::Among { .. } => None,
    };
    Shape {
        forecast: upper_half(&view.expected_return).map(|weights| columns(&weights)),
        unconstrained: columns(unconstrained.as_ref().unwrap_or(&target.weights)),
        target: columns(&target.weights),
        rounded: vec![],
        turnover: 0.0,
    }
}

/// The weights of the objective alone, for those objectives that constraints can shape.
fn unconstrained(objective: &Objective, problem: &Problem<'_>) -> Option<Vec<f64>> {
    let objective = match objective.clone() {
        Objective::MeanVariance { risk_aversion, .. } => {
            Objective::MeanVariance { risk_aversion, costs: false }
        }
        alone @ (Objective::MinimumVariance | Objective::MaximumSharpe { .. }) => alone,
        _ => return None,
    };
    let long_only: Constraint = "long only".parse().expect("`long only` is a constraint");
    let free = Problem { constraints: &[long_only], costs: None, ..problem.clone() };
    allocate(&objective, &free).ok().map(|target| target.weights)
}

/// Equal weight over those above the median; `None` where nothing is told apart.
fn upper_half(expected: &[f64]) -> Option<Vec<f64>> {
    let mut sorted = expected.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    let count = expected.iter().filter(|value| **value > median).count();
    let weight = |value: &f64| if *value > median { 1.0 / count as f64 } else { 0.0 };
    (count > 0).then(|| expected.iter().map(weight).collect())
}

/// Every stage holds what cannot be traded, and shares out the rest.
fn keep_stuck(seen: &Seen<'_>, before: &Before, shape: &mut Shape) {
    let stuck = spread(seen, &before.stuck);
    let stages = [&mut shape.unconstrained, &mut shape.target];
    for stage in stages.into_iter().chain(&mut shape.forecast) {
        for (weight, stuck) in stage.iter_mut().zip(&stuck) {
            *weight = *weight * before.free() + stuck;
        }
    }
}

/// Weights by panel column, nought for all others.
pub(crate) fn by_column(seen: &Seen<'_>, symbols: &[Symbol], weights: &[f64]) -> Vec<f64> {
    let mut columns = vec![0.0; seen.panel.symbols().len()];
    for (symbol, weight) in symbols.iter().zip(weights) {
        let column = seen.panel.column(symbol).expect("the symbols came from the panel");
        columns[column] = *weight;
    }
    columns
}

/// The same for weights by symbol.
pub(crate) fn spread(seen: &Seen<'_>, weights: &BTreeMap<Symbol, f64>) -> Vec<f64> {
    let (symbols, weights): (Vec<Symbol>, Vec<f64>) =
        weights.iter().map(|(symbol, weight)| (symbol.clone(), *weight)).unzip();
    by_column(seen, &symbols, &weights)
}
