//! A journal that only remembers: the index over the records that every spine needs, and on its
//! own a journal for questions that leave no trace.

use std::collections::HashMap;

use types::{Digest, Id};

use crate::{Draft, Record, Sealed, Spine, SpineError};

/// Records in order, found by name, with their payloads.
#[derive(Debug, Default, Clone)]
pub struct Memory {
    records: Vec<Record>,
    by_id: HashMap<Id, usize>,
    by_digest: HashMap<Digest, usize>,
    payloads: HashMap<Digest, Vec<u8>>,
}

impl Memory {
    /// An index over a chain that was verified; it holds no payloads.
    pub fn of(records: Vec<Record>) -> Self {
        let by_id = records.iter().enumerate().map(|(i, r)| (r.id.clone(), i)).collect();
        let by_digest = records.iter().enumerate().map(|(i, r)| (r.digest, i)).collect();
        Self { records, by_id, by_digest, payloads: HashMap::new() }
    }

    /// All records, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Seals a batch behind the last record, without adding it. Refuses a name that is taken and a
    /// cause that is not known; a batch may name causes within itself.
    pub fn seal(&self, batch: Vec<Draft>) -> Result<Vec<Sealed>, SpineError> {
        let mut prev = self.records.last().map_or(Digest::ZERO, |record| record.hash);
        let mut fresh = std::collections::HashSet::new();
        let mut sealed = Vec::with_capacity(batch.len());
        for (offset, draft) in batch.into_iter().enumerate() {
            if self.by_id.contains_key(&draft.id) || !fresh.insert(draft.id.clone()) {
                return Err(SpineError::Duplicate(draft.id));
            }
            if let Some(cause) = draft
                .because
                .iter()
                .find(|cause| !self.by_id.contains_key(*cause) && !fresh.contains(*cause))
            {
                return Err(SpineError::UnknownCause { record: draft.id, cause: cause.clone() });
            }
            let one = draft.seal((self.records.len() + offset) as u64, prev);
            prev = one.record.hash;
            sealed.push(one);
        }
        Ok(sealed)
    }

    /// Adds a sealed record.
    pub fn push(&mut self, record: Record) {
        self.by_id.insert(record.id.clone(), self.records.len());
        self.by_digest.insert(record.digest, self.records.len());
        self.records.push(record);
    }

    /// The newest record whose payload has this digest.
    pub fn with_payload(&self, digest: &Digest) -> Option<&Record> {
        self.by_digest.get(digest).map(|place| &self.records[*place])
    }

    /// The record with this name.
    pub fn get(&self, id: &Id) -> Option<&Record> {
        self.by_id.get(id).map(|place| &self.records[*place])
    }
}

impl Spine for Memory {
    fn append(&mut self, batch: Vec<Draft>) -> Result<(), SpineError> {
        for Sealed { record, payload, objects } in self.seal(batch)? {
            self.payloads.insert(record.digest, payload);
            self.payloads.extend(objects.into_iter().map(|bytes| (Digest::of(&bytes), bytes)));
            self.push(record);
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), SpineError> {
        Ok(())
    }

    fn record(&self, id: &Id) -> Option<&Record> {
        self.get(id)
    }

    fn payload(&self, digest: &Digest) -> Result<Vec<u8>, SpineError> {
        self.payloads.get(digest).cloned().ok_or_else(|| SpineError::Object {
            digest: *digest,
            what: "not in this journal".to_owned(),
        })
    }
}
