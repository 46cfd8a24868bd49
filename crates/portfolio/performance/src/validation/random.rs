//! Walk-forward tests in random windows over random assets.
//!
//! One history is one draw. Many tests, each in a window of its own over assets of its own, show
//! how much of a result hangs on where the test began and what happened to be in it (Palomar, 2025,
//! *Portfolio Optimization*, ch. 8, multiple randomised backtests).

use std::collections::BTreeSet;

use super::{Split, WalkForward, walk_forward};
use crate::PerformanceError;

/// The shape of a randomised test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Randomised {
    /// How many tests.
    pub tests: usize,
    /// Rows of each test's window.
    pub window: usize,
    /// Assets of each test.
    pub assets: usize,
    /// How each test walks through its window.
    pub walk: WalkForward,
    /// Where the random numbers start: the same seed gives the same tests.
    pub seed: u64,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The assets, ascending column numbers without repeats.
    pub assets: Vec<usize>,
    /// The splits, in rows of the whole history.
    pub splits: Vec<Split>,
}

/// The tests over `rows` rows and `columns` assets. Two tests may share their window, but hardly
/// their assets too.
///
/// Fails if a window or its assets are more than there are, and as [`walk_forward`] does.
pub fn randomised(
    rows: usize,
    columns: usize,
    shape: Randomised,
) -> Result<Vec<Window>, PerformanceError> {
    let short = |what: &str, least, found| PerformanceError::TooShort {
        what: what.to_owned(),
        least,
        found,
    };
    if shape.window > rows {
        return Err(short("the history of a randomised test", shape.window, rows));
    }
    if shape.assets == 0 || shape.assets > columns {
        return Err(short("the universe of a randomised test", shape.assets.max(1), columns));
    }
    let splits = walk_forward(shape.window, shape.walk)?;
    let mut random = SplitMix(shape.seed);
    let tests = (0..shape.tests).map(|_| {
        let start = random.below(rows - shape.window + 1);
        let splits = splits.iter().map(|split| shifted(split, start)).collect();
        Window { assets: random.choose(columns, shape.assets), splits }
    });
    Ok(tests.collect())
}

fn shifted(split: &Split, by: usize) -> Split {
    Split {
        train: split.train.iter().map(|row| row + by).collect(),
        test: split.test.iter().map(|range| range.start + by..range.end + by).collect(),
    }
}

/// Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, all alike, by rejection (Lemire, 2019).
    fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        loop {
            let product = u128::from(self.next()) * u128::from(n);
            if product as u64 >= n.wrapping_neg() % n {
                return (product >> 64) as usize;
            }
        }
    }

    /// `k` of `n`, all choices alike (Floyd's algorithm: Bentley, 1987).
    fn choose(&mut self, n: usize, k: usize) -> Vec<usize> {
        let mut chosen = BTreeSet::new();
        for last in n - k..n {
            let pick = self.below(last + 1);
            if !chosen.insert(pick) {
                chosen.insert(last);
            }
        }
        chosen.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers from 1234567 that Vigna's reference `splitmix64.c` gives.
    #[test]
    fn numbers_are_those_of_the_reference() {
        let mut random = SplitMix(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn windows_and_assets_fit() {
        let walk = WalkForward { train: 6, test: 2, purge: 0, expanding: false, partial: false };
        let shape = Randomised { tests: 200, window: 12, assets: 3, walk, seed: 9 };
        let tests = randomised(30, 8, shape).unwrap();
        assert_eq!(tests, randomised(30, 8, shape).unwrap());
        let mut drawn = [0; 8];
        for test in &tests {
            assert!(test.assets.windows(2).all(|pair| pair[0] < pair[1]));
            test.assets.iter().for_each(|asset| drawn[*asset] += 1);
            assert_eq!(test.splits.len(), 3);
            assert!(test.splits[2].test[0].end <= 30);
        }
        // 75 expected, a deviation of 7.
        assert!(drawn.iter().all(|times| (45..105).contains(times)), "{drawn:?}");
        assert!(randomised(11, 8, shape).is_err() && randomised(30, 2, shape).is_err());
    }
}
