//! Uploads in parts: many parts at once, from one client, into one file.
//!
//! A store opens an [`Upload`] and says where its parts go; the parts come in any order; then the
//! list of parts makes the file, whole, or the upload is given up.

use crate::Result;
use crate::error::ArtifactError;
use crate::path::ArtifactPath;

/// The most parts of an upload: the limit of S3.
pub(crate) const PARTS_MAX: u32 = 10_000;

/// An upload that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// What it is called in the calls that follow.
    pub id: String,
    /// Where the parts are to be PUT, in the order of their numbers, each address signed for a
    /// while. Empty if parts are to be given to [`Store::put_part`](crate::Store::put_part).
    pub urls: Vec<String>,
}

/// A part that has arrived, as the client was told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its place in the file, from 1.
    pub number: u32,
    /// The tag that was given for it, with or without quotes.
    pub etag: String,
}

/// Refuses a list of parts with a gap in it: the file would lack some of its bytes.
pub(crate) fn check_parts(path: &ArtifactPath, id: &str, parts: &[Part]) -> Result<()> {
    let in_order = (1..).zip(parts).all(|(number, part)| part.number == number);
    if parts.is_empty() || !in_order {
        return Err(refusal(path, id, "its parts must be numbered 1, 2, 3 and so on"));
    }
    check_count(path, id, parts.len())
}

/// Refuses more parts than a store would take, or none.
pub(crate) fn check_count(path: &ArtifactPath, id: &str, n_parts: usize) -> Result<()> {
    if n_parts == 0 || n_parts > PARTS_MAX as usize {
        return Err(refusal(path, id, "it must have between 1 and 10000 parts"));
    }
    Ok(())
}

/// The error of an upload that cannot go on.
pub(crate) fn refusal(path: &ArtifactPath, id: &str, why: &'static str) -> ArtifactError {
    ArtifactError::Upload { path: path.clone(), id: id.to_owned(), why }
}
