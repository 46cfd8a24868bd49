//! A folder of definitions and a home, made for a test.
#![allow(dead_code)] // Each test program uses some of it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use feature_store::{FeatureStore, FeatureStoreError, read_folder};
use parquet::arrow::ArrowWriter;
use types::Timestamp;

/// A folder of definitions with its data, and a home.
pub struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    pub fn new(definitions: &str) -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(site.folder()).unwrap();
        site.write("features.toml", definitions);
        site
    }

    pub fn folder(&self) -> PathBuf {
        self.folder.path().join("definitions")
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a Parquet file with row groups of so many rows.
    pub fn parquet(&self, name: &str, rows: &RecordBatch, group: usize) -> PathBuf {
        let path = self.path(name);
        write_parquet(&path, rows, group);
        path
    }

    pub fn applied(&self) -> Result<FeatureStore, FeatureStoreError> {
        let folder = read_folder(&self.folder())?;
        let mut store = FeatureStore::create(&self.home())?;
        store.apply(&folder, false, moment("2024-01-01T00:00:00Z"))?;
        Ok(store)
    }
}

pub fn write_parquet(path: &Path, rows: &RecordBatch, group: usize) {
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, rows.schema(), Some(properties)).unwrap();
    writer.write(rows).unwrap();
    writer.close().unwrap();
}

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Microseconds of a moment.
pub fn micros(text: &str) -> i64 {
    moment(text).timestamp_micros()
}

pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)))
        .unwrap()
}

pub fn int64(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

pub fn float64(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

pub fn strings(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub fn times(values: &[i64]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values.to_vec()))
}

pub fn maybe_times(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values.to_vec()))
}

/// An entity with an integer key, a source with created times, and a view of two features.
pub const DRIVERS: &str = r#"
[[entity]]
name = "driver"
keys = { driver_id = "int64" }

[[source]]
name = "hourly"
kind = "parquet"
path = "hourly.parquet"
event_time = "event_timestamp"
created_time = "created"

[[view]]
name = "stats"
entities = ["driver"]
source = "hourly"
ttl = "1d"
online = true
owner = "ops"
tags = { team = "drivers" }

[[view.feature]]
name = "conv_rate"
type = "float64"
rules = ["not null", "between 0 and 1"]

[[view.feature]]
name = "trips"
type = "int64"

[[service]]
name = "eta"
features = ["stats"]
"#;

/// Rows for [`DRIVERS`]: key, event and created time in hours, rate, trips.
pub fn hourly(rows: &[(i64, i64, i64, f64, i64)]) -> RecordBatch {
    const HOUR: i64 = 3_600_000_000;
    let column =
        |of: fn(&(i64, i64, i64, f64, i64)) -> i64| rows.iter().map(of).collect::<Vec<_>>();
    batch(vec![
        ("driver_id", int64(&column(|row| row.0))),
        ("event_timestamp", times(&column(|row| row.1 * HOUR))),
        ("created", times(&column(|row| row.2 * HOUR))),
        ("conv_rate", float64(&rows.iter().map(|row| row.3).collect::<Vec<_>>())),
        ("trips", int64(&column(|row| row.4))),
    ])
}
