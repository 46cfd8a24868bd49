//! The linear system of a Newton step.
//!
//! $$\begin{pmatrix} Q + D & R^\top \\ R & -G \end{pmatrix}
//!   \begin{pmatrix} \Delta x \\ \Delta y \end{pmatrix}
//!   = \begin{pmatrix} \rho \\ \eta \end{pmatrix}$$
//!
//! In: `D`, diagonal but for pairs of columns that a span couples, rows `R` and `G`, positive
//! semidefinite. Out: steps for right-hand sides. With factors, `Q` is taken apart into rows of
//! its own, and all that is left is diagonal (Woodbury, 1950); a dense `Q + D` is factored by
//! Cholesky. Columns that are held have a stiffness without end and do not move.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt::factor;
use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, MatMut, MatRef, Par};

use super::{Curvature, Separable};
use crate::critical_line::tableau::{add_scaled, dot};

/// A pivot below this part of its diagonal belongs to a row that others imply.
const DEPENDENT: f64 = 1e-13;

/// What a Newton step solves for.
pub(crate) trait Kernel {
    /// Takes in the system: the stiffness of each column, infinite where it is held; couplings
    /// `(a, b, h)` that add `h (x_a − x_b)²`; the rows; and `G`, row by row. `None` if the system
    /// is singular.
    fn prepare(
        &mut self,
        stiffness: &[f64],
        couplings: &[(usize, usize, f64)],
        rows: &[f64],
        damping: &[f64],
    ) -> Option<()>;

    /// The step for `rho` and `eta`, which it overwrites.
    fn solve(&self, rho: &mut [f64], eta: &mut [f64]);
}

/// A small positive definite matrix as `L Lᵀ`, row by row.
#[derive(Debug, Default)]
struct Small {
    size: usize,
    lower: Vec<f64>,
}

impl Small {
    /// Factors the lower triangle of `matrix`. Rows that others imply are left out.
    fn factor(&mut self, size: usize, matrix: Vec<f64>) -> Option<()> {
        (self.size, self.lower) = (size, matrix);
        for row in 0..size {
            let (above, rest) = self.lower.split_at_mut(row * size);
            let own = &mut rest[..=row];
            let whole = own[row];
            for column in 0..row {
                let other = &above[column * size..=column * size + column];
                let known = dot(&own[..column], &other[..column]);
                own[column] = (own[column] - known) / other[column];
            }
            let pivot = whole - dot(&own[..row], &own[..row]);
            if !pivot.is_finite() {
                return None;
            }
            own[row] = match pivot > DEPENDENT * whole {
                true => pivot.sqrt(),
                false => f64::INFINITY,
            };
        }
        Some(())
    }

    fn solve(&self, b: &mut [f64]) {
        for row in 0..self.size {
            let own = &self.lower[row * self.size..=row * self.size + row];
            b[row] = (b[row] - dot(&own[..row], &b[..row])) / own[row];
        }
        for row in (0..self.size).rev() {
            let own = &self.lower[row * self.size..=row * self.size + row];
            b[row] /= own[row];
            let value = b[row];
            add_scaled(&mut b[..row], -value, &own[..row]);
        }
    }
}

/// `left · leftᵀ` for a row-major `left` of `rows × columns`, its lower triangle.
fn gram(left: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut values = vec![0.0; rows * rows];
    let left = MatRef::from_row_major_slice(left, rows, columns);
    matmul(
        MatMut::from_row_major_slice_mut(&mut values, rows, rows),
        BlockStructure::TriangularLower,
        Accum::Replace,
        left,
        BlockStructure::Rectangular,
        left.transpose(),
        BlockStructure::Rectangular,
        1.0,
        Par::Seq,
    );
    values
}

/// `Q = F Fᵀ + diag`, or none at all.
pub(crate) struct Factors {
    n: usize,
    factors: usize,
    specific: Vec<f64>,
    /// `Fᵀ` and below it the rows of the program.
    rows: Vec<f64>,
    /// Reciprocals of the stiffness; nought where a column is held.
    give: Vec<f64>,
    schur: Small,
}

impl Factors {
    pub(crate) fn new(program: &Separable<'_>) -> Self {
        let n = program.slope.len();
        let (exposures, specific, scale) = match program.curvature {
            Curvature::Factors { exposures, specific, factor } => (exposures, specific, factor),
            Curvature::Dense { .. } => (&[][..], &[][..], 0.0),
        };
        let factors = exposures.len() / n;
        let root = scale.sqrt();
        let at = |factor: usize| (0..n).map(move |i| root * exposures[i * factors + factor]);
        let mut own: Vec<f64> = specific.iter().map(|d| scale * d).collect();
        own.resize(n, 0.0);
        Self {
            n,
            factors,
            specific: own,
            rows: (0..factors).flat_map(at).collect(),
            give: vec![0.0; n],
            schur: Small::default(),
        }
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.rows[row * self.n..(row + 1) * self.n]
    }
}

impl Kernel for Factors {
    fn prepare(
        &mut self,
        stiffness: &[f64],
        couplings: &[(usize, usize, f64)],
        rows: &[f64],
        damping: &[f64],
    ) -> Option<()> {
        if !couplings.is_empty() {
            return None;
        }
        let (n, k) = (self.n, self.factors);
        let size = k + rows.len() / n;
        for (give, (own, more)) in self.give.iter_mut().zip(self.specific.iter().zip(stiffness)) {
            *give = (own + more).recip();
        }
        if self.give.iter().any(|give| !give.is_finite()) {
            return None;
        }
        self.rows.truncate(k * n);
        self.rows.extend_from_slice(rows);
        let roots: Vec<f64> = self.give.iter().map(|give| give.sqrt()).collect();
        let mut scaled = self.rows.clone();
        for row in scaled.chunks_exact_mut(n) {
            row.iter_mut().zip(&roots).for_each(|(value, root)| *value *= root);
        }
        let mut matrix = gram(&scaled, size, n);
        (0..k).for_each(|i| matrix[i * size + i] += 1.0);
        for (i, row) in damping.chunks_exact((size - k).max(1)).enumerate() {
            let own = &mut matrix[(k + i) * size + k..(k + i + 1) * size];
            own.iter_mut().zip(row).for_each(|(value, more)| *value += more);
        }
        self.schur.factor(size, matrix)
    }

