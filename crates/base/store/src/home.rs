//! The home folder: who may write to it, what is in it, and the journal that is kept there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::{Broken, Draft, Memory, Record, Spine, SpineError, verify};
use rusqlite::Connection;
use types::{Digest, Id};

use crate::{objects, records};

/// Why a home folder could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder does not exist, and reading does not make one.
    #[error("there is no home folder at {}: `trimtab run` makes one, `--home` names another", .0.display())]
    Absent(PathBuf),
    /// Another process writes to it.
    #[error(
        "home folder {} is in use by another process{}: wait for it to end, or name another \
         folder with --home",
        dir.display(), holder(pid)
    )]
    InUse {
        /// The folder.
        dir: PathBuf,
        /// The process, if it said so.
        pid: Option<u32>,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite could not do something.
    #[error("{}: {what} (a damaged file can be restored from a copy of the home folder)", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        what: String,
    },
    /// The chain does not hold.
    #[error("{}: {broken}. Nothing was changed; restore the file from a copy", path.display())]
    Broken {
        /// The database.
        path: PathBuf,
        /// Where it breaks.
        broken: Broken,
    },
}

fn holder(pid: &Option<u32>) -> String {
    pid.map_or(String::new(), |pid| format!(" (process {pid})"))
}

/// A home folder with its journal. Implements [`Spine`]; batches share transactions (group commit).
#[derive(Debug)]
pub struct Home {
    dir: PathBuf,
    db: Connection,
    journal: Memory,
    lock: Option<File>,
    /// Batches since the last sync.
    unsynced: usize,
}

/// Batches that share one sync of the disk where nobody asks for one sooner.
const GROUP: usize = 64;

impl Drop for Home {
    /// What was appended before an error is worth keeping; who must know that it is calls
    /// [`Spine::sync`] and sees the error.
    fn drop(&mut self) {
        let _ = self.sync();
    }
}

impl Home {
    /// Opens `dir` for writing, makes it if needed, and verifies its journal. One process at a time.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir).map_err(|source| file_error(dir, source))?;
        let lock = take_lock(dir)?;
        Self::load(dir, Some(lock))
    }

    /// Opens `dir` for reading and verifies its journal. Works beside a process that writes.
    pub fn read(dir: &Path) -> Result<Self, StoreError> {
        if !database(dir).is_file() {
            return Err(StoreError::Absent(dir.to_owned()));
        }
        Self::load(dir, None)
    }

    fn load(dir: &Path, lock: Option<File>) -> Result<Self, StoreError> {
        let path = database(dir);
        let fail = |error: rusqlite::Error| StoreError::Database {
            path: path.clone(),
            what: error.to_string(),
        };
        let db = Connection::open(&path).map_err(fail)?;
        db.busy_timeout(Duration::from_secs(10)).map_err(fail)?;
        if lock.is_some() {
            db.pragma_update(None, "journal_mode", "wal").map_err(fail)?;
            db.pragma_update(None, "synchronous", "full").map_err(fail)?;
            records::create(&db).map_err(fail)?;
            objects::create(&db).map_err(fail)?;
        }
        let kept =
            records::load(&db).map_err(|what| StoreError::Database { path: path.clone(), what })?;
        verify(&kept).map_err(|broken| StoreError::Broken { path: path.clone(), broken })?;
        Ok(Self { dir: dir.to_owned(), db, journal: Memory::of(kept), lock, unsynced: 0 })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All records, in order.
    pub fn records(&self) -> &[Record] {
        self.journal.records()
    }

    /// Reads the payload of every record, then every other object that is kept, and holds each
    /// against its digest; gives the number of payloads.
    pub fn verify_payloads(&self) -> Result<usize, SpineError> {
        for record in self.records() {
            self.payload_of(record)
                .map_err(|what| SpineError::Object { digest: record.digest, what })?;
        }
        for digest in objects::all(&self.db, &self.dir).map_err(SpineError::Medium)? {
            objects::get(&self.db, &self.dir, &digest)
                .map_err(|what| SpineError::Object { digest, what })?;
        }
        Ok(self.records().len())
    }

    /// The payload of a record: beside it where it is small, else a file.
    fn payload_of(&self, record: &Record) -> Result<Vec<u8>, String> {
        match records::payload(&self.db, record.seq)? {
            Some(bytes) => objects::held_against(&record.digest, bytes),
            None => objects::get(&self.db, &self.dir, &record.digest),
        }
    }

    fn writable(&self) -> Result<(), SpineError> {
        match self.lock {
            Some(_) => Ok(()),
            None => Err(SpineError::Medium("the home folder was opened for reading".to_owned())),
        }
    }
}

