//! Measures that weigh returns by their rank: quantiles, tails, the Gini mean difference.
//!
//! In comes a [`Sample`]; out come a value and its slopes. Each is `Σ q₍ᵢ₎ · loss₍ᵢ₎` over the
//! sorted losses, where the mass `q₍ᵢ₎` depends on nothing but the ranks (Acerbi 2002, "Spectral
//! measures of risk: a coherent representation of subjective risk aversion").

use super::sample::{Sample, Subgradient};
use crate::RiskError;

/// Slack in comparing sums of probabilities, far above their rounding.
pub(crate) const RANK_TOLERANCE: f64 = 1e-12;

/// The loss that the worst `tail` reaches or exceeds.
pub(crate) fn value_at_risk(sample: &Sample<'_>, tail: f64) -> Subgradient {
    let mut below = 0.0;
    let order = sample.order();
    let border = order.iter().find(|at| {
        below += sample.probabilities()[**at];
        below >= tail - RANK_TOLERANCE
    });
    only(sample, *border.or(order.last()).expect("a sample has a row"))
}

/// The mean of the worst `tail`.
pub(crate) fn conditional(sample: &Sample<'_>, tail: f64) -> Subgradient {
    ranked(sample, |from, to| (to.min(tail) - from.min(tail)) / tail)
}

/// The tail Gini measure in closed form: the mean of conditional values at risk over all tails
/// `a ≤ tail` with weights `2a / tail²`, hence a spectrum that falls linearly to the border.
pub(crate) fn tail_gini(sample: &Sample<'_>, tail: f64) -> Subgradient {
    let rest = |upto: f64| ((tail - upto).max(0.0) / tail).powi(2);
    ranked(sample, |from, to| rest(from) - rest(to))
}

/// The mean distance of two returns drawn without replacement.
pub(crate) fn gini_mean_difference(sample: &Sample<'_>) -> Result<Subgradient, RiskError> {
    let factor = 2.0 * sample.bessel()?;
    Ok(ranked(sample, |from, to| factor * (to - from) * (1.0 - from - to)))
}

/// The worst loss.
pub(crate) fn worst(sample: &Sample<'_>) -> Subgradient {
    let worst = sample.worst();
    let counted = sample.returns().iter().zip(sample.probabilities());
    let at = counted.enumerate().find(|(_, (r, p))| -**r == worst && **p > 0.0);
    only(sample, at.expect("some row has a probability").0)
}

/// All mass on one observation.
fn only(sample: &Sample<'_>, at: usize) -> Subgradient {
    let mut slopes = vec![0.0; sample.len()];
    slopes[at] = -1.0;
    Subgradient { value: -sample.returns()[at], slopes }
}

/// The mass of the observation whose rank, worst first, spans probabilities `from` to `to`.
fn ranked(sample: &Sample<'_>, mass: impl Fn(f64, f64) -> f64) -> Subgradient {
    let mut masses = vec![0.0; sample.len()];
    let (mut value, mut from) = (0.0, 0.0);
    for at in sample.order() {
        let to = from + sample.probabilities()[at];
        masses[at] = mass(from, to);
        value -= masses[at] * sample.returns()[at];
        from = to;
    }
    Subgradient { value, slopes: masses.into_iter().map(|q| -q).collect() }
}
