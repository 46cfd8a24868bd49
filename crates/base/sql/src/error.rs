//! What can go wrong with a question, in words that say what to change.

use std::fmt::Display;
use std::path::Path;

use datafusion::common::{Column, DataFusionError, SchemaError};

/// How alike two names must be for one to be taken for the other (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// How many names are listed.
const LISTED: usize = 20;

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// The text is no SQL, or says what makes no sense: types that do not fit, unknown functions.
    #[error("the SQL text cannot be understood: {0}")]
    Text(String),
    /// There is no such table.
    #[error("no table {name}; {hint}")]
    NoTable {
        /// As it stands in the text.
        name: String,
        /// Which there are, or which was meant.
        hint: String,
    },
    /// There is no such column.
    #[error("no column {name}; {hint}")]
    NoColumn {
        /// As it stands in the text.
        name: String,
        /// Which there are, or which was meant.
        hint: String,
    },
    /// The text would change something.
    #[error("only questions (SELECT …) are answered here: {0}")]
    ReadOnly(String),
    /// It needs more than the limits allow.
    #[error("the question needs more than it may use: {0}")]
    TooLarge(String),
    /// A file of a table cannot be read.
    #[error("the file {path} of the table {table} cannot be read: {what}")]
    Unreadable {
        /// The table.
        table: String,
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// There is nothing at the paths of a table.
    #[error("the table {table} has no .{suffix} file in {}", paths.join(", "))]
    NoFile {
        /// The table.
        table: String,
        /// Where was looked.
        paths: Vec<String>,
        /// How the names of files should end.
        suffix: String,
    },
    /// Files or batches of one table have columns that do not fit together.
    #[error("the parts of the table {table} have different columns: {what}")]
    Differ {
        /// The table.
        table: String,
        /// Where they differ.
        what: String,
    },
    /// A table was given no name.
    #[error("`{0}` is no name for a table; give it one that is not empty")]
    Name(String),
    /// Values that cannot be worked with (a division by nought, a text that is no number), a file
    /// that changed meanwhile, anything else.
    #[error("the question failed: {0}")]
    Failed(String),
}

impl SqlError {
    pub(crate) fn unreadable(table: &str, path: &Path, what: &dyn Display) -> Self {
        Self::Unreadable {
            table: table.to_owned(),
            path: path.display().to_string(),
            what: plain(&what.to_string()),
        }
    }

    fn too_large(what: &str) -> Self {
        Self::TooLarge(format!(
            "{what}; ask for less (fewer columns, a narrower WHERE) or allow it more"
        ))
    }

    pub(crate) fn from_datafusion(error: &DataFusionError) -> Self {
        let root = error.find_root();
        let text = plain(&root.strip_backtrace());
        // The limit of files is told as an error of the disk.
        if text.contains("during the spilling process has exceeded") {
            return Self::too_large("what does not fit into memory needs more room in files");
        }
        match root {
            DataFusionError::SchemaError(schema, _) => match schema.as_ref() {
                SchemaError::FieldNotFound { field, valid_fields } => {
                    no_column(field, valid_fields)
                }
                _ => Self::Text(text),
            },
            DataFusionError::SQL(..)
            | DataFusionError::Plan(_)
            | DataFusionError::NotImplemented(_) => Self::Text(text),
            DataFusionError::Diagnostic(_, inner) => Self::from_datafusion(inner),
            DataFusionError::ResourcesExhausted(_) => Self::too_large(&text),
            _ => Self::Failed(text),
        }
    }
}

fn no_column(field: &Column, valid: &[Column]) -> SqlError {
    let names: Vec<String> = valid.iter().map(|column| quoted(column.name())).collect();
    let hint =
        match closest(field.name(), &valid.iter().map(|c| c.name().to_owned()).collect::<Vec<_>>())
        {
            Some(meant) => format!("did you mean {meant}?"),
            None if names.is_empty() => "there are none here".to_owned(),
            None => format!(
                "there are {}{}",
                names.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", "),
                if names.len() > LISTED { ", …" } else { "" }
            ),
        };
    SqlError::NoColumn { name: field.flat_name(), hint }
}

/// The known name that is most like `name`, as it has to be written.
pub(crate) fn closest(name: &str, known: &[String]) -> Option<String> {
    let wanted = name.to_lowercase();
    let score = |known: &String| strsim::jaro_winkler(&wanted, &known.to_lowercase());
    let best = known.iter().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    (score(best) >= ALIKE).then(|| quoted(best))
}

/// A name as SQL reads it: in quotes, if it has other characters than lower case letters.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let bare = name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    if bare { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// DataFusion's words in one line, without the kinds of errors that it puts in front of them.
fn plain(text: &str) -> String {
    const KINDS: [&str; 14] = [
        "Error during planning: ",
        "SQL error: ",
        "Schema error: ",
        "Execution error: ",
        "Arrow error: ",
        "Parquet error: ",
        "External error: ",
        "External: ",
        "Object Store error: ",
        "Optimizer error: ",
        "Resources exhausted: ",
        "IO error: ",
        "Internal error: ",
        "This feature is not implemented: ",
    ];
    let mut rest = text.trim();
    while let Some(shorter) = KINDS.iter().find_map(|kind| rest.strip_prefix(kind)) {
        rest = shorter;
    }
    let inner = rest.strip_prefix("ParserError(\"").or(rest.strip_prefix("TokenizerError(\""));
    let rest = inner.and_then(|inner| inner.strip_suffix("\")")).unwrap_or(rest);
    rest.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}
