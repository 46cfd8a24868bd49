//! Rows in the order of their ids -> a Parquet file in which an id is found without reading the rest.
//!
//! Each row group says between which ids it lies and has a Bloom filter of them; within a row group
//! each page says so. zstd squeezes the columns.

use std::fs::{self, File};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::{LogError, schema};

/// Rows of a row group.
const GROUP_ROWS: usize = 131_072;

/// Rows of a page: what is read at least to see one row.
const PAGE_ROWS: usize = 4_096;

/// The columns of which pages say what they have; the others only whole row groups.
const BY_PAGE: [&str; 2] = ["id", "at"];

/// Columns in which hardly any value comes twice.
const UNIQUE: [&str; 3] = ["id", "features_digest", "input_digest"];

/// Writes `path`, whole or not at all; durable on return. The batches have the columns of
/// [`schema`], and their rows come in the order of `id`.
pub fn write_parquet(
    path: &Path,
    batches: impl IntoIterator<Item = Result<RecordBatch, LogError>>,
) -> Result<(), LogError> {
    write_sorted(path, schema(), "id", batches)
}

/// The same for any columns, of which `key` is the one that rows are found by.
pub(crate) fn write_sorted(
    path: &Path,
    schema: SchemaRef,
    key: &str,
    batches: impl IntoIterator<Item = Result<RecordBatch, LogError>>,
) -> Result<(), LogError> {
    let partial = path.with_extension("partial");
    let written = write(&partial, schema, key, batches).and_then(|()| {
        let renamed = fs::rename(&partial, path);
        renamed.map_err(|error| LogError::file(path, &error))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| LogError::file(folder, &error))
    });
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

fn write(
    path: &Path,
    schema: SchemaRef,
    key: &str,
    batches: impl IntoIterator<Item = Result<RecordBatch, LogError>>,
) -> Result<(), LogError> {
    let failed = |error| LogError::parquet(path, error);
    let file = File::create(path).map_err(|error| LogError::file(path, &error))?;
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties(key))).map_err(failed)?;
    for batch in batches {
        writer.write(&batch?).map_err(failed)?;
    }
    let file = writer.into_inner().map_err(failed)?;
    file.sync_all().map_err(|error| LogError::file(path, &error))
}

fn properties(key: &str) -> WriterProperties {
    let key = ColumnPath::from(key);
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("1 is a level of zstd")))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: false,
            nulls_first: false,
        }]))
        .set_column_bloom_filter_enabled(key.clone(), true)
        .set_column_bloom_filter_max_ndv(key, GROUP_ROWS as u64);
    for column in BY_PAGE {
        let column = ColumnPath::from(column);
        properties = properties.set_column_statistics_enabled(column, EnabledStatistics::Page);
    }
    for column in UNIQUE {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(column), false);
    }
    properties.build()
}
