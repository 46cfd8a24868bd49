//! A long load of rows of a source, in batches, that can be cut off and go on.
//!
//! With every batch how far the load is is committed ([`Progress::At`]). Who loads the same source
//! again, in the same order and under the same name, goes on there: a store that takes rows as they
//! come says how many rows of the source to leave out; one that takes them in the order of their keys
//! ([`OnlineStore::sorts_in`]) sorts them again, and leaves out itself what is in. So every row is
//! written once, and a load that was cut off ends as one that was not.

use crate::batch::{Batch, Progress, Written};
use crate::error::OnlineError;
use crate::sorting::Runs;
use crate::store::OnlineStore;
use crate::value::Value;

/// What a load did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Rows of the source that were given.
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
    batch_bytes: usize,
    job: String,
    /// How far a load that was cut off came.
    mark: u64,
    runs: Option<Runs>,
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
        let mark = mark.filter(|mark| mark.job == job).map_or(0, |mark| mark.done);
        let mut begun = Self {
            store,
            batch: Batch::new(view, features),
            batch_bytes: store.batch_bytes(),
            job: job.to_owned(),
            mark,
            runs: None,
            loaded: Loaded::default(),
            clock,
        };
        begun.loaded.resumed_at = begun.to_leave_out();
        Ok(begun)
    }

    /// With batches of so many bytes, whatever the store would like.
    pub fn with_batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// How many rows of the source are not to be given again, because they are in already.
    pub fn to_leave_out(&self) -> u64 {
        if self.store.sorts_in().is_some() { 0 } else { self.mark }
    }

    /// Adds a row, and puts a batch down when there are enough.
    pub fn push(
        &mut self,
        entity: &[Value],
        event: i64,
        created: Option<i64>,
        values: &[Value],
    ) -> Result<(), OnlineError> {
        self.batch.push(entity, event, created, values)?;
        self.loaded.rows += 1;
        if self.batch.bytes() < self.batch_bytes {
            return Ok(());
        }
        match self.store.sorts_in() {
            None => self.write(self.mark + self.loaded.rows)?,
            Some(folder) => {
                let runs = match &mut self.runs {
                    Some(runs) => runs,
                    none => none.insert(Runs::within(folder)?),
                };
                runs.add(&self.batch)?;
                self.batch.clear();
            }
        }
        Ok(())
    }

    /// Counts a row of the source that is not to be kept.
    pub fn leave_out(&mut self) {
        self.loaded.rows += 1;
        self.loaded.left_out += 1;
    }

    /// Writes what is left; all events up to `to` are materialised then, in microseconds since 1970.
    /// Where rows are sorted first, that is all of them, and `told` hears how many more are written.
    pub fn finish(mut self, to: i64, told: &mut dyn FnMut(u64)) -> Result<Loaded, OnlineError> {
        if let Some(runs) = self.runs.take() {
            self.write_sorted(runs, told)?;
        }
        self.commit(Progress::Done { to })?;
        Ok(self.loaded)
    }

    /// Writes rows in the order of their keys, but for the last ones.
    fn write_sorted(
        &mut self,
        mut runs: Runs,
        told: &mut dyn FnMut(u64),
    ) -> Result<(), OnlineError> {
        runs.add(&self.batch)?;
        self.batch.clear();
        let (mut merged, mut done, mut said) = (runs.merged()?, 0, 0);
        while let Some((key, row)) = merged.next()? {
            done += 1;
            if done <= self.mark {
                self.loaded.resumed_at = done;
                continue;
            }
            self.batch.push_packed(key, row);
            if self.batch.bytes() >= self.batch_bytes {
                self.write(done)?;
                told(done - said);
                said = done;
            }
        }
        told(done - said);
        self.loaded.written.superseded += self.loaded.rows - self.loaded.left_out - done;
        Ok(())
    }

    fn write(&mut self, done: u64) -> Result<(), OnlineError> {
        let job = self.job.clone();
        self.commit(Progress::At { job: &job, done })
    }

    fn commit(&mut self, progress: Progress<'_>) -> Result<(), OnlineError> {
        let written = self.store.write(&self.batch, progress, (self.clock)())?;
        self.loaded.written.taken += written.taken;
        self.loaded.written.superseded += written.superseded;
        self.batch.clear();
        Ok(())
    }
}
