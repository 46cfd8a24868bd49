//! What a store says of what it keeps: sizes, times, listings, and streams of bytes.
//!
//! Plain nouns, made by the folder and by remote stores alike.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::time::SystemTime;

use bytes::Bytes;
use futures_util::stream::BoxStream;

use crate::Result;
use crate::error::ArtifactError;
use crate::path::ArtifactPath;

/// A file without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many bytes it has.
    pub size: u64,
    /// When it was last written.
    pub last_modified: SystemTime,
    /// A number that is another one once it was written again, even if size and time are put back:
    /// on a disk it comes of the time of the last change and of the place, else of the store's tag.
    pub mark: u64,
}

/// A file with its bytes, or with some of them.
pub struct Download {
    /// How many bytes the whole file has.
    pub size: u64,
    /// When it was last written.
    pub last_modified: SystemTime,
    /// Which of the bytes the stream gives.
    pub range: Range<u64>,
    /// The bytes. They are all of one version of the file, even if another is written meanwhile; a
    /// remote store that has lost the version ends the stream with an error.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("size", &self.size)
            .field("last_modified", &self.last_modified)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// One line of a listing: a file or a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name within the folder that was listed.
    pub name: String,
    /// Whether it is a folder.
    pub is_dir: bool,
    /// The bytes of a file; none for a folder.
    pub size: Option<u64>,
}

/// A file somewhere below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path from the top of the store.
    pub path: ArtifactPath,
    /// Its size and time.
    pub head: Head,
}

/// A mark of what a store says of a file.
pub(crate) fn mark(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// The bytes to send of a file of `size` bytes: all of them, or those asked for, cut at its end.
pub(crate) fn within(
    path: &ArtifactPath,
    size: u64,
    asked: Option<Range<u64>>,
) -> Result<Range<u64>> {
    match asked {
        None => Ok(0..size),
        Some(range) if range.start < size && range.start < range.end => {
            Ok(range.start..range.end.min(size))
        }
        Some(range) => Err(ArtifactError::Range { path: path.clone(), range, size }),
    }
}
