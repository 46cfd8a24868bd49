//! Documents whose numbers are fields of every symbol.
//!
//! In: `[features] text` and the names of features. Out: the plan, and the names with those of an
//! embedding spelled out. It reads no document and knows no model.

use std::collections::BTreeMap;

use learning::text::Pooling;
use serde::{Deserialize, Serialize};

use super::Days;

/// `[features] text`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextPlan {
    /// A table with a row for each document.
    pub file: String,
    /// The column with the day on which a document became known.
    pub known: String,
    /// The column with the texts.
    #[serde(default = "text")]
    pub column: String,
    /// Words whose weights become the fields `text_WORD`.
    #[serde(default)]
    pub terms: Vec<String>,
    /// A table of word lists: a column `word`, and for each list a column that is above 0 where the
    /// word is in it. Their shares become the fields `tone_LIST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dictionary: Option<String>,
    /// The model whose vectors of the documents become fields too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedding: Option<EmbeddingPlan>,
    /// How long a document is used after it became known.
    #[serde(default = "valid")]
    pub valid: Days,
}

/// `[features] text = { embedding = … }`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingPlan {
    /// A folder with `model.onnx` and `tokenizer.json`, as sentence-transformers and optimum export
    /// them.
    pub model: String,
    /// How the states of the tokens become one vector.
    #[serde(default)]
    pub pooling: Pooling,
    /// Whether vectors are brought to length 1.
    #[serde(default = "yes")]
    pub normalise: bool,
    /// Tokens that the model sees at once, its special ones included.
    #[serde(default = "max_tokens")]
    pub max_tokens: usize,
    /// So many pieces of `max_tokens` tokens are embedded from the start of a document on, and their
    /// vectors averaged.
    #[serde(default = "windows")]
    pub windows: usize,
    /// Sentences by name: the cosine of a document with each becomes the field `like_NAME`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub like: BTreeMap<String, String>,
}

impl EmbeddingPlan {
    /// What is wrong with it, if anything.
    pub(super) fn objection(&self) -> Option<&'static str> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let named = |name: &String| !name.is_empty() && name.chars().all(plain);
        if !(3..=8192).contains(&self.max_tokens) {
            Some("`max_tokens` of the embedding is between 3 and 8192")
        } else if !(1..=1024).contains(&self.windows) {
            Some("`windows` of the embedding is between 1 and 1024")
        } else if !self.like.keys().all(named) {
            Some("names of `like` have small letters, digits and `_`")
        } else if self.like.values().any(|sentence| sentence.trim().is_empty()) {
            Some("each name of `like` has a sentence")
        } else {
            None
        }
    }
}

/// Numbers of a vector that one name may stand for.
const MAX_WIDTH: usize = 8192;

/// The names of features where `embedding_0..7` is spelled out, with the definitions that they need:
/// a number of a vector and a cosine are features under the name of their field.
pub(super) fn spelled_out(
    plan: Option<&TextPlan>,
    names: &[String],
    mut own: BTreeMap<String, String>,
) -> (Vec<String>, BTreeMap<String, String>) {
    let mut spelled = Vec::with_capacity(names.len());
    let Some(embedding) = plan.and_then(|plan| plan.embedding.as_ref()) else {
        return (names.to_vec(), own);
    };
    for name in names {
        match places(name) {
            Some(places) if !own.contains_key(name) => {
                spelled.extend(places.map(|place| format!("embedding_{place}")));
            }
            _ => spelled.push(name.clone()),
        }
    }
    for name in &spelled {
        let like = name.strip_prefix("like_").is_some_and(|n| embedding.like.contains_key(n));
        if like || name == "embedding_change" || places(name).is_some() {
            own.entry(name.clone()).or_insert_with(|| name.clone());
        }
    }
    (spelled, own)
}

/// The numbers that `embedding_3` or `embedding_0..7` names.
fn places(name: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let number = |text: &str| text.parse().ok().filter(|place: &usize| *place < MAX_WIDTH);
    let places = name.strip_prefix("embedding_")?;
    let (first, last) = places.split_once("..").unwrap_or((places, places));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some(first..=last)
}

fn yes() -> bool {
    true
}
fn max_tokens() -> usize {
    256
}
fn windows() -> usize {
    1
}
fn text() -> String {
    "text".to_owned()
}
fn valid() -> Days {
    Days(120)
}
