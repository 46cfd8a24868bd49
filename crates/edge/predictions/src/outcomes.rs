//! What came true: values that were learnt after a prediction, each with the moment at which it was.
//!
//! ```text
//! FOLDER/outcomes/NAME.parquet      what was given at one time, sorted by key
//! ```
//!
//! An outcome is of a prediction (by its id), or of an entity at a time. It may be given again with a
//! later `known_at`: the newest counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use types::{Digest, Timestamp};

use crate::parquet_file::write_sorted;
use crate::{LogError, PredictionId};

/// Which predictions an outcome is of.
#[derive(Debug, Clone, PartialEq)]
pub enum Of {
    /// This one.
    Prediction(PredictionId),
    /// Those of an entity that were made from `from` on, before `until`.
    Entity {
        /// As [`crate::Prediction::entity_key`] gives it.
        key: String,
        /// The first moment.
        from: Timestamp,
        /// The first moment after the last.
        until: Timestamp,
    },
}

/// What came true.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Of what.
    pub of: Of,
    /// The value.
    pub value: f64,
    /// When it was known.
    pub known_at: Timestamp,
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("id", DataType::Utf8, true),
        Field::new("entity_key", DataType::Utf8, true),
        Field::new("from_at", moment.clone(), true),
        Field::new("until_at", moment.clone(), true),
        Field::new("value", DataType::Float64, false),
        Field::new("known_at", moment, false),
    ]))
});

/// The columns of the table `outcomes`.
pub fn outcome_schema() -> SchemaRef {
    SCHEMA.clone()
}

/// Keeps outcomes with the log in `folder`, all or none; durable on return. The same list again changes
/// nothing. Gives the file.
pub fn keep_outcomes(folder: &Path, outcomes: &[Outcome]) -> Result<PathBuf, LogError> {
    let place = folder.join("outcomes");
    fs::create_dir_all(&place).map_err(|error| LogError::file(&place, &error))?;
    let batch = batch(outcomes);
    let digest = digest(outcomes);
    let path = place.join(format!("{digest}.parquet"));
    if !path.exists() {
        write_sorted(&path, outcome_schema(), "id", [Ok(batch)])?;
    }
    Ok(path)
}

/// The files with outcomes, in the order of their names.
pub fn outcome_files(folder: &Path) -> Result<Vec<PathBuf>, LogError> {
    let place = folder.join("outcomes");
    let entries = match fs::read_dir(&place) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        entries => entries.map_err(|error| LogError::file(&place, &error))?,
    };
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(|error| LogError::file(&place, &error))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "parquet"));
    paths.sort();
    Ok(paths)
}

fn batch(outcomes: &[Outcome]) -> RecordBatch {
    let ids = outcomes.iter().map(|one| match &one.of {
        Of::Prediction(id) => Some(id.to_string()),
        Of::Entity { .. } => None,
    });
    let entity = |one: &Outcome| match &one.of {
        Of::Prediction(_) => None,
        Of::Entity { key, from, until } => Some((key.clone(), *from, *until)),
    };
    let moments = |moments: Vec<Option<i64>>| {
        Arc::new(TimestampMicrosecondArray::from(moments).with_timezone("UTC")) as ArrayRef
    };
    let (mut keys, mut from, mut until) = (vec![], vec![], vec![]);
    for one in outcomes {
        let entity = entity(one);
        from.push(entity.as_ref().map(|(_, from, _)| from.timestamp_micros()));
        until.push(entity.as_ref().map(|(_, _, until)| until.timestamp_micros()));
        keys.push(entity.map(|(key, ..)| key));
    }
    let known = outcomes.iter().map(|one| Some(one.known_at.timestamp_micros())).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter(ids)),
        Arc::new(StringArray::from(keys)),
        moments(from),
        moments(until),
        Arc::new(Float64Array::from_iter_values(outcomes.iter().map(|one| one.value))),
        moments(known),
    ];
    RecordBatch::try_new(outcome_schema(), columns).expect("the columns are those of the schema")
}

fn digest(outcomes: &[Outcome]) -> Digest {
    let parts: Vec<String> = outcomes
        .iter()
        .map(|one| {
            format!("{:?} {} {}", one.of, one.value.to_bits(), one.known_at.timestamp_micros())
        })
        .collect();
    Digest::of_parts(parts.iter().map(String::as_bytes))
}
