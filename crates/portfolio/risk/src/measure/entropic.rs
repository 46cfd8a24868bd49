//! Entropic measures: the exponential premium and its smallest bound, the entropic value at risk.
//!
//! In comes a [`Sample`]; out come a value and its slopes. With `t = 1/z` the bound
//! `z (ln E[e^(loss/z)] + ln 1/tail)` has one stationary point, the root of an increasing function
//! of `t`, so a safeguarded Newton iteration finds it to rounding.

use super::root::increasing_root;
use super::sample::{Sample, Subgradient};

/// `θ (ln E[e^(loss/θ)] + ln 1/tail)`.
pub(crate) fn risk(sample: &Sample<'_>, theta: f64, tail: f64) -> Subgradient {
    let worst = sample.worst();
    let tilt = Tilt::at(sample, worst, 1.0 / theta);
    let value = worst + theta * (tilt.log_mean - tail.ln());
    Subgradient { value, slopes: tilt.mass.into_iter().map(|q| -q).collect() }
}

/// `inf over z > 0` of that: the entropic value at risk (Ahmadi-Javid 2012, "Entropic
/// value-at-risk: a new coherent risk measure").
pub(crate) fn value_at_risk(sample: &Sample<'_>, tail: f64) -> Subgradient {
    let worst = sample.worst();
    let at_worst: f64 = (sample.returns().iter().zip(sample.probabilities()))
        .filter(|(r, _)| -**r == worst)
        .map(|(_, p)| p)
        .sum();
    // The infimum is reached as z tends to 0.
    if at_worst >= tail {
        return super::spectral::worst(sample);
    }
    let spread = worst + sample.returns().iter().fold(f64::NEG_INFINITY, |max, r| r.max(max));
    // A variance of losses of at most spread²/4 bounds the root from below.
    let low = (-8.0 * tail.ln()).sqrt() / spread;
    let t = increasing_root(low, |t| {
        let tilt = Tilt::at(sample, worst, t);
        (t * tilt.mean - tilt.log_mean + tail.ln(), t * tilt.variance)
    });
    Subgradient::tilted(sample, Tilt::at(sample, worst, t).mass)
}

/// The probabilities tilted by `e^(t · (loss − worst))`.
struct Tilt {
    mass: Vec<f64>,
    /// `ln E[e^(t · (loss − worst))]`.
    log_mean: f64,
    /// Mean of `loss − worst` under the tilted mass.
    mean: f64,
    /// Its variance.
    variance: f64,
}

impl Tilt {
    fn at(sample: &Sample<'_>, worst: f64, t: f64) -> Self {
        let pairs = sample.returns().iter().zip(sample.probabilities());
        let mut mass: Vec<f64> = pairs.map(|(r, p)| p * (t * (-r - worst)).exp()).collect();
        let total: f64 = mass.iter().sum();
        mass.iter_mut().for_each(|q| *q /= total);
        let distances = || mass.iter().zip(sample.returns()).map(|(q, r)| (q, -r - worst));
        let mean: f64 = distances().map(|(q, d)| q * d).sum();
        let variance = distances().map(|(q, d)| q * (d - mean).powi(2)).sum();
        Self { log_mean: total.ln(), mean, variance, mass }
    }
}
