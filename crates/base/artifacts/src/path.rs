//! Paths of artifacts, parsed at the door.
//!
//! In: text that a stranger sent. Out: a relative path that cannot leave the store, whatever the
//! store is: on a disk and in a bucket the file has the name that its user gave it. It does not know
//! what is kept where; links on the disk are the business of the folder.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;

use crate::Result;
use crate::error::ArtifactError;

/// The longest name that common disks take, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// The longest key that S3 takes, in bytes.
const PATH_BYTES_MAX: usize = 1024;

/// Where a folder keeps what is not whole yet. No artifact may be called so.
pub(crate) const INCOMING: &str = ".trimtab-incoming";

/// Where an artifact is kept: a relative path such as `1/model/weights.bin`.
///
/// The names in it are taken as they are, with blanks, `%`, `#`, `?` and all of Unicode; a caller
/// that got the path from a URL decodes it once. It is refused if it would mean another place to
/// anyone who reads it: with `..`, a leading `/` or drive letter, a backslash, an empty name, a
/// control character, or if any of these appears once it is percent-decoded, however often. A name
/// has up to 255 bytes, a path up to 1024. `./` and a trailing `/` are left out.
///
/// ```
/// # use artifacts::ArtifactPath;
/// let path: ArtifactPath = "./reports/50% growth?.html".parse()?;
/// assert_eq!(path.as_str(), "reports/50% growth?.html");
/// assert!("reports/%252e%252e/passwd".parse::<ArtifactPath>().is_err());
/// # Ok::<_, artifacts::ArtifactError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath(String);

impl ArtifactPath {
    /// The top of the store: a folder, never a file.
    pub fn root() -> Self {
        Self(String::new())
    }

    /// Reads a path.
    ///
    /// # Errors
    /// [`ArtifactError::Path`] says why it is refused.
    pub fn parse(text: &str) -> Result<Self> {
        check(text).map_err(|why| ArtifactError::Path { path: text.to_owned(), why })?;
        let names: Vec<&str> = names(text).collect();
        Ok(Self(names.join("/")))
    }

    /// Another path below this one.
    ///
    /// # Errors
    /// [`ArtifactError::Path`] if `below` is refused, or if both together are too long.
    pub fn join(&self, below: &str) -> Result<Self> {
        let below = Self::parse(below)?;
        if self.is_root() { Ok(below) } else { Self::parse(&format!("{self}/{below}")) }
    }

    /// The path as text; empty for the top.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the top of the store.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last name; none for the top.
    pub fn name(&self) -> Option<&str> {
        self.names().next_back()
    }

    /// The folder it lies in; none for the top.
    pub fn parent(&self) -> Option<Self> {
        let name = self.name()?;
        Some(Self(self.0[..self.0.len() - name.len()].trim_end_matches('/').to_owned()))
    }

    /// The names from the top down.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|name| !name.is_empty())
    }

    /// The path without the folder it lies in; none if it does not lie below that folder.
    pub fn below(&self, folder: &Self) -> Option<Self> {
        if folder.is_root() {
            return (!self.is_root()).then(|| self.clone());
        }
        Some(Self(self.0.strip_prefix(&folder.0)?.strip_prefix('/')?.to_owned()))
    }

    /// The path, if it names a file.
    pub(crate) fn file(&self) -> Result<&Self> {
        if self.is_root() {
            return Err(ArtifactError::Path { path: String::new(), why: "it names no file" });
        }
        Ok(self)
    }
}

impl FromStr for ArtifactPath {
    type Err = ArtifactError;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names of a path, without those that mean the folder itself.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.strip_suffix('/').unwrap_or(text).split('/').filter(|name| *name != ".")
}

/// Reads the path as it is, then as all those would who decode it once, twice, and so on.
fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > PATH_BYTES_MAX {
        return Err("it has more than 1024 bytes");
    }
    let mut text = Cow::Borrowed(text);
    loop {
        check_once(&text)?;
        let decoded = percent_decode_str(&text).decode_utf8_lossy();
        if decoded == text {
            return Ok(());
        }
        text = Cow::Owned(decoded.into_owned());
    }
}

fn check_once(text: &str) -> Result<(), &'static str> {
    if text.starts_with('/') {
        return Err("it starts with `/`; artifact paths are relative");
    }
    if text.contains('\\') {
        return Err("it holds a backslash; folders are parted by `/`");
    }
    if text.chars().any(|character| character.is_ascii_control()) {
        return Err("it holds a control character");
    }
    if names(text).next().is_none() {
        return Err("it names nothing");
    }
    names(text).try_for_each(check_name)
}

fn check_name(name: &str) -> Result<(), &'static str> {
    match name {
        "" => Err("a name in it is empty"),
        ".." => Err("it holds `..`"),
        // Anywhere, since a path is also read from any of its folders on.
        _ if matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) => {
            Err("it holds a drive letter; artifact paths are relative")
        }
        INCOMING => Err("`.trimtab-incoming` is the store's own"),
        _ if name.len() > NAME_BYTES_MAX => Err("a name in it has more than 255 bytes"),
        _ => Ok(()),
    }
}
