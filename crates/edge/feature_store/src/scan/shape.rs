//! Columns of a source to the columns of a view: types checked and cast, moments in microseconds.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch, TimestampMicrosecondArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use features::store::{FeatureView, ValueKind};

use super::Layout;
use crate::error::hint;
use crate::{FeatureStore, FeatureStoreError};

/// A column of the source and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name in the source.
    pub from: String,
    /// Its name in the view.
    pub name: String,
    /// Its type in the view.
    pub kind: ValueKind,
}

/// From when on a row was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Created {
    /// From its event on.
    AtOnce,
    /// A column says it.
    Column(String),
    /// So many microseconds after its event.
    After(i64),
}

/// What is wanted of the rows of a source.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub view: String,
    pub keys: Vec<Column>,
    pub event: String,
    pub created: Created,
    pub features: Vec<Column>,
    /// The columns that come out.
    pub schema: SchemaRef,
}

impl Wanted {
    /// All of a view, or the features that are named, in the order of the view.
    pub fn of(store: &FeatureStore, view: &FeatureView, features: Option<&[String]>) -> Self {
        let keys = store.definitions().join_keys(view).into_iter().map(|key| Column {
            from: key.name.clone(),
            name: key.name.clone(),
            kind: key.kind,
        });
        let named = |name: &String| features.is_none_or(|names| names.contains(name));
        let features = view.features.iter().filter(|feature| named(&feature.name));
        let features = features.map(|feature| Column {
            from: feature.column().to_owned(),
            name: feature.name.clone(),
            kind: feature.kind,
        });
        let created = match (&view.created_time, view.known_after.micros()) {
            (Some(column), _) => Created::Column(column.clone()),
            (None, 0) => Created::AtOnce,
            (None, micros) => Created::After(micros),
        };
        let wanted = Self {
            view: view.name.clone(),
            keys: keys.collect(),
            event: view.event_time.clone(),
            created,
            features: features.collect(),
            schema: Arc::new(Schema::empty()),
        };
        wanted.renewed()
    }

    /// The same with the schema that follows from its columns.
    pub fn renewed(mut self) -> Self {
        self.schema = self.outcome();
        self
    }

    pub fn layout(&self) -> Layout {
        Layout::new(self.keys.len(), self.created != Created::AtOnce, self.features.len())
    }

    fn outcome(&self) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, type_of(column.kind), true);
        let moment = |name: &str, null| Field::new(name, type_of(ValueKind::Timestamp), null);
        let mut fields: Vec<Field> = self.keys.iter().map(field).collect();
        fields.push(moment(&self.event, false));
        match &self.created {
            Created::AtOnce => {}
            Created::Column(name) => fields.push(moment(name, true)),
            Created::After(_) => fields.push(moment("known_time", true)),
        }
        fields.extend(self.features.iter().map(field));
        Arc::new(Schema::new(fields))
    }

    /// The columns of the source that are read, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.keys.iter().map(|column| column.from.as_str()).collect();
        names.push(&self.event);
        if let Created::Column(name) = &self.created {
            names.push(name);
        }
        for feature in &self.features {
            if !names.contains(&feature.from.as_str()) {
                names.push(&feature.from);
            }
        }
        names
    }

    /// The type that a column of the source becomes: text files are read as it.
    pub fn kind(&self, column: &str) -> Option<ValueKind> {
        let moment = self.event == column || self.created == Created::Column(column.to_owned());
        let typed = || self.keys.iter().chain(&self.features).find(|one| one.from == column);
        if moment { Some(ValueKind::Timestamp) } else { typed().map(|one| one.kind) }
    }

    /// Checks that every column is there.
    pub fn check<'a>(
        &self,
        place: &str,
        there: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), FeatureStoreError> {
        let missing = |name: &&&str| !there.clone().any(|known| known == **name);
        match self.columns().iter().find(missing) {
            None => Ok(()),
            Some(name) => {
                Err(self.refuse(place, format!("there is no column `{name}`{}", hint(name, there))))
            }
        }
    }

    pub fn refuse(&self, place: &str, what: impl ToString) -> FeatureStoreError {
        FeatureStoreError::Rows {
            view: self.view.clone(),
            place: place.to_owned(),
            what: what.to_string(),
        }
    }

    /// Rows of the source as rows of the view; `first` is the place of the first row, for messages.
    pub fn shape(
        &self,
        place: &str,
        rows: &RecordBatch,
        first: u64,
    ) -> Result<RecordBatch, FeatureStoreError> {
        let found = |name: &str| {
            rows.column_by_name(name)
                .ok_or_else(|| self.refuse(place, format!("there is no column `{name}`")))
        };
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.schema.fields().len());
        let cast = |column: &Column| {
            as_kind(found(&column.from)?, column.kind)
                .map_err(|what| self.refuse(place, format!("column `{}`: {what}", column.from)))
        };
        for key in &self.keys {
            columns.push(cast(key)?);
        }
        let moments_of = |name: &str| {
            moments(found(name)?)
                .map_err(|what| self.refuse(place, format!("column `{name}`: {what}")))
        };
        let events = moments_of(&self.event)?;
        if events.null_count() > 0 {
            let row = (0..events.len()).find(|row| events.is_null(*row)).unwrap_or(0) as u64;
            return Err(self.refuse(
                place,
                format!(
                    "the event time `{}` is null in row {}: a row without a moment can be told to \
                     nobody; fill it or leave the row out",
                    self.event,
                    within_file(first) + row + 1
                ),
            ));
        }
        let created = match &self.created {
            Created::AtOnce => None,
            Created::Column(name) => Some(moments_of(name)?),
            Created::After(micros) => Some(later(&events, *micros)),
        };
        columns.push(Arc::new(events));
        columns.extend(created.map(|created| Arc::new(created) as ArrayRef));
        for feature in &self.features {
            columns.push(cast(feature)?);
        }
        RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|error| self.refuse(place, error))
    }
}

