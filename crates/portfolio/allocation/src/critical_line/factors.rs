//! The tableau of a covariance made of factors, without the covariance.
//!
//! With `Σ = C Cᵀ + D` of `k` factors, and the budget as one more exposure of 1 for every asset,
//! the free weights follow from `S η = Σ_F c_i y_i / d_i + …` with the small matrix
//! `S = diag(I, 0) + Σ_F c_i c_iᵀ / d_i` (Woodbury, 1950). Its inverse takes a rank-one change for
//! each asset that changes sides and is made afresh now and then. A step costs `n · k`.

use risk::Matrix;

use super::tableau::{Change, Tableau, add_scaled};

/// Changes of the inverse before it is made afresh.
const FRESH: usize = 64;

/// A smaller pivot would cost digits: the inverse is made afresh instead.
const SAFE: f64 = 0.05;

pub(super) struct Factors<'a> {
    specific: &'a [f64],
    /// One column of `n` for each factor, then a column of ones.
    exposures: Vec<Vec<f64>>,
    basic: Vec<bool>,
    inverse: Vec<Vec<f64>>,
    changes: usize,
}

impl<'a> Factors<'a> {
    /// `exposures` has `k` numbers for each asset, to factors of unit variance; `specific` is
    /// positive.
    pub(super) fn new(exposures: &[f64], specific: &'a [f64]) -> Self {
        let n = specific.len();
        let k = exposures.len() / n;
        let column = |factor: usize| (0..n).map(|asset| exposures[asset * k + factor]).collect();
        let mut columns: Vec<Vec<f64>> = (0..k).map(column).collect();
        columns.push(vec![1.0; n]);
        Self {
            specific,
            exposures: columns,
            basic: vec![false; n + 1],
            inverse: Vec::new(),
            changes: 0,
        }
    }

    fn of(&self, asset: usize) -> Vec<f64> {
        self.exposures.iter().map(|column| column[asset]).collect()
    }

    fn times_inverse(&self, vector: &[f64]) -> Vec<f64> {
        let row = |row: &Vec<f64>| row.iter().zip(vector).map(|(a, b)| a * b).sum();
        self.inverse.iter().map(row).collect()
    }

    /// `c_iᵀ η` for every asset.
    fn spread(&self, eta: &[f64]) -> Vec<f64> {
        let mut spread = vec![0.0; self.specific.len()];
        for (column, eta) in self.exposures.iter().zip(eta) {
            add_scaled(&mut spread, *eta, column);
        }
        spread
    }

    fn make_afresh(&mut self) {
        let k = self.exposures.len() - 1;
        let mut sum = vec![vec![0.0; k + 1]; k + 1];
        for (factor, row) in sum.iter_mut().enumerate().take(k) {
            row[factor] = 1.0;
        }
        for asset in (0..self.specific.len()).filter(|asset| self.basic[*asset]) {
            let exposure = self.of(asset);
            for (row, own) in sum.iter_mut().zip(&exposure) {
                add_scaled(row, own / self.specific[asset], &exposure);
            }
        }
        let matrix = Matrix::from_fn(k + 1, |row, column| sum[row][column]);
        let factor = matrix.cholesky().expect("a free asset is exposed to the budget");
        let unit = |row: usize| (0..=k).map(|i| f64::from(u8::from(i == row))).collect::<Vec<_>>();
        self.inverse = (0..=k).map(|row| factor.solve(&unit(row))).collect();
        self.changes = 0;
    }

    /// The rank-one change for an asset that changes sides (Sherman and Morrison, 1950).
    fn change(&mut self, asset: usize, enters: bool) {
        let weight = if enters { 1.0 } else { -1.0 } / self.specific[asset];
        let exposure = self.of(asset);
        let spread = self.times_inverse(&exposure);
        let own: f64 = spread.iter().zip(&exposure).map(|(a, b)| a * b).sum();
        let pivot = 1.0 + weight * own;
        if pivot < SAFE {
            self.changes = FRESH;
            return;
        }
        let factor = weight / pivot;
        for (row, value) in self.inverse.iter_mut().zip(&spread) {
            add_scaled(row, -factor * value, &spread);
        }
        self.changes += 1;
    }
}

impl Tableau for Factors<'_> {
    fn n_assets(&self) -> usize {
        self.specific.len()
    }

    fn variance(&self, asset: usize) -> f64 {
        let exposures = self.exposures[..self.exposures.len() - 1].iter();
        exposures.map(|column| column[asset] * column[asset]).sum::<f64>() + self.specific[asset]
    }

    fn start(&mut self, asset: usize) {
        self.basic[asset] = true;
        self.basic[self.specific.len()] = true;
        self.make_afresh();
    }

    fn column(&self, index: usize, out: &mut [f64]) {
        let n = self.specific.len();
        let mut source = vec![0.0; self.exposures.len()];
        match index == n {
            true => source[self.exposures.len() - 1] = 1.0,
            false => source = self.of(index),
        }
        // An asset at its bound moves by one, or the gradient of a free asset does.
        let scale = match (index == n, self.basic[index]) {
            (true, _) => -1.0,
            (false, true) => self.specific[index].recip(),
            (false, false) => 1.0,
        };
        let eta: Vec<f64> = self.times_inverse(&source).iter().map(|v| v * scale).collect();
        let spread = self.spread(&eta);
        for asset in 0..n {
            out[asset] = match self.basic[asset] {
                true => spread[asset] / self.specific[asset],
                false => spread[asset],
            };
        }
        out[n] = -eta[eta.len() - 1];
        if index < n {
            match self.basic[index] {
                true => out[index] -= self.specific[index].recip(),
                false => out[index] += self.specific[index],
            }
        }
    }

    fn pivot(&mut self, changes: &[Change<'_>]) {
        let n = self.specific.len();
        // Those that enter come first, so that the budget always has a free asset.
        for enters in [true, false] {
            for change in changes.iter().filter(|change| change.enters == enters) {
                self.basic[change.index] = enters;
                if change.index < n {
                    self.change(change.index, enters);
                }
            }
        }
        if self.changes >= FRESH {
            self.make_afresh();
        }
    }

    fn solve(&self, given: &[f64], out: &mut [f64]) {
        let n = self.specific.len();
        let scaled: Vec<f64> = given.iter().zip(self.specific).map(|(y, d)| y / d).collect();
        let sums = self.exposures.iter().map(|c| c.iter().zip(&scaled).map(|(c, y)| c * y).sum());
        let mut right: Vec<f64> = sums.collect();
        *right.last_mut().expect("the budget is there") -= given[n];
        let eta = self.times_inverse(&right);
        let spread = self.spread(&eta);
        out.fill(0.0);
        for asset in (0..n).filter(|asset| self.basic[*asset]) {
            out[asset] = scaled[asset] - spread[asset] / self.specific[asset];
        }
        out[n] = eta[eta.len() - 1];
    }

    fn marginal(&self, weights: &[f64]) -> Vec<f64> {
        let k = self.exposures.len() - 1;
        let mut marginal: Vec<f64> =
            weights.iter().zip(self.specific).map(|(w, d)| w * d).collect();
        for column in &self.exposures[..k] {
            let held: f64 = column.iter().zip(weights).map(|(c, w)| c * w).sum();
            add_scaled(&mut marginal, held, column);
        }
        marginal
    }
}
