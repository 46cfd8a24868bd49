//! Tables of PostgreSQL, read through a cursor, so that no more than some thousand rows are held.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow_array::builder::{BooleanBuilder, Float64Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use database::{Database, DatabaseError, Dialect, Options, Row, Tx, values};
use features::store::ValueKind;

use super::{Part, Raw, RawBatches, Wanted};
use crate::FeatureStoreError;

/// Rows that are fetched at a time.
const BATCH_ROWS: usize = 16_384;

/// Each cursor has a name of its own: a connection remembers the columns behind a name.
static CURSORS: AtomicU64 = AtomicU64::new(0);

/// A table whose columns have been looked at.
pub(super) struct Table {
    database: Database,
    place: String,
    table: String,
    columns: Vec<(String, ValueKind)>,
    view: String,
}

impl Table {
    /// Connects to the address that the environment variable `address` holds.
    pub fn new(address: &str, table: &str, wanted: &Wanted) -> Result<Self, FeatureStoreError> {
        let place = format!("table {table} at ${address}");
        let refuse = |what: String| wanted.refuse(&place, what);
        let target = env::var(address).map_err(|_| {
            refuse(format!("the environment variable {address} is not set: it holds postgres://…"))
        })?;
        let options = Options { readers: 1, writers: 1, ..Options::default() };
        let database = Database::open_as_it_is(&target, &options)
            .map_err(|error| refuse(error.to_string()))?;
        if database.dialect() != Dialect::Postgres {
            return Err(refuse(format!("{address} holds no postgres:// address")));
        }
        let found = columns_of(&database, table).map_err(|error| refuse(error.to_string()))?;
        wanted.check(&place, found.iter().map(|(name, _)| name.as_str()))?;
        let mut columns = Vec::new();
        for name in wanted.columns() {
            let kind = wanted.kind(name).expect("a column that is read has a type");
            let (_, told) = found.iter().find(|(known, _)| known == name).expect("it was checked");
            if !fits(told, kind) {
                return Err(refuse(format!(
                    "column `{name}` is {told}, and the definition says {kind}: correct the one that is wrong"
                )));
            }
            columns.push((name.to_owned(), kind));
        }
        Ok(Self { database, place, table: table.to_owned(), columns, view: wanted.view.clone() })
    }

    /// The question, with each column in a type that needs no knowledge of the table's.
    fn question(&self) -> String {
        let read = |(name, kind): &(String, ValueKind)| {
            let column = format!("\"{}\"", name.replace('"', "\"\""));
            match kind {
                ValueKind::Bool => format!("{column}::int::bigint"),
                ValueKind::Int32 | ValueKind::Int64 => format!("{column}::bigint"),
                ValueKind::Float32 | ValueKind::Float64 => format!("{column}::double precision"),
                ValueKind::String => format!("{column}::text"),
                ValueKind::Timestamp => {
                    format!("(extract(epoch from {column}) * 1000000)::bigint")
                }
            }
        };
        let columns: Vec<String> = self.columns.iter().map(read).collect();
        format!("SELECT {} FROM {}", columns.join(", "), self.table)
    }
}

/// The columns of a table with their types, as PostgreSQL names them.
fn columns_of(database: &Database, table: &str) -> Result<Vec<(String, String)>, DatabaseError> {
    let table = table.to_owned();
    database.read_blocking(move |tx| {
        let sql = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
                   WHERE attrelid = to_regclass(?1::text) AND attnum > 0 AND NOT attisdropped";
        let found = tx.query(sql, values![&table], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if found.is_empty() {
            return Err(DatabaseError::Failed(format!("there is no table {table}")));
        }
        Ok(found)
    })
}

fn fits(told: &str, kind: ValueKind) -> bool {
    let told = told.split('(').next().unwrap_or(told).trim();
    let whole = matches!(told, "smallint" | "integer" | "bigint");
    match kind {
        ValueKind::Bool => told == "boolean",
        ValueKind::Int32 | ValueKind::Int64 => whole,
        ValueKind::Float32 | ValueKind::Float64 => {
            whole || matches!(told, "real" | "double precision" | "numeric")
        }
        ValueKind::String => matches!(told, "text" | "character varying" | "character" | "uuid"),
        ValueKind::Timestamp => told == "date" || told.starts_with("timestamp"),
    }
}

impl Part for Table {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        None
    }

    fn open(&self) -> Result<RawBatches, FeatureStoreError> {
        let (to, from) = sync_channel(2);
        let (database, question, columns) =
            (self.database.clone(), self.question(), self.columns.clone());
        thread::spawn(move || {
            let pieces = to.clone();
            let read = database.read_blocking(move |tx| fetch(tx, &question, &columns, &pieces));
            if let Err(error) = read {
                // Nobody reads any more if it cannot be told.
                let _ = to.send(Err(error));
            }
        });
        let (view, place) = (self.view.clone(), self.place.clone());
        let fail = move |error: DatabaseError| FeatureStoreError::Rows {
            view: view.clone(),
            place: place.clone(),
            what: error.to_string(),
        };
        let mut first = 0;
        Ok(Box::new(Pieces(from).map(move |piece| {
            let rows = piece.map_err(&fail)?;
            let at = first;
            first += rows.num_rows() as u64;
            Ok(Raw { rows, first: at })
        })))
    }
}

