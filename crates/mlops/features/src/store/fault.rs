//! What is wrong with a definition.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a definition defines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefinitionKind {
    /// An entity.
    Entity,
    /// A source.
    Source,
    /// A feature view.
    View,
    /// An on-demand view.
    OnDemand,
    /// A feature service.
    Service,
}

impl DefinitionKind {
    /// All of them, in the order in which they need each other.
    pub const ALL: [Self; 5] =
        [Self::Entity, Self::Source, Self::View, Self::OnDemand, Self::Service];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Source => "source",
            Self::View => "view",
            Self::OnDemand => "on-demand",
            Self::Service => "service",
        }
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something wrong with one definition, and what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} `{name}`: {problem}")]
pub struct Fault {
    /// What it defines.
    pub kind: DefinitionKind,
    /// Its name.
    pub name: String,
    /// What is wrong.
    pub problem: String,
}
