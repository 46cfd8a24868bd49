//! Writing an object: small ones in one request, larger ones in parts that go side by side.
//!
//! The object appears when its last part is confirmed. If the bytes break off, the parts that were
//! sent are removed again. Memory is the parts under way, whatever the size.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::path::Path as Key;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::Remote;
use crate::Result;
use crate::error::{ArtifactError, BoxError};
use crate::path::ArtifactPath;

/// The size of a part, and of the largest object that goes in one request.
const PART: usize = 8 << 20;

/// The size of parts once there are many: S3 takes 10000 parts, so this is what lets an object grow
/// beyond 80 GiB, up to 350 GiB.
const LATE_PART: usize = 64 << 20;

/// After how many parts they grow.
const EARLY_PARTS: usize = 5_000;

/// How many bytes may be under way at once.
const UNDER_WAY: usize = 32 << 20;

impl Remote {
    /// Keeps the bytes under the path and says how many they were.
    pub(crate) async fn put(
        &self,
        path: &ArtifactPath,
        body: BoxStream<'_, Result<Bytes, BoxError>>,
    ) -> Result<u64> {
        let key = self.key(path)?;
        let mut body = Body { path, rest: body, chunks: Vec::new(), bytes: 0, total: 0 };
        body.gather(PART + 1).await?;
        if body.bytes <= PART {
            let payload = body.take(PART);
            let put = self.store.put(&key, payload).await;
            put.map_err(|error| ArtifactError::remote(path, error))?;
        } else {
            self.put_in_parts(&key, &mut body).await?;
        }
        Ok(body.total)
    }

    async fn put_in_parts(&self, key: &Key, body: &mut Body<'_>) -> Result<()> {
        let opened = self.store.put_multipart(key).await;
        let opened = opened.map_err(|error| ArtifactError::remote(body.path, error))?;
        let mut unfinished = Unfinished(Some(opened));
        let sent = unfinished.send(body).await;
        match unfinished.0.take() {
            Some(mut upload) if sent.is_err() => {
                // The first error is the one to tell; parts that stay are swept by the bucket.
                let _ = upload.abort().await;
            }
            _ => {}
        }
        sent
    }
}

/// The bytes that are to be sent.
struct Body<'a> {
    path: &'a ArtifactPath,
    rest: BoxStream<'a, Result<Bytes, BoxError>>,
    /// What was gathered and not sent yet, and how many bytes that is.
    chunks: Vec<Bytes>,
    bytes: usize,
    /// All bytes so far.
    total: u64,
}

impl Body<'_> {
    /// Waits until so many bytes are gathered, or all there are.
    async fn gather(&mut self, bytes: usize) -> Result<()> {
        while self.bytes < bytes {
            match self.rest.next().await {
                None => return Ok(()),
                Some(Ok(chunk)) => {
                    self.bytes += chunk.len();
                    self.total += chunk.len() as u64;
                    self.chunks.push(chunk);
                }
                Some(Err(source)) => {
                    return Err(ArtifactError::Body { path: self.path.clone(), source });
                }
            }
        }
        Ok(())
    }

    /// Takes the first of the gathered bytes.
    fn take(&mut self, bytes: usize) -> PutPayload {
        let mut left = bytes.min(self.bytes);
        self.bytes -= left;
        let mut taken = Vec::new();
        let mut rest = std::mem::take(&mut self.chunks).into_iter();
        while left > 0 {
            let Some(mut chunk) = rest.next() else { break };
            let part = chunk.split_to(left.min(chunk.len()));
            left -= part.len();
            taken.push(part);
            if !chunk.is_empty() {
                self.chunks.push(chunk);
            }
        }
        self.chunks.extend(rest);
        taken.into_iter().collect()
    }
}

/// An upload that is not complete. If its sender is dropped, its parts are removed.
struct Unfinished(Option<Box<dyn MultipartUpload>>);

impl Unfinished {
    /// Sends all parts, a few at once, and completes the upload.
    async fn send(&mut self, body: &mut Body<'_>) -> Result<()> {
        let Some(upload) = self.0.as_mut() else { return Ok(()) };
        let mut under_way = JoinSet::new();
        for index in 0.. {
            let size = if index < EARLY_PARTS { PART } else { LATE_PART };
            body.gather(size).await?;
            if body.bytes == 0 {
                break;
            }
            while under_way.len() >= (UNDER_WAY / size).max(1) {
                arrived(body.path, under_way.join_next().await)?;
            }
            under_way.spawn(upload.put_part(body.take(size)));
        }
        while !under_way.is_empty() {
            arrived(body.path, under_way.join_next().await)?;
        }
        upload.complete().await.map_err(|error| ArtifactError::remote(body.path, error))?;
        self.0 = None;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move { upload.abort().await });
        }
    }
}

type Arrived = Option<Result<object_store::Result<()>, tokio::task::JoinError>>;

/// What became of a part.
fn arrived(path: &ArtifactPath, part: Arrived) -> Result<()> {
    match part {
        None | Some(Ok(Ok(()))) => Ok(()),
        Some(Ok(Err(error))) => Err(ArtifactError::remote(path, error)),
        Some(Err(error)) => Err(ArtifactError::Failed { path: path.clone(), source: error.into() }),
    }
}
