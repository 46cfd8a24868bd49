//! The shape of an entity's grammar: which kinds of subject it has, how each may be compared, and
//! which of its fields can be searched and ordered. The tables themselves are beside this file.

use super::filter::Op;
use super::subject::Subject;
use super::tables;

/// What is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entity {
    /// Training runs.
    Runs,
    /// Experiments.
    Experiments,
    /// Registered models.
    RegisteredModels,
    /// Versions of registered models.
    ModelVersions,
    /// Models that a run logged.
    LoggedModels,
    /// Traces.
    Traces,
}

impl Entity {
    /// All six.
    pub const ALL: [Self; 6] = [
        Self::Runs,
        Self::Experiments,
        Self::RegisteredModels,
        Self::ModelVersions,
        Self::LoggedModels,
        Self::Traces,
    ];

    pub(super) fn grammar(self) -> &'static Grammar {
        match self {
            Self::Runs => &tables::RUNS,
            Self::Experiments => &tables::EXPERIMENTS,
            Self::RegisteredModels => &tables::REGISTERED_MODELS,
            Self::ModelVersions => &tables::MODEL_VERSIONS,
            Self::LoggedModels => &tables::LOGGED_MODELS,
            Self::Traces => &tables::TRACES,
        }
    }
}

/// The kinds of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Attribute,
    Metric,
    Param,
    Tag,
    Dataset,
    Metadata,
    Span,
    Feedback,
    Expectation,
    Issue,
}

impl Family {
    pub(super) fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Attribute(_) => Self::Attribute,
            Subject::Metric(_) => Self::Metric,
            Subject::Param(_) => Self::Param,
            Subject::Tag(_) => Self::Tag,
            Subject::Dataset(_) => Self::Dataset,
            Subject::Metadata(_) => Self::Metadata,
            Subject::Span(_) => Self::Span,
            Subject::Feedback(_) => Self::Feedback,
            Subject::Expectation(_) => Self::Expectation,
            Subject::Issue => Self::Issue,
        }
    }
}

/// How the value of a term is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Quoted text.
    Text,
    /// Text in single quotes; also a number or a bare word, taken as it is written, and text in
    /// double quotes, which keeps them.
    Loose,
    /// Quoted text that is a whole number.
    Id,
    /// Quoted text `name/version`.
    Prompt,
    /// A number; a whole one stays exact.
    Number,
    /// A number, always as `f64`.
    Real,
    /// A whole number.
    Integer,
    /// A whole number, or quoted text that is one.
    QuotedInteger,
    /// A number, or quoted text that is one.
    QuotedNumber,
    /// A number behind `<`, `<=`, `>` and `>=`, quoted text behind the others.
    Assessed,
}

/// How a subject may be compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub ops: &'static [Op],
    pub value: Value,
}

/// A kind of subject, under the names that may stand before the dot.
#[derive(Debug)]
pub(super) struct Kind {
    pub names: &'static [&'static str],
    pub family: Family,
    pub rule: Rule,
    /// Whether `LIKE` and its kin must be written in capitals.
    pub capitals: bool,
}

/// A field of the entity.
#[derive(Debug)]
pub(super) struct Attribute {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub rule: Rule,
}

/// Everything about one entity.
#[derive(Debug)]
pub(super) struct Grammar {
    pub kinds: &'static [Kind],
    pub attributes: &'static [Attribute],
    /// What may be ordered by.
    pub orderable: &'static [Attribute],
    /// Which kinds may be ordered by.
    pub ordered: &'static [Family],
    /// Keys that mean something else, whatever stands before their dot (except `span.`).
    pub elsewhere: &'static [Elsewhere],
    /// Whether only backticks are quotes of a key, and all others belong to it.
    pub backticks: bool,
}

/// A key and the subject that it stands for.
#[derive(Debug)]
pub(super) struct Elsewhere {
    pub key: &'static str,
    pub family: Family,
    pub means: &'static str,
    /// Whether it may be ordered by.
    pub orderable: bool,
}

impl Grammar {
    /// The kind that stands before the dot.
    pub(super) fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.iter().find(|kind| kind.names.contains(&name))
    }

    /// The names that may stand before a dot.
    pub(super) fn kind_names(&self) -> impl Iterator<Item = &'static str> {
        self.kinds.iter().flat_map(|kind| kind.names.iter().copied())
    }

    /// The attribute of that name or alias.
    pub(super) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        find(self.attributes, name)
    }

    /// How the subject may be compared.
    pub(super) fn rule(&self, subject: &Subject) -> Rule {
        if let Subject::Attribute(name) = subject {
            return self.attribute(name).map_or(tables::NEVER, |attribute| attribute.rule);
        }
        if self.elsewhere.is_empty() {
            return self.kind_rule(subject);
        }
        tables::traced(subject).unwrap_or_else(|| self.kind_rule(subject))
    }

    fn kind_rule(&self, subject: &Subject) -> Rule {
        let family = Family::of(subject);
        let kind = self.kinds.iter().find(|kind| kind.family == family);
        kind.map_or(tables::NEVER, |kind| kind.rule)
    }
}

/// The attribute of that name or alias.
pub(super) fn find(attributes: &'static [Attribute], name: &str) -> Option<&'static Attribute> {
    attributes.iter().find(|attribute| attribute.name == name || attribute.aliases.contains(&name))
}

/// All names and aliases.
pub(super) fn names(attributes: &'static [Attribute]) -> impl Iterator<Item = &'static str> {
    attributes.iter().flat_map(|attribute| {
        std::iter::once(attribute.name).chain(attribute.aliases.iter().copied())
    })
}
