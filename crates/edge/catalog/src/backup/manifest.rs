//! What a backup says of itself, at its beginning and at its end.

use serde::{Deserialize, Serialize};
use types::Digest;

/// The form of the file that is written here.
pub(super) const FORM: u32 = 1;

/// The first words of a backup: enough to know whether to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The form of the file.
    pub form: u32,
    /// The program that wrote it.
    pub program: String,
    /// The version of the schema.
    pub schema_version: i64,
    /// `sqlite` or `postgresql`: what it was read from.
    pub database: String,
    /// When it was begun, in milliseconds.
    pub made: i64,
}

/// All that a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The head, again.
    pub head: Head,
    /// The tables.
    pub tables: Vec<Table>,
    /// The artifacts, where they were asked for.
    pub artifacts: Option<Artifacts>,
}

impl Manifest {
    /// How many rows all tables have.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// A table of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in the order of the values in each row.
    pub columns: Vec<Column>,
    /// How many rows it has.
    pub rows: u64,
    /// The last number that the database gave to a row, where it numbers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<Counter>,
    /// The parts that the rows stand in.
    pub parts: Vec<Part>,
}

/// How a table is numbered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// The column.
    pub column: String,
    /// The last number that was given.
    pub last: i64,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Whole numbers.
    Int,
    /// Numbers.
    Real,
    /// Text.
    Text,
    /// Bytes, which rows write as Base64.
    Bytes,
}

/// A part of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// How many rows it has.
    pub rows: u64,
    /// The digest of its rows as they are written, before they are made small.
    pub digest: Digest,
}

/// The artifacts of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Artifacts {
    /// How many there are.
    pub files: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// The digest of each list of artifacts.
    pub lists: Vec<Digest>,
}

/// An artifact in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) path: String,
    pub(super) bytes: u64,
    pub(super) digest: Digest,
}
