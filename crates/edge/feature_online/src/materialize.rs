//! Materialising: the rows of views between two times, taken from their sources into the online
//! store.
//!
//! Rows stream through: one thread reads the source, another packs and writes, and memory holds a few
//! batches; a file sorts on its disk what is more than that. How far it came stands beside the rows, so
//! that after a crash the same span goes on where it ended; the name of the work says what must be the
//! same for that.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, PoisonError, mpsc};
use std::time::UNIX_EPOCH;

use arrow_array::RecordBatch;
use chrono::DateTime;
use feature_store::{FeatureStore, Layout};
use features::store::{DefinitionKind, FeatureView, Input, Place};
use online::{Loaded, Loading, OnlineStore, Value};
use types::{Digest, Timestamp};

use crate::clock::now_micros;
use crate::demand::unknown_view;
use crate::error::ServingError;
use crate::naming;
use crate::serving::{Current, Serving};

mod rows;

use rows::Rows;

/// Which span is materialised. Both ends count; times are microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// From the first to the second.
    Span(i64, i64),
    /// From where the last one ended, or from as far back as the ttl reaches, to this.
    Incremental(i64),
}

/// What was materialised of one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Materialized {
    /// The view.
    pub view: String,
    /// From when, if not from the first row; microseconds since 1970.
    pub from: Option<i64>,
    /// Up to when.
    pub to: i64,
    /// What was loaded.
    pub loaded: Loaded,
}

/// What is heard of a materialisation now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many rows more of the source were read.
    Read(u64),
    /// So many rows more of those that were read were written: where they are sorted in between.
    Written(u64),
}

/// Views that are at work, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    serving: Arc<Serving>,
    views: Vec<String>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut busy = self.serving.busy.lock().unwrap_or_else(PoisonError::into_inner);
        busy.retain(|view| !self.views.contains(view));
    }
}

impl Serving {
    /// The views that are meant: those that are named, or all that are kept online.
    pub fn online_views(&self, named: Option<&[String]>) -> Result<Vec<String>, ServingError> {
        let current = self.current()?;
        let definitions = current.definitions();
        let Some(named) = named else {
            let online = definitions.views.values().filter(|view| view.online);
            return Ok(online.map(|view| view.name.clone()).collect());
        };
        for name in named {
            let view =
                definitions.views.get(name).ok_or_else(|| unknown_view(definitions, name))?;
            if !view.online {
                return Err(ServingError::Asked(format!(
                    "feature view {name} is not kept online: set `online = true` in its definition \
                     and apply it"
                )));
            }
        }
        Ok(named.to_vec())
    }

    /// Says that views are at work; others who want them are told that they are busy.
    pub fn claim(self: &Arc<Self>, views: &[String]) -> Result<Claim, ServingError> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let already: Vec<String> =
            views.iter().filter(|view| busy.contains(view)).cloned().collect();
        if !already.is_empty() {
            return Err(ServingError::Busy(already));
        }
        busy.extend(views.iter().cloned());
        Ok(Claim { serving: self.clone(), views: views.to_vec() })
    }

    /// Materialises one view. `told` hears how far it is.
    pub fn materialize(
        &self,
        view: &str,
        until: Until,
        told: &mut dyn FnMut(Step),
    ) -> Result<Materialized, ServingError> {
        let current = self.current()?;
        materialize(&current, self.store(), view, until, told)
    }
}

