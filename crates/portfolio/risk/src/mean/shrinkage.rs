//! Shrinkage of means: noisy sample means pulled towards a common value.
//!
//! In come returns and their covariance `Σ`, out come means that lie between the sample's and a
//! target. All three pull harder the shorter the history is and the less the means differ beyond
//! what noise explains. Formulas and sources stand at [`MeanEstimator`](super::MeanEstimator).

use super::sample;
use crate::matrix::dot;
use crate::{Matrix, Returns, RiskError};

/// The positive-part estimator: a pull outside 0 and 1 would leave the segment between sample and
/// target, and is cut.
pub(super) fn james_stein(returns: &Returns, covariance: &Matrix) -> Result<Vec<f64>, RiskError> {
    let mean = sample(returns);
    let centre = mean.iter().sum::<f64>() / mean.len() as f64;
    let distance: f64 = mean.iter().map(|mean| (mean - centre).powi(2)).sum();
    let largest = covariance.eigenvalues()?.last().copied().unwrap_or(0.0);
    let noise = covariance.diag().sum::<f64>() - 2.0 * largest;
    let pull = noise / (returns.rows() as f64 * distance);
    let pull = if noise > 0.0 { pull.clamp(0.0, 1.0) } else { 0.0 };
    Ok(pulled(mean, centre, pull))
}

pub(super) fn bayes_stein(returns: &Returns, covariance: &Matrix) -> Result<Vec<f64>, RiskError> {
    let (t, n) = (returns.rows() as f64, returns.cols() as f64);
    let mean = sample(returns);
    let factor = covariance.cholesky()?;
    let inverse_ones = factor.solve(&vec![1.0; returns.cols()]);
    let centre = dot(&inverse_ones, &mean) / inverse_ones.iter().sum::<f64>();
    let excess: Vec<f64> = mean.iter().map(|mean| mean - centre).collect();
    let distance = dot(&excess, &factor.solve(&excess));
    Ok(pulled(mean, centre, (n + 2.0) / (n + 2.0 + t * distance)))
}

/// With `u = μ'Σ⁻¹μ`, `v = μ'Σ⁻¹b` and `w = b'Σ⁻¹b`:
/// `α = ((u − N / (T − N)) w − v²) / (u w − v²)` and `β = (1 − α) v / w`.
pub(super) fn bodnar_okhrin_parolya(
    returns: &Returns,
    covariance: &Matrix,
) -> Result<Vec<f64>, RiskError> {
    let (rows, cols) = (returns.rows(), returns.cols());
    crate::covariance::require_rows("the Bodnar-Okhrin-Parolya mean", rows, cols + 1)?;
    let mean = sample(returns);
    let centre = mean.iter().sum::<f64>() / cols as f64;
    let target = vec![centre; cols];
    let factor = covariance.cholesky()?;
    let (along, flat) = (factor.solve(&mean), factor.solve(&target));
    let (u, v, w) = (dot(&mean, &along), dot(&mean, &flat), dot(&target, &flat));
    let spread = u * w - v * v;
    if spread <= f64::EPSILON * u * w {
        // The means are the target already, or the target is nought and gives no direction.
        return Ok(mean);
    }
    let noise = cols as f64 / (rows - cols) as f64;
    let alpha = ((u - noise) * w - v * v) / spread;
    let beta = (1.0 - alpha) * v / w;
    Ok(mean.iter().map(|mean| alpha * mean + beta * centre).collect())
}

fn pulled(mut mean: Vec<f64>, centre: f64, pull: f64) -> Vec<f64> {
    for mean in &mut mean {
        *mean += pull * (centre - *mean);
    }
    mean
}
