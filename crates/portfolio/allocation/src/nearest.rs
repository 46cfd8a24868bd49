//! The weights within every sentence that are nearest to given ones.
//!
//! In: a region and the weights of a method that knows no sentences. Out: those weights if they
//! keep all sentences, else the ones that do and minimise the sum of squared relative changes,
//! `Σ ((w_i − w⁰_i) / w⁰_i)²`, a quadratic program. A weight of nought counts as a tenth of the mean
//! weight, so that it can grow.

use risk::Matrix;
use types::Target;

use crate::AllocationError;
use crate::certificate::{binding, cleaned, closed_form, solved};
use crate::conflict::refuse;
use crate::naive::broken;
use crate::region::Region;
use crate::solver::{Outcome, Program, Quadratic, solve};

/// The target of `method`, whose certificate's objective is the portfolio's variance. The shadow
/// prices, if any, are in units of the sum of squared relative changes.
pub(crate) fn target(
    mut region: Region<'_>,
    method: &'static str,
    weights: Vec<f64>,
) -> Result<Target, AllocationError> {
    let problem = region.problem;
    if broken(&region, &weights)?.is_none() {
        return Ok(closed_form(problem, method, weights));
    }
    let n = weights.len();
    let mean = weights.iter().map(|w| w.abs()).sum::<f64>() / n as f64;
    let scales: Vec<f64> = weights.iter().map(|w| w.abs().max(0.1 * mean).powi(-2)).collect();
    let values = Matrix::diagonal(&scales);
    let mut linear = vec![0.0; region.columns];
    for (slope, (weight, scale)) in linear.iter_mut().zip(weights.iter().zip(&scales)) {
        *slope = -2.0 * scale * weight;
    }
    let program = Program {
        quadratic: Some(Quadratic { n, values: values.as_slice(), factor: 1.0 }),
        linear,
        rows: std::mem::take(&mut region.rows),
        epigraphs: std::mem::take(&mut region.epigraphs),
        ..Program::default()
    };
    let solution = match solve(&program) {
        Outcome::Solved(solution) => solution,
        other => return Err(refuse(problem, method, other)?),
    };
    let binding = binding(&region, &program.rows, &solution, 1.0);
    let weights = cleaned(solution.x[..n].to_vec());
    let variance = problem.moments.covariance.quad_form(&weights);
    Ok(solved(problem, method, weights, variance, &solution, binding))
}
