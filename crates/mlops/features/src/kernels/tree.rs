//! Windows summarised by merging halves.
//!
//! A summary (a sum, a mean with squared deviations, a maximum) of a window of n rows is made of
//! blocks whose sizes are the powers of two in n, the largest block newest; a block is made of two
//! halves. The shape of that tree depends on n alone, so the value at a row is the same bits
//! whether one row or all rows are asked for, and rounding grows with log n, not with n.
//!
//! Two ways to walk the same tree: for many rows, the blocks of each size are computed for all rows
//! from those of half the size, log₂ n passes in all; for one row, leaves are merged as a binary
//! counter counts, n merges in all.

use std::ops::Range;

use super::Rows;

/// What is known of a block of rows, in `PLANES` numbers for each symbol.
pub(super) trait Summary {
    /// Numbers for each symbol. A state holds one plane after another.
    const PLANES: usize;

    /// The summary of one row of each input.
    fn leaf(inputs: &[&[f64]], state: &mut [f64]);

    /// Merges the summary of the `counts.1` rows before into that of `counts.0` rows.
    fn merge(newer: &mut [f64], older: &[f64], counts: (f64, f64));
}

/// Splits a state into its planes.
pub(super) fn planes<const N: usize>(state: &[f64]) -> [&[f64]; N] {
    let cols = state.len() / N;
    std::array::from_fn(|plane| &state[plane * cols..(plane + 1) * cols])
}

/// Splits a state into its planes, to change them.
pub(super) fn planes_mut<const N: usize>(state: &mut [f64]) -> [&mut [f64]; N] {
    let cols = state.len() / N;
    let mut rest = state;
    std::array::from_fn(|_| {
        let (plane, after) = std::mem::take(&mut rest).split_at_mut(cols);
        rest = after;
        plane
    })
}

/// Writes `finish(state)` of the window of `n` rows that ends at each row of `range`.
pub(super) fn windows<S: Summary>(
    inputs: &[Rows],
    n: usize,
    range: Range<i64>,
    finish: impl Fn(&[f64], &mut [f64]),
) -> Vec<f64> {
    let cols = inputs[0].cols;
    let rows = (range.end - range.start).max(0) as usize;
    let mut out = vec![0.0; rows * cols];
    if rows == 0 || cols == 0 {
        return out;
    }
    let passes = 2 * (n.ilog2() as usize + 1);
    if rows * n <= (rows + n) * passes {
        for (t, out) in range.zip(out.chunks_exact_mut(cols)) {
            counter::<S>(inputs, n, t, |state| finish(state, out));
        }
    } else {
        ladder::<S>(inputs, n, range, &mut out, finish);
    }
    out
}

/// One row: a stack of blocks of falling size, merged when two are of one size.
fn counter<S: Summary>(inputs: &[Rows], n: usize, t: i64, done: impl FnOnce(&[f64])) {
    let cols = inputs[0].cols;
    let size = S::PLANES * cols;
    let mut states = vec![0.0; (n.ilog2() as usize + 2) * size];
    let mut sizes: Vec<usize> = Vec::with_capacity(n.ilog2() as usize + 2);
    for back in 0..n as i64 {
        let at = sizes.len() * size;
        leaf::<S>(inputs, t - back, 0..cols, &mut states[at..at + size]);
        sizes.push(1);
        while matches!(sizes[..], [.., a, b] if a == b) {
            merge_top::<S>(&mut states, &mut sizes, size);
        }
    }
    while sizes.len() > 1 {
        merge_top::<S>(&mut states, &mut sizes, size);
    }
    done(&states[..size]);
}

fn merge_top<S: Summary>(states: &mut [f64], sizes: &mut Vec<usize>, size: usize) {
    let older = sizes.pop().expect("two blocks are on the stack");
    let top = sizes.len();
    let (below, above) = states.split_at_mut(top * size);
    let counts = (sizes[top - 1] as f64, older as f64);
    S::merge(&mut below[(top - 1) * size..], &above[..size], counts);
    sizes[top - 1] += older;
}

/// All rows: blocks of 1, 2, 4 … rows for every row, and the window's part of each.
fn ladder<S: Summary>(
    inputs: &[Rows],
    n: usize,
    range: Range<i64>,
    out: &mut [f64],
    finish: impl Fn(&[f64], &mut [f64]),
) {
    let cols = inputs[0].cols;
    let first = range.start - (n as i64 - 1);
    let rows = (range.end - first) as usize;
    let block = columns_at_once(S::PLANES * rows).min(cols);
    for start in (0..cols).step_by(block) {
        let columns = start..(start + block).min(cols);
        let size = S::PLANES * columns.len();
        let mut level = vec![0.0; rows * size];
        for (t, state) in (first..).zip(level.chunks_exact_mut(size)) {
            leaf::<S>(inputs, t, columns.clone(), state);
        }
        let windows = climb::<S>(level, n, size);
        let states = windows.chunks_exact(size).skip(n - 1);
        for (state, out) in states.zip(out.chunks_exact_mut(cols)) {
            finish(state, &mut out[columns.clone()]);
        }
    }
}

/// From leaves to windows of `n` rows; the first `n - 1` states are not windows.
fn climb<S: Summary>(mut level: Vec<f64>, n: usize, size: usize) -> Vec<f64> {
    let mut windows = Vec::new();
    let (mut step, mut covered) = (1, 0);
    loop {
        if n & step != 0 {
            windows = match (covered, 2 * step > n) {
                (0, true) => return level,
                (0, false) => level.clone(),
                _ => extend::<S>(windows, &level, (step, covered), size),
            };
            covered += step;
        }
        if 2 * step > n {
            return windows;
        }
        for at in (step..level.len() / size).rev() {
            let (before, newer) = level.split_at_mut(at * size);
            let older = &before[(at - step) * size..][..size];
            S::merge(&mut newer[..size], older, (step as f64, step as f64));
        }
        step *= 2;
    }
}

/// Puts a newer block of `counts.0` rows before the `counts.1` rows that `windows` covers.
fn extend<S: Summary>(
    mut windows: Vec<f64>,
    level: &[f64],
    counts: (usize, usize),
    size: usize,
) -> Vec<f64> {
    for at in (counts.0..level.len() / size).rev() {
        let (before, newer) = windows.split_at_mut(at * size);
        let older = &before[(at - counts.0) * size..][..size];
        newer[..size].copy_from_slice(&level[at * size..][..size]);
        S::merge(&mut newer[..size], older, (counts.0 as f64, counts.1 as f64));
    }
    windows
}

fn leaf<S: Summary>(inputs: &[Rows], t: i64, columns: Range<usize>, state: &mut [f64]) {
    match inputs {
        [x] => S::leaf(&[&x.row(t)[columns]], state),
        [x, y] => S::leaf(&[&x.row(t)[columns.clone()], &y.row(t)[columns]], state),
        _ => unreachable!("a summary has one input or two"),
    }
}

/// As many columns as keep the two working arrays of a block within about a mebibyte.
fn columns_at_once(values_per_column: usize) -> usize {
    (65_536 / values_per_column.max(1)).max(16)
}
