//! The journal's table in SQLite.

use rusqlite::{Connection, Row, params};
use types::{Digest, Timestamp};

use journal::Record;

pub(crate) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS record (
            seq INTEGER PRIMARY KEY,
            at_micros INTEGER NOT NULL,
            id TEXT NOT NULL,
            run TEXT,
            kind TEXT NOT NULL,
            because TEXT NOT NULL, -- the ids of the causes, one a line
            digest BLOB NOT NULL,
            prev_hash BLOB NOT NULL,
            hash BLOB NOT NULL,
            payload BLOB -- null where it is a file
        )",
    )
}

/// Adds a record, with its payload where that is small.
pub(crate) fn insert(
    db: &Connection,
    record: &Record,
    payload: Option<&[u8]>,
) -> rusqlite::Result<()> {
    let because: Vec<&str> = record.because.iter().map(|id| id.as_str()).collect();
    db.prepare_cached("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
        .execute(params![
            record.seq as i64,
            record.at.timestamp_micros(),
            record.id.as_str(),
            record.run.as_ref().map(|run| run.as_str()),
            record.kind.as_str(),
            because.join("\n"),
            record.digest.as_bytes(),
            record.prev_hash.as_bytes(),
            record.hash.as_bytes(),
            payload,
        ])?;
    Ok(())
}

/// All records in order; the text of an error names the record that could not be read.
pub(crate) fn load(db: &Connection) -> Result<Vec<Record>, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let columns = "seq, at_micros, id, run, kind, because, digest, prev_hash, hash";
    let mut statement =
        db.prepare(&format!("SELECT {columns} FROM record ORDER BY seq")).map_err(text)?;
    let mut rows = statement.query([]).map_err(text)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(text)? {
        records.push(
            read(row).map_err(|what| format!("record {} is damaged: {what}", records.len()))?,
        );
    }
    Ok(records)
}

fn read(row: &Row<'_>) -> Result<Record, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let digest =
        |column: usize| Ok::<_, String>(Digest::from_bytes(row.get(column).map_err(text)?));
    let because: String = row.get(5).map_err(text)?;
    let run: Option<String> = row.get(3).map_err(text)?;
    Ok(Record {
        seq: row.get::<_, i64>(0).map_err(text)? as u64,
        at: Timestamp::from_timestamp_micros(row.get(1).map_err(text)?)
            .ok_or("its time is out of range")?,
        id: row.get::<_, String>(2).map_err(text)?.into(),
        run: run.map(Into::into),
        kind: row.get::<_, String>(4).map_err(text)?.parse()?,
        because: because.lines().map(Into::into).collect(),
        digest: digest(6)?,
        prev_hash: digest(7)?,
        hash: digest(8)?,
    })
}

/// The payload that is kept beside a record.
pub(crate) fn payload(db: &Connection, seq: u64) -> Result<Option<Vec<u8>>, String> {
    db.prepare_cached("SELECT payload FROM record WHERE seq = ?1")
        .and_then(|mut found| found.query_row([seq as i64], |row| row.get(0)))
        .map_err(|error| error.to_string())
}
