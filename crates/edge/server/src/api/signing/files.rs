//! The files of a version, as the store has them: listed, and hashed as they stream by.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use artifacts::{ArtifactError, ArtifactPath, Entry, Head, Store};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use signing::{Hashing, Sha256};
use tokio::sync::{Semaphore, mpsc};

use crate::api::artifacts::Place;

/// So many files of one version are read at once.
const AT_ONCE: usize = 4;

/// A file with fewer bytes is hashed where it is read.
const SMALL: u64 = 64 << 10;

/// A file that was written a shorter while ago may be written again without a sign of it.
const SETTLED: Duration = Duration::from_secs(2);

/// A version may have so many folders without a file.
const EMPTY: usize = 1_000;

/// The files of a version.
pub(super) struct Files {
    /// Its files, by name.
    pub(super) all: Vec<File>,
    /// A folder with files that is reached through a link: they are not in the list.
    pub(super) linked: Option<String>,
}

/// A file.
#[derive(Clone)]
pub(super) struct File {
    /// Its name within the folder of the version.
    pub(super) name: String,
    path: ArtifactPath,
    head: Head,
}

impl Files {
    /// Lists the files of a version.
    pub(super) async fn list(place: &Place) -> Result<Self, ArtifactError> {
        let mut all = Vec::new();
        let mut found = place.store.walk(&place.folder);
        while let Some(artifacts::Found { path, head }) = found.try_next().await? {
            let Some(name) = path.below(&place.folder) else { continue };
            all.push(File { name: name.to_string(), path, head });
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        // Only a disk has links.
        let linked = match place.store.offers_urls() {
            true => None,
            false => linked(place, &all).await?,
        };
        Ok(Self { all, linked })
    }

    /// The file of that name.
    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.all.iter().find(|file| file.name == name)
    }

    /// What is another digest once any of the files is another one.
    pub(super) fn mark(&self) -> Sha256 {
        let mut hashing = Hashing::default();
        for File { name, head, .. } in &self.all {
            let since = head.last_modified.duration_since(SystemTime::UNIX_EPOCH);
            let nanos = since.map_or(0, |since| since.as_nanos());
            hashing.take(format!("{name}\0{}\0{nanos}\0{}\n", head.size, head.mark).as_bytes());
        }
        hashing.finish()
    }

    /// Whether all files were written long enough ago that another writing shows.
    pub(super) fn are_settled(&self) -> bool {
        let now = SystemTime::now();
        self.all.iter().all(|file| {
            now.duration_since(file.head.last_modified).is_ok_and(|since| since > SETTLED)
        })
    }

    /// The digests of the files that are wanted. Memory stays flat, whatever their size.
    pub(super) async fn digests(
        &self,
        store: &Store,
        turns: &Arc<Semaphore>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<(String, Sha256)>, ArtifactError> {
        let wanted: Vec<File> =
            self.all.iter().filter(|file| wanted(&file.name)).cloned().collect();
        let (store, turns) = (store.clone(), turns.clone());
        let hashing = stream::iter(wanted).map(move |file| {
            let (store, turns) = (store.clone(), turns.clone());
            async move {
                let _turn = turns.acquire().await;
                let digest = file.digest(&store).await?;
                Ok((file.name, digest))
            }
        });
        hashing.buffer_unordered(AT_ONCE).try_collect().await
    }
}

impl File {
    /// The bytes of a file that cannot be longer.
    pub(super) async fn bytes(
        &self,
        store: &Store,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, ArtifactError> {
        if self.head.size > limit {
            return Ok(None);
        }
        let download = store.get(&self.path, None).await?;
        if download.size > limit {
            return Ok(None);
        }
        let chunks: Vec<Bytes> = download.stream.try_collect().await?;
        Ok(Some(chunks.concat()))
    }

    async fn digest(&self, store: &Store) -> Result<Sha256, ArtifactError> {
        if let Some(bytes) = self.bytes(store, SMALL).await? {
            return Ok(Sha256::of(&bytes));
        }
        // A thread that may block hashes one piece while the next is read.
        let (to, mut pieces) = mpsc::channel::<Bytes>(2);
        let hashing = tokio::task::spawn_blocking(move || {
            let mut hashing = Hashing::default();
            while let Some(piece) = pieces.blocking_recv() {
                hashing.take(&piece);
            }
            hashing.finish()
        });
        let mut stream = store.get(&self.path, None).await?.stream;
        while let Some(piece) = stream.try_next().await? {
            if to.send(piece).await.is_err() {
                break;
            }
        }
        drop(to);
        match hashing.await {
            Ok(digest) => Ok(digest),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// A folder that a listing shows, and with it a client, but a walk does not go into, if it has files.
async fn linked(place: &Place, files: &[File]) -> Result<Option<String>, ArtifactError> {
    let mut walked = BTreeSet::from([String::new()]);
    for file in files {
        let ends = file.name.match_indices('/').map(|(end, _)| end);
        walked.extend(ends.map(|end| file.name[..end].to_owned()));
    }
    let (mut waiting, mut strange) = (vec![String::new()], 0);
    while let Some(folder) = waiting.pop() {
        let is_strange = !walked.contains(&folder);
        strange += usize::from(is_strange);
        // Links in a circle make names without an end; the disk refuses them at last.
        let entries = match list(place, &folder).await {
            Ok(entries) if strange <= EMPTY => entries,
            Err(error) if !is_strange => return Err(error),
            _ => return Ok(Some(folder)),
        };
        if is_strange && entries.iter().any(|entry| !entry.is_dir) {
            return Ok(Some(folder));
        }
        let below = |entry: Entry| match folder.as_str() {
            "" => entry.name,
            folder => format!("{folder}/{}", entry.name),
        };
        waiting.extend(entries.into_iter().filter(|entry| entry.is_dir).map(below));
    }
    Ok(None)
}

async fn list(place: &Place, folder: &str) -> Result<Vec<Entry>, ArtifactError> {
    let path = match folder {
        "" => place.folder.clone(),
        below => place.folder.join(below)?,
    };
    place.store.list(&path).await
}