fn materialize(
    current: &Current,
    store: &dyn OnlineStore,
    name: &str,
    until: Until,
    told: &mut dyn FnMut(Step),
) -> Result<Materialized, ServingError> {
    let definitions = current.definitions();
    let view = definitions.views.get(name).ok_or_else(|| unknown_view(definitions, name))?;
    let place = naming::view(definitions, view);
    let (from, to) = match until {
        Until::Span(from, to) => (Some(from), to),
        Until::Incremental(to) => {
            let done = store.state(&place)?.and_then(|state| state.materialized_to);
            let ttl = view.ttl.micros();
            (done.or((ttl > 0).then(|| now_micros().saturating_sub(ttl))), to)
        }
    };
    let job = job(&current.features, view, from, to);
    let mut loading = Loading::begin(store, &place, &naming::features(view), &job, now_micros)?;
    told(Step::Read(loading.to_leave_out()));
    let batches = current.features.rows(name, from.map(timestamp), Some(timestamp(to)))?;
    let layout = batches.layout();
    std::thread::scope(|scope| -> Result<(), ServingError> {
        let (send, receive) = sync_channel(4);
        scope.spawn(move || batches.take_while(|batch| sent(&send, batch)).for_each(drop));
        load(&mut loading, &receive, layout, told)
    })?;
    let loaded = loading.finish(to, &mut |rows| told(Step::Written(rows)))?;
    Ok(Materialized { view: name.to_owned(), from, to, loaded })
}

type Batches = Result<RecordBatch, feature_store::FeatureStoreError>;

/// Hands a batch on; whether anybody waits for more.
fn sent(to: &mpsc::SyncSender<Batches>, batch: &Batches) -> bool {
    let more = batch.is_ok();
    to.send(batch.clone()).is_ok() && more
}

fn load(
    loading: &mut Loading<'_>,
    from: &mpsc::Receiver<Batches>,
    layout: Layout,
    told: &mut dyn FnMut(Step),
) -> Result<(), ServingError> {
    let mut to_skip = usize::try_from(loading.to_leave_out()).unwrap_or(usize::MAX);
    let (mut entity, mut values): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for batch in from {
        let batch = batch?;
        let skipped = to_skip.min(batch.num_rows());
        to_skip -= skipped;
        let rows = Rows::new(&batch, layout)?;
        for row in skipped..batch.num_rows() {
            let (event, created) = rows.read(row, &mut entity, &mut values);
            if entity.contains(&Value::Null) {
                // A row without a key belongs to nobody; it counts as read.
                loading.leave_out();
                continue;
            }
            loading.push(&entity, event, created, &values)?;
        }
        told(Step::Read((batch.num_rows() - skipped) as u64));
    }
    Ok(())
}

/// The name of the work: the view as it is defined, the span, and the files behind it as they are. A
/// source whose rows may come in another order the next time is loaded from its beginning.
fn job(store: &FeatureStore, view: &FeatureView, from: Option<i64>, to: i64) -> String {
    let files = match files(store, view) {
        Some(files) => files,
        None => format!("unordered {}", now_micros()),
    };
    let parts = [view.digest().to_string(), format!("{from:?} {to}"), files];
    Digest::of_parts(parts.iter().map(|part| part.as_bytes())).to_string()
}

/// The files behind a view, with their sizes and times of change.
fn files(store: &FeatureStore, view: &FeatureView) -> Option<String> {
    let Input::Source { name } = &view.input else { return None };
    let source = store.get(DefinitionKind::Source, name)?;
    let place = &store.source(name).ok()?.place;
    let place = match place {
        Place::Push { history: Some(history) } => &store.source(history).ok()?.place,
        place => place,
    };
    match place {
        Place::Snapshot { digest } => Some(digest.clone()),
        Place::Parquet { path } | Place::Csv { path } => {
            let mut found = Vec::new();
            collect(&source.version.folder.join(path), &mut found)?;
            found.sort();
            Some(found.join("\n"))
        }
        _ => None,
    }
}

fn collect(path: &Path, found: &mut Vec<String>) -> Option<()> {
    let about = path.metadata().ok()?;
    if about.is_dir() {
        for entry in path.read_dir().ok()? {
            collect(&entry.ok()?.path(), found)?;
        }
        return Some(());
    }
    let changed = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    found.push(format!("{} {} {changed}", path.display(), about.len()));
    Some(())
}

/// The moment of microseconds since 1970, or the nearest that there is.
pub(crate) fn timestamp(micros: i64) -> Timestamp {
    let nearest = DateTime::from_timestamp_micros(micros);
    nearest.unwrap_or(if micros < 0 { Timestamp::MIN_UTC } else { Timestamp::MAX_UTC })
}
