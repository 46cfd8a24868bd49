//! What every online store does, and how one is opened.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use crate::batch::{Batch, Progress, Written};
use crate::embedded::Embedded;
use crate::error::OnlineError;
use crate::key::EntityKey;
use crate::remote::Remote;
use crate::row::Found;
use crate::state::ViewState;

/// A question: features of entities, in one view.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The view.
    pub view: &'a str,
    /// The features.
    pub features: &'a [String],
    /// The entities.
    pub keys: &'a [EntityKey],
}

/// The newest row of each view and entity. Calls block; they may come from many threads.
pub trait OnlineStore: Debug + Send + Sync {
    /// Takes a batch whole or not at all, durable on return as far as the store is, together with how
    /// far its materialisation is. Of two rows of an entity the one with the newer event time stays,
    /// then the one with the newer time of creation, then the later written. `now` is the time, in
    /// microseconds since 1970.
    fn write(
        &self,
        batch: &Batch,
        progress: Progress<'_>,
        now: i64,
    ) -> Result<Written, OnlineError>;

    /// For each question a row, or nothing, for each of its entities.
    fn read(&self, asks: &[Ask<'_>]) -> Result<Vec<Vec<Option<Found>>>, OnlineError>;

    /// What is known of a view; nothing if none was written.
    fn state(&self, view: &str) -> Result<Option<ViewState>, OnlineError>;

    /// What is known of all views, by name.
    fn views(&self) -> Result<Vec<(String, ViewState)>, OnlineError>;

    /// Takes all rows of a view out, and what is known of it. How many there were.
    fn clear(&self, view: &str) -> Result<u64, OnlineError>;

    /// Whether it can be reached.
    fn check(&self) -> Result<(), OnlineError>;

    /// Whether a few rows are read in less time than it takes to hand the work to another thread.
    fn is_near(&self) -> bool;

    /// Where it is, without its password.
    fn place(&self) -> &str;

    /// How large a batch of a long load should be, in bytes: large ones save syncs, but one that is
    /// too large keeps others waiting.
    fn batch_bytes(&self) -> usize;

    /// The folder in which a load of several batches is sorted before it is written, if it should be:
    /// a tree in a file takes rows several times as fast in the order of their keys.
    fn sorts_in(&self) -> Option<&Path>;
}

/// Opens a store: a file, which is made if it is not there, or `redis://…`, `rediss://…`.
pub fn open(address: &str) -> Result<Arc<dyn OnlineStore>, OnlineError> {
    match address.split_once("://") {
        None => Ok(Arc::new(Embedded::open(Path::new(address))?)),
        Some(("redis" | "rediss", _)) => Ok(Arc::new(Remote::open(address)?)),
        Some((scheme, _)) => Err(OnlineError::Address(format!(
            "the online store cannot be at {scheme}://: name a file, redis://… or rediss://…"
        ))),
    }
}
