//! Equal weight, inverse volatility and inverse variance: weights in fixed proportions, without a
//! solver; and minimum variance of the correlations.
//!
//! In: proportions. Out: `w_i = clamp(c · proportion_i)` within the bounds of each asset, with the
//! one `c` that makes the weights sum to the greatest net weight allowed. Other sentences are
//! checked afterwards, and a broken one is refused by name.

use risk::Moments;
use types::Target;

use crate::certificate::closed_form;
use crate::conflict::conflict;
use crate::constraint::{Constraint, Quantity, Relation};
use crate::region::{Region, add_linear, bounded_risk, members, sentences};
use crate::robust;
use crate::sentence::percent;
use crate::utility::{Utility, expected};
use crate::{AllocationError, Problem};

/// How far a sentence may be missed by rounding.
const TOLERANCE: f64 = 1e-9;

/// The same proportion for each asset.
pub(crate) fn equal(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    proportional(problem, "equal weight", &vec![1.0; problem.n_assets()])
}

/// Proportions of 1 / volatility.
pub(crate) fn inverse_volatility(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    let method = "inverse volatility";
    moving(problem, method)?;
    let variances = problem.moments.covariance.diag();
    let proportions: Vec<f64> = variances.map(|variance| variance.sqrt().recip()).collect();
    proportional(problem, method, &proportions)
}

/// Proportions of 1 / variance.
pub(crate) fn inverse_variance(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    let method = "inverse variance";
    moving(problem, method)?;
    let proportions: Vec<f64> = problem.moments.covariance.diag().map(f64::recip).collect();
    proportional(problem, method, &proportions)
}

/// Minimum variance of the correlations. The certificate's objective is `wᵀCw`.
pub(crate) fn decorrelate(problem: &Problem<'_>) -> Result<Target, AllocationError> {
    let method = "maximum decorrelation";
    moving(problem, method)?;
    let covariance = problem.moments.correlation();
    let moments = Moments { covariance, ..problem.moments.clone() };
    let alike = Problem { moments: &moments, ..problem.clone() };
    Utility { method, ..Utility::MINIMUM_VARIANCE }.maximise(&alike)
}

/// Variances below this part of the largest are rounding.
const STILL: f64 = 1e-20;

/// An error if some asset has no variance.
pub(crate) fn moving(problem: &Problem<'_>, method: &'static str) -> Result<(), AllocationError> {
    let variances = || problem.moments.covariance.diag();
    let least = STILL * variances().fold(0.0, f64::max);
    match variances().position(|variance| variance <= least) {
        None => Ok(()),
        Some(asset) => {
            Err(AllocationError::NoVariance { method, symbol: problem.symbol(asset).clone() })
        }
    }
}

fn proportional(
    problem: &Problem<'_>,
    method: &'static str,
    proportions: &[f64],
) -> Result<Target, AllocationError> {
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let weights = fill(proportions, &region.lower, &region.upper, total);
    honoured(&region, method, &weights)?;
    Ok(closed_form(problem, method, weights))
}

/// The sum of the weights for methods that hold no short positions: the greatest that the net
/// weight and the bounds allow.
pub(crate) fn long_only_total(region: &Region<'_>) -> Result<f64, AllocationError> {
    let least: f64 = region.lower.iter().map(|lower| lower.max(0.0)).sum();
    let most: f64 = region.upper.iter().sum();
    let total = region.net.1.min(most);
    let reachable = total.is_finite() && total + TOLERANCE >= region.net.0.max(least);
    if reachable && total > 0.0 {
        return Ok(total);
    }
    let open = AllocationError::NotHonoured {
        method: "a long-only method",
        constraint: region.sentences[0].to_string(),
        value: format!("a sum of weights of {} or more", percent(least)),
    };
    Err(conflict(region.problem)?.unwrap_or(open))
}

/// `clamp(c · proportion_i, lower_i, upper_i)` with the `c >= 0` for which they sum to `total`.
/// Proportions are positive.
fn fill(proportions: &[f64], lower: &[f64], upper: &[f64], total: f64) -> Vec<f64> {
    let at = |c: f64, i: usize| (c * proportions[i]).min(upper[i]).max(lower[i]);
    let weights = |c: f64| (0..proportions.len()).map(move |i| at(c, i));
    let sum: f64 = proportions.iter().sum();
    let (mut low, mut high) = (0.0, total / sum);
    while weights(high).sum::<f64>() < total - TOLERANCE {
        (low, high) = (high, 2.0 * high);
    }
    if low == 0.0 && weights(high).eq(proportions.iter().map(|p| high * p)) {
        return weights(high).collect();
    }
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        match weights(middle).sum::<f64>() < total {
            true => low = middle,
            false => high = middle,
        }
    }
    weights(high).collect()
}

