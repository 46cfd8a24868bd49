//! The thread that turns segments which are complete into Parquet files.

use std::fs;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::folder::{Folder, Span};
use crate::log::Shared;
use crate::segment::Segment;
use crate::{LogError, Prediction, merge, record_batch, write_parquet};

/// Rows that are turned into columns at a time.
const BATCH_ROWS: usize = 8_192;

/// How long until what failed is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// Works until the log is closed.
pub(crate) fn run(shared: &Shared, nudged: &Receiver<()>) {
    loop {
        let done = all(shared).map_err(|error| error.to_string()).err();
        *shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = done;
        match nudged.recv_timeout(AGAIN) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        nudged.try_iter().for_each(drop);
        if shared.closing.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// All segments before the current one, in their order: a Parquet file spans no segment that is not
/// in it.
fn all(shared: &Shared) -> Result<(), LogError> {
    let current = shared.current.load(Ordering::Acquire);
    for number in shared.folder.segments()?.into_iter().filter(|number| *number < current) {
        if let Some(aside) = one(&shared.folder, number)? {
            shared.damaged.lock().unwrap_or_else(PoisonError::into_inner).push(aside);
        }
        if shared.closing.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
    merge::all(&shared.folder, shared.options.merge, &shared.closing)
}

/// Turns a segment into a Parquet file. If bytes in it had changed, gives the copy that was put aside.
fn one(folder: &Folder, number: u64) -> Result<Option<std::path::PathBuf>, LogError> {
    let path = folder.segment(number);
    let segment = Segment::read(&path)?;
    let (mut predictions, faults) = segment.predictions();
    let aside = if segment.damaged.is_empty() && faults.is_empty() {
        None
    } else {
        Some(put_aside(folder, number)?)
    };
    in_order(&mut predictions);
    if !predictions.is_empty() {
        let batches = predictions.chunks(BATCH_ROWS).map(|some| Ok(record_batch(some)));
        write_parquet(&folder.parquet(Span::one(number)), batches)?;
    }
    folder.remove(&path)?;
    folder.sync(&path)?;
    Ok(aside)
}

/// By id; of rows with the same id, which come of an append that was tried again, the first stays.
pub(crate) fn in_order(predictions: &mut Vec<Prediction>) {
    predictions.sort_by_key(|one| one.id);
    predictions.dedup_by_key(|one| one.id);
}

fn put_aside(folder: &Folder, number: u64) -> Result<std::path::PathBuf, LogError> {
    let (from, to) = (folder.segment(number), folder.damaged(number));
    let parent = to.parent().expect("a damaged segment is in a folder");
    fs::create_dir_all(parent).map_err(|error| LogError::file(parent, &error))?;
    let copied = fs::copy(&from, &to).and_then(|_| fs::File::open(&to)?.sync_all());
    copied.map_err(|error| LogError::file(&to, &error))?;
    folder.sync(&to)?;
    Ok(to)
}
