//! Weighted sums over windows: means that forget, and the slope on time.
//!
//! All are computed from differences to the newest value, so that they are exact for equal values
//! (a mean is that value, a slope is 0).

use std::ops::Range;

use super::{Rows, by_row, inside};

/// The mean with weights n, n − 1, … 1 from the newest row back.
pub(super) fn decay_linear(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    mean((0..n).map(|back| (n - back) as f64).collect(), x, range)
}

/// Rows that `ema` reads for each row of its span: what lies further back weighs e⁻⁸ or less in all.
pub(crate) const EMA_SPANS: usize = 4;

/// The mean with weights (1 − α)ʲ, α = 2 / (n + 1), over `rows` = 4n rows.
pub(super) fn ema(x: Rows, rows: usize, range: Range<i64>) -> Vec<f64> {
    let span = (rows / EMA_SPANS) as f64;
    let keep = 1.0 - 2.0 / (span + 1.0);
    let weights = std::iter::successors(Some(1.0), |weight| Some(weight * keep));
    mean(weights.take(rows).collect(), x, range)
}

/// The slope of the least-squares line on time: Σ (i − ī)(x − x₀) / Σ (i − ī)², x₀ the newest.
pub(super) fn slope(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let count = n as f64;
    let squares = count * (count * count - 1.0) / 12.0;
    let weights: Vec<f64> =
        (0..n).map(|back| ((count - 1.0) / 2.0 - back as f64) / squares).collect();
    by_row(x.cols, range, |t, out| {
        out.fill(0.0);
        add_differences(&weights, x, t, out);
    })
}

/// The mean with `weights`, which are divided by their sum.
fn mean(mut weights: Vec<f64>, x: Rows, range: Range<i64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= total;
    }
    by_row(x.cols, range, |t, out| {
        out.copy_from_slice(x.row(t));
        add_differences(&weights, x, t, out);
    })
}

/// Adds Σⱼ weightⱼ · (xⱼ − x₀), xⱼ the row j rows before `t`.
fn add_differences(weights: &[f64], x: Rows, t: i64, out: &mut [f64]) {
    let newest = x.row(t);
    for (back, weight) in (0..).zip(weights) {
        let values = newest.iter().zip(x.row(t - back));
        for (out, (newest, value)) in out.iter_mut().zip(values) {
            *out += weight * (value - newest);
        }
    }
}

/// The mean of the known values with weights that rise by one from row to row, 1 for the oldest
/// known row.
pub(super) fn known_decay_linear(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let (mut oldest, mut total) = (vec![0.0; x.cols], vec![0.0; x.cols]);
    by_row(x.cols, range, |t, out| {
        oldest.fill(0.0);
        total.fill(0.0);
        out.fill(0.0);
        for back in (0..inside(x, t, n)).rev() {
            for (col, value) in x.row(t - back).iter().enumerate().filter(|(_, x)| !x.is_nan()) {
                if total[col] == 0.0 {
                    oldest[col] = back as f64 + 1.0;
                }
                let weight = oldest[col] - back as f64;
                total[col] += weight;
                out[col] += weight * value;
            }
        }
        divide(out, &total);
    })
}

/// The mean of the known values with weights `keep`ʲ for the row j rows ago, over `rows` rows.
pub(super) fn known_ema(keep: f64, x: Rows, rows: usize, range: Range<i64>) -> Vec<f64> {
    let mut total = vec![0.0; x.cols];
    by_row(x.cols, range, |t, out| {
        total.fill(0.0);
        out.fill(0.0);
        let mut weight = 1.0;
        for back in 0..inside(x, t, rows) {
            let sums = out.iter_mut().zip(&mut total);
            for ((out, total), value) in sums.zip(x.row(t - back)) {
                let known = f64::from(u8::from(!value.is_nan())) * weight;
                *total += known;
                *out += if value.is_nan() { 0.0 } else { known * value };
            }
            weight *= keep;
        }
        divide(out, &total);
    })
}

/// Unknown where nothing was added up.
fn divide(sums: &mut [f64], totals: &[f64]) {
    for (sum, total) in sums.iter_mut().zip(totals) {
        *sum /= total;
    }
}
