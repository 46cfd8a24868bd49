//! On-demand features: computed from the columns that were read and those that came with the
//! question, by the code that computes them for training.

use std::collections::{BTreeMap, HashMap};

use features::store::{Definitions, RowWise};
use online::Value;

use crate::cells;
use crate::error::ServingError;
use crate::lookup::{Column, Columned, Status};

/// The expressions of on-demand views, compiled.
pub type Derivations = BTreeMap<String, RowWise>;

/// Compiles all on-demand views.
pub fn compile(definitions: &Definitions) -> Result<Derivations, ServingError> {
    let compiled = definitions.on_demand.iter().map(|(name, view)| {
        let compiled = RowWise::compile(view).map_err(|what| {
            ServingError::Asked(format!("on-demand view {name} cannot be computed: {what}"))
        });
        Ok((name.clone(), compiled?))
    });
    compiled.collect()
}

/// Computes an on-demand view and adds its columns.
///
/// A feature is null where the outcome is not a number and one of what it reads is missing in that
/// row; where all are there, it is NaN. It is as stale as what its expression reads.
pub fn derive(
    definitions: &Definitions,
    derivations: &Derivations,
    view: &str,
    rows: usize,
    request: &HashMap<String, Vec<f64>>,
    columns: &mut Columned,
) -> Result<(), ServingError> {
    let (Some(defined), Some(compiled)) = (definitions.on_demand.get(view), derivations.get(view))
    else {
        return Err(crate::demand::unknown_view(definitions, view));
    };
    let mut inputs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut missing = vec![false; rows];
    let mut stale: HashMap<String, Vec<bool>> = HashMap::new();
    for input in &defined.inputs {
        for from in definitions.resolve(input).map_err(ServingError::Asked)? {
            let Some(column) = columns.get(&from.0, &from.1) else { continue };
            for (missing, value) in missing.iter_mut().zip(&column.values) {
                *missing |= *value == Value::Null;
            }
            let is_stale = |status: &Status| *status == Status::OutsideMaxAge;
            stale.insert(from.1.clone(), column.statuses.iter().map(is_stale).collect());
            inputs.insert(from.1, column.values.iter().map(cells::as_float).collect());
        }
    }
    for column in &defined.request {
        if let Some(values) = request.get(&column.name) {
            for (missing, value) in missing.iter_mut().zip(values) {
                *missing |= value.is_nan();
            }
            inputs.insert(column.name.clone(), values.clone());
        }
    }
    let mut computed = compiled
        .compute(rows, &inputs)
        .map_err(|error| ServingError::Asked(format!("on-demand view {view}: {error}")))?;
    let mut derived = Vec::with_capacity(defined.features.len());
    for feature in &defined.features {
        let numbers = computed.remove(&feature.name).unwrap_or_else(|| vec![f64::NAN; rows]);
        let value = |(number, missing): (f64, &bool)| match number.is_nan() && *missing {
            true => Value::Null,
            false => cells::of_float(number, feature.kind),
        };
        let values: Vec<Value> = numbers.into_iter().zip(&missing).map(value).collect();
        let read: Vec<_> =
            compiled.reads(&feature.name).filter_map(|name| stale.get(name)).collect();
        let status = |(row, value): (usize, &Value)| match value {
            Value::Null => Status::Null,
            _ if read.iter().any(|stale| stale[row]) => Status::OutsideMaxAge,
            _ => Status::Present,
        };
        let statuses = values.iter().enumerate().map(status).collect();
        derived.push(Column {
            name: feature.name.clone(),
            values,
            statuses,
            events: vec![0; rows],
        });
    }
    columns.put(view, derived);
    Ok(())
}
