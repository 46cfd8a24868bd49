//! What the policy refuses, and records that do not fit.

use types::{Digest, Id, RunId};

/// Why a model was not registered, promoted, admitted or found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// One or more of the four required metadata are missing or blank.
    #[error("model `{model}` cannot be registered without {missing}: every version must say it")]
    MissingMetadata {
        /// The model.
        model: String,
        /// What is missing, in words.
        missing: String,
    },
    /// A model without a name.
    #[error("a model needs a name that is not blank")]
    Nameless,
    /// The folder's model file is not the artifact.
    #[error(
        "model `{model}`: `model.onnx` in its folder has digest {folder}, but the artifact to \
         register has {artifact}; write the folder from the same bytes"
    )]
    Folder {
        /// The model.
        model: String,
        /// The digest in the folder.
        folder: Digest,
        /// The digest of the artifact.
        artifact: Digest,
    },
    /// An alias that could be taken for something else.
    #[error(
        "`{0}` cannot be an alias: use letters, digits, `-` and `_`, but no bare number, `v1` or \
         `latest`"
    )]
    Alias(String),
    /// No such model.
    #[error("there is no model `{name}`{hint}; registered: {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// A suggestion, or nothing.
        hint: String,
        /// The models that exist.
        known: String,
    },
    /// No such version.
    #[error("model `{name}` has no version {version}; it has {known}")]
    UnknownVersion {
        /// The model.
        name: String,
        /// What was asked for.
        version: u32,
        /// The versions that exist.
        known: String,
    },
    /// Nothing holds the alias.
    #[error("model `{name}` has no `{alias}`{hint}; aliases that are held: {known}")]
    NoHolder {
        /// The model.
        name: String,
        /// The alias.
        alias: String,
        /// A suggestion, or nothing.
        hint: String,
        /// The aliases that are held.
        known: String,
    },
    /// There is nothing to roll back to.
    #[error(
        "`{alias}` of model `{name}` cannot be rolled back: no version held it before version \
         {version}"
    )]
    NothingBefore {
        /// The model.
        name: String,
        /// The alias.
        alias: String,
        /// The holder.
        version: u32,
    },
    /// The bytes are not those that were registered.
    #[error(
        "the file of model `{name}` version {version} was altered: registered with digest \
         {registered}, found {found}; restore the registered file"
    )]
    Altered {
        /// The model.
        name: String,
        /// The version.
        version: u32,
        /// The digest in the registry.
        registered: Digest,
        /// The digest of the bytes that came.
        found: Digest,
    },
    /// The registered file is not a model that can be evaluated, or failed while it was.
    #[error("model `{name}` version {version} cannot forecast: {why}")]
    Model {
        /// The model.
        name: String,
        /// The version.
        version: u32,
        /// Why.
        why: learning::LearnError,
    },
    /// The feature vectors do not fit the model.
    #[error(
        "model `{name}` version {version} was trained on {expected} features, but was given {found}"
    )]
    Columns {
        /// The model.
        name: String,
        /// The version.
        version: u32,
        /// What the model takes.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// A run that no record tells of.
    #[error("there is no record of the training run {0}")]
    UnknownRun(RunId),
    /// A promotion rule that cannot be read.
    #[error("`{rule}`, column {column}: expected {expected}, found {found}{hint}")]
    Rule {
        /// The rule.
        rule: String,
        /// Where, counted in characters from 1.
        column: usize,
        /// What would fit.
        expected: String,
        /// What stands there.
        found: String,
        /// A suggestion, or nothing.
        hint: String,
    },
    /// A record whose payload is not what its kind says.
    #[error("record {record}: its payload cannot be read: {what}")]
    Payload {
        /// The record.
        record: Id,
        /// Why.
        what: String,
    },
    /// A record that contradicts those before it.
    #[error("record {record} contradicts the registry: {what}")]
    Contradiction {
        /// The record.
        record: Id,
        /// How.
        what: String,
    },
}

/// `; did you mean …`, if a known word is near enough to be meant.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(String::new(), |(_, best)| format!(", did you mean `{best}`?"))
}

/// The words in a list, or `none`.
pub(crate) fn list<T: std::fmt::Display>(words: impl IntoIterator<Item = T>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    if words.is_empty() {
        return "none".to_owned();
    }
    words.join(", ")
}
