//! Filling an empty database with a backup: all of it in one transaction, or nothing.

use std::io::{self, BufRead, BufReader, Read, Seek};

use database::{Database, Tx, Value};

use super::archive::{Member, TABLES, cut_off, each};
use super::manifest::{Manifest, Table};
use super::shape::{self, Shape, quoted};
use super::{BackupError, Told, cells};
use crate::MIGRATIONS;

/// So many rows are inserted at once.
const AT_ONCE: usize = 1_000;

/// Makes the tables that a backup has and fills them. The database must have none; it is opened as it
/// is. The file, which was checked before, is opened by `open`, more than once if other writers are
/// in the way.
pub fn load<R: Read + Seek>(
    db: &Database,
    manifest: &Manifest,
    open: impl Fn() -> io::Result<R> + Send + 'static,
    mut told: impl FnMut(Told) + Send + 'static,
) -> Result<(), BackupError> {
    let manifest = manifest.clone();
    db.write_blocking(move |tx| {
        check_empty(tx)?;
        make(tx, &manifest)?;
        told(Told::Rows(manifest.rows()));
        let file = open().map_err(BackupError::file("opening the backup"))?;
        each(file, |_, member| match member.name.strip_prefix(TABLES) {
            Some(part) => {
                let name = part.split('/').next().unwrap_or_default();
                let table = manifest.tables.iter().find(|table| table.name == name);
                let table = table.ok_or_else(|| unknown(name))?;
                fill(tx, table, member, &mut told)
            }
            None => Ok(()),
        })?;
        manifest.tables.iter().try_for_each(|table| finish(tx, table))
    })
}

fn unknown(table: &str) -> BackupError {
    BackupError::damaged(format!("table {table} does not belong there"))
}

/// Refuses a database that has tables, whatever is in them: asked before anything long is done.
pub fn must_be_empty(db: &Database) -> Result<(), BackupError> {
    db.read_blocking(check_empty)
}

fn check_empty(tx: &mut Tx<'_>) -> Result<(), BackupError> {
    let names = shape::names(tx)?;
    let Some(first) = names.first() else { return Ok(()) };
    Err(BackupError::Refused(format!(
        "the database has {} tables already, such as {first}: restore into a new home or an empty \
         database",
        names.len()
    )))
}

/// Makes the tables as they were when the backup was made, without rows.
fn make(tx: &mut Tx<'_>, manifest: &Manifest) -> Result<(), BackupError> {
    let (version, newest) =
        (manifest.head.schema_version, MIGRATIONS.last().map_or(0, |last| last.version));
    if version > newest {
        return Err(BackupError::Refused(format!(
            "the backup has schema version {version}, this program knows versions up to {newest}: \
             use a newer program"
        )));
    }
    let known = MIGRATIONS.iter().filter(|migration| migration.version <= version).count();
    tx.migrate(&MIGRATIONS[..known])?;
    let made = shape::tables(tx)?;
    for shape in &made {
        let there = manifest.tables.iter().find(|table| table.name == shape.name);
        if !there.is_some_and(|table| fits(shape, table)) {
            return Err(other_schema(&shape.name, version));
        }
        tx.execute(&format!("DELETE FROM {}", quoted(&shape.name)), &[])?;
    }
    match manifest.tables.iter().find(|table| made.iter().all(|made| made.name != table.name)) {
        Some(table) => Err(other_schema(&table.name, version)),
        None => Ok(()),
    }
}

/// Whether both have the same columns, in whatever order.
fn fits(shape: &Shape, table: &Table) -> bool {
    shape.columns.len() == table.columns.len()
        && table.columns.iter().all(|column| shape.columns.contains(column))
}

fn other_schema(table: &str, version: i64) -> BackupError {
    BackupError::Refused(format!(
        "table {table} of the backup is not that of schema version {version} in this program: \
         restore with the program that made the backup"
    ))
}

/// Inserts the rows of a part.
fn fill<R: Read>(
    tx: &mut Tx<'_>,
    table: &Table,
    member: Member<'_, R>,
    told: &mut impl FnMut(Told),
) -> Result<(), BackupError> {
    let name = member.name.clone();
    let names: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
    let head = format!("INSERT INTO {} ({}) VALUES", quoted(&table.name), names.join(", "));
    let mut lines = BufReader::new(zstd::Decoder::new(member).map_err(cut_off(&name))?);
    let (mut line, mut waiting) = (String::new(), Vec::new());
    loop {
        line.clear();
        let read = lines.read_line(&mut line).map_err(cut_off(&name))?;
        if read > 0 {
            let parsed = cells::parse(&line, &table.columns, &mut waiting);
            parsed.map_err(|what| BackupError::damaged(format!("{name}: {what}")))?;
        }
        let rows = waiting.len() / table.columns.len();
        if rows == AT_ONCE || (read == 0 && rows > 0) {
            let values: Vec<Value<'_>> = waiting.iter().map(cells::Cell::value).collect();
            tx.insert_many(&head, table.columns.len(), &values, "")?;
            told(Told::Done(table.name.clone(), rows as u64));
            waiting.clear();
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// Holds the number of rows against the manifest, and has the database number on behind them.
fn finish(tx: &mut Tx<'_>, table: &Table) -> Result<(), BackupError> {
    let name = &table.name;
    let rows = tx.number(&format!("SELECT count(*) FROM {}", quoted(name)), &[])?;
    if u64::try_from(rows) != Ok(table.rows) {
        let was = table.rows;
        return Err(BackupError::damaged(format!("table {name} has {rows} rows, not {was}")));
    }
    match &table.counter {
        Some(counter) => shape::number_on(tx, name, counter),
        None => Ok(()),
    }
}
