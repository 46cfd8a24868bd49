//! Bytes between what is read and written step by step, and streams: one end waits for the other, so
//! that memory stays flat.

use std::io::{self, Read};

use artifacts::{ArtifactError, ArtifactPath, Store};
use bytes::{Buf, Bytes};
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// So many bytes go over at once.
const CHUNK: usize = 256 << 10;

/// A stream, read step by step. Not to be used within the runtime.
pub struct Reading {
    runtime: Handle,
    stream: BoxStream<'static, Result<Bytes, ArtifactError>>,
    chunk: Bytes,
}

impl Reading {
    /// Reads a stream that runs on `runtime`.
    pub fn new(runtime: Handle, stream: BoxStream<'static, Result<Bytes, ArtifactError>>) -> Self {
        Self { runtime, stream, chunk: Bytes::new() }
    }
}

impl Read for Reading {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                None => return Ok(0),
                Some(chunk) => self.chunk = chunk.map_err(io::Error::other)?,
            }
        }
        let some = self.chunk.len().min(to.len());
        self.chunk.copy_to_slice(&mut to[..some]);
        Ok(some)
    }
}

/// Puts what is read into a store. Not to be used within the runtime.
pub fn put(
    runtime: &Handle,
    store: &Store,
    path: &ArtifactPath,
    content: &mut dyn Read,
) -> anyhow::Result<()> {
    let (to, from) = mpsc::channel::<io::Result<Bytes>>(4);
    let chunks = stream::unfold(from, |mut from| async { Some((from.recv().await?, from)) });
    let (store, path) = (store.clone(), path.clone());
    let putting = runtime.spawn(async move { store.put(&path, chunks).await });
    loop {
        let mut chunk = vec![0; CHUNK];
        let read = content.read(&mut chunk);
        let ended = matches!(read, Ok(0) | Err(_));
        let chunk = read.map(|read| {
            chunk.truncate(read);
            Bytes::from(chunk)
        });
        // The store stops listening when it fails: it says why below.
        if matches!(&chunk, Ok(chunk) if chunk.is_empty())
            || to.blocking_send(chunk).is_err()
            || ended
        {
            break;
        }
    }
    drop(to);
    runtime.block_on(putting)??;
    Ok(())
}
