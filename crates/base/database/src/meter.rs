//! What a database was asked to do, counted while it is done.
//!
//! Work notes how long it waited and how long it took; whoever watches reads a [`Usage`]. Counting
//! is a few additions to numbers that threads share without locks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Bounds of how long something took, in seconds.
const SECONDS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0, 10.0,
];

/// Bounds of how many writes a group had.
const WRITES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];

/// What a database was asked to do since it was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// Work that only reads.
    pub reads: KindOfWork,
    /// Work that writes.
    pub writes: KindOfWork,
    /// How many writes shared a commit. PostgreSQL groups commits itself: none are counted there.
    pub groups: Spread,
}

/// Work of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct KindOfWork {
    /// How much was taken in and ended, well or not.
    pub done: u64,
    /// How much of it ended in an error of the database.
    pub failed: u64,
    /// How much was refused because too much waited.
    pub refused: u64,
    /// How much waits now.
    pub waiting: usize,
    /// How long work waited for its turn, in seconds.
    pub waited: Spread,
    /// How long work took, with its wait and its commit, in seconds.
    pub took: Spread,
}

/// How values are spread.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Bounds, each with how many values lie at or below it and above the one before; the last bound
    /// is infinite.
    pub counts: Vec<(f64, u64)>,
    /// The sum of the values, good to a millionth each.
    pub sum: f64,
}

/// The numbers behind a [`Usage`].
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) reads: Tally,
    pub(crate) writes: Tally,
    groups: Values,
}

impl Default for Meter {
    fn default() -> Self {
        Self { reads: Tally::default(), writes: Tally::default(), groups: Values::new(WRITES) }
    }
}

impl Meter {
    /// So many writes were committed together.
    pub(crate) fn group(&self, writes: usize) {
        self.groups.add(writes as f64);
    }

    pub(crate) fn usage(&self, reads_waiting: usize, writes_waiting: usize) -> Usage {
        Usage {
            reads: self.reads.read(reads_waiting),
            writes: self.writes.read(writes_waiting),
            groups: self.groups.read(),
        }
    }
}

/// The numbers of one kind of work.
#[derive(Debug)]
pub(crate) struct Tally {
    failed: AtomicU64,
    refused: AtomicU64,
    waited: Values,
    took: Values,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            failed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            waited: Values::new(SECONDS),
            took: Values::new(SECONDS),
        }
    }
}

impl Tally {
    /// Work had its turn.
    pub(crate) fn begun(&self, waited: Duration) {
        self.waited.add(waited.as_secs_f64());
    }

    /// Work ended.
    pub(crate) fn ended(&self, took: Duration, failed: bool) {
        self.took.add(took.as_secs_f64());
        if failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Work was not taken in.
    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self, waiting: usize) -> KindOfWork {
        let took = self.took.read();
        KindOfWork {
            done: took.counts.iter().map(|(_, count)| count).sum(),
            failed: self.failed.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            waiting,
            waited: self.waited.read(),
            took,
        }
    }
}

/// Values by the bounds that they lie between.
#[derive(Debug)]
struct Values {
    bounds: &'static [f64],
    counts: Vec<AtomicU64>,
    millionths: AtomicU64,
}

impl Values {
    fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, millionths: AtomicU64::new(0) }
    }

    fn add(&self, value: f64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        self.millionths.fetch_add((value * 1e6).round() as u64, Ordering::Relaxed);
    }

    fn read(&self) -> Spread {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        Spread {
            counts: bounds.zip(counts).collect(),
            sum: self.millionths.load(Ordering::Relaxed) as f64 / 1e6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_at_or_below_its_bound() {
        let values = Values::new(WRITES);
        for value in [1.0, 2.0, 3.0, 1_024.0, 1_025.0] {
            values.add(value);
        }
        let spread = values.read();
        let count =
            |bound: f64| spread.counts.iter().find(|(b, _)| b.total_cmp(&bound).is_eq()).unwrap().1;
        assert_eq!([count(1.0), count(2.0), count(4.0), count(8.0)], [1, 1, 1, 0]);
        assert_eq!([count(1_024.0), count(f64::INFINITY)], [1, 1]);
        assert!((spread.sum - 2_055.0).abs() < 1e-9);
    }
}
