//! The thread that syncs: one sync of the disk for all that wait for one.
//!
//! It is apart from the thread that writes, so that those who only want their rows written do not
//! wait for the disk.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tokio::sync::oneshot;

use crate::LogError;
use crate::log::{Receipt, Shared};

/// Who waits for a sync.
pub(crate) struct Waiter {
    pub(crate) receipt: Receipt,
    pub(crate) reply: oneshot::Sender<Result<Receipt, LogError>>,
}

/// A file that was written to.
pub(crate) struct Due {
    pub(crate) file: Arc<File>,
    pub(crate) path: PathBuf,
    pub(crate) waiters: Vec<Waiter>,
}

/// Syncs until no more can come: at once if somebody waits, else now and then.
pub(crate) fn run(shared: &Shared, written: &Receiver<Due>) {
    while let Ok(first) = written.recv() {
        let deadline = Instant::now() + shared.options.sync_every;
        let mut due = vec![first];
        while due.iter().all(|due| due.waiters.is_empty()) {
            match written.recv_deadline(deadline) {
                Ok(next) => due.push(next),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        due.extend(written.try_iter());
        sync_all(shared, due);
    }
}

fn sync_all(shared: &Shared, due: Vec<Due>) {
    let mut rest = due.into_iter().peekable();
    while let Some(Due { file, path, mut waiters }) = rest.next() {
        while let Some(more) = rest.next_if(|next| Arc::ptr_eq(&next.file, &file)) {
            waiters.extend(more.waiters);
        }
        let synced = file.sync_data();
        shared.syncs.fetch_add(1, Ordering::Relaxed);
        if synced.is_err() {
            // What a failed sync left on the disk nobody knows: go on in another segment.
            shared.unsynced.store(true, Ordering::Release);
            shared.failed.fetch_add(waiters.len() as u64, Ordering::Relaxed);
        }
        for Waiter { receipt, reply } in waiters {
            let told = match &synced {
                Ok(()) => Ok(receipt),
                Err(error) => Err(LogError::file(&path, error)),
            };
            let _ = reply.send(told);
        }
    }
}
