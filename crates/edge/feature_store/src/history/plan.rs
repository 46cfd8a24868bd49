//! What a question needs: which features of which views, what is computed from them, and how the
//! columns are named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use features::store::{Computed, FeatureRef, OnDemandView, RowWise, ValueKind};

use super::join::{Answer, ViewJoin};
use super::{Question, Spine, with_columns};
use crate::error::hint;
use crate::scan::type_of;
use crate::{FeatureStore, FeatureStoreError};

/// A column that comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The view.
    pub view: String,
    /// The feature.
    pub feature: String,
    /// The name of the column.
    pub column: String,
}

/// A plan for a question.
pub(super) struct Plan {
    /// What comes out, in order.
    pub outcomes: Vec<Outcome>,
    /// Each view that is read, with its features.
    pub views: BTreeMap<String, Vec<String>>,
    /// What is computed, each after what it reads.
    computed: Vec<Computation>,
}

struct Computation {
    view: OnDemandView,
    rows: RowWise,
    inputs: Vec<(String, String)>,
}

impl Plan {
    pub fn of(
        store: &FeatureStore,
        question: &Question,
        spine: &Spine,
    ) -> Result<Self, FeatureStoreError> {
        if question.features.is_empty() {
            return Err(FeatureStoreError::Asked(
                "no feature is asked for: name `view:feature`, a view or a service".to_owned(),
            ));
        }
        let wanted = store.features(&question.features)?;
        let mut plan = Self { outcomes: vec![], views: BTreeMap::new(), computed: vec![] };
        for (view, feature) in &wanted {
            plan.need(store, view, feature)?;
        }
        plan.outcomes = named(wanted, question.full_names, spine)?;
        plan.check_spine(store, spine)?;
        Ok(plan)
    }

    /// Notes that a feature is needed, and what it is computed from.
    fn need(
        &mut self,
        store: &FeatureStore,
        view: &str,
        feature: &str,
    ) -> Result<(), FeatureStoreError> {
        let Ok(on_demand) = store.on_demand(view) else {
            let features = self.views.entry(view.to_owned()).or_default();
            if !features.iter().any(|known| known == feature) {
                features.push(feature.to_owned());
            }
            return Ok(());
        };
        if self.computed.iter().any(|known| known.view.name == view) {
            return Ok(());
        }
        let inputs = store.features(&on_demand.inputs)?;
        for (view, feature) in &inputs {
            self.need(store, view, feature)?;
        }
        let rows = RowWise::compile(on_demand).map_err(FeatureStoreError::Asked)?;
        self.computed.push(Computation { view: on_demand.clone(), rows, inputs });
        Ok(())
    }

    /// Whether the rows that ask have the request columns; join keys are checked when they are read.
    fn check_spine(&self, store: &FeatureStore, spine: &Spine) -> Result<(), FeatureStoreError> {
        let names: Vec<&str> =
            spine.schema().fields().iter().map(|field| field.name().as_str()).collect();
        let lacks = |name: &str| !names.contains(&name);
        for view in self.views.keys() {
            let view = store.view(view)?;
            for key in store.definitions().join_keys(view) {
                if lacks(&key.name) {
                    return Err(spine.refuse(format!(
                        "there is no column `{}`, the join key of view `{}`{}",
                        key.name,
                        view.name,
                        hint(&key.name, names.iter().copied())
                    )));
                }
            }
        }
        for computation in &self.computed {
            if let Some(column) = computation.view.request.iter().find(|column| lacks(&column.name))
            {
                return Err(spine.refuse(format!(
                    "there is no column `{}`, which on-demand view `{}` reads{}",
                    column.name,
                    computation.view.name,
                    hint(&column.name, names.iter().copied())
                )));
            }
        }
        Ok(())
    }

    /// The columns of what comes out.
    pub fn schema(&self, spine: &Spine, joins: &[ViewJoin], question: &Question) -> SchemaRef {
        let mut fields: Vec<_> = spine.schema().fields().iter().cloned().collect();
        for outcome in &self.outcomes {
            let of_view = joins.iter().find(|join| join.name() == outcome.view);
            let kind = match of_view {
                Some(join) => {
                    let mut fields = join.features().zip(join.fields());
                    fields
                        .find(|(name, _)| *name == outcome.feature)
                        .map(|(_, field)| field.data_type().clone())
                }
                None => self.derived_kind(outcome).map(type_of),
            };
            let kind = kind.unwrap_or(DataType::Float64);
            fields.push(Arc::new(Field::new(&outcome.column, kind, true)));
        }
        if question.times {
            for join in joins {
                for name in time_columns(join) {
                    fields.push(Arc::new(Field::new(name, type_of(ValueKind::Timestamp), true)));
                }
            }
        }
        Arc::new(Schema::new(fields))
    }

