//! The efficient frontier: the least variance for each expected return.
//!
//! In: a problem and a number of points. Out: portfolios from the one of minimum variance to the
//! one of highest expected return, evenly spaced in expected return. Where bounds and a budget are
//! all there is, they lie on the [critical line](crate::critical_line()); else each is a program of
//! its own. Each has a certificate of its own, whose binding `expected return >= ...` has as shadow price the
//! variance that a unit of return costs there. Costs do not enter; all constraints do.

use types::{Certificate, Target};

use crate::conflict::refuse;
use crate::critical_line::{critical_line, fixed_budget};
use crate::evidence::{self, Claim};
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
    if let Some(frontier) = by_critical_line(problem, points)? {
        return Ok(frontier);
    }
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

/// The same points off the critical line, where bounds and a budget are all there is. Each has
/// stood the test of the optimality conditions at its own risk tolerance; `None` if one did not.
fn by_critical_line(
    problem: &Problem<'_>,
    points: usize,
) -> Result<Option<Vec<FrontierPoint>>, AllocationError> {
    let region = Region::new(problem, sentences(problem.constraints))?;
    let bounded = region.lower.iter().chain(&region.upper).all(|bound| bound.is_finite());
    let floored = region.lower.iter().all(|lower| *lower >= 0.0);
    if fixed_budget(&region).is_none() || !(bounded || floored) {
        return Ok(None);
    }
    let line = match critical_line(problem) {
        Ok(line) => line,
        Err(AllocationError::Unsolved { .. }) => return Ok(None),
        Err(other) => return Err(other),
    };
    let (calmest, richest) = (line.minimum_variance(), line.maximum_return());
    let (low, range) = (calmest.expected_return, richest.expected_return - calmest.expected_return);
    let largest = problem.expected_return.iter().fold(0.0_f64, |max, r| max.max(r.abs()));
    let points = if range <= SAME * largest { 1 } else { points };
    let portfolios = (0..points).map(|step| match step {
        0 => Some(calmest.clone()),
        _ if step + 1 == points => Some(richest.clone()),
        _ => line.at_return(low + range * step as f64 / (points - 1) as f64),
    });
    let targets = portfolios.map(|portfolio| {
        let portfolio = portfolio?;
        let floor = (portfolio.risk_tolerance > 0.0).then_some(portfolio.expected_return);
        let claim = Claim {
            method: Utility::MINIMUM_VARIANCE.method,
            objective: portfolio.volatility.powi(2),
            weights: portfolio.weights,
            returns: problem.expected_return,
            tolerance: portfolio.risk_tolerance,
            price: 2.0,
            least_return: floor,
            iterations: line.turning_points().len() as u32,
        };
        Some(point(problem, evidence::target(&region, claim)?))
    });
    Ok(targets.collect())
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
    calmest.solved(&region, &program, &mut None)
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
