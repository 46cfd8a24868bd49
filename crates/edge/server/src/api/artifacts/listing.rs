//! Listings of folders.

use artifacts::{ArtifactPath, Store};
use serde::Serialize;

use super::refusal::said;
use crate::error::ApiError;

/// A line of a listing, in the words of the wire.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    path: String,
    is_dir: bool,
    /// Nothing is said of a size of nought.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_size: Option<u64>,
}

/// The lines of a folder, each path begun by `below`.
pub(super) async fn of(
    store: &Store,
    folder: &ArtifactPath,
    below: &ArtifactPath,
) -> Result<Vec<Line>, ApiError> {
    let entries = store.list(folder).await.map_err(said)?;
    let line = |entry: artifacts::Entry| Line {
        path: if below.is_root() { entry.name } else { format!("{below}/{}", entry.name) },
        is_dir: entry.is_dir,
        file_size: entry.size.filter(|size| *size > 0),
    };
    Ok(entries.into_iter().map(line).collect())
}
