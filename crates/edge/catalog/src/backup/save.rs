//! Writing a backup: tables in one transaction, then artifacts, then what all of it was.

use std::io::{Read, Write};

use database::{Database, DatabaseError, Dialect, Row, Tx};
use types::Digest;

use super::archive::{ARTIFACTS, HEAD, LISTS, MANIFEST, Pack, SEAL, TABLES};
use super::artifacts::LIST;
use super::manifest::{Artifacts, FORM, Head, Listed, Manifest, Part, Table};
use super::shape::{self, Shape, quoted};
use super::{BackupError, Told, cells};

/// How long a part grows before it is written, in bytes.
const PART: usize = 4 << 20;

/// How small zstd makes a part: its own default.
const LEVEL: i32 = 3;

/// So many rows are fetched from PostgreSQL at once.
const FETCH: usize = 2_000;

/// A backup that is being written.
pub struct Saving<W: Write> {
    pack: Pack<W>,
    head: Head,
    tables: Vec<Table>,
    artifacts: Option<Artifacts>,
    /// The artifacts since the last list.
    listed: Vec<Listed>,
}

impl<W: Write + Send + 'static> Saving<W> {
    /// Writes all tables as they are at one moment. `now` is the time in milliseconds, `program` who
    /// writes, and `told` hears how far it is.
    pub fn begin(
        db: &Database,
        to: W,
        program: &str,
        now: i64,
        told: impl FnMut(Told) + Send + 'static,
    ) -> Result<Self, BackupError> {
        let program = program.to_owned();
        let mut given = Some((Pack::new(to), told));
        db.read_blocking(move |tx| {
            // What was written once cannot be taken back, should the connection be lost.
            let (mut pack, mut told) = given.take().ok_or_else(lost)?;
            let schema_version = shape::version(tx)?.ok_or_else(nothing)?;
            let database = word(tx.dialect()).to_owned();
            let program = program.clone();
            let head = Head { form: FORM, program, schema_version, database, made: now };
            pack.add(HEAD, &json(&head))?;
            let shapes = shape::tables(tx)?;
            let counts = counts(tx, &shapes)?;
            told(Told::Rows(counts.iter().sum()));
            let mut tables = Vec::with_capacity(shapes.len());
            for (shape, count) in shapes.into_iter().zip(counts) {
                tables.push(table(tx, &mut pack, shape, count, &mut told)?);
            }
            Ok(Self { pack, head, tables, artifacts: None, listed: Vec::new() })
        })
    }
}

impl<W: Write> Saving<W> {
    /// Says that artifacts are kept as well, even if there are none.
    pub fn with_artifacts(&mut self) {
        self.artifacts.get_or_insert_default();
    }

    /// Writes an artifact of `size` bytes as they come.
    pub fn artifact(
        &mut self,
        path: &str,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), BackupError> {
        let digest = self.pack.stream(&format!("{ARTIFACTS}{path}"), size, content)?;
        let artifacts = self.artifacts.get_or_insert_default();
        artifacts.files += 1;
        artifacts.bytes += size;
        self.listed.push(Listed { path: path.to_owned(), bytes: size, digest });
        if self.listed.len() == LIST { self.list() } else { Ok(()) }
    }

    fn list(&mut self) -> Result<(), BackupError> {
        let Some(artifacts) = self.artifacts.as_mut().filter(|_| !self.listed.is_empty()) else {
            return Ok(());
        };
        let list = json(&self.listed);
        self.listed.clear();
        self.pack.add(&format!("{LISTS}{:06}.json", artifacts.lists.len()), &list)?;
        artifacts.lists.push(Digest::of(&list));
        Ok(())
    }

    /// Writes the end, and gives back what was written to.
    pub fn finish(mut self) -> Result<(Manifest, W), BackupError> {
        self.list()?;
        let Self { mut pack, head, tables, artifacts, .. } = self;
        let manifest = Manifest { head, tables, artifacts };
        let written = json(&manifest);
        pack.add(MANIFEST, &written)?;
        pack.add(SEAL, Digest::of(&written).to_string().as_bytes())?;
        Ok((manifest, pack.finish()?))
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("it has text keys and no fallible parts")
}

fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
    }
}

