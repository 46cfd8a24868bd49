//! The facts, and the form in which they are kept.

use serde::{Deserialize, Serialize};
use types::{Digest, Id, RunId, Timestamp};

use crate::Because;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// What kind of fact a record holds: a closed list, each in the past tense.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $($(#[$doc])* $name),* }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];

            /// The word that is written into the journal.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$name => $text),* }
            }
        }
    };
}

kinds! {
    /// A person or a program asked for something.
    Commanded = "commanded",
    /// Data was seen: a snapshot, or the newest day of a panel.
    Observed = "observed",
    /// Feature vectors were computed.
    Featured = "featured",
    /// A model was trained.
    Trained = "trained",
    /// A model was measured on data that it was not trained on.
    Evaluated = "evaluated",
    /// A model version entered the registry.
    Registered = "registered",
    /// An alias was moved to a model version.
    Promoted = "promoted",
    /// An alias was moved back.
    RolledBack = "rolled_back",
    /// A registered model was made.
    Created = "created",
    /// A registered model was given another name.
    Renamed = "renamed",
    /// A model or a version was described.
    Described = "described",
    /// A tag was set on a model or a version, or taken off it.
    Tagged = "tagged",
    /// A version was moved to a stage.
    Staged = "staged",
    /// A version was approved for an alias.
    Approved = "approved",
    /// An alias was taken away.
    Released = "released",
    /// A model or a version was deleted.
    Deleted = "deleted",
    /// A policy was set.
    Ruled = "ruled",
    /// Returns were forecast.
    Forecast = "forecast",
    /// Moments of the returns were estimated.
    Estimated = "estimated",
    /// Target weights were chosen.
    Allocated = "allocated",
    /// A wish was cut: lot rounding, a minimum trade, a limit, missing cash.
    Trimmed = "trimmed",
    /// Orders were held against the pre-trade limits.
    Checked = "checked",
    /// An order was refused by a limit.
    Refused = "refused",
    /// An order was placed at a venue.
    Placed = "placed",
    /// A venue rejected an order.
    Rejected = "rejected",
    /// A venue filled an order.
    Filled = "filled",
    /// A dividend, a split or interest was booked.
    Booked = "booked",
    /// The portfolio was measured.
    Measured = "measured",
    /// Features were compared with those of the training.
    Drifted = "drifted",
    /// A threshold was crossed.
    Alerted = "alerted",
    /// A decision was not to trade.
    Held = "held",
    /// A run came to its end.
    Completed = "completed",
    /// What a run used of the machine. Never the same twice, so replay does not compare it.
    Metered = "metered",
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Kind::ALL
            .iter()
            .find(|kind| kind.as_str() == text)
            .copied()
            .ok_or_else(|| format!("`{text}` is not a kind of record"))
    }
}

/// A fact that is not yet in a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(crate) at: Timestamp,
    pub(crate) id: Id,
    pub(crate) run: Option<RunId>,
    pub(crate) kind: Kind,
    pub(crate) because: Vec<Id>,
    pub(crate) payload: Vec<u8>,
    pub(crate) objects: Vec<Vec<u8>>,
}

impl Draft {
    /// A fact with its causes. `payload` is what the fact says, usually JSON.
    pub fn fact(
        kind: Kind,
        at: Timestamp,
        id: impl Into<Id>,
        because: Because,
        payload: Vec<u8>,
    ) -> Self {
        Self { because: because.into_ids(), ..Self::causeless(kind, at, id.into(), payload) }
    }

    /// Data was seen: the one kind of fact, beside a command, that needs no cause.
    pub fn observed(at: Timestamp, id: impl Into<Id>, payload: Vec<u8>) -> Self {
        Self::causeless(Kind::Observed, at, id.into(), payload)
    }

    /// A person or a program asked for something.
    pub fn commanded(at: Timestamp, id: impl Into<Id>, payload: Vec<u8>) -> Self {
        Self::causeless(Kind::Commanded, at, id.into(), payload)
    }

    fn causeless(kind: Kind, at: Timestamp, id: Id, payload: Vec<u8>) -> Self {
        Self { at, id, run: None, kind, because: vec![], payload, objects: vec![] }
    }

    /// As part of a run.
    #[must_use]
    pub fn in_run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    /// With further bytes that the payload names by their digest, kept together with the fact.
    #[must_use]
    pub fn with_objects(mut self, objects: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.objects.extend(objects);
        self
    }

    /// The name that the record will have.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// What kind of fact it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How many bytes are kept for it: the payload and what the payload names.
    pub fn bytes(&self) -> usize {
        self.payload.len() + self.objects.iter().map(Vec::len).sum::<usize>()
    }

    /// What the fact says.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Seals the fact as number `seq` behind the record with hash `prev_hash`.
    pub fn seal(self, seq: u64, prev_hash: Digest) -> Sealed {
        let digest = Digest::of(&self.payload);
        let mut record = Record {
            seq,
            at: self.at,
            id: self.id,
            run: self.run,
            kind: self.kind,
            because: self.because,
            digest,
            prev_hash,
            hash: Digest::ZERO,
        };
        record.hash = record.computed_hash();
        Sealed { record, payload: self.payload, objects: self.objects }
    }
}

/// A record with the bytes that must be kept with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The record.
    pub record: Record,
    /// The payload, to be found under the record's digest.
    pub payload: Vec<u8>,
    /// What the payload names, each to be found under its digest.
    pub objects: Vec<Vec<u8>>,
}

/// A fact in its place in the chain. The payload is kept apart, under its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The place in the chain, from 0. It orders replay; timestamps never do.
    pub seq: u64,
    /// When it happened: in a backtest, the day that was simulated.
    pub at: Timestamp,
    /// Its name.
    pub id: Id,
    /// The run that it belongs to, if any.
    pub run: Option<RunId>,
    /// What kind of fact it is.
    pub kind: Kind,
    /// The names of its causes.
    pub because: Vec<Id>,
    /// The digest of the payload.
    pub digest: Digest,
    /// The hash of the record before it.
    pub prev_hash: Digest,
    /// The hash over all of the above.
    pub hash: Digest,
}

impl Record {
    /// The hash that the record should have.
    pub fn computed_hash(&self) -> Digest {
        let seq = self.seq.to_le_bytes();
        let at = self.at.timestamp_micros().to_le_bytes();
        let count = (self.because.len() as u64).to_le_bytes();
        let run = self.run.as_ref().map_or("", |run| run.as_str());
        let head: [&[u8]; 8] = [
            &seq,
            &at,
            self.id.as_str().as_bytes(),
            run.as_bytes(),
            self.kind.as_str().as_bytes(),
            self.digest.as_bytes(),
            self.prev_hash.as_bytes(),
            &count,
        ];
        Digest::of_parts(
            head.into_iter().chain(self.because.iter().map(|id| id.as_str().as_bytes())),
        )
    }

    /// Whether two records say the same, wherever in a chain they stand.
    pub fn says_the_same(&self, other: &Record) -> bool {
        self.at == other.at
            && self.id == other.id
            && self.run == other.run
            && self.kind == other.kind
            && self.because == other.because
            && self.digest == other.digest
    }
}
