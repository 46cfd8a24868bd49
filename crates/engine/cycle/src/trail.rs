//! The facts of one day, as they are produced: names, causes and payloads, ready for the journal.

use journal::{Because, Draft, Kind};
use serde::Serialize;
use types::{Date, Id, RunId, close_of};

/// Collects the facts of one day of a run.
#[derive(Debug)]
pub struct Trail {
    run: RunId,
    day: Date,
    drafts: Vec<Draft>,
}

impl Trail {
    /// Facts of `run` on `day`.
    pub fn new(run: &RunId, day: Date) -> Self {
        Self { run: run.clone(), day, drafts: Vec::new() }
    }

    /// The day.
    pub fn day(&self) -> Date {
        self.day
    }

    /// The name that the fact `what` of this day has, whether or not it is in the trail.
    pub fn id(&self, what: &str) -> Id {
        format!("{}/{}/{what}", self.run, self.day).into()
    }

    /// Adds the fact `what` with its causes; gives its name.
    pub fn fact(&mut self, kind: Kind, what: &str, because: Because, says: &impl Serialize) -> Id {
        let id = self.id(what);
        self.named(kind, id, because, says, [])
    }

    /// Adds a fact under a name of its own, with further bytes that it speaks of.
    pub fn named(
        &mut self,
        kind: Kind,
        id: Id,
        because: Because,
        says: &impl Serialize,
        objects: impl IntoIterator<Item = Vec<u8>>,
    ) -> Id {
        let payload = serde_json::to_vec(says).expect("facts have text keys and finite numbers");
        let draft = Draft::fact(kind, close_of(self.day), id.clone(), because, payload)
            .in_run(self.run.clone())
            .with_objects(objects);
        self.drafts.push(draft);
        id
    }

    /// The fact that was added last.
    pub fn newest(&self) -> Option<&Draft> {
        self.drafts.last()
    }

    /// The facts so far.
    pub fn drafts(&self) -> &[Draft] {
        &self.drafts
    }

    /// The facts, in their order.
    pub fn into_drafts(self) -> Vec<Draft> {
        self.drafts
    }
}
