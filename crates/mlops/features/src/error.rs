//! What can be wrong with a definition, said so that the writer knows what to change.

use std::fmt;

/// Why features could not be compiled or computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FeatureError {
    /// The text is not an expression.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// The text of a named feature is not an expression.
    #[error("feature `{feature}`: {problem}")]
    Definition {
        /// The feature.
        feature: String,
        /// What is wrong with its text.
        problem: SyntaxError,
    },
    /// A feature reads rows that lie after the one it describes.
    #[error(
        "feature `{feature}` looks ahead by {right} row(s), because of `{culprit}`; shift by a positive number, or use it as a label"
    )]
    LooksAhead {
        /// The feature.
        feature: String,
        /// How many rows ahead the whole feature reads.
        right: usize,
        /// The smallest part of it that reads ahead.
        culprit: String,
    },
    /// A label that reads nothing after the current row.
    #[error(
        "label `{label}` does not look ahead; name a horizon, as in `shift(close, -21) / close - 1`"
    )]
    LooksBack {
        /// The label.
        label: String,
    },
    /// A feature that is neither in the library nor defined.
    #[error("no feature `{name}` in the library or among your own definitions{}", hint(suggestion))]
    UnknownFeature {
        /// What was asked for.
        name: String,
        /// The nearest name.
        suggestion: Option<String>,
    },
    /// Two features of one name.
    #[error("feature `{name}` is defined twice; rename one")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A name that cannot be a column.
    #[error("`{name}` cannot name a feature: use letters, digits and `_`, and start with a letter")]
    BadName {
        /// The name.
        name: String,
    },
    /// A feature reads a field that the panel does not have.
    #[error("`{feature}` reads the field `{field}`, which the panel does not have; it has {}{}", available.join(", "), hint(suggestion))]
    NoField {
        /// The feature or label.
        feature: String,
        /// The field.
        field: String,
        /// What the panel has.
        available: Vec<String>,
        /// The nearest field.
        suggestion: Option<String>,
    },
    /// The newest row of a panel without rows.
    #[error("the panel has no rows, so there is no newest day")]
    NoRows,
}

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// A problem at one place of a text. Shown with the line and a caret under the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong and what was expected.
    pub message: String,
    /// The whole text.
    pub text: String,
    /// Bytes before the place, at a character boundary.
    pub at: usize,
    /// A near name, if there is one.
    pub suggestion: Option<String>,
}

impl SyntaxError {
    /// Line and column of the place, both counted from 1, the column in characters.
    pub fn position(&self) -> (usize, usize) {
        let before = &self.text[..self.at];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        let text = self.text.split('\n').nth(line - 1).unwrap_or_default();
        let shown: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        write!(f, "{}{}", self.message, hint(&self.suggestion))?;
        if line > 1 {
            write!(f, " (line {line})")?;
        }
        write!(f, "\n  {shown}\n  {:>column$}", '^')
    }
}

impl std::error::Error for SyntaxError {}

/// The known name that is most like `name`, if one is like it at all.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    let mut best: Option<(f64, &str)> = None;
    for candidate in known {
        let likeness = strsim::jaro_winkler(&name, candidate);
        if likeness > best.map_or(0.75, |(most, _)| most) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate.to_owned())
}
