//! The rows of a view, from wherever its source keeps them.
//!
//! A [`Scan`] is cut into parts that can be read one without another, in any order and on any
//! thread; each row knows its place among all of them, so that the outcome is the same. Every batch
//! has the same columns ([`Layout`]), of the types that the definitions name.

mod computed;
mod csv;
mod parquet;
pub(crate) mod places;
mod postgres;
mod shape;
#[cfg(feature = "sql")]
mod sql;

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::SchemaRef;
use features::store::FeatureView;

pub(crate) use shape::{Wanted, as_kind, micros, moments, type_of};

use crate::{FeatureStore, FeatureStoreError};

/// Where the columns of a view's rows are: keys, event time, created time, features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    keys: usize,
    created: bool,
    features: usize,
}

impl Layout {
    pub(crate) fn new(keys: usize, created: bool, features: usize) -> Self {
        Self { keys, created, features }
    }

    /// The columns of the join keys, in the order of the entities.
    pub fn keys(&self) -> std::ops::Range<usize> {
        0..self.keys
    }

    /// The column of the event time: microseconds of UTC, never null.
    pub fn event(&self) -> usize {
        self.keys
    }

    /// The column of the time from which a row was known, if rows have one.
    pub fn created(&self) -> Option<usize> {
        self.created.then_some(self.keys + 1)
    }

    /// The columns of the features, in the order of the view.
    pub fn features(&self) -> std::ops::Range<usize> {
        let first = self.keys + 1 + usize::from(self.created);
        first..first + self.features
    }
}

/// Rows of a source as they come, and the place of the first of them among all rows.
pub(crate) struct Raw {
    pub rows: RecordBatch,
    pub first: u64,
}

pub(crate) type RawBatches = Box<dyn Iterator<Item = Result<Raw, FeatureStoreError>> + Send>;

/// A piece of a source that can be read by itself.
pub(crate) trait Part: Send + Sync {
    /// The file or table, for messages.
    fn place(&self) -> String;
    /// The earliest and latest event that may be in it, in microseconds, where that is known.
    fn bounds(&self) -> Option<(i64, i64)>;
    /// Reads the columns that are wanted, by their names, in any order of columns.
    fn open(&self) -> Result<RawBatches, FeatureStoreError>;
}

/// What is to be read for a view, and from where.
pub(crate) struct Scan {
    pub wanted: Arc<Wanted>,
    pub parts: Vec<Arc<dyn Part>>,
}

impl Scan {
    /// The scan of a view: all of its features, or those named.
    pub fn of(
        store: &FeatureStore,
        view: &FeatureView,
        features: Option<&[String]>,
    ) -> Result<Self, FeatureStoreError> {
        let wanted = Wanted::of(store, view, features);
        let parts = if view.is_computed() {
            computed::parts(store, view, &wanted)?
        } else {
            places::parts(store, view, &wanted)?
        };
        Ok(Self { wanted: Arc::new(wanted), parts })
    }

    /// Reads one part: batches in the layout of the view, each with the place of its first row.
    pub fn read(&self, part: usize) -> Result<ShapedBatches, FeatureStoreError> {
        let (wanted, part) = (self.wanted.clone(), self.parts[part].clone());
        let (place, raw) = (part.place(), part.open()?);
        Ok(Box::new(raw.map(move |batch| {
            let Raw { rows, first } = batch?;
            Ok(Raw { rows: wanted.shape(&place, &rows, first)?, first })
        })))
    }
}

pub(crate) type ShapedBatches = RawBatches;

/// The rows of a view in batches.
pub struct ViewRows {
    scan: Scan,
    next: usize,
    open: Option<ShapedBatches>,
    start: i64,
    end: i64,
}

/// The rows of `view` with events from `start` to `end`, in microseconds.
pub(crate) fn rows(
    store: &FeatureStore,
    view: &FeatureView,
    start: Option<i64>,
    end: Option<i64>,
) -> Result<ViewRows, FeatureStoreError> {
    let (start, end) = (start.unwrap_or(i64::MIN), end.unwrap_or(i64::MAX));
    let mut scan = Scan::of(store, view, None)?;
    scan.parts.retain(|part| part.bounds().is_none_or(|(low, high)| high >= start && low <= end));
    Ok(ViewRows { scan, next: 0, open: None, start, end })
}

impl ViewRows {
    /// Where its columns are.
    pub fn layout(&self) -> Layout {
        self.scan.wanted.layout()
    }

    /// The columns of its batches.
    pub fn schema(&self) -> SchemaRef {
        self.scan.wanted.schema.clone()
    }

    fn within(&self, rows: RecordBatch) -> Result<RecordBatch, FeatureStoreError> {
        let events = micros(rows.column(self.layout().event()));
        let inside = |event: &i64| *event >= self.start && *event <= self.end;
        if events.iter().all(inside) {
            return Ok(rows);
        }
        let mask: BooleanArray = events.iter().map(|event| Some(inside(event))).collect();
        arrow_select::filter::filter_record_batch(&rows, &mask)
            .map_err(|error| FeatureStoreError::Asked(error.to_string()))
    }
}

impl Iterator for ViewRows {
    type Item = Result<RecordBatch, FeatureStoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.open.as_mut().and_then(Iterator::next) {
                match batch.and_then(|raw| self.within(raw.rows)) {
                    Ok(rows) if rows.num_rows() == 0 => continue,
                    done => return Some(done),
                }
            }
            if self.next == self.scan.parts.len() {
                self.open = None;
                return None;
            }
            self.next += 1;
            match self.scan.read(self.next - 1) {
                Ok(open) => self.open = Some(open),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
