//! Reading a file as a stream: while one chunk is sent, a thread that may block reads the next.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Folder, finished, head};
use crate::Result;
use crate::error::ArtifactError;
use crate::found::{Download, within};
use crate::path::ArtifactPath;

/// How much is read at once.
const CHUNK: u64 = 256 << 10;

impl Folder {
    /// A file as a stream. It stays the same file, even if another takes its name meanwhile.
    pub(crate) async fn get(
        &self,
        path: &ArtifactPath,
        range: Option<Range<u64>>,
    ) -> Result<Download> {
        self.run(path, |folder, path| {
            let failed = |error| ArtifactError::disk(path, error);
            let mut file = File::open(folder.find(path)?).map_err(failed)?;
            let head = head(file.metadata().map_err(failed)?)
                .ok_or_else(|| ArtifactError::Missing { path: path.clone() })?;
            let range = within(path, head.size, range)?;
            file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
            let stream = chunks(path.clone(), file, range.end - range.start);
            Ok(Download { size: head.size, last_modified: head.last_modified, range, stream })
        })
        .await
    }
}

/// The file and how many of its bytes are still to be read.
type Rest = (File, u64);

fn chunks(path: ArtifactPath, file: File, left: u64) -> BoxStream<'static, Result<Bytes>> {
    let first = read(file, left);
    stream::try_unfold(first, move |reading| {
        let path = path.clone();
        async move {
            let Some(reading) = reading else { return Ok(None) };
            let (chunk, (file, left)) =
                finished(reading).await.map_err(|error| ArtifactError::disk(&path, error))?;
            Ok(Some((chunk, read(file, left))))
        }
    })
    .boxed()
}

/// Has a thread read the next chunk; none if there is nothing left.
fn read(file: File, left: u64) -> Option<JoinHandle<io::Result<(Bytes, Rest)>>> {
    (left > 0).then(|| spawn_blocking(move || read_chunk(file, left)))
}

fn read_chunk(file: File, left: u64) -> io::Result<(Bytes, Rest)> {
    let size = left.min(CHUNK);
    let mut chunk = Vec::with_capacity(size as usize);
    let mut limited = file.take(size);
    limited.read_to_end(&mut chunk)?;
    if chunk.len() as u64 != size {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "the file was cut while it was read"));
    }
    Ok((chunk.into(), (limited.into_inner(), left - size)))
}
