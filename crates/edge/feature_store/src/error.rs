//! What can go wrong, in words that say where and what to change.

use std::fmt;
use std::path::Path;

use database::{AsDatabaseError, DatabaseError};

/// Something wrong in a file of definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what to change.
    pub message: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// Why a feature store could not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FeatureStoreError {
    /// Definitions that do not fit, all of them.
    #[error("{}", listed(.0))]
    Definitions(Vec<FileFault>),
    /// The home has no feature store.
    #[error("there is no feature store in {0}: `trimtab features apply FOLDER` makes one")]
    Absent(String),
    /// A name that is not defined.
    #[error("there is no {what} `{name}`{hint}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// A file could not be read or written.
    #[error("{file}: {what}")]
    File {
        /// The file or folder.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// Rows of a source do not fit its view.
    #[error("view `{view}`, source {place}: {what}")]
    Rows {
        /// The view.
        view: String,
        /// The file or table.
        place: String,
        /// What is wrong, and what to change.
        what: String,
    },
    /// The rows that ask do not fit.
    #[error("entity rows {place}: {what}")]
    Asking {
        /// The file.
        place: String,
        /// What is wrong, and what to change.
        what: String,
    },
    /// What was asked cannot be answered as it stands.
    #[error("{0}")]
    Asked(String),
    /// Values broke their rules, and that was not to be let pass.
    #[error("{0}")]
    Invalid(String),
    /// The registry.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl AsDatabaseError for FeatureStoreError {
    fn as_database_error(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

fn listed(faults: &[FileFault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl FeatureStoreError {
    pub(crate) fn file(path: &Path, what: impl fmt::Display) -> Self {
        Self::File { file: path.display().to_string(), what: what.to_string() }
    }

    pub(crate) fn unknown<'a>(
        what: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::Unknown { what, name: name.to_owned(), hint: hint(name, known) }
    }
}

/// `; did you mean `x`?`, or what there is.
pub(crate) fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let score = |word: &&str| strsim::jaro_winkler(&name.to_lowercase(), &word.to_lowercase());
    let best = known.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    match best {
        Some(best) if score(best) > 0.8 => format!("; did you mean `{best}`?"),
        Some(_) => format!("; there is {}", some(&known)),
        None => "; there is none".to_owned(),
    }
}

fn some(names: &[&str]) -> String {
    const SHOWN: usize = 20;
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}
