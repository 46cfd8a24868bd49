//! Extremes of what is known of a window, in a constant number of steps for each row.
//!
//! Extremes do not round, so their values may be carried from row to row: a value depends on its
//! window alone, whichever rows are computed with it.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Rows, column};

/// The largest known value of each window, or the smallest.
///
/// The algorithm of van Herk (1992) and Gil & Werman (1993): the extreme of a window is that of
/// the end of one block of n rows and the beginning of the next, and those are running extremes.
pub(super) fn known<const LARGEST: bool>(x: Rows, n: usize, range: Range<i64>) -> Vec<f64> {
    let rows = (range.end - range.start).max(0) as usize;
    if rows == 0 || x.cols == 0 {
        return Vec::new();
    }
    let first = range.start - (n as i64 - 1);
    let mut ends: Vec<f64> = (first..range.end).flat_map(|t| x.row(t).iter().copied()).collect();
    let mut begins = ends.clone();
    for at in (0..rows + n - 2).rev().filter(|at| (at + 1) % n != 0) {
        let (row, newer) = ends[at * x.cols..].split_at_mut(x.cols);
        extend::<LARGEST>(row, newer);
    }
    for at in (1..rows + n - 1).filter(|at| at % n != 0) {
        let (older, row) = begins[(at - 1) * x.cols..].split_at_mut(x.cols);
        extend::<LARGEST>(row, older);
    }
    for (end, begin) in ends.chunks_exact_mut(x.cols).zip(begins.chunks_exact(x.cols).skip(n - 1)) {
        extend::<LARGEST>(end, begin);
    }
    ends.truncate(rows * x.cols);
    // One of two zeros of different signs would depend on the blocks.
    for value in &mut ends {
        *value += 0.0;
    }
    ends
}

#[inline]
fn extend<const LARGEST: bool>(row: &mut [f64], other: &[f64]) {
    for (value, other) in row.iter_mut().zip(other) {
        *value = if LARGEST { value.max(*other) } else { value.min(*other) };
    }
}

/// The place of the value that `beats` all others, the oldest of equal ones: 1 for the oldest known
/// row of the window. The candidates are kept in a queue, each beaten by those before it.
pub(super) fn place(
    beats: impl Fn(f64, f64) -> bool,
    x: Rows,
    n: usize,
    range: Range<i64>,
) -> Vec<f64> {
    let rows = (range.end - range.start).max(0) as usize;
    let mut out = vec![f64::NAN; rows * x.cols];
    let mut candidates: VecDeque<(usize, f64)> = VecDeque::new();
    let mut values = Vec::new();
    for col in (0..x.cols).filter(|_| rows > 0) {
        candidates.clear();
        column(x, col, range.start - (n as i64 - 1)..range.end, &mut values);
        let mut oldest = 0;
        for (t, value) in values.iter().copied().enumerate() {
            if !value.is_nan() {
                while candidates.back().is_some_and(|(_, last)| beats(value, *last)) {
                    candidates.pop_back();
                }
                candidates.push_back((t, value));
            }
            let Some(start) = (t + 1).checked_sub(n) else { continue };
            while candidates.front().is_some_and(|(row, _)| *row < start) {
                candidates.pop_front();
            }
            if let Some((row, _)) = candidates.front() {
                oldest = oldest.max(start);
                while values[oldest].is_nan() {
                    oldest += 1;
                }
                out[start * x.cols + col] = (row - oldest + 1) as f64;
            }
        }
    }
    out
}
