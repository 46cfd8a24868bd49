//! A long load of rows of a source, in batches, that can be cut off and go on.
//!
//! With every batch how many rows of the source are done is committed ([`Progress::At`]). Who loads
//! the same source again, in the same order and under the same name, is told how many rows to leave
//! out. So every row is written once, and a load that was cut off ends as one that was not.

use crate::batch::{Batch, Progress, Written};
use crate::error::OnlineError;
use crate::store::OnlineStore;
use crate::value::Value;

/// What a load did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Rows of the source that were given, those that were in before left out.
    pub rows: u64,
    /// Those that were left out.
    pub left_out: u64,
    /// What became of the others.
    pub written: Written,
    /// Rows that were in before, from a load that was cut off.
    pub resumed_at: u64,
}

/// A load at work.
#[derive(Debug)]
pub struct Loading<'a> {
    store: &'a dyn OnlineStore,
    batch: Batch,
    job: String,
    loaded: Loaded,
    clock: fn() -> i64,
}

impl<'a> Loading<'a> {
    /// Begins, or goes on with, a load of a view. `job` names it: whatever makes the rows or their
    /// order other ones must be part of it. `clock` gives microseconds since 1970.
    pub fn begin(
        store: &'a dyn OnlineStore,
        view: &str,
        features: &[String],
        job: &str,
        clock: fn() -> i64,
    ) -> Result<Self, OnlineError> {
        let mark = store.state(view)?.and_then(|state| state.mark);
        let resumed_at = mark.filter(|mark| mark.job == job).map_or(0, |mark| mark.done);
        let loaded = Loaded { resumed_at, ..Loaded::default() };
        Ok(Self { store, batch: Batch::new(view, features), job: job.to_owned(), loaded, clock })
    }

    /// How many rows of the source are in already: they are not to be given again.
    pub fn resumed_at(&self) -> u64 {
        self.loaded.resumed_at
    }

    /// Adds a row, and writes a batch when there are enough.
    pub fn push(
        &mut self,
        entity: &[Value],
        event: i64,
        created: Option<i64>,
        values: &[Value],
    ) -> Result<(), OnlineError> {
        self.batch.push(entity, event, created, values)?;
        self.loaded.rows += 1;
        match self.batch.bytes() >= self.store.batch_bytes() {
            true => self.write(),
            false => Ok(()),
        }
    }

    /// Counts a row of the source that is not to be kept.
    pub fn leave_out(&mut self) {
        self.loaded.rows += 1;
        self.loaded.left_out += 1;
    }

    fn write(&mut self) -> Result<(), OnlineError> {
        let done = self.loaded.resumed_at + self.loaded.rows;
        let progress = Progress::At { job: &self.job, done };
        let written = self.store.write(&self.batch, progress, (self.clock)())?;
        self.add(written);
        self.batch.clear();
        Ok(())
    }

    fn add(&mut self, written: Written) {
        self.loaded.written.taken += written.taken;
        self.loaded.written.superseded += written.superseded;
    }

    /// Writes what is there, to go on another time.
    pub fn pause(mut self) -> Result<(), OnlineError> {
        self.write()
    }

    /// Writes what is left; all events up to `to` are materialised then, in microseconds since 1970.
    pub fn finish(mut self, to: i64) -> Result<Loaded, OnlineError> {
        let written = self.store.write(&self.batch, Progress::Done { to }, (self.clock)())?;
        self.add(written);
        Ok(self.loaded)
    }
}
