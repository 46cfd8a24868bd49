//! The store: one door to folders and remote stores.
//!
//! In: an address, then paths and streams. Out: what the folder or the remote store makes of them.
//! It decides nothing but which of the two is asked.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt, TryStreamExt};

use crate::Result;
use crate::address::Address;
use crate::error::{ArtifactError, BoxError};
use crate::folder::Folder;
use crate::found::{Download, Entry, Found, Head};
use crate::path::ArtifactPath;
use crate::remote::Remote;
use crate::upload::{Part, Upload};

/// A place for artifacts. Copies share it.
#[derive(Clone)]
pub struct Store {
    uri: Arc<str>,
    place: Arc<Place>,
}

enum Place {
    Folder(Folder),
    Remote(Remote),
}

impl Store {
    /// Opens the store at an address, with the settings of this process's environment.
    ///
    /// | address | store |
    /// |---|---|
    /// | `/folder`, `./folder`, `file:///folder` | a folder on this machine; it is made when it is needed |
    /// | `s3://bucket/prefix` | S3, or what speaks like it |
    /// | `gs://bucket/prefix` | Google Cloud Storage |
    /// | `wasbs://container@account.blob.core.windows.net/prefix`, `abfss://…`, `az://container/prefix` | Azure Blob Storage |
    ///
    /// Settings for S3 are the variables `AWS_*`, or else the shared credentials file;
    /// `MLFLOW_S3_ENDPOINT_URL` names another endpoint, before `AWS_ENDPOINT_URL`, and
    /// `MLFLOW_S3_IGNORE_TLS=true` trusts any certificate. Settings for Google are the variables
    /// `GOOGLE_*`, for Azure `AZURE_*` with `AZURE_STORAGE_CONNECTION_STRING`. An endpoint without
    /// TLS must be on this machine, unless `AWS_ALLOW_HTTP` or `AZURE_ALLOW_HTTP` is `true`.
    ///
    /// Nothing is asked of a remote store yet. A folder is swept: what a process that died left
    /// unfinished is removed.
    ///
    /// # Errors
    /// [`ArtifactError::Place`] if the address or a setting cannot be used.
    pub fn open(uri: &str) -> Result<Self> {
        let variables = std::env::vars_os();
        Self::open_with(
            uri,
            variables.filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            }),
        )
    }

    /// Opens the store at an address, with these settings in place of the environment.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_with(
        uri: &str,
        settings: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self> {
        let place = match Address::parse(uri)? {
            Address::Folder(root) => Place::Folder(Folder::open(root)),
            remote => Place::Remote(Remote::open(uri, remote, settings.into_iter().collect())?),
        };
        Ok(Self { uri: uri.into(), place: Arc::new(place) })
    }

    /// The address that it was opened with.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Keeps the bytes under the path, in place of any that were there, and says how many they are.
    /// Others see all of them or none; when this returns, they outlive a loss of power. If the
    /// stream breaks off, or this call is dropped, nothing is left behind.
    ///
    /// # Errors
    /// [`ArtifactError::Body`] with the stream's own error; [`ArtifactError::Full`];
    /// [`ArtifactError::Occupied`]; and what a store may say at any time:
    /// [`ArtifactError::Unavailable`], [`ArtifactError::Refused`], [`ArtifactError::Failed`].
    pub async fn put<E>(
        &self,
        path: &ArtifactPath,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<u64>
    where
        E: Into<BoxError>,
    {
        let body = body.map_err(Into::into).boxed();
        match &*self.place {
            Place::Folder(folder) => folder.put(path.file()?, body).await,
            Place::Remote(remote) => remote.put(path.file()?, body).await,
        }
    }

    /// A file as a stream, or the bytes of it that are asked for, cut at its end.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], for a folder as well; [`ArtifactError::Range`] if none of the
    /// bytes asked for are there.
    pub async fn get(&self, path: &ArtifactPath, range: Option<Range<u64>>) -> Result<Download> {
        match &*self.place {
            Place::Folder(folder) => folder.get(path, range).await,
            Place::Remote(remote) => remote.get(path, range).await,
        }
    }

    /// Size and time of a file.
    ///
    /// # Errors
    /// [`ArtifactError::Missing`], for a folder as well.
    pub async fn head(&self, path: &ArtifactPath) -> Result<Head> {
        match &*self.place {
            Place::Folder(folder) => folder.head(path).await,
            Place::Remote(remote) => remote.head(path).await,
        }
    }

    /// What lies in a folder, one level deep, by name. A file, or nothing, is an empty folder.
    ///
    /// # Errors
    /// What a store may say at any time.
    pub async fn list(&self, dir: &ArtifactPath) -> Result<Vec<Entry>> {
        match &*self.place {
            Place::Folder(folder) => folder.list(dir).await,
            Place::Remote(remote) => remote.list(dir).await,
        }
    }

    /// Removes a file, or a folder with all that is below it. What is not there is removed already.
    ///
    /// # Errors
    /// What a store may say at any time.
    pub async fn delete(&self, path: &ArtifactPath) -> Result<()> {
        match &*self.place {
            Place::Folder(folder) => folder.delete(path).await,
            Place::Remote(remote) => remote.delete(path).await,
        }
    }

    /// All files below a folder, in no promised order.
    pub fn walk(&self, dir: &ArtifactPath) -> BoxStream<'static, Result<Found>> {
        match &*self.place {
            Place::Folder(folder) => folder.walk(dir),
            Place::Remote(remote) => remote.walk(dir),
        }
    }

    /// Copies all files below a folder into a folder on this machine, and says how many they were.
    ///
    /// # Errors
    /// Those of reading here and of writing there.
    pub async fn copy_to_folder(&self, dir: &ArtifactPath, folder: &Path) -> Result<u64> {
        let copy = Folder::open(folder.to_owned());
        let (mut files, mut found) = (0, self.walk(dir));
        while let Some(Found { path, .. }) = found.try_next().await? {
            let download = self.get(&path, None).await?;
            let below = path.below(dir).unwrap_or_else(|| path.clone());
            copy.put(&below, download.stream.map_err(Into::into).boxed()).await?;
            files += 1;
        }
        Ok(files)
    }

    /// Whether [`Store::create_upload`] works here: in folders and S3.
    pub fn offers_uploads(&self) -> bool {
        match &*self.place {
            Place::Folder(_) => true,
            Place::Remote(remote) => remote.offers_uploads(),
        }
    }

    /// Whether [`Store::presigned_get`] and [`Store::presigned_put`] work here: in all but folders.
    pub fn offers_urls(&self) -> bool {
        matches!(&*self.place, Place::Remote(_))
    }

    /// Opens an upload in parts. A folder takes them through [`Store::put_part`]; S3 takes them at
    /// addresses that are signed for the time given. An upload into a folder that rests for a day
    /// is given up; for S3 that is a rule of the bucket.
    ///
    /// # Errors
    /// [`ArtifactError::Unsupported`] where [`Store::offers_uploads`] says no;
    /// [`ArtifactError::Upload`] for more than 10000 parts, or none.
    pub async fn create_upload(
        &self,
        path: &ArtifactPath,
        n_parts: usize,
        valid: Duration,
    ) -> Result<Upload> {
        crate::upload::check_count(path.file()?, "", n_parts)?;
        match &*self.place {
            Place::Folder(folder) => {
                Ok(Upload { id: folder.create_upload(path).await?, urls: Vec::new() })
            }
            Place::Remote(remote) => remote.create_upload(path, n_parts, valid).await,
        }
    }

    /// Keeps one part of an upload into a folder and names its tag.
    ///
    /// # Errors
    /// As [`Store::put`]; [`ArtifactError::Upload`] if no such upload is open for this path.
    pub async fn put_part<E>(
        &self,
        path: &ArtifactPath,
        id: &str,
        number: u32,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<String>
    where
        E: Into<BoxError>,
    {
        let body = body.map_err(Into::into).boxed();
        match &*self.place {
            Place::Folder(folder) => folder.put_part(path, id, number, body).await,
            Place::Remote(remote) => Err(remote.unsupported("taking parts of an upload")),
        }
    }

    /// Makes the file of the parts of an upload, in the order of the list. As with [`Store::put`],
    /// others see all of it or none, and it outlives a loss of power.
    ///
    /// # Errors
    /// [`ArtifactError::Upload`] if the upload is not open for this path or a part is not here. It
    /// stays open then.
    pub async fn complete_upload(
        &self,
        path: &ArtifactPath,
        id: &str,
        parts: Vec<Part>,
    ) -> Result<()> {
        crate::upload::check_parts(path, id, &parts)?;
        match &*self.place {
            Place::Folder(folder) => folder.complete_upload(path, id, parts).await.map(drop),
            Place::Remote(remote) => remote.complete_upload(path, id, parts).await,
        }
    }

    /// Gives an upload up and removes its parts. One that is not open is given up already.
    ///
    /// # Errors
    /// What a store may say at any time.
    pub async fn abort_upload(&self, path: &ArtifactPath, id: &str) -> Result<()> {
        match &*self.place {
            Place::Folder(folder) => folder.abort_upload(path, id).await,
            Place::Remote(remote) => remote.abort_upload(path, id).await,
        }
    }

    /// An address at which anyone may GET the file for the time given. At S3 it tells browsers to
    /// save the file under its own name rather than to show it. It is signed without a look at
    /// whether there is such a file.
    ///
    /// # Errors
    /// [`ArtifactError::Unsupported`] for folders.
    pub async fn presigned_get(&self, path: &ArtifactPath, valid: Duration) -> Result<String> {
        match &*self.place {
            Place::Folder(_) => Err(no_urls()),
            Place::Remote(remote) => remote.presigned_get(path.file()?, valid).await,
        }
    }

    /// An address at which anyone may PUT the file for the time given.
    ///
    /// # Errors
    /// [`ArtifactError::Unsupported`] for folders.
    pub async fn presigned_put(&self, path: &ArtifactPath, valid: Duration) -> Result<String> {
        match &*self.place {
            Place::Folder(_) => Err(no_urls()),
            Place::Remote(remote) => remote.presigned_put(path.file()?, valid).await,
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.uri).finish()
    }
}

fn no_urls() -> ArtifactError {
    ArtifactError::Unsupported { what: "a signed address", store: "a folder" }
}
