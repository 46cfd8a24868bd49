//! Shrinkage towards the mean variance times the identity, by a rule or by a fixed amount.
//!
//! In come returns with sample covariance `S = X'X / T`; out come `ρ μ I + (1 − ρ) S`, where `μ`
//! is the mean variance, and the intensity `ρ`.

use super::centred;
use super::ledoit_wolf::{blend, square_sum};
use crate::{Matrix, Returns, RiskError, dense};

/// The intensity that approximates the oracle's: Chen, Wiesel, Eldar and Hero 2010, eq. 23, in the
/// form for many symbols, in which scikit-learn has it: `2 / N` is left out beside 1.
pub(super) fn oracle_approximating(returns: &Returns) -> (Matrix, Option<f64>) {
    let s = biased(returns);
    let (t, n) = (returns.rows() as f64, returns.cols() as f64);
    let mean_square = square_sum(&s) / (n * n);
    let squared_mean = (s.diag().sum::<f64>() / n).powi(2);
    let numerator = mean_square + squared_mean;
    let denominator = (t + 1.0) * (mean_square - squared_mean / n);
    // One symbol, or a sample that is the target already: pulled all the way, which changes nought.
    let intensity = if denominator <= 0.0 { 1.0 } else { (numerator / denominator).min(1.0) };
    (pulled(s, intensity), Some(intensity))
}

/// The given intensity, from 0 to 1.
pub(super) fn fixed(returns: &Returns, shrinkage: f64) -> Result<(Matrix, Option<f64>), RiskError> {
    if !(0.0..=1.0).contains(&shrinkage) {
        let must = "from 0 (the sample) to 1 (the target)";
        return Err(RiskError::Parameter { name: "shrinkage", found: shrinkage, must });
    }
    Ok((pulled(biased(returns), shrinkage), Some(shrinkage)))
}

fn biased(returns: &Returns) -> Matrix {
    let (rows, cols) = (returns.rows(), returns.cols());
    dense::gram(&centred(returns), rows, cols).scaled(1.0 / rows as f64)
}

fn pulled(s: Matrix, intensity: f64) -> Matrix {
    let mean_variance = s.diag().sum::<f64>() / s.n() as f64;
    blend(s, |row, col, _| if row == col { mean_variance } else { 0.0 }, intensity)
}
