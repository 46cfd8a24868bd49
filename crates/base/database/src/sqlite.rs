//! SQLite: how a file is opened, and the thread that writes to it.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use rusqlite::{Connection, OpenFlags};

use crate::meter::Meter;
use crate::tx::Inner;
use crate::worker::Job;
use crate::{DatabaseError, Tx};

/// How long a group of writes may grow before it is committed.
const GROUP: Duration = Duration::from_millis(10);

/// How many writes a group may have.
const GROUP_MAX: usize = 1_024;

/// Opens the file for the one writer, and makes it if it is not there.
pub(crate) fn writer(path: &Path) -> Result<Connection, DatabaseError> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    db.pragma_update(None, "journal_size_limit", 64 << 20)?;
    shared_settings(&db, 16_000)?;
    Ok(db)
}

/// Opens the file for a reader.
pub(crate) fn reader(path: &Path) -> Result<Connection, DatabaseError> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    db.busy_timeout(Duration::from_secs(10))?;
    shared_settings(&db, 8_000)?;
    db.pragma_update(None, "query_only", true)?;
    Ok(db)
}

fn shared_settings(db: &Connection, cache_kib: i64) -> Result<(), DatabaseError> {
    db.pragma_update(None, "cache_size", -cache_kib)?;
    db.pragma_update(None, "temp_store", "memory")?;
    db.pragma_update(None, "case_sensitive_like", true)?;
    db.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Writes until no more work can come: what waits is taken into one transaction, each piece behind
/// a savepoint, and all are told after the one sync of the disk.
pub(crate) fn write(db: &Connection, work: &Receiver<Box<dyn Job>>, meter: &Meter) {
    while let Ok(first) = work.recv() {
        let mut done = Vec::new();
        let outcome = group(db, first, work, &mut done);
        if outcome.is_err() && !db.is_autocommit() {
            let _ = db.execute_batch("ROLLBACK");
        }
        meter.group(done.len());
        for job in done {
            job.finish(outcome.clone().err());
        }
    }
}

fn group(
    db: &Connection,
    first: Box<dyn Job>,
    work: &Receiver<Box<dyn Job>>,
    done: &mut Vec<Box<dyn Job>>,
) -> Result<(), DatabaseError> {
    let run = |sql| Ok::<_, DatabaseError>(db.prepare_cached(sql)?.execute([])?);
    let began = Instant::now();
    let mut next = Some(first);
    let begun = run("BEGIN IMMEDIATE");
    while let Some(mut job) = next.take() {
        if let Err(error) = &begun {
            done.push(job);
            return Err(error.clone());
        }
        let marked = run("SAVEPOINT piece");
        let kept = marked.is_ok() && job.run(&mut Tx(Inner::Sqlite(db)));
        let error = job.error();
        // Whatever happens from here on, whoever asked is told.
        done.push(job);
        marked?;
        if db.is_autocommit() {
            // SQLite gave the whole transaction up, as it does when the disk is full.
            let given_up = || DatabaseError::Failed("SQLite gave a transaction up".to_owned());
            return Err(error.unwrap_or_else(given_up));
        }
        if !kept {
            run("ROLLBACK TO piece")?;
        }
        run("RELEASE piece")?;
        if done.len() < GROUP_MAX && began.elapsed() < GROUP {
            next = work.try_recv().ok();
        }
    }
    run("COMMIT").map(|_| ())
}

/// Reads until no more work can come.
pub(crate) fn read(db: &Connection, work: &Receiver<Box<dyn Job>>) {
    while let Ok(mut job) = work.recv() {
        // One question sees one state, also where it takes several statements.
        let outcome = db.execute_batch("BEGIN").map_err(DatabaseError::from);
        if outcome.is_ok() {
            job.run(&mut Tx(Inner::Sqlite(db)));
            if db.execute_batch("COMMIT").is_err() && !db.is_autocommit() {
                let _ = db.execute_batch("ROLLBACK");
            }
        }
        job.finish(outcome.err());
    }
}
