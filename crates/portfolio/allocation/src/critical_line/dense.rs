//! The tableau of a dense covariance.
//!
//! Each pivot is a rank-one change of the swept matrix. Applied at once, it would be bound by
//! memory: `n²` numbers read and written for `n²` products. Here changes are kept as pairs of
//! vectors, a column is corrected for them when it is asked for, and every 64 of them are applied
//! in one product of matrices, which is bound by arithmetic (the delayed update of McDaniel et al.,
//! 2017, "Delayed Slater determinant update algorithms"). A step costs `O(n)` work of its own and
//! its share of `n²`.

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::{Accum, MatMut, MatRef, Par};

use super::tableau::{Change, Tableau, add_scaled, dot, inverse};

/// Changes that are kept before they are applied.
const BLOCK: usize = 64;

pub(super) struct Dense<'a> {
    sigma: &'a [f64],
    n: usize,
    /// The lower triangle of the swept matrix, column by column, of which the kept changes
    /// `left · rightᵀ` are still to be taken off.
    swept: Vec<f64>,
    left: Vec<f64>,
    right: Vec<f64>,
    basic: Vec<bool>,
}

impl<'a> Dense<'a> {
    /// `sigma` is symmetric, in full.
    pub(super) fn new(sigma: &'a [f64], n: usize) -> Self {
        let size = n + 1;
        let mut swept = vec![0.0; size * size];
        for (column, row) in swept.chunks_exact_mut(size).zip(sigma.chunks_exact(n)) {
            column[..n].copy_from_slice(row);
            column[n] = 1.0;
        }
        let room = BLOCK * size;
        let (left, right) = (Vec::with_capacity(room), Vec::with_capacity(room));
        Self { sigma, n, swept, left, right, basic: vec![false; size] }
    }

    fn apply(&mut self) {
        let size = self.n + 1;
        let kept = self.left.len() / size;
        matmul(
            MatMut::from_column_major_slice_mut(&mut self.swept, size, size),
            BlockStructure::TriangularLower,
            Accum::Add,
            MatRef::from_column_major_slice(&self.left, size, kept),
            BlockStructure::Rectangular,
            MatRef::from_column_major_slice(&self.right, size, kept).transpose(),
            BlockStructure::Rectangular,
            -1.0,
            Par::Seq,
        );
        self.left.clear();
        self.right.clear();
    }

    /// Keeps `left · column` as a change of everything but the rows and columns of `except`.
    fn keep(&mut self, mut left: Vec<f64>, right: &[f64], except: &[Change<'_>]) {
        let start = self.right.len();
        self.right.extend_from_slice(right);
        for change in except {
            left[change.index] = 0.0;
            self.right[start + change.index] = 0.0;
        }
        self.left.extend(left);
    }

    /// Writes a row and column of the lower triangle, past which no kept change applies.
    fn overwrite(&mut self, index: usize, values: &[f64]) {
        let size = self.n + 1;
        for kept in 0..self.left.len() / size {
            self.left[kept * size + index] = 0.0;
            self.right[kept * size + index] = 0.0;
        }
        for (other, value) in values.iter().enumerate().take(index) {
            self.swept[other * size + index] = *value;
        }
        let below = index * size + index..(index + 1) * size;
        self.swept[below].copy_from_slice(&values[index..]);
    }
}

impl Tableau for Dense<'_> {
    fn n_assets(&self) -> usize {
        self.n
    }

    fn variance(&self, asset: usize) -> f64 {
        self.sigma[asset * self.n + asset]
    }

    fn start(&mut self, asset: usize) {
        let (mut own, mut budget) = (vec![0.0; self.n + 1], vec![0.0; self.n + 1]);
        self.column(asset, &mut own);
        self.column(self.n, &mut budget);
        self.pivot(&[
            Change { index: asset, enters: true, column: &own },
            Change { index: self.n, enters: true, column: &budget },
        ]);
    }

    fn column(&self, index: usize, out: &mut [f64]) {
        let size = self.n + 1;
        for (other, value) in out.iter_mut().enumerate().take(index) {
            *value = self.swept[other * size + index];
        }
        out[index..].copy_from_slice(&self.swept[index * size + index..(index + 1) * size]);
        let kept = self.left.chunks_exact(size).zip(self.right.chunks_exact(size));
        for (left, right) in kept {
            add_scaled(out, -right[index], left);
        }
    }

    fn pivot(&mut self, changes: &[Change<'_>]) {
        if self.left.len() / (self.n + 1) + changes.len() > BLOCK {
            self.apply();
        }
        let (a, b, c) = inverse(changes);
        let inverse = [[a, b], [b, c]];
        let shares: Vec<Vec<f64>> = (0..changes.len())
            .map(|which| {
                let mut share = vec![0.0; self.n + 1];
                for (change, factor) in changes.iter().zip(&inverse[which]) {
                    add_scaled(&mut share, *factor, change.column);
                }
                share
            })
            .collect();
        for (share, change) in shares.iter().zip(changes) {
            self.keep(share.clone(), change.column, changes);
        }
        for (which, (mut share, change)) in shares.into_iter().zip(changes).enumerate() {
            let sign = if change.enters { 1.0 } else { -1.0 };
            share.iter_mut().for_each(|value| *value *= sign);
            for (other, factor) in changes.iter().zip(&inverse[which]) {
                let same = if other.enters == change.enters { -1.0 } else { 1.0 };
                share[other.index] = same * factor;
            }
            self.overwrite(change.index, &share);
            self.basic[change.index] = change.enters;
        }
    }

    fn solve(&self, given: &[f64], out: &mut [f64]) {
        let size = self.n + 1;
        out.fill(0.0);
        for (index, value) in given.iter().enumerate() {
            let column = &self.swept[index * size..(index + 1) * size];
            let below = dot(&column[index..], &given[index..]);
            out[index] -= below;
            if *value != 0.0 {
                add_scaled(&mut out[index + 1..], -value, &column[index + 1..]);
            }
        }
        let kept = self.left.chunks_exact(size).zip(self.right.chunks_exact(size));
        for (left, right) in kept {
            add_scaled(out, dot(right, given), left);
        }
        for (value, basic) in out.iter_mut().zip(&self.basic) {
            *value *= f64::from(u8::from(*basic));
        }
    }

    fn marginal(&self, weights: &[f64]) -> Vec<f64> {
        let mut marginal = vec![0.0; self.n];
        for (weight, row) in weights.iter().zip(self.sigma.chunks_exact(self.n)) {
            if *weight != 0.0 {
                add_scaled(&mut marginal, *weight, row);
            }
        }
        marginal
    }
}
