//! Reading an object as a stream.
//!
//! The bytes are asked for in ranges, and the next range is fetched while one is handed on: a slow
//! reader does not make the store's answer time out, a fast one does not wait, and three ranges are
//! all the memory. The first range says which version it is of; the others must be of the same.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::path::Path as Key;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};

use super::{Remote, head};
use crate::Result;
use crate::error::ArtifactError;
use crate::found::{Download, within};
use crate::path::ArtifactPath;

/// How much is asked for at once.
const CHUNK: u64 = 8 << 20;

/// How many ranges are under way at once.
const AHEAD: usize = 2;

impl Remote {
    /// An object as a stream, or a range of it.
    pub(crate) async fn get(
        &self,
        path: &ArtifactPath,
        asked: Option<Range<u64>>,
    ) -> Result<Download> {
        let key = self.object(path)?;
        let Range { start, end } = asked.clone().unwrap_or(0..u64::MAX);
        let first = start..end.min(start.saturating_add(CHUNK));
        match fetch(self.store.clone(), path.clone(), key, first, None).await {
            Ok((object, bytes)) => {
                let range = within(path, object.size, asked)?;
                let rest = range.start + bytes.len() as u64..range.end;
                let rest = self.chunks(path.clone(), object.clone(), rest);
                let stream = stream::iter([Ok(bytes)]).chain(rest).boxed();
                Ok(download(&object, range, stream))
            }
            Err(error @ ArtifactError::Failed { .. }) => self.get_none(path, asked, error).await,
            Err(error) => Err(error),
        }
    }

    /// Stores answer a range in which there are no bytes with an error: there are none in an empty
    /// object, or beyond the end.
    async fn get_none(
        &self,
        path: &ArtifactPath,
        asked: Option<Range<u64>>,
        error: ArtifactError,
    ) -> Result<Download> {
        let object = self.meta(path).await?;
        let range = within(path, object.size, asked)?;
        if !range.is_empty() {
            return Err(error);
        }
        Ok(download(&object, range, stream::empty().boxed()))
    }

    fn chunks(
        &self,
        path: ArtifactPath,
        object: ObjectMeta,
        range: Range<u64>,
    ) -> BoxStream<'static, Result<Bytes>> {
        let store = self.store.clone();
        let starts = range.clone().step_by(CHUNK as usize);
        stream::iter(starts.map(move |start| start..range.end.min(start + CHUNK)))
            .map(move |chunk| {
                let (key, version) = (object.location.clone(), object.e_tag.clone());
                let fetched = fetch(store.clone(), path.clone(), key, chunk, version);
                async { fetched.await.map(|(_, bytes)| bytes) }
            })
            .buffered(AHEAD)
            .boxed()
    }
}

/// Some bytes of an object, of a certain version or of the one that is there.
async fn fetch(
    store: Arc<dyn ObjectStore>,
    path: ArtifactPath,
    key: Key,
    range: Range<u64>,
    if_match: Option<String>,
) -> Result<(ObjectMeta, Bytes)> {
    let range = Some(GetRange::Bounded(range));
    let options = GetOptions { range, if_match, ..GetOptions::default() };
    let failed = |error| ArtifactError::remote(&path, error);
    let found = store.get_opts(&key, options).await.map_err(failed)?;
    let object = found.meta.clone();
    Ok((object, found.bytes().await.map_err(failed)?))
}

fn download(
    object: &ObjectMeta,
    range: Range<u64>,
    stream: BoxStream<'static, Result<Bytes>>,
) -> Download {
    let head = head(object);
    Download { size: head.size, last_modified: head.last_modified, range, stream }
}
