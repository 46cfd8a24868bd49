//! The numerical kernels behind the primitive steps.
//!
//! All take rows of symbols and give rows of symbols, so that the inner loops run over neighbours
//! in memory. None carries anything from one output row to the next that could round: the value of
//! a row is the same bits whichever rows are computed with it.

pub(crate) mod each;
mod extremes;
mod known;
mod moments;
mod ordered;
mod section;
mod tree;
mod weighted;

use std::ops::Range;

pub(crate) use each::{Binary, Unary};
pub(crate) use known::Known;
pub(crate) use moments::Pair;
pub(crate) use section::{Section, section, within};
pub(crate) use weighted::EMA_SPANS;

/// A statistic over a window of one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rolling {
    Sum,
    Var,
    Skew,
    Kurt,
    Max,
    Min,
    ArgMax,
    ArgMin,
    Rank,
    /// The bits of the fraction.
    Quantile(u64),
    DecayLinear,
    Ema,
    Slope,
    /// Of what is known of the window.
    Known(Known),
}

impl Rolling {
    pub(crate) fn quantile(fraction: f64) -> Self {
        Rolling::Quantile(fraction.to_bits())
    }
}

/// Rows of symbols, addressed by their row of the panel. Rows outside it are unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// `stride` values for each row, or `cols` for the only row of a constant.
    pub values: &'a [f64],
    /// The first row that `values` holds.
    pub first: i64,
    /// From one row to the next.
    pub stride: usize,
    /// The first column that is seen, and how many are.
    pub from: usize,
    pub cols: usize,
    /// The same values on every row.
    pub constant: bool,
    /// A row of unknown values.
    pub unknown: &'a [f64],
}

impl<'a> Rows<'a> {
    #[inline]
    pub(crate) fn row(&self, t: i64) -> &'a [f64] {
        if self.constant {
            return self.values;
        }
        let start = usize::try_from(t - self.first).map(|index| index * self.stride + self.from);
        start
            .ok()
            .and_then(|start| self.values.get(start..start + self.cols))
            .unwrap_or(self.unknown)
    }

    /// The same rows, seen `by` rows later.
    pub(crate) fn shifted(self, by: i64) -> Self {
        Self { first: self.first + by, ..self }
    }
}

/// The statistic of the window of `n` rows that ends at each row of `range`.
pub(crate) fn rolling(kind: Rolling, x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    match kind {
        Rolling::Sum | Rolling::Var | Rolling::Skew | Rolling::Kurt => {
            moments::rolling(kind, x, n, range)
        }
        Rolling::Max => extremes::of(each::larger, x, n, range),
        Rolling::Min => extremes::of(each::smaller, x, n, range),
        Rolling::Quantile(bits) => ordered::quantile(f64::from_bits(bits), x, n, range),
        Rolling::Rank => ordered::rank(x, n, range),
        Rolling::ArgMax => extremes::rows_since(|new, best| new >= best, x, n, range),
        Rolling::ArgMin => extremes::rows_since(|new, best| new <= best, x, n, range),
        Rolling::DecayLinear => weighted::decay_linear(x, n, range),
        Rolling::Ema => weighted::ema(x, n, range),
        Rolling::Slope => weighted::slope(x, n, range),
        Rolling::Known(kind) => known::rolling(kind, x, n, range),
    }
}

/// The statistic of two series over the window of `n` rows that ends at each row of `range`.
pub(crate) fn pair(kind: Pair, x: Rows, y: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    match kind {
        Pair::KnownCovariance | Pair::KnownCorrelation => known::pair(kind, x, y, n, range),
        _ => moments::pair(kind, x, y, n, range),
    }
}

/// One output row for each row of `range`, written by `fill`.
fn by_row(cols: usize, range: Range<i64>, mut fill: impl FnMut(i64, &mut [f64])) -> Vec<f64> {
    let rows = (range.end - range.start).max(0) as usize;
    let mut out = vec![0.0; rows * cols];
    if cols > 0 {
        for (t, row) in range.zip(out.chunks_exact_mut(cols)) {
            fill(t, row);
        }
    }
    out
}

/// How many rows of the window of `n` rows that ends at `t` can be known.
fn inside(x: Rows, t: i64, n: usize) -> i64 {
    match x.constant {
        true => n as i64,
        false => (t - x.first + 1).clamp(0, n as i64),
    }
}

/// The values of one symbol on the rows of `range`, in the place of what `values` held.
fn column(x: Rows, col: usize, range: Range<i64>, values: &mut Vec<f64>) {
    values.clear();
    values.extend(range.map(|t| x.row(t)[col]));
}
