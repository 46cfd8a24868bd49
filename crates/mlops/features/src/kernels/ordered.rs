//! Windows by the order of their values: quantiles, ranks, and the size of deviations.

use std::ops::Range;

use super::{Rows, by_row, column, inside};

/// The linear quantile of sorted values (type 7 of Hyndman & Fan 1996); unknown for none.
pub(super) fn quantile_of(sorted: &[f64], fraction: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = fraction * last as f64;
    // One of two zeros of different signs would depend on what left the window before.
    let below = sorted[place as usize] + 0.0;
    let above = sorted[(place as usize + 1).min(last)] + 0.0;
    below + (above - below) * place.fract()
}

/// The quantile of each full window.
pub(super) fn quantile(fraction: f64, x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    sliding(x, n, range, |window, _| match window.unknown {
        0 => quantile_of(&window.known, fraction),
        _ => f64::NAN,
    })
}

/// A number for each window, from its values in order and the newest of them. A window is kept sorted while it slides,
/// symbol by symbol; that carries values from row to row, but nothing that rounds.
fn sliding(x: Rows, n: usize, range: Range<i64>, of: impl Fn(&Sorted, f64) -> f64) -> Vec<f64> {
    let rows = (range.end - range.start).max(0) as usize;
    let mut out = vec![f64::NAN; rows * x.cols];
    let mut window = Sorted::default();
    let mut values = Vec::new();
    for col in (0..x.cols).filter(|_| rows > 0) {
        column(x, col, range.start - (n as i64 - 1)..range.end, &mut values);
        window.restart(&values[..n]);
        out[col] = of(&window, values[n - 1]);
        let slides = values.iter().zip(&values[n..]);
        for ((leaves, enters), out) in slides.zip(out[col..].iter_mut().step_by(x.cols).skip(1)) {
            window.slide(*leaves, *enters);
            *out = of(&window, *enters);
        }
    }
    out
}

/// A sorted window.
#[derive(Default)]
struct Sorted {
    known: Vec<f64>,
    unknown: usize,
}

/// Up to so many values are counted through, which is faster than halving.
const COUNTED: usize = 64;

impl Sorted {
    fn restart(&mut self, values: &[f64]) {
        self.known.clear();
        self.known.extend(values.iter().filter(|value| !value.is_nan()));
        self.unknown = values.len() - self.known.len();
        self.known.sort_unstable_by(f64::total_cmp);
    }

    /// Where `value` stands or would stand among its equals. Zeros of both signs are equal here.
    fn place(&self, value: f64) -> usize {
        if self.known.len() > COUNTED {
            return self.known.partition_point(|known| *known < value);
        }
        self.known.iter().map(|known| usize::from(*known < value)).sum()
    }

    /// The rank of `value`, which is one of them; ties share the average.
    fn rank(&self, value: f64) -> f64 {
        let under = self.known.partition_point(|known| *known < value);
        let up_to = self.known.partition_point(|known| *known <= value);
        (under + up_to + 1) as f64 / 2.0
    }

    /// Takes one value out and another in, moving only what lies between them.
    fn slide(&mut self, leaves: f64, enters: f64) {
        match (leaves.is_nan(), enters.is_nan()) {
            (true, true) => {}
            (true, false) => {
                self.unknown -= 1;
                self.known.insert(self.place(enters), enters);
            }
            (false, true) => {
                self.unknown += 1;
                self.known.remove(self.place(leaves));
            }
            (false, false) => {
                let (from, to) = (self.place(leaves), self.place(enters));
                if from < to {
                    self.known.copy_within(from + 1..to, from);
                    self.known[to - 1] = enters;
                } else {
                    self.known.copy_within(to..from, to + 1);
                    self.known[to] = enters;
                }
            }
        }
    }
}

/// A rank among up to so many values is counted, symbols side by side, which is faster than keeping
/// them sorted. Both are exact.
const RANKED: usize = 256;

/// The rank of the newest value in its window, divided by `n`; ties share the average.
pub(super) fn rank(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    if n > RANKED {
        return sliding(x, n, range, |window, newest| match window.unknown {
            0 => window.rank(newest) / n as f64,
            _ => f64::NAN,
        });
    }
    by_row(x.cols, range, |t, out| {
        let newest = x.row(t);
        out.fill(0.5);
        for back in 0..n as i64 {
            let values = newest.iter().zip(x.row(t - back));
            for (out, (newest, value)) in out.iter_mut().zip(values) {
                *out += if value < newest {
                    1.0
                } else if value == newest {
                    0.5
                } else if value > newest {
                    0.0
                } else {
                    f64::NAN
                };
            }
        }
        for out in out {
            *out /= n as f64;
        }
    })
}

/// The quantile of the known values of each window; unknown if there is none.
pub(super) fn known_quantile(fraction: f64, x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    sliding(x, n, range, |window, _| quantile_of(&window.known, fraction))
}

/// The rank of the newest value among the known ones, divided by their number.
pub(super) fn known_rank(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    if n > RANKED {
        return sliding(x, n, range, |window, newest| match newest.is_nan() {
            true => f64::NAN,
            false => window.rank(newest) / window.known.len() as f64,
        });
    }
    let mut known = vec![0.0; x.cols];
    by_row(x.cols, range, |t, out| {
        let newest = x.row(t);
        out.fill(0.5);
        known.fill(0.0);
        for back in 0..inside(x, t, n) {
            let values = newest.iter().zip(x.row(t - back));
            for ((out, known), (newest, value)) in out.iter_mut().zip(&mut known).zip(values) {
                *out += f64::from(u8::from(value < newest)) * 0.5
                    + f64::from(u8::from(value <= newest)) * 0.5;
                *known += f64::from(u8::from(!value.is_nan()));
            }
        }
        for ((out, known), newest) in out.iter_mut().zip(&known).zip(newest) {
            *out = if newest.is_nan() { f64::NAN } else { *out / known };
        }
    })
}

/// The mean size of the deviations from the mean, over the known values of each window.
pub(super) fn mean_deviation(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let mut known = Vec::with_capacity(n);
    by_row(x.cols, range, |t, out| {
        for (col, out) in out.iter_mut().enumerate() {
            known.clear();
            let values = (0..inside(x, t, n)).map(|back| x.row(t - back)[col]);
            known.extend(values.filter(|value| !value.is_nan()));
            let count = known.len() as f64;
            let first = known.first().copied().unwrap_or(f64::NAN);
            let mean = first + known.iter().map(|value| value - first).sum::<f64>() / count;
            *out = known.iter().map(|value| (value - mean).abs()).sum::<f64>() / count;
        }
    })
}
