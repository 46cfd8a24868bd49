//! Rows that programs push: each push is a file of its own, there whole or not at all.

use std::fs::{self, File};
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::RecordBatch;
use features::store::Place;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use types::Timestamp;

use crate::scan::places::pushed_folder;
use crate::{FeatureStore, FeatureStoreError};

/// Tells pushes of one moment and process apart.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl FeatureStore {
    /// Appends rows to a push source, durably. They must have the event time of the source; the
    /// columns that views need are checked when views are read.
    pub fn push(
        &self,
        source: &str,
        rows: &RecordBatch,
        at: Timestamp,
    ) -> Result<(), FeatureStoreError> {
        let defined = self.source(source)?;
        let refuse = |what: String| FeatureStoreError::Asked(format!("source `{source}`: {what}"));
        if !matches!(defined.place, Place::Push { .. }) {
            let kind = defined.place.kind();
            return Err(refuse(format!("it is a {kind} source: rows are pushed to push sources")));
        }
        let needed = [Some(&defined.event_time), defined.created_time.as_ref()];
        for column in needed.into_iter().flatten() {
            if rows.column_by_name(column).is_none() {
                return Err(refuse(format!("the rows have no column `{column}`")));
            }
        }
        let folder = pushed_folder(self.home(), source);
        fs::create_dir_all(&folder).map_err(|error| FeatureStoreError::file(&folder, error))?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name =
            format!("{:020}-{}-{number:06}", at.timestamp_micros().max(0), std::process::id());
        let (partial, path) =
            (folder.join(format!("{name}.partial")), folder.join(format!("{name}.parquet")));
        let write = || -> Result<(), Box<dyn std::error::Error>> {
            let properties =
                WriterProperties::builder().set_compression(Compression::SNAPPY).build();
            let mut writer =
                ArrowWriter::try_new(File::create(&partial)?, rows.schema(), Some(properties))?;
            writer.write(rows)?;
            writer.close()?;
            File::open(&partial)?.sync_all()?;
            fs::rename(&partial, &path)?;
            Ok(File::open(&folder)?.sync_all()?)
        };
        write().map_err(|error| {
            let _ = fs::remove_file(&partial);
            FeatureStoreError::file(&path, error)
        })
    }
}
