//! The dense kernels: products, factors and eigenvalues, each on one thread.
//!
//! In come row-major slices, out come row-major vectors; faer does the work. Every call names
//! [`Par::Seq`], because a split among threads would change the order of sums and so the bits.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, MatRef, Par, diag::Diag};

use crate::{Matrix, RiskError};

/// `X' X` for a row-major `X` of `rows × cols`: the sums of products of columns.
pub(crate) fn gram(x: &[f64], rows: usize, cols: usize) -> Matrix {
    let x = MatRef::from_row_major_slice(x, rows, cols);
    let mut product = Mat::zeros(cols, cols);
    matmul(
        product.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        x.transpose(),
        BlockStructure::Rectangular,
        x,
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    Matrix::from_fn(cols, |row, col| product[(row, col)])
}

/// The lower Cholesky factor, row-major, zeros above the diagonal.
pub(crate) fn cholesky(a: &Matrix) -> Result<Vec<f64>, RiskError> {
    let n = a.n();
    let mut lower = as_faer(a).to_owned();
    let scratch = factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default());
    factor::cholesky_in_place(
        lower.as_mut(),
        Default::default(),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|faer::linalg::cholesky::llt::factor::LltError::NonPositivePivot { index }| {
        RiskError::NotPositiveDefinite { row: index }
    })?;
    let entries = (0..n).flat_map(|row| (0..n).map(move |col| (row, col)));
    Ok(entries.map(|(row, col)| if col <= row { lower[(row, col)] } else { 0.0 }).collect())
}

/// The eigenvalues, smallest first.
pub(crate) fn eigenvalues(a: &Matrix) -> Result<Vec<f64>, RiskError> {
    decompose(a, None)
}

/// The eigenvalues, smallest first, and the matrix whose columns are their eigenvectors.
pub(crate) fn eigen(a: &Matrix) -> Result<(Vec<f64>, Mat<f64>), RiskError> {
    let mut vectors = Mat::zeros(a.n(), a.n());
    let values = decompose(a, Some(&mut vectors))?;
    Ok((values, vectors))
}

fn decompose(a: &Matrix, vectors: Option<&mut Mat<f64>>) -> Result<Vec<f64>, RiskError> {
    let n = a.n();
    let wanted = match vectors {
        Some(_) => ComputeEigenvectors::Yes,
        None => ComputeEigenvectors::No,
    };
    let scratch = self_adjoint_evd_scratch::<f64>(n, wanted, Par::Seq, Default::default());
    let mut values = Diag::zeros(n);
    self_adjoint_evd(
        as_faer(a),
        values.as_mut(),
        vectors.map(Mat::as_mut),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Default::default(),
    )
    .map_err(|_| RiskError::NoConvergence { n })?;
    Ok(values.column_vector().iter().copied().collect())
}

fn as_faer(a: &Matrix) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(a.as_slice(), a.n(), a.n())
}
