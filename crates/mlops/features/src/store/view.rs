//! A feature view: a table of features of one or more entities through time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::Digest;

use super::{Rule, Span, ValueKind};

/// One feature of a view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ValueKind,
    /// The column of the source or of the SQL text that holds it, where it has another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The expression that computes it from columns of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// What its values must be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Feature {
    /// The column that holds it.
    pub fn column(&self) -> &str {
        self.column.as_deref().unwrap_or(&self.name)
    }
}

/// What a view reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Input {
    /// A source, as it is or through expressions.
    Source {
        /// Its name.
        name: String,
    },
    /// A SQL text over sources and other views, which are tables of their names.
    Sql {
        /// The text.
        text: String,
        /// The sources and views that it reads.
        reads: Vec<String>,
    },
}

impl Input {
    /// The sources and views that are read.
    pub fn reads(&self) -> &[String] {
        match self {
            Self::Source { name } => std::slice::from_ref(name),
            Self::Sql { reads, .. } => reads,
        }
    }
}

/// Features that come together: one row for each entity and event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureView {
    /// Its name.
    pub name: String,
    /// The entities whose join keys its rows have; none for what concerns everybody, such as an
    /// index of volatility.
    pub entities: Vec<String>,
    /// What it reads.
    pub input: Input,
    /// The column that says when what a row tells happened.
    pub event_time: String,
    /// The column that says from when on a row was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// How long after its event a row becomes known, where no column says so: a close of a day that
    /// is dated by its midnight is known 21 hours later.
    #[serde(default)]
    pub known_after: Span,
    /// How old an event may be to count; nought is for ever.
    #[serde(default)]
    pub ttl: Span,
    /// Its features, in order.
    pub features: Vec<Feature>,
    /// Whether it is kept online too.
    pub online: bool,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl FeatureView {
    /// Whether its features are expressions over the source.
    pub fn is_computed(&self) -> bool {
        self.features.iter().any(|feature| feature.expression.is_some())
    }

    /// A feature by its name.
    pub fn feature(&self, name: &str) -> Option<&Feature> {
        self.features.iter().find(|feature| feature.name == name)
    }

    /// The digest of the definition: its version.
    pub fn digest(&self) -> Digest {
        super::definitions::digest("view", self)
    }
}
