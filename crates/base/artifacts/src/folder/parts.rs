//! Uploads in parts into a folder: each part is a file of its own until the upload is completed.
//!
//! A part's file is named after its number and its tag. The list that completes an upload names
//! both, so a part that was sent twice is taken from the sending that its client believes in.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::stream::BoxStream;

use super::Folder;
use super::incoming::{self, Incoming};
use crate::Result;
use crate::error::{ArtifactError, BoxError};
use crate::path::ArtifactPath;
use crate::upload::{PARTS_MAX, Part, refusal};

/// The file that says where an upload is to go.
const TARGET: &str = "path";

impl Folder {
    /// Opens an upload and names its id.
    pub(crate) async fn create_upload(&self, path: &ArtifactPath) -> Result<String> {
        self.run(path, |folder, path| {
            let failed = |error| ArtifactError::writing(path, error);
            let (id, place) = incoming::new_parts(folder).map_err(failed)?;
            fs::write(place.join(TARGET), path.as_str()).map_err(failed)?;
            Ok(id)
        })
        .await
    }

    /// Keeps a part and names its tag.
    pub(crate) async fn put_part(
        &self,
        path: &ArtifactPath,
        id: &str,
        number: u32,
        body: BoxStream<'_, Result<Bytes, BoxError>>,
    ) -> Result<String> {
        if !(1..=PARTS_MAX).contains(&number) {
            return Err(refusal(path, id, "a part's number must lie between 1 and 10000"));
        }
        let id = id.to_owned();
        let asked = id.clone();
        self.run(path, move |folder, path| folder.parts(path, &asked)).await?;
        let mut incoming = self.receive(path, body).await?;
        self.run(path, move |folder, path| {
            let place = folder.parts(path, &id)?;
            let etag = incoming::fresh().map_err(|error| ArtifactError::writing(path, error))?;
            let kept = incoming.publish(&place.join(format!("{number}.{etag}")));
            kept.map_err(|error| ArtifactError::writing(path, error))?;
            Ok(etag)
        })
        .await
    }

    /// Makes the file of its parts.
    pub(crate) async fn complete_upload(
        &self,
        path: &ArtifactPath,
        id: &str,
        parts: Vec<Part>,
    ) -> Result<u64> {
        let id = id.to_owned();
        self.run(path, move |folder, path| {
            let failed = |error| ArtifactError::writing(path, error);
            let place = folder.parts(path, &id)?;
            let mut whole = Incoming::new(folder).map_err(failed)?;
            for part in parts {
                let name = format!("{}.{}", part.number, part.etag.trim_matches('"'));
                let file = open_part(&place, &name);
                let file = file.ok_or_else(|| refusal(path, &id, "a part of it is not here"))?;
                whole.append(file).map_err(failed)?;
            }
            let size = folder.settle(whole, path)?;
            remove(&place).map_err(failed)?;
            Ok(size)
        })
        .await
    }

    /// Gives an upload up. One that is not here is given up already.
    pub(crate) async fn abort_upload(&self, path: &ArtifactPath, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.run(path, move |folder, path| match folder.parts(path, &id) {
            Ok(place) => remove(&place).map_err(|error| ArtifactError::writing(path, error)),
            Err(ArtifactError::Upload { .. }) => Ok(()),
            Err(error) => Err(error),
        })
        .await
    }

    /// The folder of an upload that is open for this path.
    fn parts(&self, path: &ArtifactPath, id: &str) -> Result<PathBuf> {
        let none = || refusal(path, id, "no such upload is open for this path");
        if !incoming::is_fresh(id) {
            return Err(none());
        }
        let place = incoming::parts(self, id);
        match fs::read_to_string(place.join(TARGET)) {
            Ok(target) if target == path.as_str() => Ok(place),
            Ok(_) => Err(none()),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(none()),
            Err(error) => Err(ArtifactError::writing(path, error)),
        }
    }
}

/// A part of that name; none for a name that no part could have.
fn open_part(place: &Path, name: &str) -> Option<File> {
    let (_, etag) = name.split_once('.')?;
    incoming::is_fresh(etag).then(|| File::open(place.join(name)).ok())?
}

fn remove(place: &std::path::Path) -> io::Result<()> {
    match fs::remove_dir_all(place) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    incoming::leave(place);
    Ok(())
}
