//! Each row across its symbols. Unknown values take no part.

use std::ops::Range;

use super::ordered::quantile_of;
use super::{Rows, by_row};

/// A statistic of the known values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Section {
    /// Of each symbol.
    Rank,
    /// These and the rest are given to every symbol.
    Sum,
    Mean,
    Std,
    /// The bits of the fraction.
    Quantile(u64),
}

impl Section {
    pub(crate) fn quantile(fraction: f64) -> Self {
        Section::Quantile(fraction.to_bits())
    }
}

pub(crate) fn section(kind: Section, x: Rows, range: Range<i64>) -> Vec<f64> {
    let mut known: Vec<f64> = Vec::with_capacity(x.cols);
    let mut order: Vec<usize> = Vec::with_capacity(x.cols);
    by_row(x.cols, range, |t, out| {
        let row = x.row(t);
        if kind == Section::Rank {
            return rank(row, &mut order, out);
        }
        known.clear();
        known.extend(row.iter().filter(|value| !value.is_nan()));
        out.fill(shared(kind, &mut known));
    })
}

/// The same among the symbols of each group. A group is a value of `groups`; a symbol whose value is
/// unknown is in none, and unknown.
pub(crate) fn within(kind: Section, x: Rows, groups: Rows, range: Range<i64>) -> Vec<f64> {
    let mut order: Vec<usize> = Vec::with_capacity(x.cols);
    let (mut known, mut members, mut values) = (Vec::new(), Vec::new(), Vec::new());
    by_row(x.cols, range, |t, out| {
        let (row, groups) = (x.row(t), groups.row(t));
        out.fill(f64::NAN);
        order.clear();
        order.extend((0..row.len()).filter(|col| !groups[*col].is_nan()));
        order.sort_by(|a, b| groups[*a].total_cmp(&groups[*b]));
        for group in order.chunk_by(|a, b| groups[*a] == groups[*b]) {
            known.clear();
            known.extend(group.iter().map(|col| row[*col]));
            if kind == Section::Rank {
                values.resize(known.len(), f64::NAN);
                rank(&known, &mut members, &mut values);
                for (col, value) in group.iter().zip(&values) {
                    out[*col] = *value;
                }
                continue;
            }
            known.retain(|value| !value.is_nan());
            let value = shared(kind, &mut known);
            for col in group {
                out[*col] = value;
            }
        }
    })
}

/// The statistic that all of them share.
fn shared(kind: Section, known: &mut [f64]) -> f64 {
    match kind {
        Section::Sum => sum(known),
        Section::Mean => mean(known),
        Section::Std => std(known),
        Section::Quantile(bits) => {
            known.sort_unstable_by(f64::total_cmp);
            quantile_of(known, f64::from_bits(bits))
        }
        Section::Rank => unreachable!("each symbol has a rank of its own"),
    }
}

fn sum(known: &[f64]) -> f64 {
    match known {
        [] => f64::NAN,
        _ => known.iter().sum(),
    }
}

fn mean(known: &[f64]) -> f64 {
    sum(known) / known.len() as f64
}

/// Deviations are taken from the first value, so that equal values give exactly 0.
fn std(known: &[f64]) -> f64 {
    if known.len() < 2 {
        return f64::NAN;
    }
    let n = known.len() as f64;
    let shift = known.iter().map(|value| value - known[0]).sum::<f64>() / n;
    let squares: f64 = known.iter().map(|value| (value - known[0] - shift).powi(2)).sum();
    (squares / (n - 1.0)).sqrt()
}

/// Ranks from 1, ties sharing their average, divided by the number of known values.
fn rank(row: &[f64], order: &mut Vec<usize>, out: &mut [f64]) {
    out.fill(f64::NAN);
    order.clear();
    order.extend((0..row.len()).filter(|col| !row[*col].is_nan()));
    order.sort_unstable_by(|a, b| row[*a].total_cmp(&row[*b]));
    let known = order.len() as f64;
    let mut below = 0;
    for ties in order.chunk_by(|a, b| row[*a] == row[*b]) {
        let average = below as f64 + (ties.len() as f64 + 1.0) / 2.0;
        for col in ties {
            out[*col] = average / known;
        }
        below += ties.len();
    }
}
