//! From a solution to a target with its evidence.
//!
//! In: weights and duals. Out: the weights cleaned of rounding, and a certificate that names the
//! binding constraints with their shadow prices.

use types::{Binding, Certificate, Status, Target};

use crate::Problem;
use crate::region::{Region, Row};
use crate::solver::Solution;

/// Weights below this size are rounding and become nought.
const DUST: f64 = 1e-9;

/// An inequality is binding if its slack is below this...
const SLACK: f64 = 1e-7;

/// ...and its shadow price above this part of the largest.
const PRICE: f64 = 1e-7;

/// Weights with those below 1e-9 set to nought.
pub(crate) fn cleaned(mut weights: Vec<f64>) -> Vec<f64> {
    for weight in &mut weights {
        if weight.abs() < DUST {
            *weight = 0.0;
        }
    }
    weights
}

/// The rows that hold with equality, each with what the objective would gain if its limit rose by
/// one. Each dual is multiplied by `price` to bring it to the units of the objective.
pub(crate) fn binding(
    region: &Region<'_>,
    rows: &[Row],
    solution: &Solution,
    price: f64,
) -> Vec<Binding> {
    let largest = solution.duals.iter().fold(0.0_f64, |max, z| max.max(z.abs()));
    let holds = |row: &Row, dual: f64| {
        let value: f64 = row.terms.iter().map(|(c, a)| a * solution.x[*c]).sum();
        row.equality || (row.limit - value < SLACK && dual > PRICE * largest)
    };
    rows.iter()
        .zip(&solution.duals)
        .filter(|(row, dual)| holds(row, **dual))
        .filter_map(|(row, dual)| {
            Some(Binding {
                constraint: region.words(row)?,
                shadow_price: dual * price * region.stretch(row),
            })
        })
        .collect()
}

/// The target of a solved program whose objective is `objective` at the cleaned weights.
pub(crate) fn solved(
    problem: &Problem<'_>,
    method: &'static str,
    weights: Vec<f64>,
    objective: f64,
    solution: &Solution,
    binding: Vec<Binding>,
) -> Target {
    Target {
        as_of: problem.as_of,
        symbols: problem.moments.symbols.clone(),
        weights,
        certificate: Certificate {
            method: method.to_owned(),
            status: solution.status,
            objective,
            primal_residual: solution.residuals.primal,
            dual_residual: solution.residuals.dual,
            gap: solution.residuals.gap,
            iterations: solution.iterations,
            binding,
            fallbacks: Vec::new(),
        },
    }
}

/// The target of a formula: its objective is the portfolio's variance.
pub(crate) fn closed_form(
    problem: &Problem<'_>,
    method: &'static str,
    weights: Vec<f64>,
) -> Target {
    Target {
        as_of: problem.as_of,
        symbols: problem.moments.symbols.clone(),
        certificate: Certificate {
            method: method.to_owned(),
            status: Status::ClosedForm,
            objective: problem.moments.covariance.quad_form(&weights),
            primal_residual: 0.0,
            dual_residual: 0.0,
            gap: 0.0,
            iterations: 0,
            binding: Vec::new(),
            fallbacks: Vec::new(),
        },
        weights,
    }
}
