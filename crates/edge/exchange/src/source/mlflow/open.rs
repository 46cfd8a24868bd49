//! Opening a file, and saying plainly why it cannot be.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::{ExchangeError, Result};

/// How long somebody else may be writing before it is called in use.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a database for reading, and reads all of it once: what is damaged is found before anything
/// was imported.
pub(super) fn open(file: &Path) -> Result<Connection> {
    if !file.is_file() {
        return Err(wrong(file, "no such file; name the SQLite file of the MLflow server"));
    }
    let opened = || -> rusqlite::Result<(Connection, String)> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(file, flags)?;
        db.busy_timeout(PATIENCE)?;
        db.pragma_update(None, "cache_size", -64_000)?;
        let found = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok((db, found))
    };
    match opened() {
        Ok((db, found)) if found == "ok" => Ok(db),
        Ok((_, found)) => Err(damaged(file, &found)),
        Err(error) => Err(said(file, &error)),
    }
}

/// Changes whenever somebody else has written to the file.
pub(super) fn data_version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("PRAGMA data_version", [], |row| row.get(0))
}

/// What went wrong with a file, and what to do.
pub(super) fn said(file: &Path, error: &rusqlite::Error) -> ExchangeError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            wrong(file, "this is no SQLite database; name the file of the MLflow server")
        }
        Some(ErrorCode::DatabaseCorrupt) => damaged(file, &error.to_string()),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => wrong(
            file,
            "it is in use: somebody writes to it all the time; stop that server, or import over \
             its address",
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => wrong(
            file,
            &format!(
                "it cannot be read ({error}): if a server was killed while it wrote, start and \
                 stop that server once; else look at the permissions of the file and its folder"
            ),
        ),
        _ => wrong(file, &error.to_string()),
    }
}

fn damaged(file: &Path, found: &str) -> ExchangeError {
    wrong(
        file,
        &format!(
            "it is damaged ({found}): import a copy from before, or what `sqlite3 FILE .recover` \
             saves of it"
        ),
    )
}

pub(super) fn wrong(file: &Path, why: &str) -> ExchangeError {
    ExchangeError::File { file: file.display().to_string(), why: why.to_owned() }
}
