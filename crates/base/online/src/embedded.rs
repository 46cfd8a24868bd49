//! The store in a file: redb, a B-tree that is copied on write. One process has it open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{
    Database, ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
    WriteTransaction,
};

use crate::batch::{Batch, Progress, Written};
use crate::error::OnlineError;
use crate::row::{self, Found, Layout, LayoutId, Places, stamp};
use crate::state::{Mark, ViewState};
use crate::store::{Ask, OnlineStore};

/// Number of the view (4 bytes, big-endian) and key of the entity → row.
const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");

/// Name of the view → what is known of it.
const VIEWS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("views");

/// Digest of the names of features → the names.
const LAYOUTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("layouts");

/// Pages that are kept in memory, in bytes.
const CACHE: usize = 256 << 20;

/// A long load writes so much at once.
const BATCH: usize = 64 << 20;

/// The store in a file.
#[derive(Debug)]
pub struct Embedded {
    db: Database,
    place: String,
    folder: PathBuf,
    /// Layouts do not change: what was read once is kept.
    layouts: RwLock<HashMap<LayoutId, Arc<Layout>>>,
}

impl Embedded {
    /// Opens a file, or makes it.
    pub fn open(path: &Path) -> Result<Self, OnlineError> {
        let place = path.display().to_string();
        let opened = Database::builder().set_cache_size(CACHE).create(path);
        let db = opened.map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => OnlineError::InUse(place.clone()),
            other => failed(other),
        })?;
        let tx = db.begin_write().map_err(failed)?;
        tx.open_table(ROWS).map_err(failed)?;
        tx.open_table(VIEWS).map_err(failed)?;
        tx.open_table(LAYOUTS).map_err(failed)?;
        tx.commit().map_err(failed)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new(".")).to_owned();
        Ok(Self { db, place, folder, layouts: RwLock::default() })
    }

    fn layout(&self, tx: &ReadTransaction, id: LayoutId) -> Result<Arc<Layout>, OnlineError> {
        let known = self.layouts.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(layout) = known {
            return Ok(layout);
        }
        let table = tx.open_table(LAYOUTS).map_err(failed)?;
        let bytes = table.get(id.as_slice()).map_err(failed)?;
        let bytes = bytes.ok_or_else(|| OnlineError::Damaged("a layout is missing".to_owned()))?;
        let layout = Arc::new(Layout::read(bytes.value())?);
        let mut layouts = self.layouts.write().unwrap_or_else(PoisonError::into_inner);
        layouts.insert(id, layout.clone());
        Ok(layout)
    }

    fn answer(
        &self,
        tx: &ReadTransaction,
        rows: &ReadOnlyTable<&'static [u8], &'static [u8]>,
        number: u32,
        ask: &Ask<'_>,
    ) -> Result<Vec<Option<Found>>, OnlineError> {
        let mut last: Option<(LayoutId, Places)> = None;
        let mut key = Vec::with_capacity(32);
        let mut answer = Vec::with_capacity(ask.keys.len());
        for entity in ask.keys {
            prefixed(&mut key, number, entity.as_bytes());
            let Some(found) = rows.get(key.as_slice()).map_err(failed)? else {
                answer.push(None);
                continue;
            };
            let id = row::layout(found.value())?;
            let places = match last {
                Some((of, places)) if of == id => places,
                _ => self.layout(tx, id)?.places(ask.features),
            };
            answer.push(Some(row::read(found.value(), &places)?));
            last = Some((id, places));
        }
        Ok(answer)
    }
}

impl OnlineStore for Embedded {
    fn write(
        &self,
        batch: &Batch,
        progress: Progress<'_>,
        now: i64,
    ) -> Result<Written, OnlineError> {
        let tx = self.db.begin_write().map_err(failed)?;
        let written = write(&tx, batch, progress, now)?;
        tx.commit().map_err(failed)?;
        Ok(written)
    }

