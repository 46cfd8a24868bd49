//! The file itself: members with a name and a length, one behind the other, as tar has them.

use std::io::{self, Read, Seek, Write};

use serde::de::DeserializeOwned;
use tar::{Archive, Builder, EntryType, Header};
use types::Digest;

use super::BackupError;
use super::manifest::{FORM, Head};

/// The member that comes first.
pub(super) const HEAD: &str = "backup.json";
/// The member that says what all others are.
pub(super) const MANIFEST: &str = "manifest.json";
/// The last member: the digest of the one before it.
pub(super) const SEAL: &str = "manifest.blake3";
/// Below this name are the tables.
pub(super) const TABLES: &str = "tables/";
/// Below this name are the artifacts.
pub(super) const ARTIFACTS: &str = "artifacts/";
/// Below this name are the lists of artifacts.
pub(super) const LISTS: &str = "lists/";

/// What is small is not longer than this; whatever claims to be is damaged.
const SMALL: u64 = 256 << 20;

/// Writes members.
pub(super) struct Pack<W: Write>(Builder<W>);

impl<W: Write> Pack<W> {
    pub(super) fn new(to: W) -> Self {
        Self(Builder::new(to))
    }

    /// Writes a member that is in memory.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), BackupError> {
        self.write(name, bytes.len() as u64, bytes)
    }

    /// Writes a member of a known length as it comes, and gives its digest.
    pub(super) fn stream(
        &mut self,
        name: &str,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<Digest, BackupError> {
        let mut hashing = Hashing::new(content.take(size));
        self.write(name, size, &mut hashing)?;
        if hashing.inner.limit() > 0 {
            let what = format!("{name} ended {} bytes too early", hashing.inner.limit());
            return Err(BackupError::file("writing the backup")(io::Error::other(what)));
        }
        Ok(hashing.digest())
    }

    fn write(&mut self, name: &str, size: u64, content: impl Read) -> Result<(), BackupError> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(0o600);
        header.set_size(size);
        let written = self.0.append_data(&mut header, name, content);
        written.map_err(BackupError::file("writing the backup"))
    }

    /// Writes the end.
    pub(super) fn finish(self) -> Result<W, BackupError> {
        self.0.into_inner().map_err(BackupError::file("writing the backup"))
    }
}

/// A member of a file that is read. What is not read of it is skipped.
pub(super) struct Member<'a, R: Read> {
    pub(super) name: String,
    pub(super) size: u64,
    entry: tar::Entry<'a, R>,
}

impl<R: Read> Read for Member<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.entry.read(to)
    }
}

impl<R: Read> Member<'_, R> {
    /// All of a small member.
    pub(super) fn whole(&mut self) -> Result<Vec<u8>, BackupError> {
        if self.size > SMALL {
            return Err(BackupError::damaged(format!("{} is too long", self.name)));
        }
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes).map_err(cut_off(&self.name))?;
        Ok(bytes)
    }

    /// The member as JSON.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<T, BackupError> {
        let bytes = self.whole()?;
        let read = serde_json::from_slice(&bytes);
        read.map_err(|error| BackupError::damaged(format!("{}: {error}", self.name)))
    }
}

/// Gives each member of a file to `take`, the head aside, which is looked at first.
pub(super) fn each<R: Read + Seek>(
    from: R,
    mut take: impl FnMut(&Head, Member<'_, R>) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let mut archive = Archive::new(from);
    let entries = archive.entries_with_seek();
    let mut head: Option<Head> = None;
    for entry in entries.map_err(cut_off("its beginning"))? {
        let entry = entry.map_err(cut_off("a member"))?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut member = Member { name, size: entry.size(), entry };
        match &head {
            Some(head) => take(head, member)?,
            None if member.name == HEAD => head = Some(read_head(&mut member)?),
            None => break,
        }
    }
    match head {
        Some(_) => Ok(()),
        None => Err(BackupError::Refused("this file is no backup of trimtab".to_owned())),
    }
}

fn read_head<R: Read>(member: &mut Member<'_, R>) -> Result<Head, BackupError> {
    let head: Head = member.json()?;
    if head.form > FORM {
        return Err(BackupError::Refused(format!(
            "the backup has form {}, which {} wrote; this program reads forms up to {FORM}: use a \
             newer program",
            head.form, head.program
        )));
    }
    Ok(head)
}

/// Reading a backup stopped: mostly because it was cut off.
pub(super) fn cut_off(member: &str) -> impl FnOnce(io::Error) -> BackupError {
    move |error| BackupError::damaged(format!("{member}: {error}"))
}

/// Gives bytes on, and remembers their digest.
pub(super) struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
}

impl<T> Hashing<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, hasher: blake3::Hasher::new() }
    }

    /// The digest of what was given on.
    pub(super) fn digest(&self) -> Digest {
        Digest::from_bytes(*self.hasher.finalize().as_bytes())
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.hasher.update(&to[..read]);
        Ok(read)
    }
}