/// An error that names the first sentence that `weights` break.
pub(crate) fn honoured(
    region: &Region<'_>,
    method: &'static str,
    weights: &[f64],
) -> Result<(), AllocationError> {
    match broken(region, weights)? {
        None => Ok(()),
        Some((constraint, value)) => Err(AllocationError::NotHonoured {
            method,
            constraint: constraint.to_string(),
            value: percent(value),
        }),
    }
}

/// The first sentence that `weights` break, and what they have instead.
pub(crate) fn broken<'r>(
    region: &'r Region<'_>,
    weights: &[f64],
) -> Result<Option<(&'r Constraint, f64)>, AllocationError> {
    for sentence in &region.sentences {
        for value in values(region, sentence, weights)? {
            let (over, under) = (value - sentence.bound, sentence.bound - value);
            let broken = match sentence.relation {
                Relation::AtMost => over > TOLERANCE,
                Relation::AtLeast => under > TOLERANCE,
                Relation::Equal => over.abs() > TOLERANCE,
            };
            if broken {
                return Ok(Some((sentence, value)));
            }
        }
    }
    Ok(None)
}

/// What a sentence bounds, at `weights`.
fn values(
    region: &Region<'_>,
    sentence: &Constraint,
    weights: &[f64],
) -> Result<Vec<f64>, AllocationError> {
    let net: f64 = weights.iter().sum();
    let problem = region.problem;
    Ok(match &sentence.quantity {
        Quantity::Weight(None) => weights.to_vec(),
        Quantity::Weight(Some(symbol)) => {
            let symbols = problem.moments.symbols.iter().zip(weights);
            let of_asset = symbols.filter(|(known, _)| *known == symbol);
            of_asset.map(|(_, weight)| *weight).collect()
        }
        Quantity::Group(name) => {
            let members = members(problem, sentence, name)?;
            vec![members.into_iter().map(|asset| weights[asset]).sum()]
        }
        Quantity::Net => vec![net],
        Quantity::Cash => vec![1.0 - net],
        Quantity::Gross => vec![weights.iter().map(|weight| weight.abs()).sum()],
        Quantity::Long => vec![weights.iter().map(|weight| weight.max(0.0)).sum()],
        Quantity::Short => vec![weights.iter().map(|weight| (-weight).max(0.0)).sum()],
        Quantity::NoTrade(symbols) => {
            let held = problem.moments.symbols.iter().zip(weights.iter().zip(&region.previous));
            let kept = held.filter(|(symbol, _)| symbols.contains(symbol));
            kept.map(|(_, (weight, previous))| weight - previous).collect()
        }
        linear @ (Quantity::Named(_) | Quantity::Characteristic(_) | Quantity::Sum(_)) => {
            let mut slopes = vec![0.0; weights.len()];
            add_linear(problem, sentence, linear, 1.0, &mut slopes)?;
            vec![slopes.iter().zip(weights).map(|(slope, weight)| slope * weight).sum()]
        }
        Quantity::Participation => {
            let changes = weights.iter().zip(&region.previous).zip(problem.volumes);
            changes.map(|((to, from), volume)| part_of((to - from).abs(), *volume)).collect()
        }
        Quantity::Return => vec![expected(problem.expected_return, weights)],
        Quantity::RobustReturn => {
            let lost = robust::of_mean(problem, sentence.as_str())?;
            let lost = lost.value(weights, 1.0).unwrap_or(f64::INFINITY);
            vec![expected(problem.expected_return, weights) - lost]
        }
        Quantity::Variance
        | Quantity::Volatility
        | Quantity::TrackingError(_)
        | Quantity::Aim(_)
        | Quantity::Risk(_) => {
            let (risks, squared) = bounded_risk(problem, sentence)?;
            let parts = risks.iter().map(|(f, risk)| risk.value(weights, 1.0).map(|v| f * v));
            let value = parts.sum::<Option<f64>>().unwrap_or(f64::INFINITY);
            vec![if squared { value * value } else { value }]
        }
        Quantity::Names(_) | Quantity::HeldWeight | Quantity::Lot => Vec::new(),
        Quantity::Turnover if region.holds_nothing() => Vec::new(),
        Quantity::Turnover => {
            let changes = weights.iter().zip(&region.previous);
            vec![changes.map(|(to, from)| (to - from).abs()).sum::<f64>() / 2.0]
        }
    })
}

/// A change in parts of a volume; none is no part of no volume.
fn part_of(change: f64, volume: f64) -> f64 {
    if change <= TOLERANCE { 0.0 } else { change / volume }
}
