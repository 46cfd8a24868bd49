//! Rows of a training set on their way out, held against the rules of their features.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use features::store::rule::Broken;
use serde::Serialize;

use super::{Outcome, Sink};
use crate::stats::{Held, rules_of};
use crate::{FeatureStore, FeatureStoreError};

/// A rule that values of a feature break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenRule {
    /// `view:feature`.
    pub feature: String,
    /// What broke, how often and where first.
    #[serde(flatten)]
    pub broken: Broken,
}

/// Holds rows against the rules of their features and passes them on. If `strict`, rows with a
/// broken rule end in an error, before the sink behind is told that all rows are there.
///
/// A row that nothing answers has no value and breaks no rule: how many there are is in the report.
/// So `not null` is held where values come from, by [`FeatureStore::stats`].
pub struct Checked<'a, S> {
    store: &'a FeatureStore,
    sink: S,
    strict: bool,
    held: Vec<(String, Held<'a>)>,
}

impl<'a, S: Sink> Checked<'a, S> {
    /// Rules of the definitions in `store`; rows go on to `sink`.
    pub fn new(store: &'a FeatureStore, sink: S, strict: bool) -> Self {
        Self { store, sink, strict, held: vec![] }
    }

    /// The rules that were broken.
    pub fn broken(&self) -> Vec<BrokenRule> {
        let of = |(_, held): &(String, Held<'a>)| {
            let feature = held.name().to_owned();
            let named = move |broken| BrokenRule { feature: feature.clone(), broken };
            held.broken().into_iter().map(named).collect::<Vec<_>>()
        };
        self.held.iter().flat_map(of).collect()
    }
}

impl<S: Sink> Sink for Checked<'_, S> {
    fn begin(&mut self, schema: &SchemaRef, outcomes: &[Outcome]) -> Result<(), FeatureStoreError> {
        for outcome in outcomes {
            if let Some((kind, rules)) = rules_of(self.store, &outcome.view, &outcome.feature) {
                let name = format!("{}:{}", outcome.view, outcome.feature);
                self.held
                    .push((outcome.column.clone(), Held::new(&name, kind, rules).without_nulls()));
            }
        }
        self.sink.begin(schema, outcomes)
    }

    fn take(&mut self, rows: &RecordBatch) -> Result<(), FeatureStoreError> {
        for (column, held) in &mut self.held {
            if let Some(array) = rows.column_by_name(column) {
                held.see(array)?;
            }
        }
        self.sink.take(rows)
    }

    fn end(&mut self) -> Result<(), FeatureStoreError> {
        let broken = self.broken();
        if self.strict && !broken.is_empty() {
            let told = broken.iter().map(|one| {
                let Broken { rule, rows, first_row, example } = &one.broken;
                let row = first_row + 1;
                format!("{}: {rows} rows break `{rule}`, first row {row}: {example}", one.feature)
            });
            return Err(FeatureStoreError::Invalid(told.collect::<Vec<_>>().join("\n")));
        }
        self.sink.end()
    }
}
