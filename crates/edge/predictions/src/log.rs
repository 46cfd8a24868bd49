//! An open log: what is appended to it, and its threads.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, unbounded};
use tokio::sync::oneshot;

use crate::folder::Folder;
use crate::writer::{Job, Writer};
use crate::{LogError, Prediction, frame, roll, sync};

/// When an append returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the rows are on the disk: they survive a loss of power. All that wait share a sync.
    Synced,
    /// When the operating system has the rows: they survive the end of this process, however it
    /// comes, and are on the disk within [`Options::sync_every`].
    Written,
}

/// How a log is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long rows may be with the operating system only.
    pub sync_every: Duration,
    /// Bytes of a segment; one that has them becomes a Parquet file.
    pub segment_bytes: u64,
    /// Bytes that may wait to be written before more are refused.
    pub waiting_bytes: usize,
    /// How many neighbouring Parquet files of about one size become one; 0 for never.
    pub merge: usize,
}

impl Default for Options {
    /// 50 ms, 32 MiB, 128 MiB, 8.
    fn default() -> Self {
        Self {
            sync_every: Duration::from_millis(50),
            segment_bytes: 32 << 20,
            waiting_bytes: 128 << 20,
            merge: 8,
        }
    }
}

/// That predictions were kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// How many.
    pub rows: usize,
    /// How well, at the least.
    pub durability: Durability,
}

/// What opening a log found of a process that had been cut off, or of a disk that had changed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Bytes at the end of the newest segment that were of an append that was cut off.
    pub torn_bytes: u64,
    /// Segments in which bytes had changed, as they were put aside.
    pub damaged: Vec<PathBuf>,
}

/// What a log did since it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// Rows that were kept.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Syncs of the disk.
    pub syncs: u64,
    /// Appends that failed.
    pub failed: u64,
    /// Bytes that wait to be written.
    pub waiting_bytes: usize,
    /// Why segments do not become Parquet files at the moment, if they do not. They are tried again;
    /// nothing is lost meanwhile.
    pub trouble: Option<String>,
}

/// What the threads of a log share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: Folder,
    pub(crate) options: Options,
    /// The segment that is appended to; those before it are complete.
    pub(crate) current: AtomicU64,
    /// The sync of the current segment failed: it is not appended to any more.
    pub(crate) unsynced: AtomicBool,
    /// The log is being closed.
    pub(crate) closing: AtomicBool,
    pub(crate) waiting: AtomicUsize,
    pub(crate) rows: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) syncs: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) trouble: Mutex<Option<String>>,
    pub(crate) damaged: Mutex<Vec<PathBuf>>,
}

/// An open log. Clones share it; the last of them writes what waits and lets the folder go.
#[derive(Debug, Clone)]
pub struct PredictionLog {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    torn_bytes: u64,
    _lock: File,
}

impl PredictionLog {
    /// Opens the log in `folder` for writing, and makes it if it is not there. One process at a time.
    /// What a process left that was cut off is put in order first; [`PredictionLog::recovered`] says
    /// what that was.
    pub fn open(folder: &Path, options: Options) -> Result<Self, LogError> {
        let place = Folder::at(folder);
        place.make()?;
        let lock = take_lock(folder)?;
        place.tidy()?;
        let shared = Arc::new(Shared {
            folder: place,
            options,
            current: AtomicU64::new(0),
            unsynced: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            syncs: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            trouble: Mutex::new(None),
            damaged: Mutex::new(vec![]),
        });
        let (nudge, nudged) = unbounded();
        let (to_sync, syncs) = unbounded();
        let (writer, torn_bytes) = Writer::open(shared.clone(), to_sync, nudge)?;
        let (jobs, work) = bounded(65_536);
        let threads = vec![
            start("predictions-writer", move || writer.run(&work))?,
            start("predictions-sync", {
                let shared = shared.clone();
                move || sync::run(&shared, &syncs)
            })?,
            start("predictions-roll", {
                let shared = shared.clone();
                move || roll::run(&shared, &nudged)
            })?,
        ];
        let inner = Inner { shared, jobs: Some(jobs), threads, torn_bytes, _lock: lock };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Keeps predictions, all or, on an error, none of them (of more than 4,096, a first part may
    /// stay). When it returns depends on `durability`. An append whose future is dropped is kept
    /// all the same.
    pub async fn append(
        &self,
        predictions: Vec<Prediction>,
        durability: Durability,
    ) -> Result<Receipt, LogError> {
        self.hand_over(&predictions, durability)?.await.unwrap_or(Err(LogError::Closed))
    }

    /// [`PredictionLog::append`] for callers that are not async.
    pub fn append_blocking(
        &self,
        predictions: &[Prediction],
        durability: Durability,
    ) -> Result<Receipt, LogError> {
        self.hand_over(predictions, durability)?.blocking_recv().unwrap_or(Err(LogError::Closed))
    }

    fn hand_over(
        &self,
        predictions: &[Prediction],
        durability: Durability,
    ) -> Result<oneshot::Receiver<Result<Receipt, LogError>>, LogError> {
        let shared = &self.inner.shared;
        let (reply, answer) = oneshot::channel();
        let receipt = Receipt { rows: predictions.len(), durability };
        if predictions.is_empty() {
            let _ = reply.send(Ok(receipt));
            return Ok(answer);
        }
        let bytes = frame::encode(predictions)?;
        let length = bytes.len();
        let before = shared.waiting.fetch_add(length, Ordering::Relaxed);
        let refuse = |error| {
            shared.waiting.fetch_sub(length, Ordering::Relaxed);
            shared.failed.fetch_add(1, Ordering::Relaxed);
            Err(error)
        };
        // One append is always taken, however large.
        if before > 0 && before + length > shared.options.waiting_bytes {
            return refuse(LogError::Busy);
        }
        let jobs = self.inner.jobs.as_ref().ok_or(LogError::Closed)?;
        match jobs.try_send(Job { bytes, receipt, reply }) {
            Ok(()) => Ok(answer),
            Err(error) if error.is_full() => refuse(LogError::Busy),
            Err(_) => refuse(LogError::Closed),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.inner.shared.folder.path()
    }

    /// What opening it found, and what was found since in segments that became Parquet files.
    pub fn recovered(&self) -> Recovered {
        let damaged = self.inner.shared.damaged.lock().unwrap_or_else(PoisonError::into_inner);
        Recovered { torn_bytes: self.inner.torn_bytes, damaged: damaged.clone() }
    }

    /// What it did since it was opened.
    pub fn usage(&self) -> Usage {
        let shared = &self.inner.shared;
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Usage {
            rows: read(&shared.rows),
            bytes: read(&shared.bytes),
            syncs: read(&shared.syncs),
            failed: read(&shared.failed),
            waiting_bytes: shared.waiting.load(Ordering::Relaxed),
            trouble: shared.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Drop for Inner {
    /// Writes and syncs what waits. A segment that is becoming a Parquet file is finished first,
    /// which can take a second.
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Relaxed);
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn start(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, LogError> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(|error| {
        LogError::what(Path::new(name), format!("no thread could be started: {error}"))
    })
}

/// Locks `folder/lock` for this process; the operating system frees it however the process ends.
fn take_lock(folder: &Path) -> Result<File, LogError> {
    let path = folder.join("lock");
    let fail = |error: std::io::Error| LogError::file(&path, &error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {
            // Who holds it is a courtesy to others; a full disk does not stop a log from opening.
            let _ = file.set_len(0);
            let _ = file.rewind();
            let _ = write!(file, "{}", std::process::id());
            Ok(file)
        }
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
            Err(LogError::InUse { dir: folder.to_owned(), pid })
        }
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}
