//! What the tests of stores share: streams of known bytes, and reading them back.
#![allow(dead_code)] // each test file uses a part of it

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use artifacts::{ArtifactPath, Download, Store};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

pub const MIB: usize = 1 << 20;

pub fn path(text: &str) -> ArtifactPath {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// The bytes of one text.
pub fn body(text: &'static str) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::iter([Ok(Bytes::from_static(text.as_bytes()))])
}

pub async fn put(store: &Store, name: &str, text: &'static str) {
    let size = store.put(&path(name), body(text)).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(size, text.len() as u64);
}

pub async fn bytes(download: Download) -> Vec<u8> {
    let chunks = download.stream.map_ok(|chunk| chunk.to_vec());
    chunks.try_concat().await.unwrap_or_else(|error| panic!("{error}"))
}

pub async fn text(store: &Store, name: &str) -> String {
    let download = store.get(&path(name), None).await.unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(bytes(download).await).expect("text")
}

/// The byte at a place of the long file that tests write.
fn pattern(place: usize) -> u8 {
    ((place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8
}

/// Counts how many of the bytes that were sent are still held by the one who takes them.
#[derive(Debug, Default)]
pub struct Held {
    now: AtomicUsize,
    pub most: AtomicUsize,
}

struct Chunk(Vec<u8>, Arc<Held>);

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.1.now.fetch_sub(self.0.len(), Ordering::SeqCst);
    }
}

/// A long stream of known bytes, in chunks such as a server gets, whose holders are counted.
pub fn long(size: usize, held: Arc<Held>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let starts = (0..size).step_by(50_000);
    stream::iter(starts.map(move |start| {
        let chunk: Vec<u8> = (start..size.min(start + 50_000)).map(pattern).collect();
        let now = held.now.fetch_add(chunk.len(), Ordering::SeqCst) + chunk.len();
        held.most.fetch_max(now, Ordering::SeqCst);
        Ok(Bytes::from_owner(Chunk(chunk, held.clone())))
    }))
}

/// Holds a stream against the long stream, byte by byte, from a place on.
pub async fn check_long(mut download: Download, from: usize, to: usize) {
    let mut place = from;
    while let Some(chunk) = download.stream.next().await {
        for byte in chunk.unwrap_or_else(|error| panic!("{error}")) {
            assert_eq!(byte, pattern(place), "byte {place}");
            place += 1;
        }
    }
    assert_eq!(place, to);
}

/// A stream that breaks off after so many bytes.
pub fn broken(size: usize) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let error = stream::iter([Err(io::Error::other("the client went away"))]);
    long(size, Arc::default()).chain(error)
}

/// A name that no other test uses.
pub fn unique() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    format!("{nanos}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
