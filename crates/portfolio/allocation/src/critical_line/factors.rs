//! The tableau of a covariance made of factors, without the covariance.
//!
//! With `Σ = C Cᵀ + D` of `k` factors and the free assets `F`, the budget is taken out first. With
//! `s = Σ_F 1 / d_i`, `c̄` and `ȳ` the means of exposures and of what is given, weighted by `1 / d_i`,
//!
//! $$x_i = \tfrac{1}{d_i}\left(y_i - \bar y - (c_i - \bar c)^\top f + b / s\right),\qquad
//! A f = \sum_F \tfrac{1}{d_i}(c_i - \bar c)(y_i - \bar y) + \bar c\, b,\qquad
//! A = I + \sum_F \tfrac{1}{d_i}(c_i - \bar c)(c_i - \bar c)^\top$$
//!
//! (Woodbury, 1950). `A` is never below the identity, and what is common to all free assets is taken
//! off before anything is divided by a small specific variance. `s`, `c̄` and `A⁻¹` take a change for
//! each asset that changes sides and are made afresh now and then. A step costs `n · k`.

use risk::Matrix;

use super::tableau::{Change, Tableau, add_scaled, dot};

/// Changes of the inverse before it is made afresh.
const FRESH: usize = 64;

/// How much rounding may grow over the changes, each by the inverse of its pivot, before the
/// inverse is made afresh.
const GROWTH: f64 = 20.0;

pub(super) struct Factors<'a> {
    specific: &'a [f64],
    /// One column of `n` for each factor.
    exposures: Vec<Vec<f64>>,
    basic: Vec<bool>,
    /// `s`.
    total: f64,
    /// `c̄`.
    mean: Vec<f64>,
    /// `A⁻¹`.
    inverse: Vec<Vec<f64>>,
    changes: usize,
    growth: f64,
}

impl<'a> Factors<'a> {
    /// `exposures` has `k` numbers for each asset, to factors of unit variance; `specific` is
    /// positive.
    pub(super) fn new(exposures: &[f64], specific: &'a [f64]) -> Self {
        let n = specific.len();
        let k = exposures.len() / n;
        let column = |factor: usize| (0..n).map(|asset| exposures[asset * k + factor]).collect();
        Self {
            specific,
            exposures: (0..k).map(column).collect(),
            basic: vec![false; n + 1],
            total: 0.0,
            mean: vec![0.0; k],
            inverse: Vec::new(),
            changes: 0,
            growth: 1.0,
        }
    }

    /// `c_i − c̄`.
    fn apart(&self, asset: usize) -> Vec<f64> {
        self.exposures.iter().zip(&self.mean).map(|(column, mean)| column[asset] - mean).collect()
    }

    fn free(&self) -> impl Iterator<Item = usize> {
        (0..self.specific.len()).filter(|asset| self.basic[*asset])
    }

    fn times_inverse(&self, vector: &[f64]) -> Vec<f64> {
        self.inverse.iter().map(|row| dot(row, vector)).collect()
    }

    /// `(c_i − c̄)ᵀ η` for every asset.
    fn spread(&self, eta: &[f64]) -> Vec<f64> {
        let mut spread = vec![0.0; self.specific.len()];
        for ((column, mean), eta) in self.exposures.iter().zip(&self.mean).zip(eta) {
            spread.iter_mut().zip(column).for_each(|(sum, own)| *sum += eta * (own - mean));
        }
        spread
    }

    /// Without a free asset, or with exposures so large that `A` overflows, nothing that follows is
    /// a number.
    fn make_afresh(&mut self) {
        let k = self.exposures.len();
        self.total = self.free().map(|asset| self.specific[asset].recip()).sum();
        let held = |column: &Vec<f64>| {
            self.free().map(|asset| column[asset] / self.specific[asset]).sum::<f64>()
        };
        self.mean = self.exposures.iter().map(|column| held(column) / self.total).collect();
        let mut sum = vec![vec![0.0; k]; k];
        for (factor, row) in sum.iter_mut().enumerate() {
            row[factor] = 1.0;
        }
        for asset in self.free() {
            let own = self.apart(asset);
            for (row, value) in sum.iter_mut().zip(&own) {
                add_scaled(row, value / self.specific[asset], &own);
            }
        }
        let factor = Matrix::from_fn(k, |row, column| sum[row][column]).cholesky();
        let row = |row: usize| match &factor {
            Ok(factor) => {
                factor.solve(&(0..k).map(|i| f64::from(u8::from(i == row))).collect::<Vec<_>>())
            }
            Err(_) => vec![f64::NAN; k],
        };
        self.inverse = (0..k).map(row).collect();
        (self.changes, self.growth) = (0, 1.0);
    }