impl Spine for Home {
    fn append(&mut self, batch: Vec<Draft>) -> Result<(), SpineError> {
        self.writable()?;
        let sealed = self.journal.seal(batch)?;
        let path = database(&self.dir);
        let medium = |error: rusqlite::Error| SpineError::Medium(unwritten(&path, &error));
        for one in &sealed {
            let large =
                one.objects.iter().chain([&one.payload]).filter(|bytes| objects::is_large(bytes));
            for bytes in large {
                objects::put(&self.db, &self.dir, &Digest::of(bytes), bytes)
                    .map_err(SpineError::Medium)?;
            }
        }
        if self.unsynced == 0 {
            self.db.execute_batch("BEGIN IMMEDIATE").map_err(medium)?;
        } else if self.db.is_autocommit() {
            // SQLite gave the whole transaction up; what is remembered here is not on the disk.
            return Err(SpineError::Medium("an earlier write failed: open the home again".into()));
        }
        self.unsynced += 1;
        let transaction = self.db.savepoint().map_err(medium)?;
        for one in &sealed {
            for bytes in one.objects.iter().filter(|bytes| !objects::is_large(bytes)) {
                objects::insert(&transaction, &Digest::of(bytes), bytes).map_err(medium)?;
            }
            let inline = (!objects::is_large(&one.payload)).then_some(one.payload.as_slice());
            records::insert(&transaction, &one.record, inline).map_err(medium)?;
        }
        transaction.commit().map_err(medium)?;
        for one in sealed {
            self.journal.push(one.record);
        }
        if self.unsynced >= GROUP { self.sync() } else { Ok(()) }
    }

    fn sync(&mut self) -> Result<(), SpineError> {
        if std::mem::take(&mut self.unsynced) == 0 {
            return Ok(());
        }
        let path = database(&self.dir);
        self.db
            .execute_batch("COMMIT")
            .map_err(|error| SpineError::Medium(unwritten(&path, &error)))
    }

    fn record(&self, id: &Id) -> Option<&Record> {
        self.journal.get(id)
    }

    fn payload(&self, digest: &Digest) -> Result<Vec<u8>, SpineError> {
        match self.journal.with_payload(digest) {
            Some(record) => self.payload_of(record),
            None => objects::get(&self.db, &self.dir, digest),
        }
        .map_err(|what| SpineError::Object { digest: *digest, what })
    }
}

/// Why a transaction failed, and what to do about it.
fn unwritten(path: &Path, error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
    let hint = match error.sqlite_error_code() {
        Some(DiskFull | SystemIoFailure) => {
            "; make room if the disk is full, and give the same command again"
        }
        _ => "",
    };
    format!("{}: {error}{hint}", path.display())
}

fn database(dir: &Path) -> PathBuf {
    dir.join("trimtab.db")
}

fn file_error(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), source }
}

/// Locks `dir/lock` for this process; the operating system frees it however the process ends.
fn take_lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let fail = |source| file_error(&path, source);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(fail)?;
            file.rewind().map_err(fail)?;
            write!(file, "{}", std::process::id()).map_err(fail)?;
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            Err(StoreError::InUse { dir: dir.to_owned(), pid })
        }
        Err(TryLockError::Error(source)) => Err(fail(source)),
    }
}
