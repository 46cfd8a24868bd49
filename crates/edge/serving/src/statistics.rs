//! What a model was asked and how long it took, in the terms of Triton's statistics extension.
//!
//! SOURCE: Triton's public specification of the extension "statistics".

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::Computed;

/// A number of times, and the time that they took together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Timing {
    /// How often.
    pub count: u64,
    /// How long in all, in nanoseconds.
    pub ns: u64,
}

impl Timing {
    fn add(&mut self, took: Duration) {
        self.count += 1;
        self.ns = self.ns.saturating_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// How long answers took, from the arrival of their requests, in nanoseconds: the time within which a
/// share of them was there, to a hundredth of itself. Times beyond a minute count as a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// How many answers.
    pub count: u64,
    /// Half of them.
    pub p50_ns: u64,
    /// Ninety-nine of a hundred.
    pub p99_ns: u64,
}

/// What was counted since a model was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// When it was last asked, in milliseconds since 1970.
    pub last_inference: u64,
    /// Rows that were predicted.
    pub inference_count: u64,
    /// Batches that were computed.
    pub execution_count: u64,
    /// Requests that were answered, from their arrival to their answer.
    pub success: Timing,
    /// How the times of these are spread.
    pub latency: Quantiles,
    /// Requests that failed.
    pub fail: Timing,
    /// Waiting for others to be computed.
    pub queue: Timing,
    /// Reading inputs.
    pub compute_input: Timing,
    /// Computing.
    pub compute_infer: Timing,
    /// Writing answers.
    pub compute_output: Timing,
    /// Computing, by the rows of the batch.
    pub batches: BTreeMap<usize, Timing>,
    /// Predictions that were flagged as invalid.
    pub invalid: u64,
    /// Requests that were refused because too much waited.
    pub crowded: u64,
}

/// Counts for one model.
#[derive(Debug)]
pub struct Statistics {
    tally: Mutex<Tally>,
    /// Nanoseconds up to a minute, to two digits.
    latency: Mutex<Histogram<u64>>,
}

/// The longest time that is told from longer ones, in nanoseconds.
const LONGEST: u64 = 60_000_000_000;

impl Default for Statistics {
    fn default() -> Self {
        let latency = Histogram::new_with_bounds(1, LONGEST, 2);
        let latency = Mutex::new(latency.expect("a nanosecond is less than a minute"));
        Self { tally: Mutex::default(), latency }
    }
}

/// Batch sizes are told apart up to so many; larger ones count as the next power of two.
const TOLD_APART: usize = 32;

impl Statistics {
    /// A request was answered.
    pub fn answered(
        &self,
        now_ms: u64,
        rows: usize,
        computed: &Computed,
        [read, written, whole]: [Duration; 3],
    ) {
        self.took(whole);
        let mut tally = self.tally();
        tally.last_inference = now_ms;
        tally.inference_count += rows as u64;
        tally.success.add(whole);
        tally.queue.add(computed.queued);
        tally.compute_input.add(read);
        tally.compute_output.add(written);
        if computed.first {
            tally.execution_count += 1;
            tally.compute_infer.add(computed.computed);
            let size = match computed.batch {
                size if size <= TOLD_APART => size,
                size => size.next_power_of_two(),
            };
            tally.batches.entry(size).or_default().add(computed.computed);
        }
    }

    /// A request was answered by another process.
    pub fn forwarded(&self, now_ms: u64, rows: usize, whole: Duration) {
        self.took(whole);
        let mut tally = self.tally();
        tally.last_inference = now_ms;
        tally.inference_count += rows as u64;
        tally.execution_count += 1;
        tally.success.add(whole);
    }

    /// A request failed.
    pub fn failed(&self, whole: Duration, crowded: bool) {
        let mut tally = self.tally();
        tally.fail.add(whole);
        tally.crowded += u64::from(crowded);
    }

    /// Predictions were flagged as invalid.
    pub fn flagged(&self, rows: usize) {
        self.tally().invalid += rows as u64;
    }

    /// What was counted so far.
    pub fn so_far(&self) -> Tally {
        let latency = {
            let latency = self.latency.lock().unwrap_or_else(PoisonError::into_inner);
            let within = |share| latency.value_at_quantile(share);
            Quantiles { count: latency.len(), p50_ns: within(0.5), p99_ns: within(0.99) }
        };
        Tally { latency, ..self.tally().clone() }
    }

    fn took(&self, whole: Duration) {
        let ns = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX).min(LONGEST);
        self.latency.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(ns);
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the times 1, 2, … 10,000 µs the half is within 5,000 µs, and 99 of 100 within 9,900 µs.
    #[test]
    fn half_of_all_answers_and_nearly_all_of_them_have_a_time() {
        let statistics = Statistics::default();
        for us in (1..=10_000).rev() {
            statistics.forwarded(0, 1, Duration::from_micros(us));
        }
        let found = statistics.so_far().latency;
        assert_eq!(found.count, 10_000);
        for (ns, us) in [(found.p50_ns, 5_000.0), (found.p99_ns, 9_900.0)] {
            let gap = (ns as f64 / 1_000.0 - us).abs();
            assert!(gap <= us / 100.0, "{ns} ns and {us} µs");
        }
        statistics.forwarded(0, 1, Duration::from_secs(86_400));
        assert_eq!(statistics.so_far().latency.count, 10_001);
    }
}
