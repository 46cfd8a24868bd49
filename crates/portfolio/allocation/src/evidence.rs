//! The certificate of weights that were found without the cone solver.
//!
//! In: weights, and the risk tolerance `λ` for which they are said to minimise
//! `½ wᵀΣw − λ μᵀw` between bounds and within one budget. Out: a target whose residuals, gap,
//! binding constraints and shadow prices are computed from the weights and the covariance alone,
//! whatever way led to them.

use types::{Binding, Certificate, Status, Target};

use crate::Problem;
use crate::certificate::cleaned;
use crate::critical_line::fixed_budget;
use crate::region::{Label, Region};
use crate::sentence::percent;

/// A weight this close to a bound is at it.
const AT_BOUND: f64 = 1e-10;

/// Residuals up to here, in the scale of the variances, are a full solution.
const FULL: f64 = 1e-9;

/// A bound's price counts from this part of the largest.
const PRICE: f64 = 1e-7;

/// What the weights are said to be.
pub(crate) struct Claim<'a> {
    pub method: &'static str,
    pub weights: Vec<f64>,
    /// The expected returns that the tolerance prices; may be empty if that is nought.
    pub returns: &'a [f64],
    pub tolerance: f64,
    /// What one unit of `½ wᵀΣw − λ μᵀw` is worth in units of the objective.
    pub price: f64,
    /// The objective at the weights.
    pub objective: f64,
    /// The least expected return, if the problem was to keep it.
    pub least_return: Option<f64>,
    pub iterations: u32,
}

/// The target, or `None` if the weights are not a full solution.
pub(crate) fn target(region: &Region<'_>, claim: Claim<'_>) -> Option<Target> {
    let problem = region.problem;
    let budget = fixed_budget(region)?;
    let weights = cleaned(claim.weights.clone());
    let gradient = gradient(problem, &claim, &weights);
    let (lower, upper) = (&region.lower, &region.upper);
    let level = level(&gradient, &weights, lower, upper);
    let sigma = &problem.moments.covariance;
    let size = sigma.diag().sum::<f64>() / weights.len() as f64;
    let mut primal = (weights.iter().sum::<f64>() - budget).abs();
    let (mut dual, mut gap) = (0.0_f64, 0.0);
    let mut prices = Vec::with_capacity(weights.len());
    for (asset, weight) in weights.iter().enumerate() {
        let (low, high) = (lower[asset], upper[asset]);
        primal = primal.max(low - weight).max(weight - high);
        let over = gradient[asset] - level;
        let bound = if over > 0.0 { low } else { high };
        let off = (weight - bound).abs();
        if off > AT_BOUND && low < high {
            dual = dual.max(over.abs());
            gap += over.abs() * if off.is_finite() { off } else { 0.0 };
        }
        prices.push(over);
    }
    let status = (primal.max(dual / size) <= FULL).then_some(Status::Solved)?;
    let binding = binding(region, &claim, &weights, level, &prices);
    Some(Target {
        as_of: problem.as_of,
        symbols: problem.moments.symbols.clone(),
        weights,
        certificate: Certificate {
            method: claim.method.to_owned(),
            status,
            objective: claim.objective,
            primal_residual: primal,
            dual_residual: dual / size,
            gap: gap * claim.price,
            iterations: claim.iterations,
            binding,
            fallbacks: Vec::new(),
        },
    })
}

fn gradient(problem: &Problem<'_>, claim: &Claim<'_>, weights: &[f64]) -> Vec<f64> {
    let mut gradient = problem.moments.covariance.mul_vec(weights);
    for (gradient, expected) in gradient.iter_mut().zip(claim.returns) {
        *gradient -= claim.tolerance * expected;
    }
    gradient
}

/// The common gradient of the assets between their bounds, or one that all bounds agree with.
fn level(gradient: &[f64], weights: &[f64], lower: &[f64], upper: &[f64]) -> f64 {
    let (mut sum, mut room) = (0.0, 0.0);
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (asset, weight) in weights.iter().enumerate() {
        let off = (weight - lower[asset]).min(upper[asset] - weight).min(1.0);
        if off > AT_BOUND {
            sum += off * gradient[asset];
            room += off;
        } else if lower[asset] < upper[asset] {
            match weight - lower[asset] <= AT_BOUND {
                true => least = least.min(gradient[asset]),
                false => most = most.max(gradient[asset]),
            }
        }
    }
    match (room > 0.0, least.is_finite(), most.is_finite()) {
        (true, ..) => sum / room,
        (_, true, true) => 0.5 * (least + most),
        (_, true, false) => least,
        (_, false, true) => most,
        _ => 0.0,
    }
}

fn binding(
    region: &Region<'_>,
    claim: &Claim<'_>,
    weights: &[f64],
    level: f64,
    prices: &[f64],
) -> Vec<Binding> {
    let largest = prices.iter().fold(level.abs(), |max, price| max.max(price.abs()));
    let mut binding = Vec::new();
    for row in &region.rows {
        let price = match row.label {
            Label::Asset(asset, _) => {
                // A row that caps a weight gains what the gradient is short of the level.
                let sign = row.terms[0].1;
                let value = sign * weights[asset];
                let gains = -sign * prices[asset];
                let holds = row.limit - value <= AT_BOUND && gains > PRICE * largest;
                (row.equality || holds).then_some(gains)
            }
            _ => Some(-level),
        };
        if let (Some(price), Some(constraint)) = (price, region.words(row)) {
            binding.push(Binding { constraint, shadow_price: price * claim.price });
        }
    }
    if let Some(least) = claim.least_return {
        binding.push(Binding {
            constraint: format!("expected return >= {}", percent(least)),
            shadow_price: claim.tolerance * claim.price,
        });
    }
    binding
}
