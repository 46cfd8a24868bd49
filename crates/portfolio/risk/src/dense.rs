//! The dense kernels: products, factors and eigenvalues, each on one thread.
//!
//! In come row-major slices, out come row-major vectors; faer does the work. Every call names
//! [`Par::Seq`], because a split among threads would change the order of sums and so the bits.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, Mat, MatMut, MatRef, Par, diag::Diag};

use crate::{Matrix, RiskError};

/// `X' X` for a row-major `X` of `rows × cols`: the sums of products of columns.
pub(crate) fn gram(x: &[f64], rows: usize, cols: usize) -> Matrix {
    let x = MatRef::from_row_major_slice(x, rows, cols);
    let mut values = vec![0.0; cols * cols];
    matmul(
        MatMut::from_row_major_slice_mut(&mut values, cols, cols),
        BlockStructure::TriangularLower,
        Accum::Replace,
        x.transpose(),
        BlockStructure::Rectangular,
        x,
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    Matrix::mirrored(cols, values)
}

/// `scale · X' Y` for row-major `X` (`rows × left`) and `Y` (`rows × right`), row-major.
pub(crate) fn product(
    x: &[f64],
    left: usize,
    y: &[f64],
    right: usize,
    rows: usize,
    scale: f64,
) -> Vec<f64> {
    let (x, y) =
        (MatRef::from_row_major_slice(x, rows, left), MatRef::from_row_major_slice(y, rows, right));
    let mut values = vec![0.0; left * right];
    faer::linalg::matmul::matmul(
        MatMut::from_row_major_slice_mut(&mut values, left, right),
        Accum::Replace,
        x.transpose(),
        y,
        scale,
        Par::Seq,
    );
    values
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

/// `V Λ V'` for eigenvalues that are not negative, as the square of `V √Λ` so that it is symmetric
/// to the bit.
pub(crate) fn compose(values: &[f64], vectors: &Mat<f64>) -> Matrix {
    let n = values.len();
    let root = Mat::from_fn(n, n, |row, col| vectors[(row, col)] * values[col].max(0.0).sqrt());
    let mut product = Mat::zeros(n, n);
    let transposed = root.transpose();
    faer::linalg::matmul::matmul(
        product.as_mut(),
        Accum::Replace,
        root.as_ref(),
        transposed,
        1.0,
        Par::Seq,
    );
    Matrix::from_fn(n, |row, col| product[(row, col)])
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
