//! Where rows come from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Rows somewhere, with the columns that say when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where the rows are.
    pub place: Place,
    /// The column that says when what a row tells happened.
    pub event_time: String,
    /// The column that says when the row was written: from then on it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time: Option<String>,
    /// What it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Who answers for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// Where rows are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Place {
    /// A Parquet file, or a folder of them.
    Parquet {
        /// Relative to the folder of the definitions.
        path: String,
    },
    /// A CSV file with a header line, or a folder of them.
    Csv {
        /// Relative to the folder of the definitions.
        path: String,
    },
    /// An object of the home, under its digest: it cannot change.
    Snapshot {
        /// 64 hexadecimal digits.
        digest: String,
    },
    /// A table or view of PostgreSQL.
    Postgres {
        /// The environment variable that holds the address, so that no password is kept here.
        address: String,
        /// The table, with its schema if it needs one.
        table: String,
    },
    /// Rows that programs push.
    Push {
        /// A source of the same columns for what was before the first push.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        history: Option<String>,
    },
}

impl Place {
    /// Its kind, as definitions name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Parquet { .. } => "parquet",
            Self::Csv { .. } => "csv",
            Self::Snapshot { .. } => "snapshot",
            Self::Postgres { .. } => "postgres",
            Self::Push { .. } => "push",
        }
    }
}

impl Source {
    /// What is wrong with it by itself.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.event_time.is_empty() {
            problems.push("`event_time` is empty: name the column that says when".to_owned());
        }
        if self.created_time.as_deref() == Some(self.event_time.as_str()) {
            problems.push(format!(
                "`created_time` is `{}`, which is the event time: leave it out where rows are known at once",
                self.event_time
            ));
        }
        let empty = |what: &str| format!("`{what}` is empty");
        match &self.place {
            Place::Parquet { path } | Place::Csv { path } if path.is_empty() => {
                problems.push(empty("path"));
            }
            Place::Snapshot { digest } if digest.parse::<types::Digest>().is_err() => {
                problems.push(format!("`{digest}` is not a digest: it has 64 hexadecimal digits"));
            }
            Place::Postgres { address, .. } if address.is_empty() || address.contains("://") => {
                problems.push(
                    "`address` names an environment variable that holds postgres://…, so that no \
                     password is kept: use a name such as `WAREHOUSE`"
                        .to_owned(),
                );
            }
            Place::Postgres { table, .. } if !is_table(table) => problems.push(format!(
                "`{table}` is not a table: use letters, digits and `_`, with at most one dot after the schema"
            )),
            _ => {}
        }
        problems
    }
}

/// Whether a text is `table` or `schema.table`, of plain words: it is written into a statement.
fn is_table(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.split('.').count() <= 2 && text.split('.').all(plain)
}
