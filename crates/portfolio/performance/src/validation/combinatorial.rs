//! Combinatorial purged cross-validation.
//!
//! The rows are cut into `N` folds; every choice of `k` of them is a test, learned for on the
//! others. Each fold is then tested `C(N − 1, k − 1)` times, and so that many whole paths through
//! history can be put together, each fold's first test in the first path, its second in the second
//! (López de Prado, 2018, *Advances in Financial Machine Learning*, ch. 12). Rows next to a test are
//! purged, and after it an embargo is kept as well (ibid., ch. 7).

use std::ops::Range;

use super::Split;
use crate::PerformanceError;

/// The shape of a combinatorial test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Combinatorial {
    /// Folds that the rows are cut into; the last takes what is left over.
    pub folds: usize,
    /// Folds of each test.
    pub test_folds: usize,
    /// Rows on either side of a test that are not learned from.
    pub purge: usize,
    /// Further rows after a test that are not learned from.
    pub embargo: usize,
}

/// Splits, and how their tests make whole paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// One split for each choice of test folds, in lexicographic order.
    pub splits: Vec<Split>,
    /// The rows of each fold.
    pub folds: Vec<Range<usize>>,
    /// For each path, the split that tests each fold.
    pub paths: Vec<Vec<usize>>,
}

/// The splits of `rows` rows and the paths that they make.
///
/// Fails unless `1 <= test_folds < folds`, and if purge and embargo leave nothing of a fold.
pub fn combinatorial(rows: usize, shape: Combinatorial) -> Result<Paths, PerformanceError> {
    let Combinatorial { folds, test_folds, purge, embargo } = shape;
    if test_folds == 0 || test_folds >= folds {
        let what = "the folds of a combinatorial test".to_owned();
        return Err(PerformanceError::TooShort {
            what,
            least: test_folds.max(1) + 1,
            found: folds,
        });
    }
    let size = rows / folds;
    if size <= purge + embargo + 1 {
        let what = "a fold of a combinatorial test".to_owned();
        return Err(PerformanceError::TooShort { what, least: purge + embargo + 2, found: size });
    }
    let end = |fold: usize| if fold + 1 == folds { rows } else { (fold + 1) * size };
    let ranges: Vec<Range<usize>> = (0..folds).map(|fold| fold * size..end(fold)).collect();
    let choices = choices(folds, test_folds);
    let splits = choices.iter().map(|tested| split(&ranges, tested, (purge, embargo))).collect();
    let testing = |fold: usize| -> Vec<usize> {
        (0..choices.len()).filter(|split| choices[*split].contains(&fold)).collect()
    };
    let by_fold: Vec<Vec<usize>> = (0..folds).map(testing).collect();
    let paths = (0..by_fold[0].len()).map(|path| by_fold.iter().map(|f| f[path]).collect());
    let paths = paths.collect();
    Ok(Paths { splits, folds: ranges, paths })
}

/// Every choice of `k` of `n`, in lexicographic order.
fn choices(n: usize, k: usize) -> Vec<Vec<usize>> {
    let mut choice: Vec<usize> = (0..k).collect();
    let mut all = Vec::new();
    loop {
        all.push(choice.clone());
        let Some(at) = (0..k).rev().find(|at| choice[*at] < n - k + at) else {
            return all;
        };
        choice[at] += 1;
        for next in at + 1..k {
            choice[next] = choice[next - 1] + 1;
        }
    }
}

fn split(folds: &[Range<usize>], tested: &[usize], (purge, embargo): (usize, usize)) -> Split {
    let clean = |row: &usize| {
        tested.iter().all(|fold| {
            let test = &folds[*fold];
            row + purge < test.start || *row >= test.end + purge + embargo
        })
    };
    let rows = folds.last().map_or(0, |last| last.end);
    Split {
        train: (0..rows).filter(clean).collect(),
        test: tested.iter().map(|fold| folds[*fold].clone()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// López de Prado (2018), figures 12.1 and 12.2: six folds, two of them tested, make 15 splits
    /// and 5 paths; split 3 (the second) tests folds 1 and 3, and the first path is tested by
    /// splits 1, 1, 2, 3, 4 and 5.
    #[test]
    fn six_folds_make_five_paths() {
        let shape = Combinatorial { folds: 6, test_folds: 2, purge: 0, embargo: 0 };
        let made = combinatorial(60, shape).unwrap();
        assert_eq!((made.splits.len(), made.paths.len()), (15, 5));
        assert_eq!(made.splits[1].test, [0..10, 20..30]);
        assert_eq!(made.paths[0], [0, 0, 1, 2, 3, 4]);
    }
}
