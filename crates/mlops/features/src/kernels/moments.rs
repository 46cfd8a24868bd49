//! Sums, moments and co-moments of windows, as summaries that merge.
//!
//! Means and central moments are merged by the pairwise formulas of Chan, Golub & LeVeque (1979)
//! and, for the third and fourth, Pébay (2008, Sandia SAND2008-6212, eq. 2.1 and 3.1). They are
//! exact for equal values: the variance of a constant is 0, not a rounding error.

use std::ops::Range;

use super::tree::{Summary, planes, planes_mut, windows};
use super::{Rolling, Rows, each};

/// A statistic of two series over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pair {
    Covariance,
    Correlation,
    /// The slope of the second on the first.
    Beta,
    /// These are of the rows on which both are known.
    KnownCovariance,
    KnownCorrelation,
}

pub(super) fn rolling(kind: Rolling, x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let rows = n as f64;
    let inputs = &[x];
    match kind {
        Rolling::Sum => windows::<Sum>(inputs, n, range, as_it_is),
        Rolling::Var => windows::<Second>(inputs, n, range, |state, out| {
            let [_, second] = planes(state);
            for (out, second) in out.iter_mut().zip(second) {
                *out = second / (rows - 1.0);
            }
        }),
        Rolling::Skew => windows::<Fourth>(inputs, n, range, |state, out| {
            let [_, second, third, _] = planes(state);
            for (out, (second, third)) in out.iter_mut().zip(second.iter().zip(third)) {
                *out = skewness(rows, *second, *third);
            }
        }),
        Rolling::Kurt => windows::<Fourth>(inputs, n, range, |state, out| {
            let [_, second, _, fourth] = planes(state);
            for (out, (second, fourth)) in out.iter_mut().zip(second.iter().zip(fourth)) {
                *out = kurtosis(rows, *second, *fourth);
            }
        }),
        _ => unreachable!("not a summary that merges"),
    }
}

/// The finish of a summary of one plane.
fn as_it_is(state: &[f64], out: &mut [f64]) {
    out.copy_from_slice(state);
}

/// G₁ of Joanes & Gill (1998), from the sums of squared and cubed deviations.
fn skewness(n: f64, second: f64, third: f64) -> f64 {
    let g = n.sqrt() * third / (second * second.sqrt());
    g * (n * (n - 1.0)).sqrt() / (n - 2.0)
}

/// G₂ of Joanes & Gill (1998), from the sums of deviations to the second and fourth power.
fn kurtosis(n: f64, second: f64, fourth: f64) -> f64 {
    let g = n * fourth / (second * second) - 3.0;
    ((n + 1.0) * g + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))
}

pub(super) fn pair(kind: Pair, x: Rows, y: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    windows::<Joint>(&[x, y], n, range, |state, out| {
        let [_, _, xx, yy, xy] = planes(state);
        let moments = xx.iter().zip(yy).zip(xy);
        for (out, ((xx, yy), xy)) in out.iter_mut().zip(moments) {
            *out = match kind {
                Pair::Covariance => xy / (n as f64 - 1.0),
                Pair::Beta => ratio(*xy, *xx),
                Pair::Correlation => ratio(*xy, xx.sqrt() * yy.sqrt()).clamp(-1.0, 1.0),
                Pair::KnownCovariance | Pair::KnownCorrelation => {
                    unreachable!("these have a kernel of their own")
                }
            };
        }
    })
}

fn ratio(x: f64, y: f64) -> f64 {
    each::binary(each::Binary::Div, x, y)
}

/// The sum.
struct Sum;

impl Summary for Sum {
    const PLANES: usize = 1;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        state.copy_from_slice(inputs[0]);
    }

    fn merge(newer: &mut [f64], older: &[f64], _: (f64, f64)) {
        for (newer, older) in newer.iter_mut().zip(older) {
            *newer += older;
        }
    }
}

/// Mean, and sum of squared deviations.
struct Second;

impl Summary for Second {
    const PLANES: usize = 2;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [mean, second] = planes_mut(state);
        mean.copy_from_slice(inputs[0]);
        second.fill(0.0);
    }

    fn merge(newer: &mut [f64], older: &[f64], (a, b): (f64, f64)) {
        let [mean, second] = planes_mut(newer);
        let [older_mean, older_second] = planes(older);
        let (share, weight) = (b / (a + b), a * b / (a + b));
        let older = older_mean.iter().zip(older_second);
        for ((mean, second), (m, s)) in mean.iter_mut().zip(second).zip(older) {
            let d = m - *mean;
            *mean += d * share;
            *second += s + d * d * weight;
        }
    }
}

/// Mean, and sums of deviations to the second, third and fourth power.
struct Fourth;

impl Summary for Fourth {
    const PLANES: usize = 4;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [mean, second, third, fourth] = planes_mut(state);
        mean.copy_from_slice(inputs[0]);
        second.fill(0.0);
        third.fill(0.0);
        fourth.fill(0.0);
    }

    fn merge(newer: &mut [f64], older: &[f64], (a, b): (f64, f64)) {
        let [mean, second, third, fourth] = planes_mut::<4>(newer);
        let [mean_b, second_b, third_b, fourth_b] = planes::<4>(older);
        let n = a + b;
        let squares = a * a - a * b + b * b;
        for c in 0..mean.len() {
            let d = mean_b[c] - mean[c];
            let step = d / n;
            let product = d * step * a * b;
            fourth[c] += fourth_b[c]
                + product * step * step * squares
                + 6.0 * step * step * (a * a * second_b[c] + b * b * second[c])
                + 4.0 * step * (a * third_b[c] - b * third[c]);
            third[c] += third_b[c]
                + product * step * (a - b)
                + 3.0 * step * (a * second_b[c] - b * second[c]);
            second[c] += second_b[c] + product;
            mean[c] += step * b;
        }
    }
}

/// Both means, both sums of squared deviations, and the sum of their products.
struct Joint;

impl Summary for Joint {
    const PLANES: usize = 5;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [x, y, xx, yy, xy] = planes_mut(state);
        x.copy_from_slice(inputs[0]);
        y.copy_from_slice(inputs[1]);
        xx.fill(0.0);
        yy.fill(0.0);
        xy.fill(0.0);
    }

    fn merge(newer: &mut [f64], older: &[f64], (a, b): (f64, f64)) {
        let [x, y, xx, yy, xy] = planes_mut::<5>(newer);
        let [x_b, y_b, xx_b, yy_b, xy_b] = planes::<5>(older);
        let (share, weight) = (b / (a + b), a * b / (a + b));
        for c in 0..x.len() {
            let (dx, dy) = (x_b[c] - x[c], y_b[c] - y[c]);
            x[c] += dx * share;
            y[c] += dy * share;
            xx[c] += xx_b[c] + dx * dx * weight;
            yy[c] += yy_b[c] + dy * dy * weight;
            xy[c] += xy_b[c] + dx * dy * weight;
        }
    }
}
