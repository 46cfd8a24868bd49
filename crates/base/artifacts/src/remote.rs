//! A store in the cloud: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.
//!
//! In: paths and bytes. Out: objects whose keys are the prefix of the store and the path, letter by
//! letter, so that others who read the bucket find them under the same names. An object is there
//! whole or not at all, and is durable once the store has said so.

mod open;
mod parts;
mod presign;
mod profile;
mod read;
mod write;

use std::sync::Arc;

use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::signer::Signer;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::Result;
use crate::error::ArtifactError;
use crate::found::{Entry, Found, Head, mark};
use crate::path::ArtifactPath;

/// A bucket, or the part of it below a prefix.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    kind: &'static str,
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    /// The same store again, if it is S3.
    s3: Option<Arc<AmazonS3>>,
    prefix: Key,
}

impl Remote {
    /// Size and time of an object.
    pub(crate) async fn head(&self, path: &ArtifactPath) -> Result<Head> {
        Ok(head(&self.meta(path).await?))
    }

    async fn meta(&self, path: &ArtifactPath) -> Result<ObjectMeta> {
        let found = self.store.head(&self.object(path)?).await;
        found.map_err(|error| ArtifactError::remote(path, error))
    }

    /// The key of a path at which there can be an object.
    fn object(&self, path: &ArtifactPath) -> Result<Key> {
        if path.is_root() {
            return Err(ArtifactError::Missing { path: path.clone() });
        }
        self.key(path)
    }

    /// What lies directly below a path, by name.
    pub(crate) async fn list(&self, dir: &ArtifactPath) -> Result<Vec<Entry>> {
        let key = self.key(dir)?;
        let listed = self.store.list_with_delimiter(Some(&key)).await;
        let listed = listed.map_err(|error| ArtifactError::remote(dir, error))?;
        let folders = listed.common_prefixes.iter().map(|folder| (folder, None));
        let files = listed.objects.iter().map(|object| (&object.location, Some(object.size)));
        let mut entries: Vec<Entry> = folders
            .chain(files)
            // An empty object that stands for the folder itself has no name in it.
            .filter(|(location, _)| **location != key)
            .filter_map(|(location, size)| {
                let name = location.filename()?.to_owned();
                Some(Entry { name, is_dir: size.is_none(), size })
            })
            .collect();
        entries.sort_unstable_by(|a, b| (&a.name, a.is_dir).cmp(&(&b.name, b.is_dir)));
        Ok(entries)
    }

    /// All objects below a path.
    pub(crate) fn walk(&self, dir: &ArtifactPath) -> BoxStream<'static, Result<Found>> {
        let key = match self.key(dir) {
            Ok(key) => key,
            Err(error) => return stream::once(async { Err(error) }).boxed(),
        };
        let (remote, dir) = (self.clone(), dir.clone());
        self.store
            .list(Some(&key))
            .map(move |object| {
                let object = object.map_err(|error| ArtifactError::remote(&dir, error))?;
                Ok((object.location != key).then_some(object))
            })
            .try_filter_map(|object| async { Ok(object) })
            .and_then(move |object| {
                let found = remote.path(&object.location);
                async move { Ok(Found { path: found?, head: head(&object) }) }
            })
            .boxed()
    }

    /// Removes the object of that path, and all below it.
    pub(crate) async fn delete(&self, path: &ArtifactPath) -> Result<()> {
        let key = self.key(path)?;
        let below = self.store.list(Some(&key)).map_ok(|object| object.location);
        let itself = (!path.is_root()).then(|| Ok(key.clone()));
        let mut gone = self.store.delete_stream(below.chain(stream::iter(itself)).boxed());
        while let Some(deleted) = gone.next().await {
            match deleted {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(ArtifactError::remote(path, error)),
            }
        }
        Ok(())
    }

    pub(crate) fn unsupported(&self, what: &'static str) -> ArtifactError {
        ArtifactError::Unsupported { what, store: self.kind }
    }

    /// The key of a path, with the names as they are.
    fn key(&self, path: &ArtifactPath) -> Result<Key> {
        let joined = match (self.prefix.as_ref(), path.as_str()) {
            (prefix, "") => prefix.to_owned(),
            ("", path) => path.to_owned(),
            (prefix, path) => format!("{prefix}/{path}"),
        };
        Key::parse(joined).map_err(|_| ArtifactError::Path {
            path: path.to_string(),
            why: "it is no key that an object store takes",
        })
    }

    /// The path of a key below the prefix.
    fn path(&self, key: &Key) -> Result<ArtifactPath> {
        let below = key.as_ref().strip_prefix(self.prefix.as_ref()).unwrap_or(key.as_ref());
        ArtifactPath::parse(below.trim_start_matches('/'))
    }
}

fn head(object: &ObjectMeta) -> Head {
    let mark = mark((&object.e_tag, &object.version));
    Head { size: object.size, last_modified: object.last_modified.into(), mark }
}
