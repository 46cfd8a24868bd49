//! Repeating a run against what the journal says of it.
//!
//! A run is a function of its mandate, its data and its code. So it can be repeated, and each fact
//! that the repetition produces must be the one that stands in the journal. That is how a run that
//! was cut off is resumed (compare what is there, append what is missing) and how a run is replayed
//! (compare, append nothing).

use std::collections::VecDeque;

use types::{Digest, Id, RunId};

use crate::{Draft, Kind, Record, Sealed, Spine, SpineError};

/// A spine that compares the facts of one run with those it has, before it appends any.
#[derive(Debug)]
pub struct Retrace<'a, S> {
    spine: &'a mut S,
    expected: VecDeque<Id>,
    compared: usize,
    appends: bool,
}

impl<'a, S: Spine> Retrace<'a, S> {
    /// Compares while there is something to compare with, then appends.
    pub fn resume(spine: &'a mut S, records: &[Record], run: &RunId) -> Self {
        Self::over(spine, records, run, true)
    }

    /// Compares, and appends nothing; what goes beyond the journal is an error.
    pub fn replay(spine: &'a mut S, records: &[Record], run: &RunId) -> Self {
        Self::over(spine, records, run, false)
    }

    fn over(spine: &'a mut S, records: &[Record], run: &RunId, appends: bool) -> Self {
        let expected = records
            .iter()
            .filter(|record| record.run.as_ref() == Some(run) && record.kind != Kind::Metered)
            .map(|record| record.id.clone())
            .collect();
        Self { spine, expected, compared: 0, appends }
    }

    /// How many records agreed so far.
    pub fn compared(&self) -> usize {
        self.compared
    }

    /// How many records of the run were not reached.
    pub fn remaining(&self) -> usize {
        self.expected.len()
    }

    fn compare(&mut self, draft: &Draft, expected: &Id) -> Result<(), SpineError> {
        let diverged = |what: String| SpineError::Diverged { id: expected.clone(), what };
        let found = self.spine.record(expected).expect("the id came from the journal");
        if draft.id() != expected {
            return Err(diverged(format!("the repetition has {} in its place", draft.id())));
        }
        let Sealed { record: again, payload, objects } =
            draft.clone().seal(found.seq, found.prev_hash);
        if !again.says_the_same(found) {
            return Err(diverged(difference(found, &again)));
        }
        // What was kept with the record must still be there, and unaltered.
        for object in objects.iter().chain([&payload]) {
            self.spine.payload(&Digest::of(object))?;
        }
        self.compared += 1;
        Ok(())
    }
}

fn difference(found: &Record, again: &Record) -> String {
    if found.because != again.because {
        format!("its causes were {:?} and are now {:?}", found.because, again.because)
    } else if found.digest != again.digest {
        format!(
            "its payload had the digest {} and has now {}",
            found.digest.short(),
            again.digest.short()
        )
    } else {
        format!("it was {} at {} and is now {} at {}", found.kind, found.at, again.kind, again.at)
    }
}

impl<S: Spine> Spine for Retrace<'_, S> {
    fn append(&mut self, batch: Vec<Draft>) -> Result<(), SpineError> {
        let mut fresh = Vec::new();
        for draft in batch {
            match self.expected.pop_front() {
                Some(expected) => self.compare(&draft, &expected)?,
                None if self.appends => fresh.push(draft),
                None if draft.kind() == Kind::Metered => {}
                None => {
                    return Err(SpineError::Diverged {
                        id: draft.id().clone(),
                        what: "the journal ends before it".to_owned(),
                    });
                }
            }
        }
        if fresh.is_empty() { Ok(()) } else { self.spine.append(fresh) }
    }

    fn sync(&mut self) -> Result<(), SpineError> {
        if self.appends { self.spine.sync() } else { Ok(()) }
    }

    fn record(&self, id: &Id) -> Option<&Record> {
        self.spine.record(id)
    }

    fn payload(&self, digest: &Digest) -> Result<Vec<u8>, SpineError> {
        self.spine.payload(digest)
    }
}
