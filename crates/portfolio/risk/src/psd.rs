//! Positive semidefiniteness: a covariance under which no portfolio has negative variance.
//!
//! In comes a symmetric matrix, out comes the matrix itself or the nearest one that will do, with
//! a note. Use it on matrices from outside (pairwise estimates, stressed correlations); what this
//! room estimates passes unchanged.

use crate::covariance::{rescaled, standardised};
use crate::{Matrix, RiskError, dense};

/// What an eigenvalue that should be zero may come out as, relative to the largest. A singular
/// sample covariance of 500 symbols reaches 1e-12.
const ROUNDING: f64 = 1e-10;

/// What was done to a matrix that was not positive semidefinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repair {
    /// How many eigenvalues were negative beyond rounding.
    pub clipped: usize,
    /// The most negative of them, in the units of the matrix.
    pub smallest: f64,
}

/// The nearest positive semidefinite matrix in the Frobenius norm: negative eigenvalues set to
/// zero (Higham 1988, "Computing a nearest symmetric positive semidefinite matrix", theorem 2.1).
///
/// Eigenvalues that are negative by rounding only (1e-10 of the largest) count as zero, and the
/// matrix is then returned as it came, with no note. Diagonals can grow. Costs one Cholesky
/// factorisation when the matrix is positive definite and one eigendecomposition when it is not.
pub fn nearest_psd(matrix: Matrix) -> Result<(Matrix, Option<Repair>), RiskError> {
    if matrix.n() == 0 || matrix.cholesky().is_ok() {
        return Ok((matrix, None));
    }
    let (values, vectors) = dense::eigen(&matrix)?;
    let largest = values.iter().fold(0.0, |max: f64, value| max.max(value.abs()));
    let rounding = ROUNDING * largest;
    let clipped = values.iter().filter(|value| **value < -rounding).count();
    if clipped == 0 {
        return Ok((matrix, None));
    }
    let repair = Repair { clipped, smallest: values[0] };
    Ok((dense::compose(&values, &vectors), Some(repair)))
}

/// The nearest correlation matrix in the Frobenius norm: positive semidefinite, with a diagonal of
/// ones (Higham 2002, "Computing the nearest correlation matrix – a problem from finance",
/// algorithm 3.3: projections onto either set in turn, with Dykstra's correction).
///
/// `matrix` may have any diagonal. Each step costs an eigendecomposition, and some hundred may be
/// needed where many eigenvalues are negative; [`nearest_psd`] costs one. Fails if it has not come
/// to rest after 10,000 steps.
pub fn nearest_correlation(matrix: &Matrix) -> Result<Matrix, RiskError> {
    const STEPS: usize = 10_000;
    const REST: f64 = 1e-12;
    let n = matrix.n();
    let ones = |from: &Matrix| Matrix::from_fn(n, |r, c| if r == c { 1.0 } else { from.at(r, c) });
    let mut y = ones(matrix);
    let mut correction = Matrix::from_fn(n, |_, _| 0.0);
    let mut begun = matrix.clone();
    for _ in 0..STEPS {
        let r = Matrix::from_fn(n, |row, col| begun.at(row, col) - correction.at(row, col));
        let (values, vectors) = dense::eigen(&r)?;
        let x = dense::compose(&values, &vectors);
        correction = Matrix::from_fn(n, |row, col| x.at(row, col) - r.at(row, col));
        y = ones(&x);
        let moved = y.as_slice().iter().zip(begun.as_slice()).map(|(a, b)| (a - b).abs());
        let apart = y.as_slice().iter().zip(x.as_slice()).map(|(a, b)| (a - b).abs());
        if moved.chain(apart).fold(0.0, f64::max) <= REST {
            return Ok(y);
        }
        begun = y.clone();
    }
    if n == 0 { Ok(y) } else { Err(RiskError::NoConvergence { n }) }
}

/// The nearest covariance of the same variances: [`nearest_correlation`] of its correlations. Use
/// it instead of [`nearest_psd`] where volatilities must not change. Variances must be positive.
pub fn nearest_covariance(matrix: &Matrix) -> Result<Matrix, RiskError> {
    let (sigma, correlation) = standardised(matrix)?;
    Ok(rescaled(&nearest_correlation(&correlation)?, &sigma))
}
