//! One prediction by its id, without SQL: only the row groups between whose ids it lies are read.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use crate::{LogError, PredictionId, kept};

/// The row of a prediction in the log in `folder`, if it is there: a batch of one row with the columns
/// of [`crate::schema`].
pub fn find(folder: &Path, id: PredictionId) -> Result<Option<RecordBatch>, LogError> {
    let kept = kept(folder)?;
    let id = id.to_string();
    for batch in &kept.newest {
        if let Some(row) = row_of(batch, &id) {
            return Ok(Some(row));
        }
    }
    for path in &kept.files {
        if let Some(row) = in_file(path, &id)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn in_file(path: &Path, id: &str) -> Result<Option<RecordBatch>, LogError> {
    let failed = |error| LogError::parquet(path, error);
    let file = File::open(path).map_err(|error| LogError::file(path, &error))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(failed)?;
    let groups = groups(builder.metadata(), id);
    if groups.is_empty() {
        return Ok(None);
    }
    for batch in builder.with_row_groups(groups).build().map_err(failed)? {
        let batch = batch.map_err(|error| LogError::what(path, error))?;
        if let Some(row) = row_of(&batch, id) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The row groups that may have the id.
fn groups(metadata: &ParquetMetaData, id: &str) -> Vec<usize> {
    let may = |group: &usize| match metadata.row_group(*group).column(0).statistics() {
        Some(Statistics::ByteArray(ids)) => {
            ids.min_bytes_opt().is_none_or(|least| least <= id.as_bytes())
                && ids.max_bytes_opt().is_none_or(|most| id.as_bytes() <= most)
        }
        _ => true,
    };
    (0..metadata.num_row_groups()).filter(may).collect()
}

fn row_of(batch: &RecordBatch, id: &str) -> Option<RecordBatch> {
    let ids = batch.column(0).as_string::<i32>();
    let row = ids.iter().position(|other| other == Some(id))?;
    Some(batch.slice(row, 1))
}
