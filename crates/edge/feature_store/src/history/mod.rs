//! Training sets: for each row that asks, every feature as it was known at the row's moment.
//!
//! In: rows that ask ([`Spine`]) with join keys and a moment each, and the features that are wanted.
//! Out: the same rows in the same order, with a column for each feature, and a [`Report`].
//!
//! The rows that ask are taken a chunk at a time, as large as the memory allows; feature rows stream
//! by once for each chunk and are never sorted or kept. Views are read on several threads, and the
//! outcome does not depend on how many. [`features::point_in_time`] says what answers a row.

mod checked;
mod columns;
mod join;
mod keys;
mod output;
mod plan;
mod spine;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use features::point_in_time::{Knowledge, Timeline};
use features::store::FeatureRef;
use serde::Serialize;

pub use checked::{BrokenRule, Checked};
pub use output::{Sink, TableFile};
pub use plan::Outcome;
pub use spine::Spine;

use join::{Answer, Asked, ViewJoin};
use keys::KeyIndex;
use plan::Plan;

use crate::{FeatureStore, FeatureStoreError};

/// What is asked, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The features, in the order of their columns.
    pub features: Vec<FeatureRef>,
    /// The column of the rows that ask that holds their moments.
    pub time: String,
    /// What counts as known.
    pub knowledge: Knowledge,
    /// Whether columns are named `view__feature`, and not `feature`.
    pub full_names: bool,
    /// Whether each view's event time, and the time from which it was known, become columns too.
    pub times: bool,
    /// How much memory the chunks may take, in bytes: a goal, not a promise.
    pub memory_bytes: usize,
    /// Threads that read.
    pub threads: usize,
}

impl Question {
    /// A question for some features, with two thousand million bytes and a thread.
    pub fn new(features: Vec<FeatureRef>) -> Self {
        Self {
            features,
            time: "event_timestamp".to_owned(),
            knowledge: Knowledge::Respected,
            full_names: false,
            times: false,
            memory_bytes: 2_000_000_000,
            threads: 1,
        }
    }
}

/// What became of one view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ViewReport {
    /// The view.
    pub view: String,
    /// The digest of its definition.
    pub digest: types::Digest,
    /// Feature rows that were read, in all chunks together.
    pub rows_read: u64,
    /// Asking rows that a feature row answered.
    pub answered: u64,
    /// Feature rows that were never known, because their created time is null.
    pub never_known: u64,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows that asked: as many came out.
    pub rows: u64,
    /// Chunks in which they were taken: the sources were read so many times.
    pub chunks: u64,
    /// Each view that was read.
    pub views: Vec<ViewReport>,
    /// The columns that were added.
    pub columns: Vec<String>,
}

/// Rows of a chunk are a multiple of this, so that what is written does not depend on the memory.
const STEP: usize = 65_536;

/// Answers a question; each chunk goes to `sink`, in order.
pub fn history(
    store: &FeatureStore,
    question: &Question,
    mut spine: Spine,
    sink: &mut dyn Sink,
) -> Result<Report, FeatureStoreError> {
    let plan = Plan::of(store, question, &spine)?;
    let joins = plan
        .views
        .iter()
        .map(|(name, features)| ViewJoin::new(store, store.view(name)?, features, question))
        .collect::<Result<Vec<_>, _>>()?;
    let mut report = Report {
        rows: 0,
        chunks: 0,
        views: joins.iter().map(ViewJoin::report).collect(),
        columns: plan.outcomes.iter().map(|outcome| outcome.column.clone()).collect(),
    };
    let most = chunk_rows(&joins, question, &spine);
    sink.begin(&plan.schema(&spine, &joins, question), &plan.outcomes)?;
    while let Some(chunk) = spine.take(most)? {
        let answers = answer(&joins, question, &spine, &chunk)?;
        for (told, answer) in report.views.iter_mut().zip(&answers) {
            told.rows_read += answer.rows_read;
            told.answered += answer.answered;
            told.never_known += answer.never_known;
        }
        report.rows += chunk.rows.num_rows() as u64;
        report.chunks += 1;
        let rows = plan.assemble(&chunk.rows, &joins, &answers, question)?;
        for start in (0..rows.num_rows()).step_by(STEP) {
            sink.take(&rows.slice(start, STEP.min(rows.num_rows() - start)))?;
        }
    }
    sink.end()?;
    Ok(report)
}

/// How many asking rows are taken at once.
fn chunk_rows(joins: &[ViewJoin], question: &Question, spine: &Spine) -> usize {
    const BOOKKEEPING: usize = 64;
    let kept = joins.iter().map(ViewJoin::width).max().unwrap_or(0) * question.threads.max(1);
    let answered: usize = joins.iter().map(ViewJoin::answered_width).sum();
    let row = 3 * spine.row_bytes() + 2 * answered + kept + BOOKKEEPING;
    (question.memory_bytes / row / STEP).clamp(1, u32::MAX as usize / STEP - 1) * STEP
}

/// Answers a chunk: each view's columns, in the order of the joins.
fn answer(
    joins: &[ViewJoin],
    question: &Question,
    spine: &Spine,
    chunk: &spine::Chunk,
) -> Result<Vec<Answer>, FeatureStoreError> {
    let mut asked: BTreeMap<Vec<(String, &str)>, Arc<Asked>> = BTreeMap::new();
    let mut of_join = Vec::with_capacity(joins.len());
    for join in joins {
        let names = join.keys().iter().map(|key| (key.name.clone(), key.kind.name())).collect();
        let one = match asked.get(&names) {
            Some(one) => one.clone(),
            None => {
                let columns: Vec<ArrayRef> = join
                    .keys()
                    .iter()
                    .map(|key| spine.key(&chunk.rows, &key.name, key.kind))
                    .collect::<Result<_, _>>()?;
                let (index, keys) = KeyIndex::count(&columns, chunk.rows.num_rows());
                let timeline = Timeline::new(&keys, chunk.moments.values());
                let one = Arc::new(Asked { index, timeline });
                asked.insert(names, one.clone());
                one
            }
        };
        of_join.push(one);
    }
    let threads = question.threads.max(1);
    let (workers, helpers) =
        (threads.min(joins.len()).max(1), (threads / joins.len().max(1)).max(1));
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(join) = joins.get(at) else { break };
                    let answer = join.answer(&of_join[at], helpers);
                    let mut found =
                        found.lock().expect("no thread panics while it holds the answers");
                    found.insert(at, answer);
                }
            });
        }
    });
    found.into_inner().expect("no thread panicked").into_values().collect()
}

/// The rows that were asked, with columns behind them.
fn with_columns(
    rows: &RecordBatch,
    added: Vec<(String, ArrayRef)>,
) -> Result<RecordBatch, FeatureStoreError> {
    let mut fields: Vec<_> = rows.schema().fields().iter().cloned().collect();
    let mut columns = rows.columns().to_vec();
    for (name, array) in added {
        fields.push(Arc::new(arrow_schema::Field::new(name, array.data_type().clone(), true)));
        columns.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
        .map_err(|error| FeatureStoreError::Asked(error.to_string()))
}
