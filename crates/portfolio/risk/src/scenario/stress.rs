//! Stress scenarios: what is expected of the rest when some returns are given.
//!
//! In come moments and shocks; out come the moments conditional on the shocks. It does not judge how
//! likely a shock is, beyond its distance.

use crate::matrix::dot;
use crate::{Cholesky, Matrix, Moments, RiskError};

/// Moments after a shock.
#[derive(Debug, Clone, PartialEq)]
pub struct Stressed {
    /// Conditional means and covariances of all symbols; those shocked have their shock and no
    /// variance.
    pub moments: Moments,
    /// How far the shock is from what was expected, in standard deviations (Mahalanobis).
    pub distance: f64,
}

/// The moments given that the returns of some symbols are known: for normal returns the conditional
/// distribution, otherwise the best linear prediction (Kupiec 1998, "Stress testing in a value at
/// risk framework"). `shocks` are columns with their returns. With the moments of assets and factors
/// [together](crate::with_factors), a shock of a factor moves the assets by their loadings.
///
/// Fails for a column that does not exist or is shocked twice, a shock that is not finite, or
/// symbols that determine each other.
pub fn stress(moments: &Moments, shocks: &[(usize, f64)]) -> Result<Stressed, RiskError> {
    let n = moments.mean.len();
    let cols: Vec<usize> = shocks.iter().map(|(col, _)| *col).collect();
    for (at, (col, value)) in shocks.iter().enumerate() {
        if *col >= n || cols[..at].contains(col) {
            let must = "a column that exists, each once";
            return Err(RiskError::Parameter {
                name: "a shocked column",
                found: *col as f64,
                must,
            });
        }
        if !value.is_finite() {
            return Err(RiskError::NotFinite { what: "shocks", row: 0, col: at });
        }
    }
    if shocks.is_empty() {
        return Ok(Stressed { moments: moments.clone(), distance: 0.0 });
    }
    let surprise: Vec<f64> = shocks.iter().map(|(col, value)| value - moments.mean[*col]).collect();
    let factor: Cholesky = moments.covariance.submatrix(&cols).cholesky()?;
    let pull = factor.solve(&surprise);
    let with = |row: usize| -> Vec<f64> {
        cols.iter().map(|col| moments.covariance.at(row, *col)).collect()
    };
    let known = |row: usize| cols.iter().position(|col| *col == row);
    let mean = (0..n).map(|row| match known(row) {
        Some(at) => shocks[at].1,
        None => moments.mean[row] + dot(&with(row), &pull),
    });
    let explained: Vec<Vec<f64>> = (0..n).map(|row| factor.solve(&with(row))).collect();
    let covariance = Matrix::from_fn(n, |row, col| {
        if known(row).is_some() || known(col).is_some() {
            return 0.0;
        }
        let left = moments.covariance.at(row, col) - dot(&with(row), &explained[col]);
        if row == col { left.max(0.0) } else { left }
    });
    let distance = dot(&surprise, &pull).max(0.0).sqrt();
    let moments = Moments { mean: mean.collect(), covariance, ..moments.clone() };
    Ok(Stressed { moments, distance })
}
