//! Where training sets go: batches in memory, or a Parquet or CSV file that is there whole or not
//! at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_csv::WriterBuilder;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::Outcome;
use crate::FeatureStoreError;

/// Takes the rows of a training set, in order.
pub trait Sink {
    /// The columns of all rows that follow, and which of them are features.
    fn begin(&mut self, schema: &SchemaRef, outcomes: &[Outcome]) -> Result<(), FeatureStoreError>;
    /// Some rows.
    fn take(&mut self, rows: &RecordBatch) -> Result<(), FeatureStoreError>;
    /// There are no more.
    fn end(&mut self) -> Result<(), FeatureStoreError>;
}

/// Keeps the rows in memory.
impl Sink for Vec<RecordBatch> {
    fn begin(&mut self, _: &SchemaRef, _: &[Outcome]) -> Result<(), FeatureStoreError> {
        Ok(())
    }

    fn take(&mut self, rows: &RecordBatch) -> Result<(), FeatureStoreError> {
        self.push(rows.clone());
        Ok(())
    }

    fn end(&mut self) -> Result<(), FeatureStoreError> {
        Ok(())
    }
}

enum Writer {
    Parquet(Box<ArrowWriter<File>>),
    Csv(Box<arrow_csv::Writer<File>>),
}

/// Writes a `.parquet` (zstd) or `.csv` file. It gets its name when it is complete; the same rows
/// give the same bytes.
pub struct TableFile {
    path: PathBuf,
    partial: PathBuf,
    writer: Option<Writer>,
    done: bool,
}

impl TableFile {
    /// A file to be written; nothing is touched yet.
    pub fn new(path: &Path) -> Result<Self, FeatureStoreError> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if !["parquet", "csv"].contains(&ending.as_str()) {
            return Err(FeatureStoreError::file(path, "its name must end in .parquet or .csv"));
        }
        let partial = path.with_extension(format!("{ending}.partial"));
        Ok(Self { path: path.to_owned(), partial, writer: None, done: false })
    }

    fn is_csv(&self) -> bool {
        self.path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
    }
}

impl Sink for TableFile {
    fn begin(&mut self, schema: &SchemaRef, _: &[Outcome]) -> Result<(), FeatureStoreError> {
        let fail = |error: &dyn std::fmt::Display| FeatureStoreError::file(&self.partial, error);
        if let Some(folder) = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|error| FeatureStoreError::file(folder, error))?;
        }
        let file = File::create(&self.partial).map_err(|error| fail(&error))?;
        let writer = if self.is_csv() {
            Writer::Csv(Box::new(WriterBuilder::new().with_header(true).build(file)))
        } else {
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).expect("1 is a level")))
                .set_created_by("trimtab".to_owned())
                .build();
            let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties));
            Writer::Parquet(Box::new(writer.map_err(|error| fail(&error))?))
        };
        self.writer = Some(writer);
        Ok(())
    }

    fn take(&mut self, rows: &RecordBatch) -> Result<(), FeatureStoreError> {
        let fail = |error: &dyn std::fmt::Display| FeatureStoreError::file(&self.partial, error);
        match self.writer.as_mut().expect("rows come between begin and end") {
            Writer::Parquet(writer) => writer.write(rows).map_err(|error| fail(&error)),
            Writer::Csv(writer) => writer.write(rows).map_err(|error| fail(&error)),
        }
    }

    fn end(&mut self) -> Result<(), FeatureStoreError> {
        let fail = |error: &dyn std::fmt::Display| FeatureStoreError::file(&self.partial, error);
        if let Some(Writer::Parquet(writer)) = self.writer.take() {
            writer.close().map_err(|error| fail(&error))?;
        }
        let file = File::open(&self.partial).map_err(|error| fail(&error))?;
        file.sync_all().map_err(|error| fail(&error))?;
        fs::rename(&self.partial, &self.path).map_err(|error| fail(&error))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for TableFile {
    /// What was not completed is not left behind.
    fn drop(&mut self) {
        if !self.done && self.writer.is_some() {
            let _ = fs::remove_file(&self.partial);
        }
    }
}
