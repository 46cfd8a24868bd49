//! What is not whole yet, or no longer: files being written, uploads in parts, folders being
//! removed.
//!
//! All of it lies in one folder, `.trimtab-incoming` at the top of the store, so that no listing
//! meets it and a crash leaves nothing elsewhere. The folder goes when it is empty. A file that is
//! being written is locked by its process; one that is not locked is a leftover.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::Folder;
use crate::path::INCOMING;

/// How long an upload in parts may rest before it counts as given up.
const UPLOAD_KEPT: Duration = Duration::from_hours(24);

/// After how many bytes the disk is told to begin.
const FLUSH: u64 = 64 << 20;

/// How often a name is tried again when another process takes it away between two calls.
const ATTEMPTS: usize = 100;

const FILE: &str = "file-";
const GONE: &str = "gone-";
const PARTS: &str = "parts-";

/// A file that is being written. It vanishes when it is dropped, unless it was published.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) file: File,
    pub(super) size: u64,
    /// How many of the bytes the disk was told to write, and whether it is at it.
    flushed: u64,
    flushing: Option<JoinHandle<()>>,
    place: PathBuf,
    published: bool,
}

impl Incoming {
    /// Opens a new file under a name that nobody else has.
    pub(super) fn new(folder: &Folder) -> io::Result<Self> {
        for _ in 0..ATTEMPTS {
            let place = area(folder)?.join(format!("{FILE}{}", fresh()?));
            match File::create_new(&place) {
                // The area was empty for a moment, and was removed.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    let incoming = Self::at(place, file);
                    if incoming.is_ours() {
                        return Ok(incoming);
                    }
                }
            }
        }
        Err(io::Error::other("other processes keep sweeping out the store's incoming files"))
    }

    fn at(place: PathBuf, file: File) -> Self {
        Self { file, size: 0, flushed: 0, flushing: None, place, published: false }
    }

    /// Locks the file against sweepers. One may have been faster.
    fn is_ours(&self) -> bool {
        let locked = !matches!(self.file.try_lock(), Err(TryLockError::WouldBlock));
        locked && self.place.exists()
    }

    /// Writes chunks at the end.
    pub(super) fn write(&mut self, chunks: &[Bytes]) -> io::Result<()> {
        for chunk in chunks {
            self.file.write_all(chunk)?;
            self.size += chunk.len() as u64;
        }
        self.flush()
    }

    /// Has the disk begin to write, so that the sync at the end finds little left to do.
    fn flush(&mut self) -> io::Result<()> {
        let idle = self.flushing.as_ref().is_none_or(JoinHandle::is_finished);
        if idle && self.size - self.flushed >= FLUSH {
            // Opened anew: an error of the disk is told once to each opening of a file, and it is
            // the sync at the end that must hear of it.
            let file = File::open(&self.place)?;
            self.flushed = self.size;
            self.flushing = Some(spawn_blocking(move || drop(file.sync_data())));
        }
        Ok(())
    }

    /// Writes all of another file at the end.
    pub(super) fn append(&mut self, mut file: File) -> io::Result<()> {
        self.size += io::copy(&mut file, &mut self.file)?;
        Ok(())
    }

    /// Gives the file its name, in place of any file that has it, and syncs its folder, which
    /// someone may delete at the same time.
    pub(super) fn publish(&mut self, place: &Path) -> io::Result<()> {
        let folder = place.parent().map(File::open).transpose()?;
        fs::rename(&self.place, place)?;
        self.published = true;
        folder.map_or(Ok(()), |folder| folder.sync_all())
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_file(&self.place);
        }
        leave(&self.place);
    }
}

/// A folder that was taken out of sight, to be removed.
#[derive(Debug)]
pub(super) struct Gone(PathBuf);

impl Gone {
    /// Takes the folder out of sight.
    pub(super) fn take(folder: &Folder, place: &Path) -> io::Result<Self> {
        let gone = area(folder)?.join(format!("{GONE}{}", fresh()?));
        fs::rename(place, &gone)?;
        Ok(Self(gone))
    }

    /// Removes it. Another process that sweeps may be at the same work.
    pub(super) fn remove(self) -> io::Result<()> {
        let removed = match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        };
        leave(&self.0);
        removed
    }
}

/// The folder of an upload in parts.
pub(super) fn parts(folder: &Folder, id: &str) -> PathBuf {
    folder.root.join(INCOMING).join(format!("{PARTS}{id}"))
}

/// Makes the folder of a new upload and names its id.
pub(super) fn new_parts(folder: &Folder) -> io::Result<(String, PathBuf)> {
    let id = fresh()?;
    area(folder)?;
    let place = parts(folder, &id);
    fs::create_dir_all(&place)?;
    Ok((id, place))
}

/// Removes the area, if nothing is left in it.
pub(super) fn leave(place: &Path) {
    if let Some(area) = place.parent() {
        let _ = fs::remove_dir(area);
    }
}

/// Removes what processes that are no more left behind. What cannot be removed now is met again the
/// next time.
pub(super) fn sweep(folder: &Folder) {
    let area = folder.root.join(INCOMING);
    let Ok(entries) = fs::read_dir(&area) else { return };
    for place in entries.flatten().map(|entry| entry.path()) {
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(FILE) {
            sweep_file(&place);
        } else if name.starts_with(GONE) || (name.starts_with(PARTS) && has_rested(&place)) {
            let _ = fs::remove_dir_all(&place);
        }
    }
    let _ = fs::remove_dir(&area);
}

/// Removes a file, unless a process has it locked.
fn sweep_file(place: &Path) {
    if let Ok(file) = File::open(place)
        && file.try_lock().is_ok()
    {
        let _ = fs::remove_file(place);
    }
}

fn has_rested(place: &Path) -> bool {
    let touched = fs::metadata(place).and_then(|metadata| metadata.modified());
    let rested = touched.map(|time| SystemTime::now().duration_since(time).unwrap_or_default());
    rested.is_ok_and(|rested| rested > UPLOAD_KEPT)
}

/// The area of the store, made if need be. Someone may have put a link in its place.
fn area(folder: &Folder) -> io::Result<PathBuf> {
    let area = folder.root.join(INCOMING);
    folder.make_root()?;
    match fs::create_dir(&area) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    match fs::symlink_metadata(&area) {
        Ok(metadata) if !metadata.is_dir() => {
            Err(io::Error::other(format!("{} must be a folder", area.display())))
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(area),
    }
}

/// A name that nobody has and nobody can guess.
pub(super) fn fresh() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whether a name is one that [`fresh`] could have made.
pub(super) fn is_fresh(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
