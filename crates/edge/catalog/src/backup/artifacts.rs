//! Artifacts in a backup: as they are, in the order in which they came.

use std::io::{Read, Seek};

use super::BackupError;
use super::archive::{ARTIFACTS, each};

/// So many artifacts share a list of digests.
pub(super) const LIST: usize = 1_000;

/// Gives each artifact with its path, its size and its bytes to `take`. The file was checked before.
pub fn artifacts<R: Read + Seek>(
    from: R,
    mut take: impl FnMut(&str, u64, &mut dyn Read) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    each(from, |_, mut member| {
        let name = member.name.clone();
        match name.strip_prefix(ARTIFACTS) {
            Some(path) => take(path, member.size, &mut member),
            None => Ok(()),
        }
    })
}
