//! The relativistic value at risk.
//!
//! In comes a [`Sample`] of equal probabilities; out come a value and its slopes. The largest mean
//! loss over all masses `q` whose κ-entropy stays in a bound (Cajas 2023, "Portfolio optimization
//! of relativistic value at risk", dual form):
//!
//! `max Σ qₜ lossₜ` subject to `Σ qₜ = 1`, `Σ (qₜ^(1+κ) − qₜ^(1−κ)) / 2κ ≤ ln_κ(1 / (tail · T))`.
//!
//! Stationarity gives each mass in closed form from two multipliers, and each multiplier is the
//! root of a monotone function, so no cone solver is needed.

use super::root::increasing_root;
use super::sample::{Sample, Subgradient};
use crate::RiskError;

/// Change of a level at which its iteration stops; the next change would be its square.
const TOLERANCE: f64 = 1e-13;
/// Newton steps for the multiplier of the budget; it converges in about ten.
const MAX_STEPS: usize = 100;

/// The relativistic value at risk; `kappa` is between 0 (entropic) and 1 (worst loss).
///
/// The source defines it for equally likely observations only; others are refused.
pub(crate) fn value_at_risk(
    sample: &Sample<'_>,
    tail: f64,
    kappa: f64,
) -> Result<Subgradient, RiskError> {
    if !sample.is_equal() {
        return Err(RiskError::EqualProbabilities { measure: "relativistic value at risk" });
    }
    let (worst, count) = (sample.worst(), sample.len() as f64);
    let at_worst = sample.returns().iter().filter(|r| -**r == worst).count() as f64;
    if at_worst >= tail * count {
        return Ok(super::spectral::worst(sample));
    }
    let spread = worst + sample.returns().iter().fold(f64::NEG_INFINITY, |max, r| r.max(max));
    let losses: Vec<f64> = sample.returns().iter().map(|r| (-r - worst) / spread).collect();
    let limit = log_kappa(1.0 / (tail * count), kappa);
    // The entropy rises with the steepness 1/s from its least, at equal masses, to the bound.
    let steepness = increasing_root(1.0, |steepness| {
        let masses = Masses::at(&losses, steepness, kappa);
        (masses.entropy() - limit, masses.spread / steepness)
    });
    let total = Masses::at(&losses, steepness, kappa);
    let sum: f64 = total.mass.iter().sum();
    Ok(Subgradient::tilted(sample, total.mass.iter().map(|q| q / sum).collect()))
}

/// `(x^κ − x^−κ) / 2κ`.
fn log_kappa(x: f64, kappa: f64) -> f64 {
    (x.powf(kappa) - x.powf(-kappa)) / (2.0 * kappa)
}

/// The masses that are best for one steepness.
struct Masses {
    mass: Vec<f64>,
    kappa: f64,
    /// `Σ aₜ (uₜ − ū)²` with `aₜ` the derivative of a mass by `uₜ`: the derivative of the entropy
    /// by the logarithm of the steepness.
    spread: f64,
}

impl Masses {
    /// Finds the level `v` at which the masses for `uₜ = steepness · lossₜ + v` sum to one.
    fn at(losses: &[f64], steepness: f64, kappa: f64) -> Self {
        let equal = (losses.len() as f64).recip().powf(kappa);
        // At this level the worst observation, whose loss is 0 here, has mass 1/T: too low a sum.
        let mut low = ((1.0 + kappa) * equal - (1.0 - kappa) / equal) / (2.0 * kappa);
        let mut high = low + steepness;
        let mut level = low;
        for _ in 0..MAX_STEPS {
            let (sum, slope) = (losses.iter())
                .map(|loss| mass(steepness * loss + level, kappa))
                .fold((0.0, 0.0), |(sum, slope), (q, a)| (sum + q, slope + a));
            if sum < 1.0 {
                low = level;
            } else {
                high = level;
            }
            let newton = level + (1.0 - sum) / slope;
            let next = if newton >= low && newton <= high { newton } else { (low + high) / 2.0 };
            let done = (next - level).abs() <= TOLERANCE * level.abs().max(1.0);
            level = next;
            if done {
                break;
            }
        }
        let at = |loss: &f64| mass(steepness * loss + level, kappa);
        let pull: f64 = losses.iter().map(|loss| at(loss).1).sum();
        let mean: f64 = losses.iter().map(|loss| at(loss).1 * loss).sum::<f64>() / pull;
        let spread = losses.iter().map(|loss| at(loss).1 * (loss - mean).powi(2)).sum::<f64>();
        let mass = losses.iter().map(|loss| at(loss).0).collect();
        Self { mass, kappa, spread: spread * steepness * steepness }
    }

    fn entropy(&self) -> f64 {
        self.mass.iter().map(|q| q * log_kappa(*q, self.kappa)).sum()
    }
}

/// The mass `q` with `((1+κ) q^κ − (1−κ) q^−κ) / 2κ = u`, and its derivative by `u`.
fn mass(u: f64, kappa: f64) -> (f64, f64) {
    let root = (kappa * u).hypot((1.0 - kappa * kappa).sqrt());
    // The two forms of the quadratic's root: the one that does not cancel.
    let y = if u > 0.0 {
        (kappa * u + root) / (1.0 + kappa)
    } else {
        (1.0 - kappa) / (root - kappa * u)
    };
    let q = y.powf(1.0 / kappa);
    (q, q / root)
}
