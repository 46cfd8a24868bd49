//! The graphical lasso: a covariance whose inverse has few entries.
//!
//! In come returns, out comes a covariance of the same variances. Two symbols whose entry in the
//! inverse is nought are independent given all others, so the penalty keeps direct ties and drops
//! those that run through third symbols.
//!
//! Friedman, Hastie and Tibshirani 2008, "Sparse inverse covariance estimation with the graphical
//! lasso", Biostatistics 9(3), §2: block coordinate descent over columns, and within each column a
//! lasso by coordinate descent. The diagonal is not penalised. Costs about `N³` a sweep.

use super::{moving_sample, rescaled, standardised};
use crate::matrix::dot;
use crate::{Matrix, Returns, RiskError};

/// Sweeps over all columns before the iteration counts as failed.
const SWEEPS: usize = 1000;
/// Sweeps of one lasso.
const INNER: usize = 1000;
/// A sweep that moves no correlation by more than this is the last.
const TOLERANCE: f64 = 1e-10;

/// Volatilities times the correlation `W` that the graphical lasso gives for the sample
/// correlation. Needs three returns; a symbol that never moves is an error.
pub(super) fn estimate(returns: &Returns, alpha: f64) -> Result<Matrix, RiskError> {
    if !(alpha.is_finite() && alpha > 0.0) {
        let must = "a positive penalty, in units of correlation";
        return Err(RiskError::Parameter { name: "alpha", found: alpha, must });
    }
    let (sigma, correlation) = standardised(&moving_sample(returns)?)?;
    Ok(rescaled(&solve(&correlation, alpha)?, &sigma))
}

/// The `W = Θ⁻¹` that minimises `tr(RΘ) − ln det Θ + α Σᵢ≠ⱼ |Θᵢⱼ|`.
fn solve(r: &Matrix, alpha: f64) -> Result<Matrix, RiskError> {
    let n = r.n();
    // Inside the cone of positive definite matrices also where `r` is singular.
    let mut w: Vec<f64> = r.as_slice().to_vec();
    for (at, value) in w.iter_mut().enumerate() {
        if at / n != at % n {
            *value *= 0.95;
        }
    }
    let mut coefficients = vec![0.0; n * n];
    for _ in 0..SWEEPS {
        let mut moved = 0.0_f64;
        for col in 0..n {
            let beta = &mut coefficients[col * n..(col + 1) * n];
            let fitted = lasso(&w, r.row(col), col, alpha, beta);
            for (row, value) in fitted.into_iter().enumerate().filter(|(row, _)| *row != col) {
                moved = moved.max((w[row * n + col] - value).abs());
                w[row * n + col] = value;
                w[col * n + row] = value;
            }
        }
        if moved <= TOLERANCE {
            return Ok(Matrix::from_fn(n, |row, col| w[row * n + col]));
        }
    }
    Err(RiskError::NoConvergence { n })
}

/// `W₁₁ β` for the `β` that minimises `½ β'W₁₁β − r₁₂'β + α ‖β‖₁`, where `W₁₁` lacks row and column
/// `col`. `beta` is where to begin, and what was found.
fn lasso(w: &[f64], target: &[f64], col: usize, alpha: f64, beta: &mut [f64]) -> Vec<f64> {
    let n = target.len();
    beta[col] = 0.0;
    let mut fitted: Vec<f64> = w.chunks_exact(n).map(|row| dot(row, beta)).collect();
    for _ in 0..INNER {
        let mut moved = 0.0_f64;
        for k in (0..n).filter(|k| *k != col) {
            let own = w[k * n + k];
            let rest = target[k] - fitted[k] + own * beta[k];
            let value = rest.signum() * (rest.abs() - alpha).max(0.0) / own;
            let step = value - beta[k];
            if step != 0.0 {
                beta[k] = value;
                for (fitted, w) in fitted.iter_mut().zip(&w[k * n..(k + 1) * n]) {
                    *fitted += step * w;
                }
                moved = moved.max(step.abs());
            }
        }
        if moved <= TOLERANCE {
            break;
        }
    }
    fitted
}
