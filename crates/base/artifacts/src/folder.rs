//! A store that is a folder on this machine: every artifact is a file with its own name, so that
//! people can browse it.
//!
//! In: paths and bytes. Out: files that are whole and synced to the disk. A link that leads out of
//! the folder is never followed: links are resolved when a file is asked for. (Whoever may put
//! links here between that moment and the next call may read the disk anyway.) Work on the disk
//! runs on threads that may block.

mod incoming;
mod parts;
mod read;
mod walk;
mod write;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{JoinHandle, spawn_blocking};

use crate::Result;
use crate::error::ArtifactError;
use crate::found::{Head, mark};
use crate::path::ArtifactPath;

const LEADS_OUT: &str = "a link on its way leads out of the store";

/// The folder, which need not exist before the first file is put there.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    root: PathBuf,
    /// Held while folders are made, so that nobody relies on a folder that is not synced yet.
    making: Arc<Mutex<()>>,
}

impl Folder {
    /// Opens the folder and sweeps out what an earlier process left unfinished.
    pub(crate) fn open(root: PathBuf) -> Self {
        let folder = Self { root, making: Arc::default() };
        incoming::sweep(&folder);
        folder
    }

    /// Size and time of a file.
    pub(crate) async fn head(&self, path: &ArtifactPath) -> Result<Head> {
        self.run(path, |folder, path| {
            let metadata = fs::metadata(folder.find(path)?);
            head(metadata.map_err(|error| ArtifactError::disk(path, error))?)
                .ok_or_else(|| ArtifactError::Missing { path: path.clone() })
        })
        .await
    }

    /// Removes a file, a link, or a folder with all that is below it. A folder is gone at once,
    /// whatever happens while its files are removed.
    pub(crate) async fn delete(&self, path: &ArtifactPath) -> Result<()> {
        self.run(path, |folder, path| {
            let done = if path.is_root() { folder.clear() } else { folder.remove(path) };
            match done {
                Err(ArtifactError::Missing { .. }) => Ok(()),
                done => done,
            }
        })
        .await
    }

    /// Runs work on a thread that may block.
    async fn run<T: Send + 'static>(
        &self,
        path: &ArtifactPath,
        work: impl FnOnce(&Self, &ArtifactPath) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (folder, path) = (self.clone(), path.clone());
        finished(spawn_blocking(move || work(&folder, &path))).await
    }

    /// Where something lies that is here, with links resolved.
    fn find(&self, path: &ArtifactPath) -> Result<PathBuf> {
        let resolve = || -> io::Result<(PathBuf, PathBuf)> {
            let root = fs::canonicalize(&self.root)?;
            let place = fs::canonicalize(root.join(path.as_str()))?;
            Ok((root, place))
        };
        let (root, place) = resolve().map_err(|error| ArtifactError::disk(path, error))?;
        if !place.starts_with(&root) {
            return Err(ArtifactError::Path { path: path.to_string(), why: LEADS_OUT });
        }
        Ok(place)
    }

    /// Makes the folder itself.
    fn make_root(&self) -> io::Result<()> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        make_all(&self.root)
    }

    /// Makes the folder that a file is to lie in, and those above it. What is made is synced.
    fn make_parent(&self, path: &ArtifactPath) -> Result<PathBuf> {
        let failed = |error| ArtifactError::writing(path, error);
        self.make_root().map_err(failed)?;
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let parent = path.parent().unwrap_or_else(ArtifactPath::root);
        let mut place = fs::canonicalize(&self.root).map_err(failed)?;
        let root = place.clone();
        for name in parent.names() {
            make(&place.join(name)).map_err(failed)?;
            place = fs::canonicalize(place.join(name)).map_err(failed)?;
            if !place.starts_with(&root) {
                return Err(ArtifactError::Path { path: path.to_string(), why: LEADS_OUT });
            }
        }
        if place.is_dir() { Ok(place) } else { Err(ArtifactError::Occupied { path: path.clone() }) }
    }

    fn clear(&self) -> Result<()> {
        let top = ArtifactPath::root();
        let entries = fs::read_dir(&self.root).map_err(|error| ArtifactError::disk(&top, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| ArtifactError::disk(&top, error))?;
            if entry.file_name() != crate::path::INCOMING {
                self.remove_at(&top, &entry.path())?;
            }
        }
        Ok(())
    }

    fn remove(&self, path: &ArtifactPath) -> Result<()> {
        let parent = self.find(&path.parent().unwrap_or_else(ArtifactPath::root))?;
        self.remove_at(path, &parent.join(path.name().unwrap_or_default()))
    }

    fn remove_at(&self, path: &ArtifactPath, place: &Path) -> Result<()> {
        let failed = |error| ArtifactError::disk(path, error);
        if fs::symlink_metadata(place).map_err(failed)?.is_dir() {
            let gone = incoming::Gone::take(self, place).map_err(failed)?;
            let synced = sync_parent(place);
            gone.remove().and(synced).map_err(failed)
        } else {
            fs::remove_file(place).map_err(failed)?;
            sync_parent(place).map_err(failed)
        }
    }
}

/// Size and time of a file; none for anything else.
fn head(metadata: fs::Metadata) -> Option<Head> {
    let last_modified = metadata.modified().ok()?;
    let mark = mark_of(&metadata);
    metadata.is_file().then_some(Head { size: metadata.len(), last_modified, mark })
}

#[cfg(unix)]
fn mark_of(metadata: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;
    mark((metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn mark_of(metadata: &fs::Metadata) -> u64 {
    mark((metadata.modified().ok(), metadata.created().ok()))
}

/// What a blocking thread returned. If the runtime goes down first, nobody waits any more.
async fn finished<T>(running: JoinHandle<T>) -> T {
    match running.await.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panic)) => resume_unwind(panic),
        Err(Err(_)) => std::future::pending().await,
    }
}

/// Makes one folder, if it is not there, and syncs the one above it.
fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        made => made.and_then(|()| sync_parent(folder)),
    }
}

/// Makes a folder and those above it.
fn make_all(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), make_all)?;
    make(folder)
}

/// Syncs the folder that something lies in: only then does its name outlive a loss of power.
fn sync_parent(place: &Path) -> io::Result<()> {
    place.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