    fn read(&self, asks: &[Ask<'_>]) -> Result<Vec<Vec<Option<Found>>>, OnlineError> {
        let tx = self.db.begin_read().map_err(failed)?;
        let views = tx.open_table(VIEWS).map_err(failed)?;
        let rows = tx.open_table(ROWS).map_err(failed)?;
        let mut answers = Vec::with_capacity(asks.len());
        for ask in asks {
            answers.push(match views.get(ask.view).map_err(failed)? {
                None => vec![None; ask.keys.len()],
                Some(view) => self.answer(&tx, &rows, ViewState::read(view.value())?.0, ask)?,
            });
        }
        Ok(answers)
    }

    fn state(&self, view: &str) -> Result<Option<ViewState>, OnlineError> {
        let tx = self.db.begin_read().map_err(failed)?;
        let views = tx.open_table(VIEWS).map_err(failed)?;
        let found = views.get(view).map_err(failed)?;
        found.map(|found| ViewState::read(found.value()).map(|(_, state)| state)).transpose()
    }

    fn views(&self) -> Result<Vec<(String, ViewState)>, OnlineError> {
        let tx = self.db.begin_read().map_err(failed)?;
        let views = tx.open_table(VIEWS).map_err(failed)?;
        let mut all = Vec::new();
        for view in views.iter().map_err(failed)? {
            let (name, state) = view.map_err(failed)?;
            all.push((name.value().to_owned(), ViewState::read(state.value())?.1));
        }
        Ok(all)
    }

    fn clear(&self, view: &str) -> Result<u64, OnlineError> {
        let tx = self.db.begin_write().map_err(failed)?;
        let cleared = clear(&tx, view)?;
        tx.commit().map_err(failed)?;
        Ok(cleared)
    }

    fn check(&self) -> Result<(), OnlineError> {
        self.db.begin_read().map(drop).map_err(failed)
    }

    /// Pages that are asked for often are in memory.
    fn is_near(&self) -> bool {
        true
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn batch_bytes(&self) -> usize {
        BATCH
    }

    fn sorts_in(&self) -> Option<&Path> {
        Some(&self.folder)
    }
}

fn write(
    tx: &WriteTransaction,
    batch: &Batch,
    progress: Progress<'_>,
    now: i64,
) -> Result<Written, OnlineError> {
    let mut views = tx.open_table(VIEWS).map_err(failed)?;
    let known =
        views.get(batch.view()).map_err(failed)?.map(|known| ViewState::read(known.value()));
    let (number, mut state) = match known {
        Some(known) => known?,
        None => (next_number(&views)?, ViewState::default()),
    };
    let written = write_rows(tx, batch, number, &mut state)?;
    if !batch.is_empty() {
        let layout = batch.layout();
        let mut layouts = tx.open_table(LAYOUTS).map_err(failed)?;
        layouts.insert(layout.id.as_slice(), layout.to_bytes().as_slice()).map_err(failed)?;
        state.written = Some(now);
    }
    state.newest_event = state.newest_event.max(batch.newest_event()?);
    match progress {
        Progress::None => {}
        Progress::At { job, done } => state.mark = Some(Mark { job: job.to_owned(), done }),
        Progress::Done { to } => {
            state.mark = None;
            state.materialized_to = state.materialized_to.max(Some(to));
        }
    }
    views.insert(batch.view(), state.to_bytes(number).as_slice()).map_err(failed)?;
    Ok(written)
}

fn write_rows(
    tx: &WriteTransaction,
    batch: &Batch,
    number: u32,
    state: &mut ViewState,
) -> Result<Written, OnlineError> {
    let mut rows = tx.open_table(ROWS).map_err(failed)?;
    let mut taken = 0;
    let mut prefixed_key = Vec::with_capacity(32);
    for (key, new) in batch.newest() {
        prefixed(&mut prefixed_key, number, key);
        let old = rows.get(prefixed_key.as_slice()).map_err(failed)?;
        let newer = old.as_ref().map(|old| stamp(new) >= stamp(old.value()));
        drop(old);
        let (is_new, newer) = (newer.is_none(), newer.unwrap_or(true));
        if newer {
            rows.insert(prefixed_key.as_slice(), new).map_err(failed)?;
            taken += 1;
        }
        state.rows += u64::from(is_new);
    }
    Ok(Written { taken, superseded: batch.len() as u64 - taken })
}

/// Numbers are not used again while a view of a higher one is there.
fn next_number(
    views: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<u32, OnlineError> {
    let mut next = 0;
    for view in views.iter().map_err(failed)? {
        let (_, state) = view.map_err(failed)?;
        next = next.max(ViewState::read(state.value())?.0 + 1);
    }
    Ok(next)
}

fn clear(tx: &WriteTransaction, view: &str) -> Result<u64, OnlineError> {
    let mut views = tx.open_table(VIEWS).map_err(failed)?;
    let Some(removed) = views.remove(view).map_err(failed)? else { return Ok(0) };
    let (number, state) = ViewState::read(removed.value())?;
    let mut rows = tx.open_table(ROWS).map_err(failed)?;
    let (first, beyond) = (number.to_be_bytes(), (number + 1).to_be_bytes());
    rows.retain_in(first.as_slice()..beyond.as_slice(), |_, _| false).map_err(failed)?;
    Ok(state.rows)
}

fn prefixed(out: &mut Vec<u8>, number: u32, key: &[u8]) {
    out.clear();
    out.extend(number.to_be_bytes());
    out.extend(key);
}

fn failed(error: impl Into<redb::Error>) -> OnlineError {
    match error.into() {
        redb::Error::Corrupted(what) => OnlineError::Damaged(what),
        other => OnlineError::Unavailable(other.to_string()),
    }
}