fn lost() -> BackupError {
    BackupError::Refused("the database went away while it was read: begin again".to_owned())
}

fn nothing() -> BackupError {
    BackupError::Refused("there is nothing to keep: no server has used this database".to_owned())
}

fn counts(tx: &mut Tx<'_>, shapes: &[Shape]) -> Result<Vec<u64>, BackupError> {
    let mut counts = Vec::with_capacity(shapes.len());
    for shape in shapes {
        let count = tx.number(&format!("SELECT count(*) FROM {}", quoted(&shape.name)), &[])?;
        counts.push(count.unsigned_abs());
    }
    Ok(counts)
}

/// Writes a table, and holds the number of its rows against what the database counted.
fn table<W: Write>(
    tx: &mut Tx<'_>,
    pack: &mut Pack<W>,
    shape: Shape,
    count: u64,
    told: &mut impl FnMut(Told),
) -> Result<Table, BackupError> {
    let mut parts =
        Parts { name: &shape.name, pack, lines: Vec::new(), rows: 0, done: Vec::new(), told };
    let mut failed = None;
    let read = rows(tx, &shape, |row| {
        cells::write(row, &shape.columns, &mut parts.lines)?;
        parts.rows += 1;
        if parts.lines.len() < PART {
            return Ok(());
        }
        parts.close().map_err(|error| {
            let stopped = DatabaseError::Failed(error.to_string());
            failed = Some(error);
            stopped
        })
    });
    if let Some(error) = failed {
        return Err(error);
    }
    read?;
    parts.close()?;
    let parts = parts.done;
    let rows: u64 = parts.iter().map(|part| part.rows).sum();
    let Shape { name, columns, counter, .. } = shape;
    if rows != count {
        return Err(BackupError::Refused(format!(
            "table {name} gave {rows} rows where the database counts {count}: check the database"
        )));
    }
    Ok(Table { name, columns, rows, counter, parts })
}

/// The parts of a table that is being written.
struct Parts<'a, W: Write, F> {
    name: &'a str,
    pack: &'a mut Pack<W>,
    lines: Vec<u8>,
    rows: u64,
    done: Vec<Part>,
    told: &'a mut F,
}

impl<W: Write, F: FnMut(Told)> Parts<'_, W, F> {
    fn close(&mut self) -> Result<(), BackupError> {
        if self.rows == 0 {
            return Ok(());
        }
        let small = zstd::bulk::compress(&self.lines, LEVEL);
        let small = small.map_err(BackupError::file("making rows small"))?;
        let name = format!("{TABLES}{}/{:06}.jsonl.zst", self.name, self.done.len());
        self.pack.add(&name, &small)?;
        self.done.push(Part { rows: self.rows, digest: Digest::of(&self.lines) });
        (self.told)(Told::Done(self.name.to_owned(), self.rows));
        self.lines.clear();
        self.rows = 0;
        Ok(())
    }
}

/// Gives all rows of a table to `take`, without keeping them.
fn rows(
    tx: &mut Tx<'_>,
    shape: &Shape,
    mut take: impl FnMut(&Row<'_>) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    if tx.dialect() == Dialect::Sqlite {
        return tx.each(&shape.select(), &[], take);
    }
    // PostgreSQL gives an answer as a whole; a cursor gives it piece by piece.
    let cursor = quoted(&format!("rows of {}", shape.name));
    tx.batch(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {}", shape.select()))?;
    let fetch = format!("FETCH FORWARD {FETCH} FROM {cursor}");
    loop {
        let mut fetched = 0;
        tx.each(&fetch, &[], |row| {
            fetched += 1;
            take(row)
        })?;
        if fetched < FETCH {
            return tx.batch(&format!("CLOSE {cursor}"));
        }
    }
}