type Piece = Result<RecordBatch, DatabaseError>;

struct Pieces(Receiver<Piece>);

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        self.0.recv().ok()
    }
}

/// Fetches all rows in batches; stops when nobody takes them.
fn fetch(
    tx: &mut Tx<'_>,
    question: &str,
    columns: &[(String, ValueKind)],
    to: &SyncSender<Piece>,
) -> Result<(), DatabaseError> {
    let cursor = format!("feature_rows_{}", CURSORS.fetch_add(1, Ordering::Relaxed));
    tx.batch(&format!("DECLARE {cursor} NO SCROLL CURSOR FOR {question}"))?;
    let next = format!("FETCH {BATCH_ROWS} FROM {cursor}");
    loop {
        let mut built: Vec<Column> = columns.iter().map(|(_, kind)| Column::new(*kind)).collect();
        let mut rows = 0;
        tx.each(&next, &[], |row| {
            rows += 1;
            built.iter_mut().enumerate().try_for_each(|(at, column)| column.take(row, at))
        })?;
        if rows == 0 {
            return tx.batch(&format!("CLOSE {cursor}"));
        }
        let arrays: Vec<ArrayRef> = built.into_iter().map(Column::done).collect();
        let fields = columns.iter().zip(&arrays);
        let fields =
            fields.map(|((name, _), array)| Field::new(name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(schema, arrays)
            .map_err(|error| DatabaseError::Failed(error.to_string()))?;
        if to.send(Ok(batch)).is_err() {
            return Ok(());
        }
    }
}

enum Column {
    Truths(BooleanBuilder),
    Wholes(Int64Builder),
    Moments(Vec<Option<i64>>),
    Numbers(Float64Builder),
    Texts(StringBuilder),
}

impl Column {
    fn new(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Bool => Self::Truths(BooleanBuilder::new()),
            ValueKind::Int32 | ValueKind::Int64 => Self::Wholes(Int64Builder::new()),
            ValueKind::Timestamp => Self::Moments(Vec::new()),
            ValueKind::Float32 | ValueKind::Float64 => Self::Numbers(Float64Builder::new()),
            ValueKind::String => Self::Texts(StringBuilder::new()),
        }
    }

    fn take(&mut self, row: &Row<'_>, at: usize) -> Result<(), DatabaseError> {
        match self {
            Self::Truths(built) => {
                built.append_option(row.get::<Option<i64>>(at)?.map(|value| value != 0));
            }
            Self::Wholes(built) => built.append_option(row.get::<Option<i64>>(at)?),
            Self::Moments(built) => built.push(row.get(at)?),
            Self::Numbers(built) => built.append_option(row.get::<Option<f64>>(at)?),
            Self::Texts(built) => built.append_option(row.get::<Option<String>>(at)?),
        }
        Ok(())
    }

    fn done(self) -> ArrayRef {
        match self {
            Self::Truths(mut built) => Arc::new(built.finish()),
            Self::Wholes(mut built) => Arc::new(built.finish()),
            Self::Moments(built) => {
                Arc::new(TimestampMicrosecondArray::from(built).with_timezone("UTC"))
            }
            Self::Numbers(mut built) => Arc::new(built.finish()),
            Self::Texts(mut built) => Arc::new(built.finish()),
        }
    }
}
