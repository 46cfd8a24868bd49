//! A dense symmetric matrix, the shape of every covariance.
//!
//! In come `n × n` values row by row; out come entries, products and factors. Use it to hand
//! covariances from one room to the next. It does not know what its rows stand for.

use crate::{RiskError, dense};

/// How far two mirrored entries may differ, relative to the larger of the two.
const SYMMETRY_TOLERANCE: f64 = 1e-9;

/// A symmetric `n × n` matrix of finite numbers, stored in full, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    n: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// The matrix with these `n × n` values, row by row.
    ///
    /// Mirrored entries may differ by rounding (relative 1e-9); the lower one is then kept.
    pub fn new(n: usize, values: Vec<f64>) -> Result<Self, RiskError> {
        if values.len() != n * n {
            return Err(RiskError::Shape { what: "matrix", expected: n * n, found: values.len() });
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return Err(RiskError::NotFinite { what: "matrix", row: at / n, col: at % n });
        }
        for row in 0..n {
            for col in row + 1..n {
                let (above, below) = (values[row * n + col], values[col * n + row]);
                if (above - below).abs() > SYMMETRY_TOLERANCE * above.abs().max(below.abs()) {
                    return Err(RiskError::NotSymmetric { row, col, above, below });
                }
            }
        }
        Ok(Self::mirrored(n, values))
    }

    /// The matrix whose entry in row `i`, column `j ≤ i` is `entry(i, j)`.
    pub fn from_fn(n: usize, mut entry: impl FnMut(usize, usize) -> f64) -> Self {
        let mut values = vec![0.0; n * n];
        for row in 0..n {
            for col in 0..=row {
                let value = entry(row, col);
                values[row * n + col] = value;
                values[col * n + row] = value;
            }
        }
        Self { n, values }
    }

    /// The diagonal matrix with these entries.
    pub fn diagonal(entries: &[f64]) -> Self {
        Self::from_fn(entries.len(), |row, col| if row == col { entries[row] } else { 0.0 })
    }

    /// The lower triangle of `values`, mirrored. `values` has `n × n` entries.
    ///
    /// In blocks, so that the columns that are written stay in the cache.
    pub(crate) fn mirrored(n: usize, mut values: Vec<f64>) -> Self {
        const BLOCK: usize = 32;
        for from in (0..n).step_by(BLOCK) {
            for to in (from..n).step_by(BLOCK) {
                for col in to..(to + BLOCK).min(n) {
                    for row in from..(from + BLOCK).min(col) {
                        values[row * n + col] = values[col * n + row];
                    }
                }
            }
        }
        Self { n, values }
    }

    /// The matrix whose entry in row `i`, column `j ≤ i` is `entry(i, j, old)`, written in place.
    pub(crate) fn mapped(mut self, entry: impl Fn(usize, usize, f64) -> f64) -> Matrix {
        let n = self.n;
        for (row, values) in self.values.chunks_exact_mut(n.max(1)).enumerate() {
            for (col, value) in values[..=row].iter_mut().enumerate() {
                *value = entry(row, col, *value);
            }
        }
        Self::mirrored(n, self.values)
    }

    /// Rows, which are as many as columns.
    pub fn n(&self) -> usize {
        self.n
    }

    /// One entry.
    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.values[row * self.n + col]
    }

    /// One row; also, by symmetry, one column.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.n..(row + 1) * self.n]
    }

    /// All entries, row by row.
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// The entries of the diagonal.
    pub fn diag(&self) -> impl ExactSizeIterator<Item = f64> {
        (0..self.n).map(|i| self.at(i, i))
    }

    /// Every entry times `factor`.
    pub fn scaled(&self, factor: f64) -> Matrix {
        Matrix { n: self.n, values: self.values.iter().map(|value| value * factor).collect() }
    }

    /// The product with a vector of `n` entries (panics if it has another length).
    pub fn mul_vec(&self, x: &[f64]) -> Vec<f64> {
        assert_eq!(x.len(), self.n, "vector and matrix must have one size");
        (0..self.n).map(|row| dot(self.row(row), x)).collect()
    }

    /// The quadratic form `x' A x` (panics if `x` does not have `n` entries).
    pub fn quad_form(&self, x: &[f64]) -> f64 {
        dot(&self.mul_vec(x), x)
    }

    /// The rows and columns `keep`, in that order (panics if one does not exist).
    pub fn submatrix(&self, keep: &[usize]) -> Matrix {
        let values =
            keep.iter().flat_map(|row| keep.iter().map(|col| self.at(*row, *col))).collect();
        Matrix { n: keep.len(), values }
    }

    /// The factor `L` with `A = L L'`; an error if the matrix is not positive definite.
    pub fn cholesky(&self) -> Result<Cholesky, RiskError> {
        dense::cholesky(self).map(|lower| Cholesky { n: self.n, lower })
    }

    /// The eigenvalues, smallest first.
    pub fn eigenvalues(&self) -> Result<Vec<f64>, RiskError> {
        dense::eigenvalues(self)
    }
}

/// The Cholesky factor `L` of a positive definite matrix `A = L L'`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky {
    n: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// An entry of `L`; zero above the diagonal.
    pub fn at(&self, row: usize, col: usize) -> f64 {
        self.lower[row * self.n + col]
    }

    /// All entries of `L`, row by row, zeros above the diagonal.
    pub fn as_slice(&self) -> &[f64] {
        &self.lower
    }

    /// The `x` with `A x = b`, by forward and backward substitution (panics if `b` does not have
    /// `n` entries).
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.n, "vector and factor must have one size");
        let mut x = b.to_vec();
        for row in 0..self.n {
            let known = dot(&self.lower[row * self.n..row * self.n + row], &x[..row]);
            x[row] = (x[row] - known) / self.at(row, row);
        }
        for row in (0..self.n).rev() {
            let known: f64 = (row + 1..self.n).map(|i| self.at(i, row) * x[i]).sum();
            x[row] = (x[row] - known) / self.at(row, row);
        }
        x
    }

    /// The `y` with `L y = b`, by forward substitution (panics if `b` does not have `n` entries).
    /// Its sum of squares is `b' A⁻¹ b`.
    pub fn forward(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.n, "vector and factor must have one size");
        let mut y = b.to_vec();
        for row in 0..self.n {
            let known = dot(&self.lower[row * self.n..row * self.n + row], &y[..row]);
            y[row] = (y[row] - known) / self.at(row, row);
        }
        y
    }

    /// `A⁻¹`.
    pub fn inverse(&self) -> Matrix {
        let columns: Vec<Vec<f64>> = (0..self.n)
            .map(|col| {
                let mut unit = vec![0.0; self.n];
                unit[col] = 1.0;
                self.solve(&unit)
            })
            .collect();
        Matrix::from_fn(self.n, |row, col| columns[col][row])
    }

    /// `ln det A`.
    pub fn log_determinant(&self) -> f64 {
        (0..self.n).map(|row| 2.0 * self.at(row, row).ln()).sum()
    }
}

/// The inner product.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
