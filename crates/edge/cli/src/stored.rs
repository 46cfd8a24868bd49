//! Features of the home's feature store, as fields of a mandate's panel.
//!
//! In: what a mandate names, and the panel whose days and symbols ask. Out: a table with a row for each
//! day and symbol, every value as it was known at the day's close, and what answered it; then the panel
//! with those columns as further fields. The join is that of training sets.

use std::path::Path;
use std::sync::Arc;

use anyhow::{bail, ensure};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema};
use cycle::Mandate;
use feature_store::FeatureStore;
use feature_store::history::{Question, Report, Spine, history};
use features::store::{FeatureRef, ValueKind};
use store::tables;
use types::{Digest, Panel, Table, Values, close_of};

use crate::world::Snapshots;

/// The snapshot of the values.
pub const VALUES: &str = "store";
/// The snapshot of what they came from: the views with the digests of their definitions.
const ANSWERED: &str = "store-views";

const MOMENT: &str = "event_timestamp";

/// Asks the store of a home for all days and symbols of a panel.
pub fn read(home: &Path, mandate: &Mandate, panel: &Panel) -> anyhow::Result<Snapshots> {
    let wanted = &mandate.features.store;
    if wanted.is_empty() {
        return Ok(Snapshots::new());
    }
    let store = FeatureStore::open(home)?;
    let key = key(&store, wanted)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let question = Question { full_names: true, threads: cores, ..Question::new(wanted.clone()) };
    let mut batches: Vec<RecordBatch> = Vec::new();
    let spine = Spine::rows(asking(panel, key.as_deref())?, MOMENT)?;
    let report = history(&store, &question, spine, &mut batches)?;
    let table = answers(panel, &report, &batches)?;
    let says = serde_json::json!({ "features": wanted, "views": report.views });
    Ok(Snapshots::from([
        (VALUES.to_owned(), tables::to_parquet(&table)?),
        (ANSWERED.to_owned(), serde_json::to_vec(&says)?),
    ]))
}

/// The panel with the columns of the table as further fields.
pub fn add(panel: &Panel, table: &Table, source: Digest) -> anyhow::Result<Panel> {
    let numbers = table.columns.iter().filter_map(|(name, values)| match values {
        Values::Number(values) => Some((name.clone(), values.clone())),
        _ => None,
    });
    Ok(panel.with_fields(numbers.collect(), source)?)
}

/// The join key that a symbol is asked by, if the features have one.
fn key(store: &FeatureStore, wanted: &[FeatureRef]) -> anyhow::Result<Option<String>> {
    let keys = store.key_kinds(wanted)?;
    if let Some((name, kind)) = keys.iter().find(|(_, kind)| *kind != ValueKind::String) {
        bail!(
            "they need `{name}` ({kind}); a mandate asks by symbol, and has nothing else to give"
        );
    }
    match &keys[..] {
        [] => Ok(None),
        [(name, _)] => Ok(Some(name.clone())),
        more => {
            let names: Vec<&str> = more.iter().map(|(name, _)| name.as_str()).collect();
            bail!("they need {}; a mandate asks by one key, the symbol", names.join(" and "))
        }
    }
}

/// A row for each day and symbol, in the order of the panel's cells.
fn asking(panel: &Panel, key: Option<&str>) -> anyhow::Result<RecordBatch> {
    let symbols = panel.symbols();
    let cells =
        || panel.dates().iter().flat_map(|day| symbols.iter().map(move |symbol| (day, symbol)));
    let moments: Vec<i64> = cells().map(|(day, _)| close_of(*day).timestamp_micros()).collect();
    let moments = TimestampMicrosecondArray::from(moments).with_timezone("UTC");
    let mut fields = vec![Field::new(MOMENT, moments.data_type().clone(), false)];
    let mut columns: Vec<ArrayRef> = vec![Arc::new(moments)];
    if let Some(key) = key {
        let names: Vec<&str> = cells().map(|(_, symbol)| symbol.as_str()).collect();
        fields.push(Field::new(key, DataType::Utf8, false));
        columns.push(Arc::new(StringArray::from(names)));
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// The answers as a table of numbers, with the day and the symbol of each row.
fn answers(panel: &Panel, report: &Report, batches: &[RecordBatch]) -> anyhow::Result<Table> {
    let symbols = panel.symbols();
    let days = panel.dates().iter().flat_map(|day| std::iter::repeat_n(Some(*day), symbols.len()));
    let names = panel.dates().iter().flat_map(|_| symbols.iter());
    let names = names.map(|symbol| Some(symbol.as_str().to_owned()));
    let mut columns = vec![
        ("date".to_owned(), Values::Date(days.collect())),
        ("symbol".to_owned(), Values::Text(names.collect())),
    ];
    for name in &report.columns {
        ensure!(!panel.has(name), "`{name}` is a field of the prices already: rename the view");
        let mut values = Vec::with_capacity(panel.rows() * symbols.len());
        for batch in batches {
            let column = batch.column_by_name(name).expect("a report names columns that are there");
            values.extend(numbers(name, column)?);
        }
        columns.push((name.clone(), Values::Number(values)));
    }
    Ok(Table { origin: "the feature store".to_owned(), first_line: 1, columns })
}

/// A column as numbers; what is unknown is NaN.
fn numbers(name: &str, column: &ArrayRef) -> anyhow::Result<Vec<f64>> {
    let numeric = column.data_type().is_numeric() || *column.data_type() == DataType::Boolean;
    ensure!(numeric, "`{name}` is {}, and mandates compute with numbers", column.data_type());
    let cast = cast(column, &DataType::Float64)?;
    let values = cast.as_primitive::<Float64Type>();
    Ok((0..values.len())
        .map(|row| if values.is_null(row) { f64::NAN } else { values.value(row) })
        .collect())
}
