//! What the values of a view look like, and whether they keep their rules.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;
use features::store::rule::{Broken, Cell, Checker};
use features::store::{Rule, ValueKind};
use serde::Serialize;
use types::Timestamp;

use crate::scan::micros;
use crate::{FeatureStore, FeatureStoreError};

/// One feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureStats {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: ValueKind,
    /// Values that are null.
    pub nulls: u64,
    /// Values that are not a number.
    pub nans: u64,
    /// The mean of the numbers; of truths, the share that is true.
    pub mean: Option<f64>,
    /// Their standard deviation, by n - 1.
    pub std: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
    /// The rules that were broken.
    pub broken: Vec<Broken>,
}

/// A view.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ViewStats {
    /// The view.
    pub view: String,
    /// Rows.
    pub rows: u64,
    /// The first event, in microseconds of UTC.
    pub first_event: Option<i64>,
    /// The last event.
    pub last_event: Option<i64>,
    /// Rows without a created time, which are never known.
    pub never_known: u64,
    /// Each feature.
    pub features: Vec<FeatureStats>,
}

/// Mean and variance of a stream of numbers (Welford 1962).
#[derive(Debug, Clone, Default)]
struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
    min: f64,
    max: f64,
}

impl Moments {
    fn see(&mut self, x: f64) {
        if self.n == 0 {
            (self.min, self.max) = (x, x);
        }
        self.n += 1;
        let off = x - self.mean;
        self.mean += off / self.n as f64;
        self.squares += off * (x - self.mean);
        self.min = self.min.min(x);
        self.max = self.max.max(x);
    }
}

/// A feature while its values stream by.
pub(crate) struct Held<'a> {
    name: String,
    kind: ValueKind,
    nulls: u64,
    nans: u64,
    moments: Moments,
    checker: Checker<'a>,
    /// Whether a null is a value like others, and not a row that nothing answered.
    nulls_count: bool,
}

impl FeatureStore {
    /// Reads the rows of a view between two moments and describes its features.
    pub fn stats(
        &self,
        name: &str,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
    ) -> Result<ViewStats, FeatureStoreError> {
        let view = self.view(name)?;
        let rows = self.rows(name, start, end)?;
        let layout = rows.layout();
        let mut features: Vec<Held<'_>> =
            view.features.iter().map(|one| Held::new(&one.name, one.kind, &one.rules)).collect();
        let mut stats = ViewStats {
            view: name.to_owned(),
            rows: 0,
            first_event: None,
            last_event: None,
            never_known: 0,
            features: vec![],
        };
        for batch in rows {
            let batch = batch?;
            stats.rows += batch.num_rows() as u64;
            let events = micros(batch.column(layout.event()));
            let first = events.iter().min().copied();
            stats.first_event = [stats.first_event, first].into_iter().flatten().min();
            stats.last_event = stats.last_event.max(events.iter().max().copied());
            if let Some(created) = layout.created() {
                stats.never_known += batch.column(created).null_count() as u64;
            }
            for (feature, column) in features.iter_mut().zip(layout.features()) {
                feature.see(batch.column(column))?;
            }
        }
        stats.features = features.into_iter().map(Held::done).collect();
        Ok(stats)
    }
}

/// The type and the rules of a feature, if it has rules.
pub(crate) fn rules_of<'a>(
    store: &'a FeatureStore,
    view: &str,
    name: &str,
) -> Option<(ValueKind, &'a [Rule])> {
    let of_view = || {
        let feature = store.definitions().views.get(view)?.feature(name)?;
        Some((feature.kind, feature.rules.as_slice()))
    };
    let derived = || {
        let view = store.definitions().on_demand.get(view)?;
        let feature = view.features.iter().find(|one| one.name == name)?;
        Some((feature.kind, feature.rules.as_slice()))
    };
    of_view().or_else(derived).filter(|(_, rules)| !rules.is_empty())
}

impl<'a> Held<'a> {
    pub fn new(name: &str, kind: ValueKind, rules: &'a [Rule]) -> Self {
        let (name, moments) = (name.to_owned(), Moments::default());
        let checker = Checker::new(rules);
        Self { name, kind, nulls: 0, nans: 0, moments, checker, nulls_count: true }
    }

    /// Passes over nulls.
    pub fn without_nulls(self) -> Self {
        Self { nulls_count: false, ..self }
    }

    fn check(&mut self, cell: Cell<'_>) {
        if cell == Cell::Null && !self.nulls_count {
            self.checker.skip();
        } else {
            self.checker.see(cell);
        }
    }

    /// `view:feature`, or the feature's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The rules that were broken so far.
    pub fn broken(&self) -> Vec<Broken> {
        self.checker.clone().broken()
    }

    pub fn see(&mut self, array: &ArrayRef) -> Result<(), FeatureStoreError> {
        self.nulls += array.null_count() as u64;
        let fail = |error: arrow_schema::ArrowError| FeatureStoreError::Asked(error.to_string());
        match self.kind {
            ValueKind::String => {
                for text in array.as_string::<i32>().iter() {
                    self.check(text.map_or(Cell::Null, Cell::Text));
                }
            }
            ValueKind::Timestamp => {
                for moment in array.as_primitive::<TimestampMicrosecondType>().iter() {
                    self.check(moment.map_or(Cell::Null, Cell::Whole));
                }
            }
            ValueKind::Int32 | ValueKind::Int64 => {
                let wide = cast(array, &DataType::Int64).map_err(fail)?;
                for value in wide.as_primitive::<Int64Type>().iter() {
                    if let Some(value) = value {
                        self.moments.see(value as f64);
                    }
                    self.check(value.map_or(Cell::Null, Cell::Whole));
                }
            }
            ValueKind::Bool | ValueKind::Float32 | ValueKind::Float64 => {
                let wide = cast(array, &DataType::Float64).map_err(fail)?;
                for value in wide.as_primitive::<Float64Type>().iter() {
                    match value {
                        Some(value) if value.is_nan() => self.nans += 1,
                        Some(value) => self.moments.see(value),
                        None => {}
                    }
                    let known = value.filter(|value| !value.is_nan());
                    self.check(known.map_or(Cell::Null, Cell::Number));
                }
            }
        }
        Ok(())
    }

    fn done(self) -> FeatureStats {
        let Moments { n, mean, squares, min, max } = self.moments;
        let some = |value: f64| (n > 0).then_some(value);
        FeatureStats {
            name: self.name,
            kind: self.kind,
            nulls: self.nulls,
            nans: self.nans,
            mean: some(mean),
            std: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
            min: some(min),
            max: some(max),
            broken: self.checker.broken(),
        }
    }
}
