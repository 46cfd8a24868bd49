//! Small values that several nouns have.

use serde::{Deserialize, Serialize, Serializer};

use crate::CatalogError;

/// A key with a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// Whether something is there, or deleted and can be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// It is there.
    Active,
    /// It was deleted.
    Deleted,
}

impl Stage {
    /// As the column `active` says it.
    pub fn of(active: bool) -> Self {
        if active { Self::Active } else { Self::Deleted }
    }

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deleted => "deleted",
        }
    }
}

/// Which stages a search sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ViewType {
    /// What is there.
    #[default]
    ActiveOnly,
    /// What was deleted.
    DeletedOnly,
    /// Both.
    All,
}

impl ViewType {
    /// Reads the word on the wire.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        match text {
            "ACTIVE_ONLY" | "1" => Ok(Self::ActiveOnly),
            "DELETED_ONLY" | "2" => Ok(Self::DeletedOnly),
            "ALL" | "3" => Ok(Self::All),
            _ => Err(CatalogError::invalid(format!(
                "Invalid view type '{text}'. Use ACTIVE_ONLY, DELETED_ONLY or ALL."
            ))),
        }
    }

    /// The values of the column `active` that it sees.
    pub(crate) const fn actives(self) -> &'static [i64] {
        match self {
            Self::ActiveOnly => &[1],
            Self::DeletedOnly => &[0],
            Self::All => &[1, 0],
        }
    }
}

/// A page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How to ask for the next, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Of what was found when one more than `max` was asked for from `offset` on.
    pub(crate) fn of(mut items: Vec<T>, offset: usize, max: usize) -> Self {
        let more = items.len() > max;
        items.truncate(max);
        let next = more.then(|| tracking::search::page::create((offset + max) as u64));
        Self { items, next }
    }
}

/// A number as the wire has it: what JSON cannot say is written as a word.
pub fn wire_number<S: Serializer>(value: &f64, to: S) -> Result<S::Ok, S::Error> {
    if value.is_nan() {
        to.serialize_str("NaN")
    } else if value.is_infinite() {
        to.serialize_str(if *value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        to.serialize_f64(*value)
    }
}
