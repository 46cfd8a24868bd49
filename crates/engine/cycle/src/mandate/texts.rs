//! Documents whose numbers are fields of every symbol.

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
    /// How long a document is used after it became known.
    #[serde(default = "valid")]
    pub valid: Days,
}

fn text() -> String {
    "text".to_owned()
}
fn valid() -> Days {
    Days(120)
}
