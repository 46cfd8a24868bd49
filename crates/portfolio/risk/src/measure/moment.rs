//! Measures that average a power of the distance from a target: variance and its relatives.
//!
//! In comes a [`Sample`]; out come a value and its slopes. All of them are one formula,
//! `(c · Σ pₜ |rₜ − target|ᵏ)^(1/m)`, over all observations or over those below the target.

use serde::{Deserialize, Serialize};

use super::sample::{Sample, Subgradient};
use crate::RiskError;

/// What a return is held against.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub enum Target {
    /// The mean of the same returns.
    #[default]
    Mean,
    /// A return that was to be reached, as a fraction for one observation.
    Fixed(f64),
}

/// The exponents and the side of one measure.
#[derive(Clone, Copy)]
pub(crate) struct Power {
    /// `k`: the power of each distance.
    pub power: i32,
    /// `m`: the root of the average.
    pub root: i32,
    /// Whether only returns below the target count.
    pub below: bool,
    /// Whether the average is multiplied by `T / (T − 1)`.
    pub corrected: bool,
}

/// The measure with these exponents about `target`.
pub(crate) fn measure(
    sample: &Sample<'_>,
    target: Target,
    power: Power,
) -> Result<Subgradient, RiskError> {
    let factor = if power.corrected { sample.bessel()? } else { 1.0 };
    let centre = centre(sample, target)?;
    let distance = |r: &f64| if power.below { (r - centre).min(0.0) } else { r - centre };
    let terms = sample.returns().iter().map(distance).zip(sample.probabilities());
    let average: f64 =
        terms.clone().map(|(d, p)| p * d.abs().powi(power.power)).sum::<f64>() * factor;
    let value = root(average, power.root);
    if average == 0.0 {
        return Ok(Subgradient { value, slopes: vec![0.0; sample.len()] });
    }
    let outer = value / average * factor * f64::from(power.power) / f64::from(power.root);
    let sign = |d: f64| if d == 0.0 { 0.0 } else { d.signum() };
    let slopes = terms
        .map(|(d, p)| outer * p * d.abs().powi(power.power - 1) * sign(d))
        .collect::<Vec<f64>>();
    Ok(Subgradient { value, slopes: about(sample, target, slopes) })
}

/// The third central moment.
pub(crate) fn third_central(sample: &Sample<'_>) -> Subgradient {
    let mean = sample.mean();
    let terms = || sample.returns().iter().map(|r| r - mean).zip(sample.probabilities());
    let value = terms().map(|(d, p)| p * d.powi(3)).sum();
    let slopes = terms().map(|(d, p)| 3.0 * p * d * d).collect();
    Subgradient { value, slopes: about(sample, Target::Mean, slopes) }
}

/// The central moment of this order over that power of the standard deviation, both as averages.
/// Undefined for returns that never move.
pub(crate) fn standardised(
    sample: &Sample<'_>,
    order: i32,
    measure: &'static str,
) -> Result<Subgradient, RiskError> {
    let mean = sample.mean();
    let terms = || sample.returns().iter().map(|r| r - mean).zip(sample.probabilities());
    let second: f64 = terms().map(|(d, p)| p * d * d).sum();
    // What is left of a constant after its mean was taken off is rounding, not spread.
    if second <= (8.0 * f64::EPSILON * mean).powi(2) {
        return Err(RiskError::NoSpread { measure });
    }
    let moment: f64 = terms().map(|(d, p)| p * d.powi(order)).sum();
    let scale = second.powf(f64::from(order) / 2.0);
    let slopes = terms()
        .map(|(d, p)| f64::from(order) * p * (d.powi(order - 1) - moment / second * d) / scale)
        .collect();
    Ok(Subgradient { value: moment / scale, slopes: about(sample, Target::Mean, slopes) })
}

fn centre(sample: &Sample<'_>, target: Target) -> Result<f64, RiskError> {
    match target {
        Target::Mean => Ok(sample.mean()),
        Target::Fixed(found) if found.is_finite() => Ok(found),
        Target::Fixed(found) => {
            Err(RiskError::Parameter { name: "the target return", found, must: "finite" })
        }
    }
}

/// Slopes by distance as slopes by return: a return that moves takes the mean along.
fn about(sample: &Sample<'_>, target: Target, mut slopes: Vec<f64>) -> Vec<f64> {
    if target == Target::Mean {
        let sum: f64 = slopes.iter().sum();
        slopes.iter_mut().zip(sample.probabilities()).for_each(|(slope, p)| *slope -= p * sum);
    }
    slopes
}

fn root(value: f64, root: i32) -> f64 {
    match root {
        1 => value,
        2 => value.sqrt(),
        other => value.powf(1.0 / f64::from(other)),
    }
}
