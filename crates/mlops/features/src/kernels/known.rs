//! Statistics of what is known of a window, as pandas computes them with `min_periods=1`.
//!
//! Unknown values, and rows before the panel begins, take no part; a window without a known value
//! is unknown. Every summary carries the number of known values of each symbol, and merges by the
//! same tree as the summaries of full windows, so that a value depends on its window alone.

use std::ops::Range;

use super::tree::{Summary, planes, planes_mut, windows};
use super::{Pair, Rows, extremes, ordered, weighted};

/// A statistic of the known values of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    Count,
    Sum,
    Mean,
    Var,
    Skew,
    Kurt,
    Slope,
    Rsquare,
    Resid,
    Max,
    Min,
    /// The place of the extreme, 1 for the oldest known row.
    PlaceOfMax,
    PlaceOfMin,
    Rank,
    /// The bits of the fraction.
    Quantile(u64),
    MeanDeviation,
    DecayLinear,
    /// The bits of the share that each row keeps of the weight of the next.
    Ema(u64),
}

pub(super) fn rolling(kind: Known, x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let inputs = &[x];
    match kind {
        Known::Count => windows::<Sum>(inputs, n, range, |state, out| {
            let [count, _] = planes(state);
            out.copy_from_slice(count);
        }),
        Known::Sum => windows::<Sum>(inputs, n, range, |state, out| {
            finish(out, planes(state), |[count, sum]| if count > 0.0 { sum } else { f64::NAN });
        }),
        Known::Mean => windows::<Sum>(inputs, n, range, |state, out| {
            finish(out, planes(state), |[count, sum]| sum / count);
        }),
        Known::Var => windows::<Second>(inputs, n, range, |state, out| {
            finish(out, planes(state), variance);
        }),
        Known::Skew => windows::<Fourth>(inputs, n, range, |state, out| {
            finish(out, planes(state), skewness);
        }),
        Known::Kurt => windows::<Fourth>(inputs, n, range, |state, out| {
            finish(out, planes(state), kurtosis);
        }),
        Known::Slope => windows::<Line>(inputs, n, range, |state, out| {
            finish(out, planes(state), |[_, _, _, tt, _, ty]| ty / tt);
        }),
        Known::Rsquare => windows::<Line>(inputs, n, range, |state, out| {
            finish(out, planes(state), |[_, _, _, tt, yy, ty]| {
                if yy > 0.0 { (ty / tt * (ty / yy)).min(1.0) } else { f64::NAN }
            });
        }),
        Known::Resid => resid(x, n, range),
        Known::Max => extremes::of(f64::max, x, n, range),
        Known::Min => extremes::of(f64::min, x, n, range),
        Known::PlaceOfMax => extremes::place(|new, best| new > best, x, n, range),
        Known::PlaceOfMin => extremes::place(|new, best| new < best, x, n, range),
        Known::Rank => ordered::known_rank(x, n, range),
        Known::Quantile(bits) => ordered::known_quantile(f64::from_bits(bits), x, n, range),
        Known::MeanDeviation => ordered::mean_deviation(x, n, range),
        Known::DecayLinear => weighted::known_decay_linear(x, n, range),
        Known::Ema(bits) => weighted::known_ema(f64::from_bits(bits), x, n, range),
    }
}

/// The newest value over the line; unknown where that value is.
fn resid(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let first = range.start;
    let mut out = windows::<Line>(&[x], n, range, |state, out| {
        finish(out, planes(state), |[_, t, y, tt, _, ty]| y - ty / tt * t);
    });
    if x.cols > 0 {
        for (t, out) in (first..).zip(out.chunks_exact_mut(x.cols)) {
            for (out, newest) in out.iter_mut().zip(x.row(t)) {
                *out = newest - *out;
            }
        }
    }
    out
}

pub(super) fn pair(kind: Pair, x: Rows, y: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    windows::<Joint>(&[x, y], n, range, |state, out| {
        finish(out, planes(state), |[count, _, _, xx, yy, xy]| match kind {
            Pair::KnownCorrelation if xx > 0.0 && yy > 0.0 => {
                (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0)
            }
            Pair::KnownCovariance if count > 1.0 => xy / (count - 1.0),
            _ => f64::NAN,
        });
    })
}

/// Computes `out` from the planes of a state, symbol by symbol.
#[inline]
fn finish<const N: usize>(out: &mut [f64], planes: [&[f64]; N], f: impl Fn([f64; N]) -> f64) {
    let planes = planes.map(|plane| &plane[..out.len()]);
    for (col, out) in out.iter_mut().enumerate() {
        *out = f(planes.map(|plane| plane[col]));
    }
}

fn variance([count, _, second]: [f64; 3]) -> f64 {
    if count > 1.0 { second / (count - 1.0) } else { f64::NAN }
}

/// G₁ of Joanes & Gill (1998); unknown for equal values.
fn skewness([n, _, second, third, _]: [f64; 5]) -> f64 {
    if n < 3.0 {
        return f64::NAN;
    }
    n.sqrt() * third / (second * second.sqrt()) * (n * (n - 1.0)).sqrt() / (n - 2.0)
}

/// G₂ of Joanes & Gill (1998); unknown for equal values.
fn kurtosis([n, _, second, _, fourth]: [f64; 5]) -> f64 {
    if n < 4.0 {
        return f64::NAN;
    }
    let g = n * fourth / (second * second) - 3.0;
    ((n + 1.0) * g + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0))
}

