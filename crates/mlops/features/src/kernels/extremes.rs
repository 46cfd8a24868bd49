//! Extremes of windows, in a constant number of steps for each row.
//!
//! Extremes do not round, so their values may be carried from row to row: a value depends on its
//! window alone, whichever rows are computed with it.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Rows, column};

/// The value of each window that `better` picks from any two, such as the larger.
///
/// The algorithm of van Herk (1992) and Gil & Werman (1993): the extreme of a window is that of
/// the end of one block of n rows and the beginning of the next, and those are running extremes.
pub(super) fn of(
    better: impl Fn(f64, f64) -> f64,
    x: Rows,
    n: usize,
    range: Range<i64>,
) -> Vec<f64> {
    let rows = (range.end - range.start).max(0) as usize;
    if rows == 0 || x.cols == 0 {
        return Vec::new();
    }
    let first = range.start - (n as i64 - 1);
    let mut ends: Vec<f64> = (first..range.end).flat_map(|t| x.row(t).iter().copied()).collect();
    let mut begins = ends.clone();
    for at in (0..rows + n - 2).rev().filter(|at| (at + 1) % n != 0) {
        let (row, newer) = ends[at * x.cols..].split_at_mut(x.cols);
        extend(&better, row, newer);
    }
    for at in (1..rows + n - 1).filter(|at| at % n != 0) {
        let (older, row) = begins[(at - 1) * x.cols..].split_at_mut(x.cols);
        extend(&better, row, older);
    }
    for (end, begin) in ends.chunks_exact_mut(x.cols).zip(begins.chunks_exact(x.cols).skip(n - 1)) {
        extend(&better, end, begin);
    }
    ends.truncate(rows * x.cols);
    // One of two zeros of different signs would depend on the blocks.
    for value in &mut ends {
        *value += 0.0;
    }
    ends
}

#[inline]
fn extend(better: impl Fn(f64, f64) -> f64, row: &mut [f64], other: &[f64]) {
    for (value, other) in row.iter_mut().zip(other) {
        *value = better(*value, *other);
    }
}

/// The place of the value that `beats` all others, the oldest of equal ones: 1 for the oldest known
/// row of the window.
pub(super) fn place(
    beats: impl Fn(f64, f64) -> bool,
    x: Rows,
    n: usize,
    range: Range<i64>,
) -> Vec<f64> {
    queue(beats, x, n, range, |window| (window.best - window.oldest + 1) as f64)
}

/// Rows since the value that `beats` all others in the full window.
pub(super) fn rows_since(
    beats: impl Fn(f64, f64) -> bool,
    x: Rows,
    n: usize,
    range: Range<i64>,
) -> Vec<f64> {
    queue(beats, x, n, range, |window| match window.full {
        true => (window.newest - window.best) as f64,
        false => f64::NAN,
    })
}

/// Rows of a window, in one count.
struct Window {
    /// The oldest that is known.
    oldest: usize,
    /// The one that beats all others.
    best: usize,
    newest: usize,
    /// Whether all are known.
    full: bool,
}

/// What `of` makes of each window; unknown for one of unknown values. Candidates are kept in a
/// queue, none of which beats one before it.
fn queue(
    beats: impl Fn(f64, f64) -> bool,
    x: Rows,
    n: usize,
    range: Range<i64>,
    of: impl Fn(Window) -> f64,
) -> Vec<f64> {
    let rows = (range.end - range.start).max(0) as usize;
    let mut out = vec![f64::NAN; rows * x.cols];
    let mut candidates: VecDeque<usize> = VecDeque::new();
    let mut values = Vec::new();
    for col in (0..x.cols).filter(|_| rows > 0) {
        candidates.clear();
        column(x, col, range.start - (n as i64 - 1)..range.end, &mut values);
        // The first known row that no window has left, and the first after the last unknown one.
        let (mut oldest, mut since) = (0, 0);
        for (newest, value) in values.iter().enumerate() {
            if value.is_nan() {
                since = newest + 1;
            } else {
                while candidates.back().is_some_and(|last| beats(*value, values[*last])) {
                    candidates.pop_back();
                }
                candidates.push_back(newest);
            }
            let Some(start) = (newest + 1).checked_sub(n) else { continue };
            while candidates.front().is_some_and(|first| *first < start) {
                candidates.pop_front();
            }
            if let Some(best) = candidates.front() {
                oldest = start.max(oldest);
                while values[oldest].is_nan() {
                    oldest += 1;
                }
                let window = Window { oldest, best: *best, newest, full: since <= start };
                out[start * x.cols + col] = of(window);
            }
        }
    }
    out
}
