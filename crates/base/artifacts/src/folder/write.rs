//! Writing a file: a stream of bytes goes to the disk while the next bytes arrive.
//!
//! The bytes are gathered into batches, and one batch is written by a thread that may block while
//! the next one is gathered: a slow sender holds no thread, and two batches are all the memory. The
//! file is written out of sight, synced, renamed, and its folder is synced.

use std::fs;
use std::io;
use std::path::Path;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::task::{JoinHandle, spawn_blocking};

use super::incoming::Incoming;
use super::{Folder, finished};
use crate::Result;
use crate::error::{ArtifactError, BoxError};
use crate::path::ArtifactPath;

/// How many bytes are gathered before a thread is asked to write them.
const BATCH: usize = 1 << 20;

/// How often a folder is made again that someone deletes while a file is put there.
const ATTEMPTS: usize = 8;

impl Folder {
    /// Keeps the bytes under the path and says how many they were.
    pub(crate) async fn put(
        &self,
        path: &ArtifactPath,
        body: BoxStream<'_, Result<Bytes, BoxError>>,
    ) -> Result<u64> {
        let incoming = self.receive(path, body).await?;
        self.run(path, |folder, path| folder.settle(incoming, path)).await
    }

    /// Takes the bytes in, out of sight. If they break off, nothing is left of them.
    pub(super) async fn receive(
        &self,
        path: &ArtifactPath,
        mut body: BoxStream<'_, Result<Bytes, BoxError>>,
    ) -> Result<Incoming> {
        let failed = |error| ArtifactError::writing(path, error);
        let folder = self.clone();
        let mut pen = spawn_blocking(move || Incoming::new(&folder));
        let mut batch = Batch::default();
        while let Some(chunk) = body.next().await {
            match chunk {
                Ok(chunk) => batch.push(chunk),
                Err(source) => {
                    drop(finished(pen).await);
                    return Err(ArtifactError::Body { path: path.clone(), source });
                }
            }
            if batch.bytes >= BATCH {
                let incoming = finished(pen).await.map_err(failed)?;
                pen = batch.write(incoming);
            }
        }
        let incoming = finished(pen).await.map_err(failed)?;
        finished(batch.write(incoming)).await.map_err(failed)
    }

    /// Syncs the file and gives it its name.
    pub(super) fn settle(&self, mut incoming: Incoming, path: &ArtifactPath) -> Result<u64> {
        incoming.file.sync_all().map_err(|error| ArtifactError::writing(path, error))?;
        self.name(&mut incoming, path)?;
        Ok(incoming.size)
    }

    /// Gives the file its name, in a folder that someone may delete meanwhile.
    fn name(&self, incoming: &mut Incoming, path: &ArtifactPath) -> Result<()> {
        let mut attempt = 1;
        loop {
            let named = self.make_parent(path).and_then(|parent| {
                let place = parent.join(path.name().unwrap_or_default());
                incoming.publish(&place).map_err(|error| in_the_way(path, &place, error))
            });
            match named {
                Err(ArtifactError::Missing { .. }) if attempt < ATTEMPTS => attempt += 1,
                named => return named,
            }
        }
    }
}

/// Why a file could not take its name.
fn in_the_way(path: &ArtifactPath, place: &Path, error: io::Error) -> ArtifactError {
    if fs::symlink_metadata(place).is_ok_and(|there| there.is_dir()) {
        return ArtifactError::Occupied { path: path.clone() };
    }
    ArtifactError::writing(path, error)
}

/// Chunks that wait to be written.
#[derive(Debug, Default)]
struct Batch {
    chunks: Vec<Bytes>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push(chunk);
    }

    /// Has a thread write what was gathered.
    fn write(&mut self, mut incoming: Incoming) -> JoinHandle<io::Result<Incoming>> {
        let batch = std::mem::take(self);
        spawn_blocking(move || incoming.write(&batch.chunks).map(|()| incoming))
    }
}