    fn solve(&self, rho: &mut [f64], eta: &mut [f64]) {
        rho.iter_mut().zip(&self.give).for_each(|(rho, give)| *rho *= give);
        let size = self.schur.size;
        let mut right: Vec<f64> = (0..size).map(|row| dot(self.row(row), rho)).collect();
        right[self.factors..].iter_mut().zip(&*eta).for_each(|(right, eta)| *right -= eta);
        self.schur.solve(&mut right);
        let mut pull = vec![0.0; self.n];
        for (row, y) in right.iter().enumerate() {
            add_scaled(&mut pull, *y, self.row(row));
        }
        for ((rho, pull), give) in rho.iter_mut().zip(&pull).zip(&self.give) {
            *rho -= pull * give;
        }
        eta.copy_from_slice(&right[self.factors..]);
    }
}

/// `Q` in full.
pub(crate) struct Dense<'a> {
    n: usize,
    values: &'a [f64],
    factor: f64,
    /// `L` of `Q + D`, column by column.
    lower: Vec<f64>,
    held: Vec<bool>,
    scratch: MemBuffer,
    /// `L⁻¹ Rᵀ`, one column for each row of the program.
    spread: Vec<f64>,
    schur: Small,
}

impl<'a> Dense<'a> {
    pub(crate) fn new(program: &Separable<'a>) -> Self {
        let n = program.slope.len();
        let (values, factor) = match program.curvature {
            Curvature::Dense { values, factor } => (values, factor),
            Curvature::Factors { .. } => (&[][..], 0.0),
        };
        let scratch = factor::cholesky_in_place_scratch::<f64>(n, Par::Seq, Default::default());
        Self {
            n,
            values,
            factor,
            lower: vec![0.0; n * n],
            held: vec![false; n],
            scratch: MemBuffer::new(scratch),
            spread: Vec::new(),
            schur: Small::default(),
        }
    }

    fn fill(&mut self, stiffness: &[f64], couplings: &[(usize, usize, f64)]) {
        let n = self.n;
        self.held = stiffness.iter().map(|d| d.is_infinite()).collect();
        self.lower.iter_mut().zip(self.values).for_each(|(to, from)| *to = self.factor * from);
        for (i, d) in stiffness.iter().enumerate().filter(|(_, d)| d.is_finite()) {
            self.lower[i * n + i] += d;
        }
        for (a, b, h) in couplings {
            for (i, j, value) in [(*a, *a, *h), (*b, *b, *h), (*a, *b, -h), (*b, *a, -h)] {
                self.lower[i * n + j] += value;
            }
        }
        for held in (0..n).filter(|i| self.held[*i]) {
            (0..n).for_each(|j| self.lower[held * n + j] = 0.0);
            (0..n).for_each(|j| self.lower[j * n + held] = 0.0);
            self.lower[held * n + held] = 1.0;
        }
    }

    fn column(&self, column: usize) -> &[f64] {
        &self.lower[column * self.n + column..(column + 1) * self.n]
    }

    fn forward(&self, b: &mut [f64]) {
        for i in 0..self.n {
            let own = self.column(i);
            b[i] /= own[0];
            let value = b[i];
            add_scaled(&mut b[i + 1..], -value, &own[1..]);
        }
    }

    fn backward(&self, b: &mut [f64]) {
        for i in (0..self.n).rev() {
            let own = self.column(i);
            b[i] = (b[i] - dot(&own[1..], &b[i + 1..])) / own[0];
        }
    }

    fn let_go(&self, vector: &mut [f64]) {
        vector.iter_mut().zip(&self.held).filter(|(_, h)| **h).for_each(|(v, _)| *v = 0.0);
    }
}

impl Kernel for Dense<'_> {
    fn prepare(
        &mut self,
        stiffness: &[f64],
        couplings: &[(usize, usize, f64)],
        rows: &[f64],
        damping: &[f64],
    ) -> Option<()> {
        let n = self.n;
        self.fill(stiffness, couplings);
        factor::cholesky_in_place(
            MatMut::from_column_major_slice_mut(&mut self.lower, n, n),
            Default::default(),
            Par::Seq,
            MemStack::new(&mut self.scratch),
            Default::default(),
        )
        .ok()?;
        let mut spread = rows.to_vec();
        for row in spread.chunks_exact_mut(n) {
            self.let_go(row);
            self.forward(row);
        }
        let size = rows.len() / n;
        let mut matrix = gram(&spread, size, n);
        matrix.iter_mut().zip(damping).for_each(|(value, more)| *value += more);
        self.spread = spread;
        self.schur.factor(size, matrix)
    }

    fn solve(&self, rho: &mut [f64], eta: &mut [f64]) {
        self.let_go(rho);
        self.forward(rho);
        for (eta, spread) in eta.iter_mut().zip(self.spread.chunks_exact(self.n)) {
            *eta = dot(spread, rho) - *eta;
        }
        self.schur.solve(eta);
        for (y, spread) in eta.iter().zip(self.spread.chunks_exact(self.n)) {
            add_scaled(rho, -y, spread);
        }
        self.backward(rho);
    }
}
