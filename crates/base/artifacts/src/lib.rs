//! A place for bytes of any size, each under a relative path.
//!
//! In: an address (`/srv/artifacts`, `s3://bucket/prefix`, `gs://…`, `wasbs://…`), paths and streams
//! of bytes. Out: the same bytes as streams, listings, and addresses that are signed for a while.
//! Use it for whatever is too large for a table: models, plots, tables, traces. Memory stays flat,
//! whatever the size. A file is there whole or not at all; once [`Store::put`] has returned, it
//! outlives a loss of power.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), artifacts::ArtifactError> {
//! # let folder = tempfile::tempdir().expect("a folder");
//! use artifacts::{ArtifactPath, Store};
//! use futures_util::{TryStreamExt, stream};
//!
//! let store = Store::open(folder.path().to_str().expect("a plain name"))?;
//! let path: ArtifactPath = "1/model/weights.bin".parse()?;
//! let chunks = ["half", " and half"].map(|chunk| Ok::<_, std::io::Error>(chunk.into()));
//! assert_eq!(store.put(&path, stream::iter(chunks)).await?, 13);
//!
//! let found = store.get(&path, Some(5..13)).await?;
//! let bytes: Vec<u8> = found.stream.map_ok(|chunk| chunk.to_vec()).try_concat().await?;
//! assert_eq!(bytes, b"and half");
//! # Ok(())
//! # }
//! ```
//!
//! This room knows nothing about runs, models, users or HTTP. It asks nobody's leave: who may read
//! what is decided before it is called.

mod address;
mod error;
mod folder;
mod found;
mod path;
mod remote;
mod store;
mod upload;

pub use error::{ArtifactError, BoxError};
pub use found::{Download, Entry, Found, Head};
pub use path::ArtifactPath;
pub use store::Store;
pub use upload::{Part, Upload};

/// What the functions of this room return.
pub type Result<T, E = ArtifactError> = std::result::Result<T, E>;
