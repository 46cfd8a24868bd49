//! Pushed rows as a table, for the history of their push source.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use features::store::{Definitions, Input, Source, ValueKind};
use online::Value;
use serde_json::Value as Json;

use crate::cells;
use crate::error::ServingError;
use crate::question::Columns;

/// The columns of pushed rows that the source or a view over it knows, each of its type. Others are
/// left out.
pub fn table(
    definitions: &Definitions,
    source: &Source,
    columns: &Columns,
) -> Result<RecordBatch, ServingError> {
    let kinds = kinds(definitions, source);
    let mut arrays = Vec::new();
    for (name, values) in &columns.0 {
        if let Some(kind) = kinds.get(name.as_str()) {
            arrays.push((name.as_str(), array(name, values, *kind)?, true));
        }
    }
    let table = RecordBatch::try_from_iter_with_nullable(arrays);
    table.map_err(|error| ServingError::Asked(format!("source {}: {error}", source.name)))
}

/// The types of the columns of a source.
fn kinds<'a>(definitions: &'a Definitions, source: &'a Source) -> BTreeMap<&'a str, ValueKind> {
    let mut kinds = BTreeMap::new();
    for view in definitions.views.values() {
        match &view.input {
            Input::Source { name } if *name == source.name => {}
            _ => continue,
        }
        for key in definitions.join_keys(view) {
            kinds.insert(key.name.as_str(), key.kind);
        }
        for feature in &view.features {
            kinds.insert(feature.column(), feature.kind);
        }
        let times = [Some(&view.event_time), view.created_time.as_ref()];
        kinds.extend(times.into_iter().flatten().map(|name| (name.as_str(), ValueKind::Timestamp)));
    }
    let times = [Some(&source.event_time), source.created_time.as_ref()];
    kinds.extend(times.into_iter().flatten().map(|name| (name.as_str(), ValueKind::Timestamp)));
    kinds
}

fn array(name: &str, values: &[Json], kind: ValueKind) -> Result<ArrayRef, ServingError> {
    let read = |(row, json): (usize, &Json)| {
        let wrong = |what| ServingError::Value { column: name.to_owned(), row, what };
        cells::read(json, kind).map_err(wrong)
    };
    let values: Vec<Value> = values.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    macro_rules! of {
        ($array:ty, $variant:path) => {
            Arc::new(
                values
                    .into_iter()
                    .map(|value| match value {
                        $variant(value) => Some(value),
                        _ => None,
                    })
                    .collect::<$array>(),
            )
        };
    }
    Ok(match kind {
        ValueKind::Bool => of!(BooleanArray, Value::Bool),
        ValueKind::Int32 => of!(Int32Array, Value::Int32),
        ValueKind::Int64 => of!(Int64Array, Value::Int64),
        ValueKind::Float32 => of!(Float32Array, Value::Float32),
        ValueKind::Float64 => of!(Float64Array, Value::Float64),
        ValueKind::String => of!(StringArray, Value::Text),
        ValueKind::Timestamp => {
            let moments = values.into_iter().map(|value| match value {
                Value::Timestamp(micros) => Some(micros),
                _ => None,
            });
            Arc::new(moments.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
    })
}
