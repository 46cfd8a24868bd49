//! The efficient frontier: the least variance for each expected return.
//!
//! In: a problem and a number of points. Out: portfolios from the one of minimum variance to the
//! one of highest expected return, evenly spaced in expected return. Each is a program of its own
//! with a certificate of its own, whose binding `expected return >= ...` has as shadow price the
//! variance that a unit of return costs there. Costs do not enter; all constraints do.

use types::{Certificate, Target};

use crate::conflict::refuse;
use crate::region::{Region, sentences};
use crate::solver::{Outcome, solve};
use crate::utility::{Utility, expected};
use crate::{AllocationError, Problem};

/// Expected returns that differ by less than this part of the largest are the same.
const SAME: f64 = 1e-6;

/// What is maximised at the top of the frontier.
const RETURN: Utility = Utility {
    method: "the frontier's highest expected return",
    risk_aversion: 0.0,
    returns: true,
    costs: false,
    least_return: None,
};

/// One efficient portfolio.
#[derive(Debug, Clone, PartialEq)]
pub struct FrontierPoint {
    /// Expected return over the horizon of the problem, as a fraction.
    pub expected_return: f64,
    /// Standard deviation of the return over the same horizon.
    pub volatility: f64,
    /// The weights, in the order of the problem's assets.
    pub weights: Vec<f64>,
    /// How well the weights solve the problem of this point.
    pub certificate: Certificate,
}

/// The efficient frontier of `problem` in `points` points, from least to most variance; fewer if
/// all expected returns within the constraints are the same.
///
/// Fails as [`allocate`](crate::allocate) does, and as unbounded where the constraints leave the
/// expected return without a maximum.
pub fn frontier(
    problem: &Problem<'_>,
    points: usize,
) -> Result<Vec<FrontierPoint>, AllocationError> {
    if points == 0 {
        return Ok(Vec::new());
    }
    problem.check(true)?;
    let calmest = point(problem, Utility::MINIMUM_VARIANCE.maximise(problem)?);
    let richest = point(problem, richest(problem)?);
    let low = calmest.expected_return;
    let range = richest.expected_return - low;
    let largest = problem.expected_return.iter().fold(0.0_f64, |max, r| max.max(r.abs()));
    let mut frontier = vec![calmest];
    if points == 1 || range <= SAME * largest {
        return Ok(frontier);
    }
    for step in 1..points - 1 {
        let utility = Utility {
            least_return: Some(low + range * step as f64 / (points - 1) as f64),
            ..Utility::MINIMUM_VARIANCE
        };
        frontier.push(point(problem, utility.maximise(problem)?));
    }
    frontier.push(richest);
    Ok(frontier)
}

/// The calmest of the portfolios with the highest expected return. A floor at that return would
/// leave the solver no interior to walk in; instead, the constraints that price the return are
/// turned into equalities, which is the face of the region where the return is highest.
fn richest(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    let mut region = Region::new(problem, sentences(problem.constraints))?;
    let program = RETURN.program(&mut region);
    let top = match solve(&program) {
        Outcome::Solved(solution) => solution,
        other => return Err(refuse(problem, RETURN.method, other)?),
    };
    region.rows = program.rows;
    region.epigraphs = program.epigraphs;
    let largest = top.duals.iter().fold(0.0_f64, |max, z| max.max(z.abs()));
    for (row, dual) in region.rows.iter_mut().zip(&top.duals) {
        row.equality |= *dual > SAME * largest;
    }
    let calmest = Utility::MINIMUM_VARIANCE;
    let program = calmest.program(&mut region);
    calmest.solved(&region, &program)
}

fn point(problem: &Problem<'_>, target: Target) -> FrontierPoint {
    let variance = problem.moments.covariance.quad_form(&target.weights);
    FrontierPoint {
        expected_return: expected(problem.expected_return, &target.weights),
        volatility: variance.max(0.0).sqrt(),
        weights: target.weights,
        certificate: target.certificate,
    }
}
