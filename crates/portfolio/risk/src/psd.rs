//! Positive semidefiniteness: a covariance under which no portfolio has negative variance.
//!
//! In comes a symmetric matrix, out comes the matrix itself or the nearest one that will do, with
//! a note. Use it on matrices from outside (pairwise estimates, stressed correlations); what this
//! room estimates passes unchanged.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};

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
    Ok((rebuild(&values, &vectors), Some(repair)))
}

/// `V max(Λ, 0) V'`, as the square of `V √max(Λ, 0)` so that it is symmetric to the bit.
fn rebuild(values: &[f64], vectors: &Mat<f64>) -> Matrix {
    let n = values.len();
    let root = Mat::from_fn(n, n, |row, col| vectors[(row, col)] * values[col].max(0.0).sqrt());
    let mut product = Mat::zeros(n, n);
    matmul(product.as_mut(), Accum::Replace, root.as_ref(), root.transpose(), 1.0, Par::Seq);
    Matrix::from_fn(n, |row, col| product[(row, col)])
}
