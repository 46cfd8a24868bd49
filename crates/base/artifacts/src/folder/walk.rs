//! Listing a folder, and walking through all that is below it.
//!
//! Links that lead out of the store, or nowhere, are not here for anyone. A link to a folder within
//! the store can be listed; a walk does not go through it, since it would meet the same files twice
//! or walk in a circle.

use std::fs::{self, DirEntry};
use std::path::Path;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};

use super::{Folder, head};
use crate::Result;
use crate::error::ArtifactError;
use crate::found::{Entry, Found};
use crate::path::{ArtifactPath, INCOMING};

impl Folder {
    /// What lies in a folder, by name. What is no folder is empty.
    pub(crate) async fn list(&self, dir: &ArtifactPath) -> Result<Vec<Entry>> {
        self.run(dir, |folder, dir| {
            let mut entries = Vec::new();
            for (name, place) in folder.names_in(dir)? {
                let Ok(path) = dir.join(&name) else { continue };
                if place.file_type().is_ok_and(|kind| kind.is_symlink())
                    && folder.find(&path).is_err()
                {
                    continue;
                }
                let Ok(metadata) = fs::metadata(place.path()) else { continue };
                let (is_dir, size) = (metadata.is_dir(), metadata.len());
                entries.push(Entry { name, is_dir, size: (!is_dir).then_some(size) });
            }
            Ok(entries)
        })
        .await
    }

    /// All files below a folder, folder by folder.
    pub(crate) fn walk(&self, dir: &ArtifactPath) -> BoxStream<'static, Result<Found>> {
        let folder = self.clone();
        stream::try_unfold(vec![dir.clone()], move |mut waiting| {
            let folder = folder.clone();
            async move {
                let Some(dir) = waiting.pop() else { return Ok(None) };
                let (files, mut folders) = folder.run(&dir, Folder::files_in).await?;
                folders.reverse();
                waiting.extend(folders);
                Ok::<_, ArtifactError>(Some((stream::iter(files.into_iter().map(Ok)), waiting)))
            }
        })
        .try_flatten()
        .boxed()
    }

    /// The files and the folders that lie in a folder, by name.
    fn files_in(&self, dir: &ArtifactPath) -> Result<(Vec<Found>, Vec<ArtifactPath>)> {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for (name, place) in self.names_in(dir)? {
            let path = dir.join(&name)?;
            let kind = place.file_type().map_err(|error| ArtifactError::disk(&path, error))?;
            if kind.is_dir() {
                folders.push(path);
            } else if !kind.is_symlink() || self.find(&path).is_ok() {
                let head = fs::metadata(place.path()).ok().and_then(head);
                files.extend(head.map(|head| Found { path, head }));
            }
        }
        Ok((files, folders))
    }

    /// The names in a folder, in order, without what is not whole.
    fn names_in(&self, dir: &ArtifactPath) -> Result<Vec<(String, DirEntry)>> {
        let place = match self.find(dir) {
            Ok(place) if place.is_dir() => place,
            Ok(_) | Err(ArtifactError::Missing { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = read_names(&place).map_err(|error| ArtifactError::disk(dir, error))?;
        names.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(names)
    }
}

fn read_names(place: &Path) -> std::io::Result<Vec<(String, DirEntry)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        if entry.file_name() != INCOMING {
            names.push((entry.file_name().to_string_lossy().into_owned(), entry));
        }
    }
    Ok(names)
}
