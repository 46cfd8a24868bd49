//! What a run carries from one day to the next, besides what is held.

use std::collections::BTreeMap;
use std::sync::Arc;

use features::FeatureTable;
use journal::Draft;
use monitoring::{Reference, ReturnBounds};
use tracking::{Admitted, PolicyError, Registry};
use types::{Date, Digest, Features, Id, Symbol};

use crate::Seen;

/// What a run carries from one day to the next.
#[derive(Debug, Default)]
pub struct Book {
    /// What was trained, registered and promoted in this run.
    pub registry: Registry,
    /// The model that forecasts, and the record that made it champion.
    pub(crate) champion: Option<Champion>,
    /// The versions of this run by number, so that a rollback finds them.
    pub(crate) versions: BTreeMap<u32, Kept>,
    /// The day and the panel row of the newest training.
    pub(crate) trained: Option<(Date, usize)>,
    /// Feature rows of the days so far.
    pub(crate) log: FeatureLog,
    /// The weights that were last aimed at, by panel column.
    pub target: Vec<f64>,
    /// The record of those weights.
    pub(crate) aimed: Option<Id>,
    /// The forecast that was last acted on, by panel column; NaN where there was none.
    pub(crate) forecast: Vec<f64>,
    /// Facts since the last decision that the next one rests on: fills, bookings.
    pub since: Vec<Id>,
    /// Whether drift called for a training.
    pub(crate) retrain: bool,
    /// The panel row of the newest roll back.
    pub(crate) rolled_back: Option<usize>,
}

/// The model that forecasts.
#[derive(Debug)]
pub(crate) struct Champion {
    pub admitted: Admitted,
    /// The record that made it champion.
    pub record: Id,
}

/// A registered version of this run.
#[derive(Debug)]
pub(crate) struct Kept {
    pub bytes: Vec<u8>,
    /// What the features looked like in training, if it was seen.
    pub reference: Option<Reference>,
    /// Between which returns a forecast is believable.
    pub bounds: ReturnBounds,
    /// The record of the training.
    pub trained: Id,
}

impl Book {
    /// Takes a fact of this run into the registry.
    pub(crate) fn fold(&mut self, draft: &Draft) -> Result<(), PolicyError> {
        let record = draft.clone().seal(0, Digest::ZERO).record;
        self.registry.fold(&record, draft.payload())
    }

    /// Sets the weights that are aimed at from now on.
    pub(crate) fn aim(&mut self, record: Id, target: Vec<f64>) {
        self.aimed = Some(record);
        self.target = target;
    }
}

/// Feature rows, appended day by day: each is computed once.
#[derive(Debug, Default)]
pub(crate) struct FeatureLog {
    pub dates: Vec<Date>,
    pub symbols: Option<Arc<[Symbol]>>,
    pub names: Option<Arc<[String]>>,
    pub values: Vec<f64>,
}

impl FeatureLog {
    /// Appends the rows of `table` that are newer than what is there.
    pub fn extend(&mut self, table: &FeatureTable) {
        let width = table.symbols.len() * table.names.len();
        let fresh = match self.dates.last() {
            Some(last) => table.dates.partition_point(|day| day <= last),
            None => 0,
        };
        self.dates.extend_from_slice(&table.dates[fresh..]);
        self.values.extend_from_slice(&table.values[fresh * width..]);
        self.symbols = Some(table.symbols.clone());
        self.names = Some(table.names.clone());
    }

    /// The number of days.
    pub fn rows(&self) -> usize {
        self.dates.len()
    }

    /// The vectors of one day: symbols × names.
    pub fn row(&self, row: usize) -> &[f64] {
        let width = self.values.len() / self.dates.len();
        &self.values[row * width..(row + 1) * width]
    }

    /// The vectors of one day that say something, of the symbols that belonged to the universe
    /// then, each with its panel column. Whoever joins later must not teach before: that they
    /// would join was not known.
    pub fn vectors<'a>(
        &'a self,
        row: usize,
        seen: &'a Seen<'_>,
    ) -> impl Iterator<Item = (usize, &'a [f64])> {
        let width = self.names.as_ref().map_or(1, |names| names.len());
        let symbols = self.symbols.as_deref().unwrap_or_default();
        self.row(row)
            .chunks(width)
            .enumerate()
            .filter(|(_, vector)| vector.iter().any(|value| value.is_finite()))
            .filter(move |(column, _)| seen.was_member(&symbols[*column], self.dates[row]))
    }

    /// The vectors of the newest day.
    pub fn newest(&self) -> Option<Features> {
        Some(Features {
            as_of: *self.dates.last()?,
            symbols: self.symbols.clone()?,
            names: self.names.clone()?,
            values: self.row(self.rows() - 1).to_vec(),
        })
    }
}
