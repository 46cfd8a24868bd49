//! Of whom features are kept: a share, an account, a driver.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ValueKind;

/// A column that says of whom a row speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinKey {
    /// The column, in sources and in the rows that ask.
    pub name: String,
    /// Its type: `int32`, `int64` or `string`.
    pub kind: ValueKind,
}

/// Whom features describe, and the columns by which one is told from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Its columns, in order; more than one where only together they name one.
    pub keys: Vec<JoinKey>,
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

impl Entity {
    /// What is wrong with it by itself.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.keys.is_empty() {
            problems.push(
                "it has no join key: name a column, as in `keys = { symbol = \"string\" }`"
                    .to_owned(),
            );
        }
        let mut seen = BTreeSet::new();
        for key in &self.keys {
            if !seen.insert(&key.name) {
                problems.push(format!("the join key `{}` stands twice: drop one", key.name));
            }
            if !key.kind.is_key() {
                problems.push(format!(
                    "the join key `{}` is {}: use int32, int64 or string",
                    key.name, key.kind
                ));
            }
        }
        problems
    }
}
