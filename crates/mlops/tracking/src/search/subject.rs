//! What a term or an order is about.

use std::borrow::Cow;

/// What is compared or ordered by. Text inside is the key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A field of the entity itself, by its one canonical name.
    Attribute(&'static str),
    /// A metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
    /// A dataset that a run used.
    Dataset(DatasetField),
    /// Metadata of a trace.
    Metadata(String),
    /// A span of a trace.
    Span(SpanField),
    /// Feedback on a trace, by the name of the assessment.
    Feedback(String),
    /// An expectation of a trace, by the name of the assessment.
    Expectation(String),
    /// The id of an issue that a trace is linked to.
    Issue,
}

/// A field of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatasetField {
    /// Its name.
    Name,
    /// Its digest.
    Digest,
    /// What it was used for, such as `training`.
    Context,
}

/// A field of a span.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SpanField {
    /// Its name.
    Name,
    /// Its type, such as `LLM`.
    Type,
    /// Its status.
    Status,
    /// All of its content as text.
    Content,
    /// One of its attributes.
    Attribute(String),
}

impl Subject {
    /// The kind of subject, by MLflow's word for it.
    pub fn family(&self) -> &'static str {
        match self {
            Self::Attribute(_) => "attribute",
            Self::Metric(_) => "metric",
            Self::Param(_) => "parameter",
            Self::Tag(_) => "tag",
            Self::Dataset(_) => "dataset",
            Self::Metadata(_) => "request_metadata",
            Self::Span(_) => "span",
            Self::Feedback(_) => "feedback",
            Self::Expectation(_) => "expectation",
            Self::Issue => "issue",
        }
    }

    /// The key within its kind: `rmse` of `metrics.rmse`, `attributes.model` of a span's attribute.
    pub fn key(&self) -> Cow<'_, str> {
        match self {
            Self::Attribute(name) => Cow::Borrowed(name),
            Self::Metric(key)
            | Self::Param(key)
            | Self::Tag(key)
            | Self::Metadata(key)
            | Self::Feedback(key)
            | Self::Expectation(key) => Cow::Borrowed(key),
            Self::Dataset(field) => Cow::Borrowed(field.word()),
            Self::Span(SpanField::Attribute(key)) => Cow::Owned(format!("attributes.{key}")),
            Self::Span(field) => Cow::Borrowed(field.word()),
            Self::Issue => Cow::Borrowed("id"),
        }
    }
}

impl DatasetField {
    pub(super) const WORDS: &[&str] = &["name", "digest", "context"];

    pub(super) fn read(word: &str) -> Option<Self> {
        [Self::Name, Self::Digest, Self::Context].into_iter().find(|field| field.word() == word)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Digest => "digest",
            Self::Context => "context",
        }
    }
}

impl SpanField {
    pub(super) const WORDS: &[&str] = &["name", "type", "status", "content", "attributes.<key>"];

    /// Reads what stands behind `span.`, the key of an attribute already without its quotes.
    pub(super) fn read(key: &str) -> Option<Self> {
        match key {
            "name" => Some(Self::Name),
            "type" => Some(Self::Type),
            "status" => Some(Self::Status),
            "content" => Some(Self::Content),
            _ => {
                let attribute = key.strip_prefix("attributes.").filter(|key| !key.is_empty())?;
                Some(Self::Attribute(attribute.to_owned()))
            }
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Type => "type",
            Self::Status => "status",
            Self::Content => "content",
            Self::Attribute(_) => "attributes",
        }
    }
}
