//! CSV files with a header line, read in the types that the definitions name.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Format;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use features::store::ValueKind;

use super::shape::type_of;
use super::{Part, Raw, RawBatches, Wanted};
use crate::FeatureStoreError;

/// Rows that are read at a time.
const BATCH_ROWS: usize = 16_384;

/// A CSV file whose header has been read.
pub(super) struct Text {
    path: PathBuf,
    /// All columns: those that are wanted in their types, the others as text.
    schema: SchemaRef,
    columns: Vec<usize>,
    first: u64,
}

impl Text {
    /// Reads the header; `first` is the place of the first row.
    pub fn new(path: &Path, first: u64, wanted: &Wanted) -> Result<Self, FeatureStoreError> {
        let place = path.display().to_string();
        let fail = |what: String| wanted.refuse(&place, what);
        let file = opened(path).map_err(|error| fail(format!("it cannot be read: {error}")))?;
        let header = Format::default().with_header(true).infer_schema(file, Some(0));
        let (header, _) = header.map_err(|error| fail(plain(&error)))?;
        let names: Vec<String> =
            header.fields().iter().map(|field| field.name().trim().to_owned()).collect();
        wanted.check(&place, names.iter().map(String::as_str))?;
        let twice = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name));
        if let Some((_, name)) = twice {
            return Err(fail(format!("its header names `{name}` twice: rename one column")));
        }
        let read_as = |name: &String| match wanted.kind(name) {
            // A moment is read without a zone, and the ones that name theirs are put into UTC.
            Some(ValueKind::Timestamp) => DataType::Timestamp(TimeUnit::Microsecond, None),
            Some(kind) => type_of(kind),
            None => DataType::Utf8,
        };
        let fields: Vec<Field> =
            names.iter().map(|name| Field::new(name, read_as(name), true)).collect();
        let kept = |name: &&str| names.iter().position(|known| known == *name);
        let columns = wanted.columns().iter().filter_map(kept).collect();
        Ok(Self { path: path.to_owned(), schema: Arc::new(Schema::new(fields)), columns, first })
    }
}

impl Part for Text {
    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        None
    }

    fn open(&self) -> Result<RawBatches, FeatureStoreError> {
        let path = self.path.clone();
        let file = opened(&path).map_err(|error| FeatureStoreError::file(&path, error))?;
        let reader = ReaderBuilder::new(self.schema.clone())
            .with_header(true)
            .with_projection(self.columns.clone())
            .with_batch_size(BATCH_ROWS)
            .build_buffered(file)
            .map_err(|error| FeatureStoreError::file(&path, plain(&error)))?;
        let mut first = self.first;
        Ok(Box::new(reader.map(move |rows| {
            let rows = rows.map_err(|error| FeatureStoreError::file(&path, plain(&error)))?;
            let at = first;
            first += rows.num_rows() as u64;
            Ok(Raw { rows, first: at })
        })))
    }
}

/// The file, behind a byte order mark if it has one.
fn opened(path: &Path) -> std::io::Result<BufReader<File>> {
    let mut file = BufReader::with_capacity(1 << 20, File::open(path)?);
    if file.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        file.consume(3);
    }
    Ok(file)
}

/// Arrow's words without the kind of error in front of them.
fn plain(error: &ArrowError) -> String {
    let text = error.to_string();
    let rest = text.strip_prefix("Parser error: ").or(text.strip_prefix("Csv error: "));
    rest.unwrap_or(&text).to_owned()
}