    /// The change for an asset that changes sides: of a weighted mean and of what is around it
    /// (Welford, 1962), and of the inverse (Sherman and Morrison, 1950).
    fn change(&mut self, asset: usize, enters: bool) {
        let weight = if enters { 1.0 } else { -1.0 } / self.specific[asset];
        let total = self.total + weight;
        let apart = self.apart(asset);
        let eta = self.times_inverse(&apart);
        let scale = weight * self.total / total;
        let pivot = 1.0 + scale * dot(&eta, &apart);
        self.changes += 1;
        self.growth *= (self.total / total / pivot).max(1.0);
        if self.stale() || total <= 0.0 || pivot <= 0.0 {
            self.changes = FRESH;
            return;
        }
        for (row, value) in self.inverse.iter_mut().zip(&eta) {
            add_scaled(row, -scale / pivot * value, &eta);
        }
        add_scaled(&mut self.mean, weight / total, &apart);
        self.total = total;
    }

    fn stale(&self) -> bool {
        self.changes >= FRESH || self.growth.is_nan() || self.growth > GROWTH
    }
}

impl Tableau for Factors<'_> {
    fn n_assets(&self) -> usize {
        self.specific.len()
    }

    fn variance(&self, asset: usize) -> f64 {
        let exposures = self.exposures.iter();
        exposures.map(|column| column[asset] * column[asset]).sum::<f64>() + self.specific[asset]
    }

    fn start(&mut self, asset: usize) {
        self.basic[asset] = true;
        self.basic[self.specific.len()] = true;
        self.make_afresh();
    }

    fn column(&self, index: usize, out: &mut [f64]) {
        let n = self.specific.len();
        // The budget is an index without exposures.
        let apart = match index == n {
            true => self.mean.iter().map(|mean| -mean).collect(),
            false => self.apart(index),
        };
        // An asset at its bound moves by one, or the gradient of a free asset does.
        let scale = match (index == n, self.basic[index]) {
            (true, _) => -1.0,
            (false, true) => self.specific[index].recip(),
            (false, false) => 1.0,
        };
        let eta: Vec<f64> = self.times_inverse(&apart).iter().map(|v| v * scale).collect();
        let even = scale / self.total;
        for (asset, spread) in self.spread(&eta).into_iter().enumerate() {
            out[asset] = match self.basic[asset] {
                true => (spread + even) / self.specific[asset],
                false => spread + even,
            };
        }
        out[n] = dot(&self.mean, &eta) - even;
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
                if change.index < n && self.changes < FRESH {
                    self.change(change.index, enters);
                }
            }
        }
        if self.stale() {
            self.make_afresh();
        }
    }

    fn solve(&self, given: &[f64], out: &mut [f64]) {
        let n = self.specific.len();
        out.fill(0.0);
        let scaled = self.free().map(|asset| given[asset] / self.specific[asset]).sum::<f64>();
        let (mean, even) = (scaled / self.total, given[n] / self.total);
        for asset in self.free() {
            out[asset] = (given[asset] - mean) / self.specific[asset];
        }
        let around = |(column, mean): (&Vec<f64>, &f64)| {
            let apart = column.iter().zip(out.iter()).map(|(own, y)| (own - mean) * y);
            apart.sum::<f64>() + mean * given[n]
        };
        let right: Vec<f64> = self.exposures.iter().zip(&self.mean).map(around).collect();
        let held = self.times_inverse(&right);
        let spread = self.spread(&held);
        for asset in self.free() {
            out[asset] += (even - spread[asset]) / self.specific[asset];
        }
        out[n] = mean - dot(&self.mean, &held) - even;
    }

    fn marginal(&self, weights: &[f64]) -> Vec<f64> {
        let mut marginal: Vec<f64> =
            weights.iter().zip(self.specific).map(|(w, d)| w * d).collect();
        for column in &self.exposures {
            let held: f64 = column.iter().zip(weights).map(|(c, w)| c * w).sum();
            add_scaled(&mut marginal, held, column);
        }
        marginal
    }
}