/// The value and its count of 1, or 0 and 0 where it is unknown.
#[inline]
fn leaf(x: f64) -> (f64, f64) {
    if x.is_finite() { (x, 1.0) } else { (0.0, 0.0) }
}

/// Splits both states into equally long planes.
#[inline]
fn both<'a, const N: usize>(
    newer: &'a mut [f64],
    older: &'a [f64],
) -> (usize, [&'a mut [f64]; N], [&'a [f64]; N]) {
    let cols = newer.len() / N;
    (cols, planes_mut(newer), planes(&older[..cols * N]))
}

/// Count and sum.
struct Sum;

impl Summary for Sum {
    const PLANES: usize = 2;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [count, sum] = planes_mut(state);
        for ((count, sum), x) in count.iter_mut().zip(sum).zip(inputs[0]) {
            (*sum, *count) = leaf(*x);
        }
    }

    fn merge(newer: &mut [f64], older: &[f64], _: (f64, f64)) {
        for (newer, older) in newer.iter_mut().zip(older) {
            *newer += older;
        }
    }
}

/// Count, mean, and sum of squared deviations.
struct Second;

impl Summary for Second {
    const PLANES: usize = 3;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [count, mean, second] = planes_mut(state);
        for ((count, mean), x) in count.iter_mut().zip(mean).zip(inputs[0]) {
            (*mean, *count) = leaf(*x);
        }
        second.fill(0.0);
    }

    fn merge(newer: &mut [f64], older: &[f64], _: (f64, f64)) {
        let (cols, [count, mean, second], [count_b, mean_b, second_b]) = both(newer, older);
        for c in 0..cols {
            let (a, b) = (count[c], count_b[c]);
            let share = b / (a + b).max(1.0);
            let d = mean_b[c] - mean[c];
            mean[c] += d * share;
            second[c] += second_b[c] + d * d * (a * share);
            count[c] = a + b;
        }
    }
}

/// Count, mean, and sums of deviations to the second, third and fourth power.
struct Fourth;

impl Summary for Fourth {
    const PLANES: usize = 5;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [count, mean, second, third, fourth] = planes_mut(state);
        for ((count, mean), x) in count.iter_mut().zip(mean).zip(inputs[0]) {
            (*mean, *count) = leaf(*x);
        }
        second.fill(0.0);
        third.fill(0.0);
        fourth.fill(0.0);
    }

    fn merge(newer: &mut [f64], older: &[f64], _: (f64, f64)) {
        let (cols, [count, mean, second, third, fourth], other) = both(newer, older);
        let [count_b, mean_b, second_b, third_b, fourth_b] = other;
        for c in 0..cols {
            let (a, b) = (count[c], count_b[c]);
            let d = mean_b[c] - mean[c];
            let step = d / (a + b).max(1.0);
            let product = d * step * a * b;
            fourth[c] += fourth_b[c]
                + product * step * step * (a * a - a * b + b * b)
                + 6.0 * step * step * (a * a * second_b[c] + b * b * second[c])
                + 4.0 * step * (a * third_b[c] - b * third[c]);
            third[c] += third_b[c]
                + product * step * (a - b)
                + 3.0 * step * (a * second_b[c] - b * second[c]);
            second[c] += second_b[c] + product;
            mean[c] += step * b;
            count[c] = a + b;
        }
    }
}

/// Count, both means, both sums of squared deviations, and the sum of their products, of a series
/// (or time) x and a series y, on the rows on which both are known.
struct Joint;

impl Summary for Joint {
    const PLANES: usize = 6;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        let [count, x, y, xx, yy, xy] = planes_mut::<6>(state);
        for c in 0..count.len() {
            let ((a, known), (b, too)) = (leaf(inputs[0][c]), leaf(inputs[1][c]));
            count[c] = known * too;
            x[c] = a * count[c];
            y[c] = b * count[c];
        }
        xx.fill(0.0);
        yy.fill(0.0);
        xy.fill(0.0);
    }

    fn merge(newer: &mut [f64], older: &[f64], _: (f64, f64)) {
        join(newer, older, 0.0);
    }
}

/// As `Joint`, of the row (0 for the newest of a block, falling) and one series.
struct Line;

impl Summary for Line {
    const PLANES: usize = 6;

    fn leaf(inputs: &[&[f64]], state: &mut [f64]) {
        state.fill(0.0);
        let [count, _, y, _, _, _] = planes_mut::<6>(state);
        for ((count, y), x) in count.iter_mut().zip(y).zip(inputs[0]) {
            (*y, *count) = leaf(*x);
        }
    }

    fn merge(newer: &mut [f64], older: &[f64], (rows, _): (f64, f64)) {
        join(newer, older, rows);
    }
}

/// Merges two joint summaries; the x of the older one is moved `back`.
#[inline]
fn join(newer: &mut [f64], older: &[f64], back: f64) {
    let (cols, [count, x, y, xx, yy, xy], other) = both(newer, older);
    let [count_b, x_b, y_b, xx_b, yy_b, xy_b] = other;
    for c in 0..cols {
        let (a, b) = (count[c], count_b[c]);
        let share = b / (a + b).max(1.0);
        let weight = a * share;
        let (dx, dy) = (x_b[c] - back - x[c], y_b[c] - y[c]);
        x[c] += dx * share;
        y[c] += dy * share;
        xx[c] += xx_b[c] + dx * dx * weight;
        yy[c] += yy_b[c] + dy * dy * weight;
        xy[c] += xy_b[c] + dx * dy * weight;
        count[c] = a + b;
    }
}
