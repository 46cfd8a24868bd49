//! Rows on their way into a store: all of them are taken, or none.

use std::ops::Range;

use crate::error::OnlineError;
use crate::key;
use crate::row::{self, Layout, stamp};
use crate::value::Value;

/// How far a materialisation is once a batch is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Progress<'a> {
    /// The batch belongs to none.
    #[default]
    None,
    /// So many rows of the source are done.
    At {
        /// Which materialisation.
        job: &'a str,
        /// Rows of the source that are in, those of this batch among them.
        done: u64,
    },
    /// The last rows are in: all events up to `to` are materialised, in microseconds since 1970.
    Done {
        /// The newest event time that was asked for.
        to: i64,
    },
}

/// What became of the rows of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Entities whose row is of this batch now.
    pub taken: u64,
    /// Rows that gave way to a newer one, in the batch or in the store.
    pub superseded: u64,
}

/// Rows of one view on their way into a store.
#[derive(Debug, Clone)]
pub struct Batch {
    view: String,
    layout: Layout,
    bytes: Vec<u8>,
    rows: Vec<(Range<usize>, Range<usize>)>,
}

impl Batch {
    /// An empty batch for a view whose rows have these features.
    pub fn new(view: &str, features: &[String]) -> Self {
        let layout = Layout::new(features);
        Self { view: view.to_owned(), layout, bytes: Vec::new(), rows: Vec::new() }
    }

    /// Adds a row: the values of the join keys, event time and time of creation in microseconds
    /// since 1970, and a value for each feature.
    pub fn push(
        &mut self,
        entity: &[Value],
        event: i64,
        created: Option<i64>,
        values: &[Value],
    ) -> Result<(), OnlineError> {
        let expected = self.layout.features.len();
        if values.len() != expected {
            return Err(OnlineError::Ragged { expected, got: values.len() });
        }
        let start = self.bytes.len();
        for part in entity {
            if let Err(error) = key::put(&mut self.bytes, part) {
                self.bytes.truncate(start);
                return Err(error);
            }
        }
        let middle = self.bytes.len();
        row::put(&mut self.bytes, event, created, self.layout.id, values);
        self.rows.push((start..middle, middle..self.bytes.len()));
        Ok(())
    }

    /// Adds a row that is packed already, of the same features.
    pub(crate) fn push_packed(&mut self, key: &[u8], row: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(row);
        self.rows.push((start..middle, middle..self.bytes.len()));
    }

    /// The view.
    pub fn view(&self) -> &str {
        &self.view
    }

    /// How many rows were added.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The memory of its rows, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.len() + self.rows.len() * size_of::<(Range<usize>, Range<usize>)>()
    }

    /// Takes all rows out, and keeps the memory for others.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.rows.clear();
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// For each entity its newest row, in the order of their keys. Of two that are equally new the
    /// one that was added later.
    pub(crate) fn newest(&self) -> Vec<(&[u8], &[u8])> {
        let of = |range: &Range<usize>| &self.bytes[range.clone()];
        let mut rows: Vec<(&[u8], &[u8])> =
            self.rows.iter().map(|(key, row)| (of(key), of(row))).collect();
        rows.sort_by(|a, b| a.0.cmp(b.0));
        rows.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same && stamp(later.1) >= stamp(kept.1) {
                *kept = *later;
            }
            same
        });
        rows
    }

    /// The newest event time of its rows.
    pub(crate) fn newest_event(&self) -> Result<Option<i64>, OnlineError> {
        let mut events = self.rows.iter().map(|(_, row)| row::event(&self.bytes[row.clone()]));
        events.try_fold(None, |newest, event| event.map(|event| newest.max(Some(event))))
    }
}
