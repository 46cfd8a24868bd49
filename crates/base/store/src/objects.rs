//! Bytes under their digest: small ones in SQLite, where many share one sync of the disk, large
//! ones as files.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};
use types::Digest;

/// Below this size SQLite reads and writes blobs faster than the file system does
/// (sqlite.org, "35% Faster Than The Filesystem"; the lines cross near 100 kB).
const LARGE: usize = 64 * 1024;

pub(crate) fn is_large(bytes: &[u8]) -> bool {
    bytes.len() >= LARGE
}

pub(crate) fn create(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "CREATE TABLE IF NOT EXISTS object (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL)",
    )
}

/// Keeps small bytes in SQLite, within the transaction of the caller.
pub(crate) fn insert(db: &Connection, digest: &Digest, bytes: &[u8]) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR IGNORE INTO object VALUES (?1, ?2)")?
        .execute(params![digest.as_bytes(), bytes])?;
    Ok(())
}

/// Keeps bytes wherever their size puts them; durable on return.
pub(crate) fn put(
    db: &Connection,
    dir: &Path,
    digest: &Digest,
    bytes: &[u8],
) -> Result<(), String> {
    if is_large(bytes) {
        let path = path(dir, digest);
        if path.is_file() {
            return Ok(());
        }
        write_durably(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
    } else {
        insert(db, digest, bytes).map_err(|error| error.to_string())
    }
}

/// The bytes, held against their digest.
pub(crate) fn get(db: &Connection, dir: &Path, digest: &Digest) -> Result<Vec<u8>, String> {
    let small: Option<Vec<u8>> = db
        .prepare_cached("SELECT bytes FROM object WHERE digest = ?1")
        .and_then(|mut found| found.query_row([digest.as_bytes()], |row| row.get(0)).optional())
        .map_err(|error| error.to_string())?;
    let bytes = match small {
        Some(bytes) => bytes,
        None => {
            let path = path(dir, digest);
            fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?
        }
    };
    held_against(digest, bytes)
}

/// The bytes, if they have this digest.
pub(crate) fn held_against(digest: &Digest, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let found = Digest::of(&bytes);
    if found != *digest {
        return Err(format!("it was altered: its bytes have the digest {found}"));
    }
    Ok(bytes)
}

/// The digests under which bytes are kept, in order. A file that has no digest for its name is not
/// ours.
pub(crate) fn all(db: &Connection, dir: &Path) -> Result<Vec<Digest>, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let mut statement = db.prepare("SELECT digest FROM object").map_err(text)?;
    let small = statement.query_map([], |row| row.get(0).map(Digest::from_bytes)).map_err(text)?;
    let mut digests = small.collect::<Result<Vec<_>, _>>().map_err(text)?;
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for folder in entries(&dir.join("objects"))? {
        for file in entries(&folder)? {
            digests.extend(format!("{}{}", name(&folder), name(&file)).parse::<Digest>());
        }
    }
    digests.sort_unstable();
    Ok(digests)
}

/// What is in a folder; nothing, if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    if !folder.is_dir() {
        return Ok(vec![]);
    }
    fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| format!("{}: {error}", folder.display()))
}

pub(crate) fn path(dir: &Path, digest: &Digest) -> PathBuf {
    let name = digest.to_string();
    dir.join("objects").join(&name[..2]).join(&name[2..])
}

/// Writes beside the final name, syncs, renames, and syncs the folder: the file is there whole or
/// not at all.
fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().expect("an object's path has a folder");
    fs::create_dir_all(folder)?;
    let partial = path.with_extension("partial");
    let written = File::create(&partial)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&partial, path))
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}
