//! The rows that ask: a Parquet or CSV file, or batches, taken a chunk at a time.

use std::fs::File;
use std::io::Seek;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Format;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow_select::concat::concat_batches;
use features::store::ValueKind;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::FeatureStoreError;
use crate::error::hint;
use crate::scan::{as_kind, moments};

const BATCH_ROWS: usize = 65_536;

type Batches = Box<dyn Iterator<Item = Result<RecordBatch, String>> + Send>;

/// Rows with join keys and a moment each.
pub struct Spine {
    place: String,
    schema: SchemaRef,
    time: String,
    batches: Batches,
    /// What was read beyond the last chunk.
    rest: Option<RecordBatch>,
    taken: u64,
    /// How many rows there are, where the file says so.
    len: Option<u64>,
}

/// Some of the rows, with their moments.
pub(super) struct Chunk {
    pub rows: RecordBatch,
    pub moments: TimestampMicrosecondArray,
}

impl Spine {
    /// The rows of a `.parquet` or `.csv` file; `time` is the column of their moments. In a CSV file
    /// `keys` are read in the types that are given, and the other columns in those that fit all of
    /// their values.
    pub fn file(
        path: &Path,
        time: &str,
        keys: &[(String, ValueKind)],
    ) -> Result<Self, FeatureStoreError> {
        let place = path.display().to_string();
        let fail = |what: String| FeatureStoreError::Asking { place: place.clone(), what };
        let file = File::open(path).map_err(|error| fail(format!("it cannot be read: {error}")))?;
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match ending.as_str() {
            "parquet" => {
                let damaged = |error| fail(format!("it cannot be read as Parquet: {error}"));
                let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
                let schema = builder.schema().clone();
                let len = builder.metadata().file_metadata().num_rows() as u64;
                let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
                let batches = reader.map(|batch| batch.map_err(|error| error.to_string()));
                let spine = Self::new(place, time, schema, Box::new(batches))?;
                Ok(Self { len: Some(len), ..spine })
            }
            "csv" => {
                let schema = csv_schema(&file, time, keys).map_err(&fail)?;
                let reader = ReaderBuilder::new(schema.clone())
                    .with_header(true)
                    .with_batch_size(BATCH_ROWS)
                    .build(file)
                    .map_err(|error| fail(error.to_string()))?;
                let batches = reader.map(|batch| batch.map_err(|error| error.to_string()));
                Self::new(place, time, schema, Box::new(batches))
            }
            _ => Err(fail(
                "it is neither .parquet nor .csv: convert it or correct its ending".to_owned(),
            )),
        }
    }

    /// Rows that are in memory.
    pub fn rows(rows: RecordBatch, time: &str) -> Result<Self, FeatureStoreError> {
        let schema = rows.schema();
        let batches = Box::new(std::iter::once(Ok(rows)));
        Self::new("in memory".to_owned(), time, schema, batches)
    }

    fn new(
        place: String,
        time: &str,
        schema: SchemaRef,
        batches: Batches,
    ) -> Result<Self, FeatureStoreError> {
        let mut spine =
            Self { place, schema, time: time.to_owned(), batches, rest: None, taken: 0, len: None };
        let names: Vec<String> =
            spine.schema.fields().iter().map(|field| field.name().clone()).collect();
        if !names.iter().any(|name| name == time) {
            return Err(spine.refuse(format!(
                "there is no column `{time}` with the moment of each row{}; `--time` names another",
                hint(time, names.iter().map(String::as_str))
            )));
        }
        spine.rest = spine.next()?;
        Ok(spine)
    }

    /// How many rows there are, where the file says so.
    pub fn row_count(&self) -> Option<u64> {
        self.len
    }

    /// The columns of the rows.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn refuse(&self, what: String) -> FeatureStoreError {
        FeatureStoreError::Asking { place: self.place.clone(), what }
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, FeatureStoreError> {
        let next = self.batches.next().transpose();
        next.map_err(|what| FeatureStoreError::Asking { place: self.place.clone(), what })
    }

    /// What a row takes in memory, judged by the first of them.
    pub(super) fn row_bytes(&self) -> usize {
        let first = self.rest.as_ref().filter(|rest| rest.num_rows() > 0);
        first.map_or(64, |rest| rest.get_array_memory_size() / rest.num_rows() + 1)
    }

    /// The next rows, at most so many; none at the end.
    pub(super) fn take(&mut self, most: usize) -> Result<Option<Chunk>, FeatureStoreError> {
        let (mut parts, mut rows) = (Vec::new(), 0);
        while rows < most {
            let next = match self.rest.take() {
                Some(rest) => Some(rest),
                None => self.next()?,
            };
            let Some(next) = next else { break };
            let room = (most - rows).min(next.num_rows());
            parts.push(next.slice(0, room));
            rows += room;
            if room < next.num_rows() {
                self.rest = Some(next.slice(room, next.num_rows() - room));
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let whole = concat_batches(&self.schema, &parts)
            .map_err(|error| self.refuse(format!("{error}")))?;
        let column = whole.column_by_name(&self.time).expect("the column was looked for");
        let moments = moments(column)
            .map_err(|what| self.refuse(format!("column `{}`: {what}", self.time)))?;
        if let Some(row) = (0..moments.len()).find(|row| moments.is_null(*row)) {
            return Err(self.refuse(format!(
                "`{}` is null in row {}: a row needs a moment to ask for; fill it or leave the row out",
                self.time,
                self.taken + row as u64 + 1
            )));
        }
        self.taken += rows as u64;
        Ok(Some(Chunk { rows: whole, moments }))
    }

    /// A join key of some rows, in its type.
    pub(super) fn key(
        &self,
        rows: &RecordBatch,
        name: &str,
        kind: ValueKind,
    ) -> Result<ArrayRef, FeatureStoreError> {
        let column = rows
            .column_by_name(name)
            .ok_or_else(|| self.refuse(format!("there is no column `{name}`")))?;
        as_kind(column, kind).map_err(|what| self.refuse(format!("column `{name}`: {what}")))
    }
}

fn csv_schema(
    mut file: &File,
    time: &str,
    keys: &[(String, ValueKind)],
) -> Result<SchemaRef, String> {
    let format = Format::default().with_header(true);
    let (found, _) = format.infer_schema(file, None).map_err(|error| error.to_string())?;
    file.rewind().map_err(|error| error.to_string())?;
    let kind = |field: &Arc<Field>| {
        let key = keys.iter().find(|(name, _)| name == field.name());
        match (key, field.data_type()) {
            (Some((_, kind)), _) => crate::scan::type_of(*kind),
            _ if field.name() == time => DataType::Timestamp(TimeUnit::Microsecond, None),
            (None, DataType::Null) => DataType::Utf8,
            (None, found) => found.clone(),
        }
    };
    let fields = found.fields().iter().map(|field| Field::new(field.name(), kind(field), true));
    Ok(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}
