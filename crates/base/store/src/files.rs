//! Files as objects of a home, without holding them in memory: a training set may be larger than
//! that.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use types::Digest;

use crate::StoreError;
use crate::objects;

fn failed(path: &Path, source: io::Error) -> StoreError {
    StoreError::File { path: path.to_owned(), source }
}

/// The digest of a file's bytes.
pub fn file_digest(path: &Path) -> Result<Digest, StoreError> {
    let fail = |source| failed(path, source);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(fail)?).map_err(fail)?;
    Ok(Digest::from_bytes(*hasher.finalize().as_bytes()))
}

/// Keeps a copy of a file as an object of the home `dir`, under the digest of its bytes; durable on
/// return. The object cannot change: other bytes have another digest. Other processes may write to
/// the home meanwhile.
pub fn keep_file(dir: &Path, file: &Path) -> Result<Digest, StoreError> {
    let digest = file_digest(file)?;
    let path = objects::path(dir, &digest);
    if path.is_file() {
        return Ok(digest);
    }
    let folder = path.parent().expect("an object's path has a folder");
    fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
    let partial = path.with_extension(format!("{}.partial", std::process::id()));
    let copied = fs::copy(file, &partial)
        .and_then(|_| File::open(&partial)?.sync_all())
        .map_err(|source| failed(&partial, source))
        // What was copied is what was hashed, even if somebody wrote to the file meanwhile.
        .and_then(|()| matching(&partial, &digest))
        .and_then(|()| fs::rename(&partial, &path).map_err(|source| failed(&path, source)))
        .and_then(|()| {
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| failed(folder, source))
        });
    if copied.is_err() {
        let _ = fs::remove_file(&partial);
    }
    copied.map(|()| digest)
}

/// The file of an object that is kept as one, whose bytes have been held against its digest.
pub fn kept_file(dir: &Path, digest: &Digest) -> Result<PathBuf, StoreError> {
    let path = objects::path(dir, digest);
    matching(&path, digest)?;
    Ok(path)
}

fn matching(path: &Path, wanted: &Digest) -> Result<(), StoreError> {
    let found = file_digest(path)?;
    if found == *wanted {
        return Ok(());
    }
    let what = format!("it was altered: its bytes have the digest {found}");
    Err(failed(path, io::Error::new(io::ErrorKind::InvalidData, what)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_once_and_an_altered_one_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("set.parquet");
        fs::write(&file, vec![7; 100_000]).unwrap();
        let digest = keep_file(home.path(), &file).unwrap();
        assert_eq!(digest, Digest::of(&[7; 100_000]));
        assert_eq!(keep_file(home.path(), &file).unwrap(), digest);
        let kept = kept_file(home.path(), &digest).unwrap();
        fs::write(&file, b"other").unwrap();
        assert_eq!(kept_file(home.path(), &digest).unwrap(), kept);
        fs::write(&kept, b"altered").unwrap();
        let error = kept_file(home.path(), &digest).unwrap_err().to_string();
        assert!(error.contains("it was altered"), "{error}");
    }
}
