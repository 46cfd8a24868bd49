//! What can go wrong with an artifact, as the caller would tell it apart.
//!
//! In: errors of the disk and of remote stores. Out: one [`ArtifactError`] that names the path and
//! what to change.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::ops::Range;

use object_store::client::{HttpError, HttpErrorKind};

use crate::path::ArtifactPath;

/// Any error, owned.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a call on a [`Store`](crate::Store) did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The address names no place that artifacts could be kept in.
    #[error("`{uri}` is no place for artifacts: {why}")]
    Place {
        /// The address as given.
        uri: String,
        /// What to change.
        why: String,
    },
    /// The path is not one that this room would go to.
    #[error("artifact path `{path}` is refused: {why}")]
    Path {
        /// The path as given.
        path: String,
        /// What to change.
        why: &'static str,
    },
    /// Nothing is kept under the path.
    #[error("no such artifact: `{path}`")]
    Missing {
        /// The path that was asked for.
        path: ArtifactPath,
    },
    /// A folder stands where the file would go, or a file where a folder is needed.
    #[error("`{path}` cannot be written: a folder or file of that name is in the way")]
    Occupied {
        /// The path that was to be written.
        path: ArtifactPath,
    },
    /// The disk or the quota is used up.
    #[error("no room is left for `{path}`: free some space, or give the store a larger disk")]
    Full {
        /// The path that was to be written.
        path: ArtifactPath,
        /// What the disk said.
        source: BoxError,
    },
    /// The remote store does not answer, or says that it cannot now. Ask again later.
    #[error("the store that keeps `{path}` is away: {source}")]
    Unavailable {
        /// The path that was asked for.
        path: ArtifactPath,
        /// The last of its answers.
        source: BoxError,
    },
    /// The store or the disk does not let this process in.
    #[error("the store refuses access to `{path}`: {source}")]
    Refused {
        /// The path that was asked for.
        path: ArtifactPath,
        /// What the store said.
        source: BoxError,
    },
    /// The bytes asked for lie outside the file.
    #[error("bytes {}..{} lie outside `{path}`, which has {size}", range.start, range.end)]
    Range {
        /// The path that was asked for.
        path: ArtifactPath,
        /// The bytes that were asked for.
        range: Range<u64>,
        /// The size of the file.
        size: u64,
    },
    /// The stream that was to be written broke off. Nothing of it was kept.
    #[error("the bytes of `{path}` broke off: {source}")]
    Body {
        /// The path that was to be written.
        path: ArtifactPath,
        /// The error of the stream.
        source: BoxError,
    },
    /// There is no open upload of that id for that path, or a part of it is not here.
    #[error("upload `{id}` of `{path}` cannot go on: {why}")]
    Upload {
        /// The path of the upload.
        path: ArtifactPath,
        /// The id as given.
        id: String,
        /// What is amiss.
        why: &'static str,
    },
    /// This kind of store cannot do that.
    #[error("{what} is not offered by {store}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// The kind of store.
        store: &'static str,
    },
    /// Anything else.
    #[error("`{path}`: {source}")]
    Failed {
        /// The path that was asked for.
        path: ArtifactPath,
        /// The error beneath.
        source: BoxError,
    },
}

impl ArtifactError {
    /// What an error of the disk means for the path.
    pub(crate) fn disk(path: &ArtifactPath, error: io::Error) -> Self {
        let path = path.clone();
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Self::Full { path, source: error.into() }
            }
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Self::Refused { path, source: error.into() }
            }
            ErrorKind::InvalidFilename => {
                Self::Path { path: path.to_string(), why: "the disk does not take such a name" }
            }
            _ => Self::Failed { path, source: error.into() },
        }
    }

    /// What an error of the disk means for a path that is being written.
    pub(crate) fn writing(path: &ArtifactPath, error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotADirectory => Self::Occupied { path: path.clone() },
            _ => Self::disk(path, error),
        }
    }

    /// What an error of a remote store means for the path.
    pub(crate) fn remote(path: &ArtifactPath, error: object_store::Error) -> Self {
        use object_store::Error as Remote;
        let away = is_away(&error);
        let path = path.clone();
        match error {
            Remote::NotFound { .. } => Self::Missing { path },
            Remote::PermissionDenied { .. } | Remote::Unauthenticated { .. } => {
                Self::Refused { path, source: error.into() }
            }
            _ if away => Self::Unavailable { path, source: error.into() },
            _ => Self::Failed { path, source: error.into() },
        }
    }
}

/// Whether the store was not reached, or said that the fault is on its side (a status of 5xx, or
/// 429 for too many requests).
fn is_away(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return !matches!(http.kind(), HttpErrorKind::Decode);
        }
        // The type of this error is private to its crate: its text is all there is to read.
        let text = error.to_string();
        if ["status code: 5", "status code: 429"].iter().any(|status| text.contains(status)) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_is_full_has_a_variant_of_its_own() {
        let path = ArtifactPath::root();
        // ENOSPC and EDQUOT of Linux.
        for code in [28, 122] {
            let error = ArtifactError::disk(&path, io::Error::from_raw_os_error(code));
            assert!(matches!(error, ArtifactError::Full { .. }), "{error}");
        }
    }
}
