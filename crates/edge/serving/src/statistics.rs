//! What a model was asked and how long it took, in the terms of Triton's statistics extension.
//!
//! SOURCE: Triton's public specification of the extension "statistics".

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

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
#[derive(Debug, Default)]
pub struct Statistics {
    tally: Mutex<Tally>,
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
    pub fn forwarded(&self, now_ms: u64, whole: Duration) {
        let mut tally = self.tally();
        tally.last_inference = now_ms;
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
        self.tally().clone()
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
