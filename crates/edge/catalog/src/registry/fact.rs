//! What can happen to the registry, and how it is written down.

use journal::Kind;
use serde::{Deserialize, Serialize};
use tracking::Metadata;

use super::policy::Policy;
use crate::Tag;

/// The place of a policy that holds for all models without one of their own.
pub(super) const ALL_MODELS: i64 = -1;

/// The payload of a record: who changed what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Who did it.
    pub by: String,
    /// In which workspace.
    pub workspace: String,
    /// The number of the model, or [`ALL_MODELS`].
    pub model: i64,
    /// Its name behind this; empty for all models.
    pub name: String,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// The payload of the record before the facts of a request: what was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Command {
    /// Who asked.
    pub by: String,
    /// In which workspace.
    pub workspace: String,
    /// For what: `model-versions/create`.
    pub call: String,
}

/// What happened to a model, or to a version of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub(super) enum Fact {
    /// The model was made.
    Created { description: Option<String>, tags: Vec<Tag> },
    /// It has another name.
    Renamed { from: String },
    /// It, or a version, was described.
    Described { version: Option<i64>, description: Option<String> },
    /// A tag was set.
    Tagged { version: Option<i64>, key: String, value: String },
    /// A tag was taken off.
    Untagged { version: Option<i64>, key: String },
    /// A version was made.
    Registered(Box<Registered>),
    /// A version was moved to a stage.
    Staged { version: i64, stage: String, from: String },
    /// An alias was moved to a version.
    Promoted {
        version: i64,
        alias: String,
        previous: Option<i64>,
        why: Option<String>,
        gates: Vec<String>,
    },
    /// An alias was moved back to a version.
    RolledBack { version: i64, alias: String, previous: Option<i64>, why: Option<String> },
    /// An alias was taken away from a version.
    Released { version: i64, alias: String },
    /// A version was approved for an alias.
    Approved { version: i64, alias: String, why: String },
    /// The version was deleted, or the model with all of them.
    Deleted { version: Option<i64> },
    /// A policy was set, or taken away.
    Ruled { policy: Option<Policy> },
    /// The model, or a version, was brought from elsewhere, where it was made and changed earlier.
    Imported { version: Option<i64>, from: String, created: i64, updated: i64 },
}

/// A version as it was registered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Registered {
    /// Its number.
    pub version: i64,
    /// Where it comes from, as the client said it.
    pub source: String,
    /// Where its files are.
    pub storage: String,
    /// The run that made it.
    pub run_id: Option<String>,
    /// A link to that run.
    pub run_link: Option<String>,
    /// The logged model that it is.
    pub model_id: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<Tag>,
    /// The four metadata, as far as they were known.
    pub metadata: Metadata,
    /// Those that were not.
    pub missing: Vec<String>,
}

impl Fact {
    /// The kind of the record.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Created { .. } => Kind::Created,
            Self::Renamed { .. } => Kind::Renamed,
            Self::Described { .. } | Self::Imported { .. } => Kind::Described,
            Self::Tagged { .. } | Self::Untagged { .. } => Kind::Tagged,
            Self::Registered(_) => Kind::Registered,
            Self::Staged { .. } => Kind::Staged,
            Self::Promoted { .. } => Kind::Promoted,
            Self::RolledBack { .. } => Kind::RolledBack,
            Self::Released { .. } => Kind::Released,
            Self::Approved { .. } => Kind::Approved,
            Self::Deleted { .. } => Kind::Deleted,
            Self::Ruled { .. } => Kind::Ruled,
        }
    }

    /// The version that it is about.
    pub(super) fn version(&self) -> Option<i64> {
        match self {
            Self::Created { .. } | Self::Renamed { .. } | Self::Ruled { .. } => None,
            Self::Described { version, .. }
            | Self::Imported { version, .. }
            | Self::Tagged { version, .. }
            | Self::Untagged { version, .. }
            | Self::Deleted { version } => *version,
            Self::Registered(registered) => Some(registered.version),
            Self::Staged { version, .. }
            | Self::Promoted { version, .. }
            | Self::RolledBack { version, .. }
            | Self::Released { version, .. }
            | Self::Approved { version, .. } => Some(*version),
        }
    }

    /// The alias that it is about.
    pub(super) fn alias(&self) -> Option<&str> {
        match self {
            Self::Promoted { alias, .. }
            | Self::RolledBack { alias, .. }
            | Self::Released { alias, .. }
            | Self::Approved { alias, .. } => Some(alias),
            _ => None,
        }
    }
}
