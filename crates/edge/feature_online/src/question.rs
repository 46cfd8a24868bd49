//! A question: which features, of whom.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

/// Which features are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Those that are named: `view:feature`, or `view` for all of them.
    Features(Vec<String>),
    /// Those of a feature service.
    Service(String),
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Which features.
    pub wanted: Wanted,
    /// Of whom, and what comes with the question: columns of one length.
    pub columns: Columns,
    /// Whether columns of the answer are named `view__feature`.
    pub full_names: bool,
}

/// Columns by name, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Columns(pub Vec<(String, Vec<Json>)>);

impl Columns {
    /// A column.
    pub fn get(&self, name: &str) -> Option<&[Json]> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice())
    }

    /// The names of all.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.clone()).collect()
    }

    /// How many rows there are, if all columns have as many.
    pub fn rows(&self) -> Option<usize> {
        let mut lengths = self.0.iter().map(|(_, values)| values.len());
        let first = lengths.next().unwrap_or(0);
        lengths.all(|length| length == first).then_some(first)
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Columns;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of lists: a column for each name")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Columns, M::Error> {
                let mut columns = Vec::new();
                while let Some(column) = map.next_entry()? {
                    columns.push(column);
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
