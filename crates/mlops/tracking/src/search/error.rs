//! What the search grammar refuses. The first words are those by which MLflow's clients know a
//! refusal, so they keep its capitals; columns are counted in characters from 1.

use crate::error::did_you_mean;

/// Why a filter, an order or a page token was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Something stands where it cannot.
    #[error(
        "Invalid clause(s) in filter string: column {column}: expected {expected}, found {found}"
    )]
    Clause {
        /// Where.
        column: usize,
        /// What would fit.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The word before the first dot is not one that the entity has.
    #[error("Invalid entity type '{found}' at column {column}: expected one of {known}{hint}")]
    EntityType {
        /// What was written.
        found: String,
        /// Where.
        column: usize,
        /// What would fit.
        known: String,
        /// A suggestion, or nothing.
        hint: String,
    },
    /// The entity has no such field.
    #[error(
        "Invalid {family} key '{key}' specified at column {column}: valid keys are {known}{hint}"
    )]
    Key {
        /// `attribute`, `dataset`, `span` or `issue`.
        family: &'static str,
        /// What was written.
        key: String,
        /// Where.
        column: usize,
        /// What would fit.
        known: String,
        /// A suggestion, or nothing.
        hint: String,
    },
    /// The subject cannot be compared that way.
    #[error(
        "Invalid comparator '{found}' for {subject} at column {column}: expected one of {known}"
    )]
    Comparator {
        /// What was written.
        found: String,
        /// What it stands behind.
        subject: String,
        /// Where.
        column: usize,
        /// What would fit.
        known: String,
    },
    /// The value is not one that the subject can be compared with.
    #[error("Expected {expected} for {subject}. Got value {found} at column {column}")]
    Value {
        /// What would fit.
        expected: String,
        /// What it is compared with.
        subject: String,
        /// What was written.
        found: String,
        /// Where.
        column: usize,
    },
    /// There is more of it than is read.
    #[error("the search has more than {limit} {what}; split it")]
    TooLong {
        /// Of what there is too much.
        what: &'static str,
        /// How much is read.
        limit: usize,
    },
    /// The clause is not `key`, `key ASC` or `key DESC`.
    #[error(
        "Invalid order_by clause '{clause}': column {column}: expected {expected}, found {found}"
    )]
    OrderClause {
        /// The clause.
        clause: String,
        /// Where.
        column: usize,
        /// What would fit.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The entity cannot be ordered by this.
    #[error("Invalid order by key '{key}' specified: valid keys are {known}{hint}")]
    OrderKey {
        /// What was written.
        key: String,
        /// What would fit.
        known: String,
        /// A suggestion, or nothing.
        hint: String,
    },
    /// Two clauses order by the same thing.
    #[error("`order_by` contains duplicate fields: `{field}` is there twice")]
    Duplicate {
        /// The field.
        field: String,
    },
    /// The page token is not one that was given out, or was given for another search.
    #[error("Invalid page token: {0}")]
    PageToken(String),
}

/// What a short word was perhaps meant to be; the likeness of a long one would take long.
pub(super) fn hint(word: &str, known: impl IntoIterator<Item = &'static str>) -> String {
    if word.len() > 64 { String::new() } else { did_you_mean(word, known) }
}

/// At most forty characters of what was written, for a message.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
