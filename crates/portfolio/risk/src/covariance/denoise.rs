//! Denoising: correlations without what chance alone would give.
//!
//! In come a covariance and the number of days behind it, out comes a covariance of the same
//! volatilities. Were `N` symbols independent, the eigenvalues of their correlation over `T` days
//! would follow the distribution of Marchenko and Pastur (1967), none of them above
//! `σ² (1 + √(N/T))²`. The variance `σ²` that is noise is found by fitting that density to the
//! eigenvalues; eigenvalues below the bound are noise, and are replaced.
//!
//! López de Prado 2020, "Machine Learning for Asset Managers", §2.4–2.5.

use serde::{Deserialize, Serialize};

use super::{rescaled, standardised, unit_diagonal};
use crate::{Matrix, RiskError, dense};

/// What becomes of the eigenvalues that are noise.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Denoising {
    /// They are replaced by their mean (§2.5.1, "constant residual eigenvalue").
    #[default]
    Constant,
    /// They are set to nought; the result is singular. The largest eigenvalue always stays.
    Spectral,
    /// What they explain is pulled towards its diagonal (§2.5.2, "targeted shrinkage").
    Shrunk {
        /// The part of the noise that stays, from 0 to 1.
        #[serde(default)]
        alpha: f64,
    },
}

/// The bandwidth of the Gaussian kernel that smooths the eigenvalues.
const BANDWIDTH: f64 = 0.01;
/// Points at which the two densities are compared.
const POINTS: usize = 1000;
/// Beyond so many bandwidths a kernel adds nothing that a double could hold beside 1.
const REACH: f64 = 9.0;

/// The covariance with noise taken from its correlations, its variances unchanged.
///
/// `observations` is the number of days that the covariance rests on. Eigenvectors stay as they
/// are. Costs one eigendecomposition and a fit that is linear in the number of symbols. The
/// assumption is that the noise is that of independent returns with finite fourth moments.
///
/// Fails if a variance is not positive, there are no observations or `alpha` is out of range.
pub fn denoise(
    covariance: &Matrix,
    observations: usize,
    noise: Denoising,
) -> Result<Matrix, RiskError> {
    if let Denoising::Shrunk { alpha } = noise
        && !(0.0..=1.0).contains(&alpha)
    {
        let must = "from 0 (no noise stays) to 1 (all of it)";
        return Err(RiskError::Parameter { name: "alpha", found: alpha, must });
    }
    let (sigma, correlation) = standardised(covariance)?;
    let (values, vectors) = dense::eigen(&correlation)?;
    let noisy = values.len() - signals(&values, observations)?;
    let correlation = match noise {
        Denoising::Constant => {
            let mean = values[..noisy].iter().sum::<f64>() / noisy.max(1) as f64;
            let kept = replaced(&values, noisy, mean);
            unit_diagonal(&dense::compose(&kept, &vectors))?
        }
        Denoising::Spectral => {
            let kept = replaced(&values, noisy.min(values.len() - 1), 0.0);
            unit_diagonal(&dense::compose(&kept, &vectors))?
        }
        Denoising::Shrunk { alpha } => {
            let signal = dense::compose(&replaced(&values, noisy, 0.0), &vectors);
            Matrix::from_fn(signal.n(), |row, col| match row == col {
                true => 1.0,
                false => {
                    signal.at(row, col) + alpha * (correlation.at(row, col) - signal.at(row, col))
                }
            })
        }
    };
    Ok(rescaled(&correlation, &sigma))
}

/// The eigenvalues with the `noisy` smallest replaced; none is below nought.
fn replaced(values: &[f64], noisy: usize, by: f64) -> Vec<f64> {
    let pairs = values.iter().enumerate();
    pairs.map(|(i, value)| if i < noisy { by.max(0.0) } else { value.max(0.0) }).collect()
}

/// How many eigenvalues of a correlation (smallest first) lie above what noise can give.
pub(crate) fn signals(eigenvalues: &[f64], observations: usize) -> Result<usize, RiskError> {
    if observations == 0 {
        let must = "the number of returns behind the covariance";
        return Err(RiskError::Parameter { name: "observations", found: 0.0, must });
    }
    let q = observations as f64 / eigenvalues.len() as f64;
    let bound = noise_variance(eigenvalues, q) * (1.0 + (1.0 / q).sqrt()).powi(2);
    Ok(eigenvalues.iter().filter(|value| **value > bound).count())
}

/// The `σ²` between 0 and 1 at which the density of Marchenko and Pastur is nearest, in squared
/// error, to the smoothed eigenvalues: the best of a grid, then golden sections around it.
///
/// The error has many local minima. The reference implementations descend from one half and keep
/// the first, which is a worse fit on about one window in ten of daily stock returns.
fn noise_variance(eigenvalues: &[f64], q: f64) -> f64 {
    const GRID: usize = 100;
    let misfit = |variance: f64| misfit(eigenvalues, q, variance);
    let at = |step: usize| step as f64 / GRID as f64;
    let mut best = (f64::INFINITY, GRID);
    for step in 1..=GRID {
        let error = misfit(at(step).min(1.0 - 1e-5));
        if error < best.0 {
            best = (error, step);
        }
    }
    let (mut low, mut high) =
        (at(best.1 - 1).max(1e-5), at((best.1 + 1).min(GRID)).min(1.0 - 1e-5));
    let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
    for _ in 0..30 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if misfit(left) < misfit(right) {
            high = right;
        } else {
            low = left;
        }
    }
    (low + high) / 2.0
}

fn misfit(eigenvalues: &[f64], q: f64, variance: f64) -> f64 {
    let least = variance * (1.0 - (1.0 / q).sqrt()).powi(2);
    let most = variance * (1.0 + (1.0 / q).sqrt()).powi(2);
    let step = (most - least) / (POINTS - 1) as f64;
    let squares = (0..POINTS).map(|i| {
        let x = if i + 1 == POINTS { most } else { least + i as f64 * step };
        let inside = ((most - x) * (x - least)).max(0.0).sqrt();
        let expected = q * inside / (std::f64::consts::TAU * variance * x.max(f64::MIN_POSITIVE));
        (density(eigenvalues, x) - expected).powi(2)
    });
    squares.sum()
}

/// The density of the eigenvalues (smallest first) at `x`, under a Gaussian kernel.
fn density(eigenvalues: &[f64], x: f64) -> f64 {
    let from = eigenvalues.partition_point(|value| *value < x - REACH * BANDWIDTH);
    let near = eigenvalues[from..].iter().take_while(|value| **value <= x + REACH * BANDWIDTH);
    let kernels: f64 = near.map(|value| (-0.5 * ((x - value) / BANDWIDTH).powi(2)).exp()).sum();
    kernels / (eigenvalues.len() as f64 * BANDWIDTH * std::f64::consts::TAU.sqrt())
}
