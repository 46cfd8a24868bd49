//! A portfolio of portfolios: several objectives first, then one objective among their answers.
//!
//! In: objectives, and a final one. Each objective gives weights within all sentences; the final
//! one allocates among these portfolios, long only and fully, by their own moments and scenarios.
//! What sentences allow is convex, so that the mixture keeps them as its parts do; where rounding
//! breaks one, the nearest weights within them are taken. Use it to spread the error of any one
//! method. Source: Wolpert (1992), "Stacked generalization"; as portfolios, `StackingOptimization`
//! of skfolio without cross-validation.

use risk::{Matrix, Moments, Returns};
use types::{Symbol, Target};

use crate::region::{Region, sentences};
use crate::{AllocationError, Constraint, Objective, Problem, allocate, nearest};

/// The mixture of the portfolios of `objectives` that serves `last` best, and the share of each in
/// it. The certificate is about the mixture: its objective is the portfolio's variance. Fails as any of the parts
/// does, and with [`AllocationError::NotStacked`] if `last` asks for costs (name them in the parts),
/// a sentence takes integers, or there are no objectives.
pub fn allocate_stacked(
    last: &Objective,
    objectives: &[Objective],
    problem: &Problem<'_>,
) -> Result<(Target, Vec<f64>), AllocationError> {
    refuse(last, objectives, problem)?;
    let parts: Vec<Target> =
        objectives.iter().map(|o| allocate(o, problem)).collect::<Result<_, _>>()?;
    let held: Vec<&[f64]> = parts.iter().map(|part| part.weights.as_slice()).collect();
    let names: Vec<Symbol> =
        (1..=held.len()).map(|part| Symbol::from(format!("PART{part}"))).collect();
    let sigma = &problem.moments.covariance;
    let marginal: Vec<Vec<f64>> = held.iter().map(|weights| sigma.mul_vec(weights)).collect();
    let moments = Moments {
        symbols: names.clone().into(),
        mean: held.iter().map(|weights| dot(&problem.moments.mean, weights)).collect(),
        covariance: Matrix::from_fn(held.len(), |a, b| dot(held[a], &marginal[b])),
        observations: problem.moments.observations,
        shrinkage: None,
        repair: None,
    };
    let returns = match problem.expected_return {
        [] => Vec::new(),
        given => held.iter().map(|weights| dot(given, weights)).collect(),
    };
    let scenarios = problem.scenarios.map(|all| mixed(all, &names, &held)).transpose()?;
    let long_only = [Constraint::known("long only")];
    let among = Problem {
        expected_return: &returns,
        constraints: &long_only,
        scenarios: scenarios.as_ref(),
        probabilities: problem.probabilities,
        ..Problem::new(&moments, problem.as_of)
    };
    let shares = allocate(last, &among)?.weights;
    let mut weights = vec![0.0; problem.n_assets()];
    for (share, part) in shares.iter().zip(&held) {
        weights.iter_mut().zip(*part).for_each(|(w, p)| *w += share * p);
    }
    let region = Region::new(problem, sentences(problem.constraints))?;
    Ok((nearest::target(region, "stacking", weights)?, shares))
}

fn refuse(
    last: &Objective,
    objectives: &[Objective],
    problem: &Problem<'_>,
) -> Result<(), AllocationError> {
    let costs = matches!(last, Objective::MeanVariance { costs: true, .. });
    let integers = problem.constraints.iter().find(|sentence| sentence.quantity.discrete());
    let reason = match integers {
        _ if objectives.is_empty() => "there are no portfolios to stack".to_owned(),
        _ if costs => format!("`{last}` asks for costs: name them in the parts"),
        Some(sentence) => format!("a mixture need not keep `{sentence}`: leave it out"),
        None => return Ok(()),
    };
    Err(AllocationError::NotStacked { reason })
}

/// The returns of each portfolio in each scenario.
fn mixed(all: &Returns, names: &[Symbol], held: &[&[f64]]) -> Result<Returns, AllocationError> {
    let rows = (0..all.rows()).map(|row| all.row(row));
    let values = rows.flat_map(|row| held.iter().map(|weights| dot(row, weights)));
    Ok(Returns::new(names.to_vec(), values.collect())?)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
