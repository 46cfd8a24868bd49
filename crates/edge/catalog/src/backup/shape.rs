//! Which tables there are, read from the database: their columns, what orders their rows, and how
//! they are numbered.

use database::{DatabaseError, Dialect, Tx, values};

use super::BackupError;
use super::manifest::{Column, Counter, Kind};

/// The table that the schema's own version stands in. It is made with the schema, not restored.
const VERSION: &str = "schema_version";

/// A table as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// The columns of the primary key.
    pub(super) key: Vec<String>,
    /// How it is numbered, if it is, and the last number that was given.
    pub(super) counter: Option<Counter>,
}

impl Shape {
    /// `"a", "b"`.
    pub(super) fn column_list(&self) -> String {
        list(self.columns.iter().map(|column| column.name.as_str()))
    }

    /// The statement that gives all rows, in the order of the key.
    pub(super) fn select(&self) -> String {
        let (columns, table) = (self.column_list(), quoted(&self.name));
        let key = list(self.key.iter().map(String::as_str));
        let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {key}") };
        format!("SELECT {columns} FROM {table}{order}")
    }
}

/// A name as a statement has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(quoted).collect::<Vec<_>>().join(", ")
}

/// The names of all tables, by name.
pub(super) fn names(tx: &mut Tx<'_>) -> Result<Vec<String>, DatabaseError> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'
             ORDER BY name"
        }
        Dialect::Postgres => {
            "SELECT CAST(table_name AS text) FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1"
        }
    };
    tx.query(sql, &[], |row| row.get(0))
}

/// The version of the schema, if there is one.
pub(super) fn version(tx: &mut Tx<'_>) -> Result<Option<i64>, DatabaseError> {
    if !names(tx)?.iter().any(|name| name == VERSION) {
        return Ok(None);
    }
    Ok(Some(tx.number("SELECT coalesce(max(version), 0) FROM schema_version", &[])?))
}

/// All tables but that of the version.
pub(super) fn tables(tx: &mut Tx<'_>) -> Result<Vec<Shape>, BackupError> {
    let names = names(tx)?;
    let mut tables = Vec::with_capacity(names.len());
    for name in names.into_iter().filter(|name| name != VERSION) {
        tables.push(match tx.dialect() {
            Dialect::Sqlite => of_sqlite(tx, name)?,
            Dialect::Postgres => of_postgres(tx, name)?,
        });
    }
    Ok(tables)
}

fn of_sqlite(tx: &mut Tx<'_>, name: String) -> Result<Shape, BackupError> {
    let sql = "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid";
    let found: Vec<(String, String, i64)> =
        tx.query(sql, values![&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut key: Vec<(i64, String)> = found
        .iter()
        .filter(|(_, _, pk)| *pk > 0)
        .map(|(name, _, pk)| (*pk, name.clone()))
        .collect();
    key.sort();
    let key: Vec<String> = key.into_iter().map(|(_, name)| name).collect();
    let sql =
        "SELECT count(*) FROM sqlite_master WHERE name = ?1 AND upper(sql) LIKE '%AUTOINCREMENT%'";
    let counter = match tx.number(sql, values![&name])? {
        0 => None,
        _ => {
            let sql = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = ?1";
            let last = tx.number(sql, values![&name])?;
            key.first().map(|column| Counter { column: column.clone(), last })
        }
    };
    let columns = columns(&name, found.into_iter().map(|(column, kind, _)| (column, kind)))?;
    Ok(Shape { name, columns, key, counter })
}

fn of_postgres(tx: &mut Tx<'_>, name: String) -> Result<Shape, BackupError> {
    let sql = "SELECT CAST(column_name AS text), CAST(data_type AS text),
                   CAST(CASE WHEN is_identity = 'YES' THEN 1 ELSE 0 END AS bigint)
               FROM information_schema.columns
               WHERE table_schema = current_schema() AND CAST(table_name AS text) = ?1
               ORDER BY ordinal_position";
    let found: Vec<(String, String, i64)> =
        tx.query(sql, values![&name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let sql = "SELECT CAST(k.column_name AS text)
               FROM information_schema.table_constraints c
               JOIN information_schema.key_column_usage k
                   ON k.constraint_schema = c.constraint_schema
                   AND k.constraint_name = c.constraint_name AND k.table_name = c.table_name
               WHERE c.table_schema = current_schema() AND CAST(c.table_name AS text) = ?1
                   AND c.constraint_type = 'PRIMARY KEY'
               ORDER BY k.ordinal_position";
    let key = tx.query(sql, values![&name], |row| row.get(0))?;
    let numbered = found.iter().find(|(_, _, identity)| *identity == 1);
    let counter = match numbered.map(|(column, _, _)| column.clone()) {
        None => None,
        Some(column) => {
            let sequence = sequence(tx, &name, &column)?;
            let sql = format!(
                "SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"
            );
            Some(Counter { column, last: tx.number(&sql, &[])? })
        }
    };
    let columns = columns(&name, found.into_iter().map(|(column, kind, _)| (column, kind)))?;
    Ok(Shape { name, columns, key, counter })
}

/// The sequence that numbers a table, as a statement has it.
fn sequence(tx: &mut Tx<'_>, table: &str, column: &str) -> Result<String, BackupError> {
    let sql = "SELECT pg_get_serial_sequence(?1, ?2)";
    let found = tx.first(sql, values![&quoted(table), column], |row| row.get::<String>(0))?;
    found.ok_or_else(|| BackupError::Refused(format!("nothing numbers {table}.{column}")))
}

fn columns(
    table: &str,
    found: impl Iterator<Item = (String, String)>,
) -> Result<Vec<Column>, BackupError> {
    found
        .map(|(name, of_type)| match kind(&of_type) {
            Some(kind) => Ok(Column { name, kind }),
            None => Err(BackupError::Refused(format!(
                "column {table}.{name} is of type {of_type}, which a backup has no words for"
            ))),
        })
        .collect()
}

/// What a column of a type holds, in the words of either database.
fn kind(of_type: &str) -> Option<Kind> {
    match of_type.to_ascii_uppercase().as_str() {
        "BIGINT" | "INTEGER" => Some(Kind::Int),
        "DOUBLE PRECISION" => Some(Kind::Real),
        "TEXT" => Some(Kind::Text),
        "BLOB" | "BYTEA" => Some(Kind::Bytes),
        _ => None,
    }
}

/// Has the database number on where the restored rows end.
pub(super) fn number_on(
    tx: &mut Tx<'_>,
    table: &str,
    counter: &Counter,
) -> Result<(), BackupError> {
    let (name, column) = (quoted(table), quoted(&counter.column));
    let largest = tx.number(&format!("SELECT coalesce(max({column}), 0) FROM {name}"), &[])?;
    let last = counter.last.max(largest);
    if last < 1 {
        return Ok(());
    }
    match tx.dialect() {
        Dialect::Sqlite => {
            let sql = "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1";
            if tx.execute(sql, values![table, last])? == 0 {
                let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)";
                tx.execute(sql, values![table, last])?;
            }
        }
        Dialect::Postgres => {
            let sql = "SELECT setval(CAST(pg_get_serial_sequence(?1, ?2) AS regclass), ?3)";
            tx.number(sql, values![&name, &counter.column, last])?;
        }
    }
    Ok(())
}
