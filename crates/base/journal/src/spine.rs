//! The door to a journal, and the check of a chain.

use types::{Digest, Id};

use crate::{Draft, Record};

/// Why a journal did not take or give something.
#[derive(Debug, thiserror::Error)]
pub enum SpineError {
    /// The medium failed. Nothing of the batch was kept.
    #[error("the journal could not be written, nothing of this step was kept: {0}")]
    Medium(String),
    /// A fact names a cause that is not in the journal.
    #[error("record {record} names the cause {cause}, which is not in the journal")]
    UnknownCause {
        /// The fact.
        record: Id,
        /// The cause that it names.
        cause: Id,
    },
    /// A name was used twice.
    #[error("record {0} is in the journal already")]
    Duplicate(Id),
    /// While a run was repeated, it said something else than the journal does.
    #[error(
        "record {id} differs from the journal: {what}. The code, the data or the mandate changed \
         since it was recorded"
    )]
    Diverged {
        /// The record.
        id: Id,
        /// How it differs.
        what: String,
    },
    /// An object that should be there is not, or is not what its digest says.
    #[error("object {digest}: {what}")]
    Object {
        /// Its digest.
        digest: Digest,
        /// What is wrong.
        what: String,
    },
}

/// A journal that can be appended to and read.
///
/// A batch is kept whole or not at all, after all batches before it. What was appended is durable
/// once [`Spine::sync`] returns; that is due before anything outside this process is told to act,
/// and before a result is reported.
pub trait Spine {
    /// Appends facts in their order.
    fn append(&mut self, batch: Vec<Draft>) -> Result<(), SpineError>;

    /// Makes everything durable that was appended.
    fn sync(&mut self) -> Result<(), SpineError>;

    /// The record with this name.
    fn record(&self, id: &Id) -> Option<&Record>;

    /// The payload with this digest.
    fn payload(&self, digest: &Digest) -> Result<Vec<u8>, SpineError>;
}

/// The first record at which a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is broken at record {seq} ({id}): {what}")]
pub struct Broken {
    /// Its place.
    pub seq: u64,
    /// Its name.
    pub id: Id,
    /// What does not hold.
    pub what: String,
}

/// Holds a chain against its hashes: each record's own hash, its link to the one before, its place,
/// and that its causes came before it. Gives the hash of the last record.
pub fn verify<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Digest, Broken> {
    let mut chain = Chain::default();
    records.into_iter().try_for_each(|record| chain.take(record))?;
    Ok(chain.head())
}

/// A chain that is held against its hashes record by record, for those too long to have in memory.
#[derive(Debug, Default)]
pub struct Chain {
    seen: std::collections::HashSet<Id>,
    records: u64,
    last: Digest,
}

impl Chain {
    /// Takes the next record, or says what does not hold.
    pub fn take(&mut self, record: &Record) -> Result<(), Broken> {
        let broken =
            |what: &str| Broken { seq: self.records, id: record.id.clone(), what: what.to_owned() };
        if record.seq != self.records {
            return Err(broken("a record is missing before it"));
        }
        if record.hash != record.computed_hash() {
            return Err(broken("its content does not match its hash"));
        }
        if record.prev_hash != self.last {
            return Err(broken("it is not linked to the record before it"));
        }
        if let Some(cause) = record.because.iter().find(|cause| !self.seen.contains(*cause)) {
            return Err(broken(&format!("its cause {cause} does not come before it")));
        }
        if !self.seen.insert(record.id.clone()) {
            return Err(broken("its name is used twice"));
        }
        self.last = record.hash;
        self.records += 1;
        Ok(())
    }

    /// How many records it has.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The hash of the last record.
    pub fn head(&self) -> Digest {
        self.last
    }
}
