//! Parquet files, read row group by row group.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::file::statistics::Statistics;

use super::{Part, Raw, RawBatches, Wanted};
use crate::FeatureStoreError;

/// Rows that are read at a time: enough to hide what a batch costs, few enough for a near cache.
const BATCH_ROWS: usize = 16_384;

#[derive(Clone)]
enum Medium {
    File(PathBuf),
    Bytes(Bytes),
}

/// A Parquet file whose footer has been read.
pub(super) struct Opened {
    medium: Medium,
    place: String,
    metadata: ArrowReaderMetadata,
}

impl Opened {
    /// A file.
    pub fn file(path: &Path, place: &str, wanted: &Wanted) -> Result<Self, FeatureStoreError> {
        let fail = |what: String| wanted.refuse(place, what);
        let file = File::open(path).map_err(|error| fail(format!("it cannot be read: {error}")))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new());
        let metadata = metadata.map_err(|error| fail(damaged(&error)))?;
        Self::checked(Medium::File(path.to_owned()), place, metadata, wanted)
    }

    /// The bytes of one.
    pub fn bytes(bytes: Vec<u8>, place: &str, wanted: &Wanted) -> Result<Self, FeatureStoreError> {
        let bytes = Bytes::from(bytes);
        let metadata = ArrowReaderMetadata::load(&bytes, ArrowReaderOptions::new());
        let metadata = metadata.map_err(|error| wanted.refuse(place, damaged(&error)))?;
        Self::checked(Medium::Bytes(bytes), place, metadata, wanted)
    }

    fn checked(
        medium: Medium,
        place: &str,
        metadata: ArrowReaderMetadata,
        wanted: &Wanted,
    ) -> Result<Self, FeatureStoreError> {
        let fields = metadata.schema().fields();
        wanted.check(place, fields.iter().map(|field| field.name().as_str()))?;
        Ok(Self { medium, place: place.to_owned(), metadata })
    }

    /// One part for each row group, the first row having the place `base`.
    pub fn parts(self, base: u64, wanted: &Wanted) -> Vec<Arc<dyn Part>> {
        let columns: Vec<String> = wanted.columns().into_iter().map(str::to_owned).collect();
        let shared = Arc::new(self);
        let mut first = base;
        let mut parts: Vec<Arc<dyn Part>> = Vec::new();
        for group in 0..shared.metadata.metadata().num_row_groups() {
            let bounds = shared.bounds(group, &wanted.event);
            let part =
                Group { file: shared.clone(), columns: columns.clone(), group, first, bounds };
            first += shared.metadata.metadata().row_group(group).num_rows() as u64;
            parts.push(Arc::new(part));
        }
        parts
    }

    /// The earliest and latest event of a row group, from its statistics.
    fn bounds(&self, group: usize, event: &str) -> Option<(i64, i64)> {
        let kind = self.metadata.schema().field_with_name(event).ok()?.data_type().clone();
        let group = self.metadata.metadata().row_group(group);
        let column = group.columns().iter().find(|one| one.column_path().parts() == [event])?;
        let (low, high) = match column.statistics()? {
            Statistics::Int64(found) => (*found.min_opt()?, *found.max_opt()?),
            Statistics::Int32(found) => {
                (i64::from(*found.min_opt()?), i64::from(*found.max_opt()?))
            }
            _ => return None,
        };
        match kind {
            DataType::Timestamp(TimeUnit::Microsecond, _) => Some((low, high)),
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                Some((low.checked_mul(1_000)?, high.checked_mul(1_000)?))
            }
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Some((low.div_euclid(1_000), high.div_euclid(1_000) + 1))
            }
            DataType::Date32 => Some((low * 86_400_000_000, high * 86_400_000_000)),
            _ => None,
        }
    }
}

fn damaged(error: &dyn std::fmt::Display) -> String {
    format!("it cannot be read as Parquet: {error}; fetch or write the file again")
}

/// A row group.
struct Group {
    file: Arc<Opened>,
    columns: Vec<String>,
    group: usize,
    first: u64,
    bounds: Option<(i64, i64)>,
}

impl Part for Group {
    fn place(&self) -> String {
        self.file.place.clone()
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        self.bounds
    }

    fn open(&self) -> Result<RawBatches, FeatureStoreError> {
        let place = self.file.place.clone();
        let fail = move |what: String| FeatureStoreError::File { file: place.clone(), what };
        let reader = self.reader().map_err(|what| fail(what.clone()))?;
        let mut first = self.first;
        Ok(Box::new(reader.map(move |rows| {
            let rows = rows.map_err(|error| fail(damaged(&error)))?;
            let at = first;
            first += rows.num_rows() as u64;
            Ok(Raw { rows, first: at })
        })))
    }
}

impl Group {
    fn reader(&self) -> Result<ParquetRecordBatchReader, String> {
        let metadata = self.file.metadata.clone();
        let schema = metadata.metadata().file_metadata().schema_descr();
        let mask = ProjectionMask::columns(schema, self.columns.iter().map(String::as_str));
        match &self.file.medium {
            Medium::File(path) => {
                let file =
                    File::open(path).map_err(|error| format!("it cannot be read: {error}"))?;
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                    .with_projection(mask)
                    .with_row_groups(vec![self.group])
                    .with_batch_size(BATCH_ROWS)
                    .build()
            }
            Medium::Bytes(bytes) => {
                ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata)
                    .with_projection(mask)
                    .with_row_groups(vec![self.group])
                    .with_batch_size(BATCH_ROWS)
                    .build()
            }
        }
        .map_err(|error| damaged(&error))
    }
}