    fn derived_kind(&self, outcome: &Outcome) -> Option<ValueKind> {
        let of = self.computed.iter().find(|one| one.view.name == outcome.view)?;
        of.view.features.iter().find(|one| one.name == outcome.feature).map(|one| one.kind)
    }

    /// The rows of a chunk with their answers.
    pub fn assemble(
        &self,
        rows: &RecordBatch,
        joins: &[ViewJoin],
        answers: &[Answer],
        question: &Question,
    ) -> Result<RecordBatch, FeatureStoreError> {
        let mut known: BTreeMap<(&str, &str), ArrayRef> = BTreeMap::new();
        for (join, answer) in joins.iter().zip(answers) {
            for (feature, array) in join.features().zip(&answer.features) {
                known.insert((join.name(), feature), array.clone());
            }
        }
        for computation in &self.computed {
            let found = computation.run(rows, &known)?;
            for (feature, array) in computation.view.features.iter().zip(found) {
                known.insert((&computation.view.name, &feature.name), array);
            }
        }
        let mut added: Vec<(String, ArrayRef)> = self
            .outcomes
            .iter()
            .map(|one| {
                (one.column.clone(), known[&(one.view.as_str(), one.feature.as_str())].clone())
            })
            .collect();
        if question.times {
            for (join, answer) in joins.iter().zip(answers) {
                let times = [&answer.event, &answer.created].into_iter().flatten().cloned();
                added.extend(time_columns(join).into_iter().zip(times));
            }
        }
        with_columns(rows, added)
    }
}

/// The names of the columns of a view's times.
fn time_columns(join: &ViewJoin) -> [String; 2] {
    [format!("{}__event_time", join.name()), format!("{}__known_time", join.name())]
}

/// The names of the columns that come out: each once, and none that the asking rows have.
fn named(
    wanted: Vec<(String, String)>,
    full: bool,
    spine: &Spine,
) -> Result<Vec<Outcome>, FeatureStoreError> {
    let mut seen: BTreeSet<String> =
        spine.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut outcomes = Vec::with_capacity(wanted.len());
    for (view, feature) in wanted {
        let column = if full { format!("{view}__{feature}") } else { feature.clone() };
        if !seen.insert(column.clone()) {
            let reference = FeatureRef { view, feature: Some(feature) };
            return Err(FeatureStoreError::Asked(format!(
                "two columns would be named `{column}` (the second is `{reference}`): ask for full \
                 names (`--full-names`), or rename a column of the entity rows"
            )));
        }
        outcomes.push(Outcome { view, feature, column });
    }
    Ok(outcomes)
}

impl Computation {
    /// Computes its features for the rows of a chunk.
    fn run(
        &self,
        rows: &RecordBatch,
        known: &BTreeMap<(&str, &str), ArrayRef>,
    ) -> Result<Vec<ArrayRef>, FeatureStoreError> {
        let fail = |what: String| {
            FeatureStoreError::Asked(format!("on-demand view `{}`: {what}", self.view.name))
        };
        let mut columns = Computed::new();
        for field in self.rows.fields() {
            let input = self.inputs.iter().find(|(_, feature)| feature == field);
            let array = match input {
                Some((view, feature)) => known.get(&(view.as_str(), feature.as_str())),
                None => rows.column_by_name(field),
            };
            let array = array.ok_or_else(|| fail(format!("`{field}` is not there")))?;
            columns.insert(
                field.clone(),
                numbers(array).map_err(|what| fail(format!("`{field}`: {what}")))?,
            );
        }
        let computed = self
            .rows
            .compute(rows.num_rows(), &columns)
            .map_err(|error| fail(error.to_string()))?;
        let typed = |feature: &features::store::Derived| {
            let values = computed[&feature.name].iter();
            let values: Float64Array =
                values.map(|value| (!value.is_nan()).then_some(*value)).collect();
            cast(&values, &type_of(feature.kind)).map_err(|error| fail(error.to_string()))
        };
        self.view.features.iter().map(typed).collect()
    }
}

/// A column as numbers, NaN where there is none.
fn numbers(array: &ArrayRef) -> Result<Vec<f64>, String> {
    if !array.data_type().is_numeric() && array.data_type() != &DataType::Boolean {
        return Err(format!("it is {}, and expressions read numbers", array.data_type()));
    }
    let numbers = cast(array, &DataType::Float64).map_err(|error| error.to_string())?;
    let numbers =
        arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Float64Type>(&numbers);
    Ok(numbers.iter().map(|value| value.unwrap_or(f64::NAN)).collect())
}
