//! Which tables and columns a database has: they grew from version to version.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

/// The columns of each table.
pub(super) struct Tables(BTreeMap<String, BTreeSet<String>>);

impl Tables {
    pub(super) fn read(db: &Connection) -> rusqlite::Result<Self> {
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let sql = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c
                   WHERE m.type = 'table'";
        let mut statement = db.prepare(sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            tables.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        Ok(Self(tables))
    }

    /// Whether there is a table.
    pub(super) fn have(&self, table: &str) -> bool {
        self.0.contains_key(table)
    }

    /// The column, or NULL in its place where the table does not have it.
    pub(super) fn column<'a>(&self, table: &str, column: &'a str) -> &'a str {
        match self.0.get(table).is_some_and(|columns| columns.contains(column)) {
            true => column,
            false => "NULL",
        }
    }

    /// These columns, each or NULL, for a list behind SELECT.
    pub(super) fn columns(&self, table: &str, columns: &[&str]) -> String {
        let columns: Vec<&str> = columns.iter().map(|column| self.column(table, column)).collect();
        columns.join(", ")
    }

    /// What keeps to a workspace: nothing, where the table knows none.
    pub(super) fn in_workspace(&self, table: &str) -> &'static str {
        match self.column(table, "workspace") {
            "NULL" => "?1 = 'default'",
            _ => "workspace = ?1",
        }
    }
}
