//! Whether two versions of a model would decide alike: not whether their numbers are equal, but
//! whether one would buy what the other sells, pick the same names, and rank them alike.
//!
//! In: the forecasts of both versions for the rows of one request after the other. Out: how often
//! signs differ, how far the top picks overlap, and the correlation of ranks, over the requests that
//! had several rows and over the newest rows of all.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

/// So many of the newest rows are kept.
const KEPT: usize = 4_096;

/// A request with fewer rows has no top and no ranks.
const FEWEST: usize = 3;

/// How far two versions agree so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Compared {
    /// Requests that both answered.
    pub requests: u64,
    /// Rows of them.
    pub rows: u64,
    /// Rows that only one of them could answer with a finite number.
    pub one_sided: u64,
    /// Rows whose forecasts differ in sign; nought counts as a sign of its own.
    pub signs_differ: u64,
    /// Rows whose forecasts are the same to the last bit.
    pub identical: u64,
    /// The largest difference of two forecasts.
    pub largest_difference: f64,
    /// The mean absolute difference.
    pub mean_difference: f64,
    /// The share of the top picks of one that the other picks too, mean over requests.
    pub top_overlap: Option<f64>,
    /// Spearman's correlation of ranks, mean over requests.
    pub rank_correlation: Option<f64>,
    /// The same overlap over the newest rows of all requests together.
    pub recent_top_overlap: Option<f64>,
    /// The same correlation over the newest rows of all requests together.
    pub recent_rank_correlation: Option<f64>,
    /// Requests that were not compared, since the second version was too busy or failed.
    pub skipped: u64,
}

/// Compares the decisions of two versions.
#[derive(Debug)]
pub struct Agreement {
    /// The share of rows that are picked.
    top: f64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    so_far: Compared,
    differences: f64,
    compared_rows: u64,
    overlap: Mean,
    ranks: Mean,
    recent: VecDeque<(f64, f64)>,
}

#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    fn get(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

impl Agreement {
    /// Compares; `top` is the share of rows that are picked, above 0 and at most 1.
    pub fn new(top: f64) -> Self {
        Self { top, seen: Mutex::default() }
    }

    /// Takes in what both versions forecast for the rows of one request.
    pub fn add(&self, one: &[f64], other: &[f64]) {
        let mut seen = self.seen();
        let seen = &mut *seen;
        seen.so_far.requests += 1;
        let mut pairs = Vec::with_capacity(one.len());
        for (a, b) in one.iter().copied().zip(other.iter().copied()) {
            seen.so_far.rows += 1;
            seen.so_far.identical += u64::from(a.to_bits() == b.to_bits());
            match (a.is_finite(), b.is_finite()) {
                (true, true) => pairs.push((a, b)),
                (false, false) => {}
                _ => seen.so_far.one_sided += 1,
            }
        }
        for (a, b) in &pairs {
            seen.so_far.signs_differ += u64::from(sign(*a) != sign(*b));
            let difference = (a - b).abs();
            seen.differences += difference;
            seen.compared_rows += 1;
            seen.so_far.largest_difference = seen.so_far.largest_difference.max(difference);
        }
        seen.overlap.add(overlap(&pairs, self.top));
        seen.ranks.add(rank_correlation(&pairs));
        seen.recent.extend(pairs);
        let too_many = seen.recent.len().saturating_sub(KEPT);
        seen.recent.drain(..too_many);
    }

    /// A request was not compared.
    pub fn skip(&self) {
        self.seen().so_far.skipped += 1;
    }

    /// How far they agree so far.
    pub fn so_far(&self) -> Compared {
        let mut seen = self.seen();
        let recent = &*seen.recent.make_contiguous();
        let (overlap, ranks) = (overlap(recent, self.top), rank_correlation(recent));
        Compared {
            mean_difference: match seen.compared_rows {
                0 => 0.0,
                rows => seen.differences / rows as f64,
            },
            top_overlap: seen.overlap.get(),
            rank_correlation: seen.ranks.get(),
            recent_top_overlap: overlap,
            recent_rank_correlation: ranks,
            ..seen.so_far.clone()
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// −1, 0 or 1.
fn sign(v: f64) -> i8 {
    i8::from(v > 0.0) - i8::from(v < 0.0)
}

/// The share of the top picks that both make; ties go to the earlier row.
fn overlap(pairs: &[(f64, f64)], top: f64) -> Option<f64> {
    if pairs.len() < FEWEST {
        return None;
    }
    let picks = ((pairs.len() as f64 * top).ceil() as usize).clamp(1, pairs.len());
    let best = |value: &dyn Fn(usize) -> f64| {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_by(|a, b| value(*b).total_cmp(&value(*a)).then(a.cmp(b)));
        let mut picked = vec![false; pairs.len()];
        order[..picks].iter().for_each(|at| picked[*at] = true);
        picked
    };
    let (one, other) = (best(&|at| pairs[at].0), best(&|at| pairs[at].1));
    let both = one.iter().zip(&other).filter(|(a, b)| **a && **b).count();
    Some(both as f64 / picks as f64)
}

/// Spearman's correlation: Pearson's of the ranks, where ties share the mean of theirs. `None` for
/// few rows, or where one version ranks all rows alike.
fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < FEWEST {
        return None;
    }
    let one = ranks(pairs.iter().map(|pair| pair.0).collect());
    let other = ranks(pairs.iter().map(|pair| pair.1).collect());
    let mean = (pairs.len() as f64 + 1.0) / 2.0;
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        one.iter().zip(&other).map(|(a, b)| f(a - mean, b - mean)).sum()
    };
    let scale = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    (scale > 0.0).then(|| sum(&|a, b| a * b) / scale)
}

fn ranks(values: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let before = order.partition_point(|at| values[*at] < values[tied[0]]);
        let shared = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|at| ranks[*at] = shared);
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected ranks and correlation: scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7]),
    /// 0.8207826816681233, as its documentation shows.
    #[test]
    fn ranks_correlate_as_in_scipy() {
        let pairs = [(1.0, 5.0), (2.0, 6.0), (3.0, 7.0), (4.0, 8.0), (5.0, 7.0)];
        let found = rank_correlation(&pairs).unwrap();
        assert!((found - 0.820_782_681_668_123_3).abs() < 1e-15, "{found}");
        assert_eq!(rank_correlation(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    #[test]
    fn decisions_are_compared_and_not_only_numbers() {
        let agreement = Agreement::new(0.25);
        // Other numbers, the same decisions.
        agreement.add(&[4.0, 3.0, -2.0, -1.0], &[0.4, 0.3, -0.2, -0.1]);
        let alike = agreement.so_far();
        assert_eq!((alike.signs_differ, alike.identical), (0, 0));
        assert_eq!((alike.top_overlap, alike.rank_correlation), (Some(1.0), Some(1.0)));
        // Nearly the same numbers, other decisions.
        agreement.add(&[0.01, 0.02, 0.03, 0.04], &[0.05, 0.02, 0.03, -0.04]);
        agreement.add(&[f64::NAN, 1.0], &[1.0, 1.0]);
        agreement.skip();
        let found = agreement.so_far();
        assert_eq!((found.requests, found.rows, found.skipped), (3, 10, 1));
        assert_eq!((found.signs_differ, found.one_sided, found.identical), (1, 1, 3));
        assert_eq!(found.top_overlap, Some(0.5));
        assert!(found.recent_top_overlap.is_some());
    }
}
