//! Risk budgets over factors instead of assets.
//!
//! In: exposures of the assets to factors, one characteristic for each factor, and a budget for
//! each. Out: weights in the span of the factor portfolios, `w = B (BᵀB)⁻¹ y` with `y > 0`, in which
//! factor `k` contributes its budget of the risk: `y_k (∂σ/∂y_k) / σ = b_k`. It is risk budgeting of
//! the factor portfolios, so it has one solution, by the same Newton steps. Source: Roncalli and
//! Weisang (2016), "Risk parity portfolios with risk factors", section 3. Sentences are kept by the
//! nearest weights, whose contributions are then off budget.

use risk::Matrix;
use types::Target;

use crate::naive::{long_only_total, moving};
use crate::region::{Region, sentences};
use crate::sentence::closest;
use crate::{AllocationError, Problem, nearest, newton};

const METHOD: &str = "factor risk parity";

/// The weights in which each factor contributes its part of the risk. `budgets` are pairs of a
/// characteristic, which has the exposures, and a positive number. Fails with
/// [`AllocationError::NoFactors`] if the exposures do not tell the factors apart or the factor
/// portfolios do not add up to a positive weight.
pub fn factor_risk_budgets(
    problem: &Problem<'_>,
    budgets: &[(String, f64)],
) -> Result<Target, AllocationError> {
    problem.check(false)?;
    moving(problem, METHOD)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let factors: Vec<&[f64]> =
        budgets.iter().map(|(name, _)| exposures(problem, name)).collect::<Result<_, _>>()?;
    let none = |reason: &str| AllocationError::NoFactors { reason: reason.to_owned() };
    if factors.is_empty() {
        return Err(none("there are none"));
    }
    if budgets.iter().any(|(_, budget)| !(budget.is_finite() && *budget > 0.0)) {
        return Err(none("a budget is not positive"));
    }
    let gram = Matrix::from_fn(factors.len(), |k, l| dot(factors[k], factors[l]));
    let gram = gram.cholesky().map_err(|_| none("their exposures depend on each other"))?;
    // The rows of (BᵀB)⁻¹Bᵀ: a portfolio with an exposure of one to each factor in turn.
    let mut portfolios = vec![vec![0.0; problem.n_assets()]; factors.len()];
    for asset in 0..problem.n_assets() {
        let own: Vec<f64> = factors.iter().map(|factor| factor[asset]).collect();
        for (portfolio, part) in portfolios.iter_mut().zip(gram.solve(&own)) {
            portfolio[asset] = part;
        }
    }
    let sigma = &problem.moments.covariance;
    let marginal: Vec<Vec<f64>> = portfolios.iter().map(|p| sigma.mul_vec(p)).collect();
    let among = Matrix::from_fn(factors.len(), |k, l| dot(&portfolios[k], &marginal[l]));
    let mean = budgets.iter().map(|(_, budget)| budget).sum::<f64>() / budgets.len() as f64;
    let parts: Vec<f64> = budgets.iter().map(|(_, budget)| budget / mean).collect();
    let (held, _) = newton::budgeted(&among, &parts);
    let mut weights = vec![0.0; problem.n_assets()];
    for (part, portfolio) in held.iter().zip(&portfolios) {
        weights.iter_mut().zip(portfolio).for_each(|(w, p)| *w += part * p);
    }
    let sum: f64 = weights.iter().sum();
    let size: f64 = weights.iter().map(|w| w.abs()).sum();
    if sum.is_nan() || sum <= 1e-6 * size {
        return Err(none("their portfolios do not add up to a positive weight"));
    }
    weights.iter_mut().for_each(|w| *w *= total / sum);
    nearest::target(region, METHOD, weights)
}

fn exposures<'a>(problem: &Problem<'a>, name: &str) -> Result<&'a [f64], AllocationError> {
    let found = problem.characteristics.get(name);
    found.map(Vec::as_slice).ok_or_else(|| AllocationError::UnknownName {
        sentence: METHOD.to_owned(),
        kind: "characteristic",
        name: name.to_owned(),
        suggestion: closest(name, problem.characteristics.keys().map(String::as_str)),
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
