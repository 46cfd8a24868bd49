//! The thread that appends: what waits goes to the operating system in one write.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::{Receiver, Sender};
use tokio::sync::oneshot;

use crate::LogError;
use crate::folder::Folder;
use crate::log::{Durability, Receipt, Shared};
use crate::segment::{self, Segment};
use crate::sync::{Due, Waiter};

/// Bytes of appends that are written together.
const GROUP_BYTES: usize = 4 << 20;

/// Frames that wait to be appended, and who wants to know.
pub(crate) struct Job {
    pub(crate) bytes: Vec<u8>,
    pub(crate) receipt: Receipt,
    pub(crate) reply: oneshot::Sender<Result<Receipt, LogError>>,
}

/// The segment that is appended to.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    to_sync: Sender<Due>,
    nudge: Sender<()>,
    file: Arc<File>,
    path: PathBuf,
    number: u64,
    offset: u64,
}

impl Writer {
    /// Takes the newest segment up where it ended, or begins one. Gives the bytes that it cut off.
    pub(crate) fn open(
        shared: Arc<Shared>,
        to_sync: Sender<Due>,
        nudge: Sender<()>,
    ) -> Result<(Self, u64), LogError> {
        let folder = shared.folder.clone();
        let newest = folder.segments()?.last().copied();
        let rolled = folder.spans()?.iter().map(|span| span.last).max().unwrap_or(0);
        let (taken, torn) = match newest.filter(|newest| *newest > rolled) {
            Some(number) => take_up(&folder, number)?,
            None => (None, 0),
        };
        let (file, number, offset) = match taken {
            Some(taken) => taken,
            None => {
                let number = newest.unwrap_or(0).max(rolled) + 1;
                let (file, offset) = begin(&folder, number)?;
                (file, number, offset)
            }
        };
        let path = folder.segment(number);
        shared.current.store(number, Ordering::Release);
        // Whatever older segments there are become Parquet files.
        let _ = nudge.send(());
        Ok((Self { shared, to_sync, nudge, file: Arc::new(file), path, number, offset }, torn))
    }

    /// Appends until no more can come.
    pub(crate) fn run(mut self, work: &Receiver<Job>) {
        while let Ok(first) = work.recv() {
            let mut bytes = first.bytes.len();
            let mut group = vec![first];
            while bytes < GROUP_BYTES
                && let Ok(next) = work.try_recv()
            {
                bytes += next.bytes.len();
                group.push(next);
            }
            self.append(group);
        }
    }

    fn append(&mut self, group: Vec<Job>) {
        let failed_sync = self.shared.unsynced.swap(false, Ordering::AcqRel);
        if failed_sync || self.offset >= self.shared.options.segment_bytes {
            self.next_segment(failed_sync);
        }
        let bytes: Vec<u8> = match group.as_slice() {
            // One append, as when nobody else is in a hurry, needs no copy.
            [_] => vec![],
            several => several.iter().flat_map(|job| job.bytes.iter().copied()).collect(),
        };
        let bytes = if bytes.is_empty() { &group[0].bytes } else { &bytes };
        let length = bytes.len();
        let written = self.file.write_all_at(bytes, self.offset);
        self.shared.waiting.fetch_sub(length, Ordering::Relaxed);
        match written {
            Ok(()) => {
                self.offset += length as u64;
                self.acknowledge(group, length);
            }
            Err(error) => self.refuse(group, &LogError::file(&self.path, &error)),
        }
    }

    fn acknowledge(&self, group: Vec<Job>, length: usize) {
        let rows: usize = group.iter().map(|job| job.receipt.rows).sum();
        self.shared.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.shared.bytes.fetch_add(length as u64, Ordering::Relaxed);
        let mut waiters = Vec::new();
        for Job { receipt, reply, .. } in group {
            match receipt.durability {
                // Who asked may have gone; the rows stay.
                Durability::Written => drop(reply.send(Ok(receipt))),
                Durability::Synced => waiters.push(Waiter { receipt, reply }),
            }
        }
        // If the thread that syncs is gone, so are the waiters' senders: they are told.
        let _ =
            self.to_sync.send(Due { file: self.file.clone(), path: self.path.clone(), waiters });
    }

    /// Nothing of the group stays: what a write got onto the disk before it failed is cut off.
    fn refuse(&mut self, group: Vec<Job>, error: &LogError) {
        self.shared.failed.fetch_add(group.len() as u64, Ordering::Relaxed);
        if self.file.set_len(self.offset).is_err() {
            self.shared.unsynced.store(true, Ordering::Release);
        }
        for job in group {
            let _ = job.reply.send(Err(error.clone()));
        }
    }

    /// Goes on in a new segment. If none can be made, the old one grows, unless it must not.
    fn next_segment(&mut self, must: bool) {
        match begin(&self.shared.folder, self.number + 1) {
            Ok((file, offset)) => {
                self.number += 1;
                self.file = Arc::new(file);
                self.path = self.shared.folder.segment(self.number);
                self.offset = offset;
                self.shared.current.store(self.number, Ordering::Release);
                let _ = self.nudge.send(());
            }
            Err(_) if must => self.shared.unsynced.store(true, Ordering::Release),
            Err(_) => {}
        }
    }
}

fn begin(folder: &Folder, number: u64) -> Result<(File, u64), LogError> {
    let path = folder.segment(number);
    let file = segment::create(&path)?;
    folder.sync(&path)?;
    let length = file.metadata().map_err(|error| LogError::file(&path, &error))?.len();
    Ok((file, length))
}

type Taken = (File, u64, u64);

/// The newest segment, with its torn end cut off. One with other damage is not appended to: a copy
/// is put aside, and it becomes a Parquet file as it is.
fn take_up(folder: &Folder, number: u64) -> Result<(Option<Taken>, u64), LogError> {
    let path = folder.segment(number);
    let found = Segment::read(&path)?;
    if !found.damaged.is_empty() {
        return Ok((None, found.torn));
    }
    if found.end < segment::head_length() {
        // It was just being made.
        folder.remove(&path)?;
        return Ok((None, 0));
    }
    let fail = |error| LogError::file(&path, &error);
    let file = OpenOptions::new().read(true).write(true).open(&path).map_err(fail)?;
    if found.torn > 0 {
        file.set_len(found.end).and_then(|()| file.sync_all()).map_err(fail)?;
    }
    Ok((Some((file, number, found.end)), found.torn))
}