/// The row within its file: the upper bits say which file.
fn within_file(first: u64) -> u64 {
    first & ((1 << super::places::ROW_BITS) - 1)
}

fn later(events: &TimestampMicrosecondArray, micros: i64) -> TimestampMicrosecondArray {
    let moved = events.values().iter().map(|event| event.saturating_add(micros));
    TimestampMicrosecondArray::from_iter_values(moved).with_timezone("UTC")
}

/// The Arrow type of values.
pub(crate) fn type_of(kind: ValueKind) -> DataType {
    match kind {
        ValueKind::Bool => DataType::Boolean,
        ValueKind::Int32 => DataType::Int32,
        ValueKind::Int64 => DataType::Int64,
        ValueKind::Float32 => DataType::Float32,
        ValueKind::Float64 => DataType::Float64,
        ValueKind::String => DataType::Utf8,
        ValueKind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

/// The type of values that an Arrow column holds, where it is one of ours without loss.
pub(crate) fn kind_of(found: &DataType) -> Option<ValueKind> {
    Some(match found {
        DataType::Boolean => ValueKind::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => {
            ValueKind::Int32
        }
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => ValueKind::Int64,
        DataType::Float16 | DataType::Float32 => ValueKind::Float32,
        DataType::Float64 | DataType::Decimal128(..) => ValueKind::Float64,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => ValueKind::String,
        DataType::Dictionary(_, values) => return kind_of(values),
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => ValueKind::Timestamp,
        _ => return None,
    })
}

/// A column as the type that a definition names. Numbers widen, and narrow where every value fits;
/// nothing becomes a number that is none, and nothing is rounded to a whole number.
pub(crate) fn as_kind(array: &ArrayRef, kind: ValueKind) -> Result<ArrayRef, String> {
    let wanted = type_of(kind);
    if *array.data_type() == wanted {
        return Ok(array.clone());
    }
    let found = kind_of(array.data_type());
    let fits = match (found, kind) {
        (Some(ValueKind::Timestamp), ValueKind::Timestamp) => {
            return Ok(Arc::new(moments(array)?));
        }
        (Some(found), wanted) if found == wanted => true,
        (Some(ValueKind::Int32 | ValueKind::Int64), wanted) => wanted.is_number(),
        (Some(ValueKind::Float32 | ValueKind::Float64), wanted) => {
            matches!(wanted, ValueKind::Float32 | ValueKind::Float64)
        }
        _ => array.data_type() == &DataType::Null,
    };
    if !fits {
        return Err(format!(
            "it is {}, and the definition says {kind}: correct the one that is wrong",
            array.data_type()
        ));
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, &wanted, &options)
        .map_err(|error| format!("a value does not fit {kind}: {error}"))
}

/// A column of moments in microseconds of UTC; a moment without a zone is one of UTC, and a day is
/// its midnight.
pub(crate) fn moments(array: &ArrayRef) -> Result<TimestampMicrosecondArray, String> {
    const DAY: i64 = 86_400_000_000;
    let scaled = |values: Vec<Option<i64>>, by: i64| {
        let scale = |value: Option<i64>| match value {
            None => Ok(None),
            Some(value) => value
                .checked_mul(by)
                .map(Some)
                .ok_or_else(|| format!("{value} is a moment that no clock shows")),
        };
        let values = values.into_iter().map(scale).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, String>(TimestampMicrosecondArray::from(values))
    };
    let moments = match array.data_type() {
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array.as_primitive::<TimestampMicrosecondType>().clone()
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            scaled(array.as_primitive::<TimestampSecondType>().iter().collect(), 1_000_000)?
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            scaled(array.as_primitive::<TimestampMillisecondType>().iter().collect(), 1_000)?
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let values = array.as_primitive::<TimestampNanosecondType>();
            if let Some(odd) = values.iter().flatten().find(|value| value % 1_000 != 0) {
                return Err(format!(
                    "its times are finer than a microsecond ({odd} ns): round them, event times \
                     up, so that nothing is known too early"
                ));
            }
            values.unary(|value| value / 1_000)
        }
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().iter();
            scaled(days.map(|day| day.map(i64::from)).collect(), DAY)?
        }
        DataType::Date64 => scaled(array.as_primitive::<Date64Type>().iter().collect(), 1_000)?,
        other => {
            return Err(format!(
                "it is {other}, and a time is due: use a timestamp or a date (numbers do not say \
                 their unit)"
            ));
        }
    };
    Ok(moments.with_timezone("UTC"))
}

/// The microseconds of a column of moments; what stands at a null means nothing.
pub(crate) fn micros(array: &ArrayRef) -> &[i64] {
    array.as_primitive::<TimestampMicrosecondType>().values()
}
