//! The rows of a batch of columns.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray, PrimitiveArray, RecordBatch, StringArray};
use feature_store::Layout;
use online::Value;

use crate::error::ServingError;

/// A column, as its type has it.
enum Column<'a> {
    Bool(&'a BooleanArray),
    Int32(&'a PrimitiveArray<Int32Type>),
    Int64(&'a PrimitiveArray<Int64Type>),
    Float32(&'a PrimitiveArray<Float32Type>),
    Float64(&'a PrimitiveArray<Float64Type>),
    Text(&'a StringArray),
    Moment(&'a PrimitiveArray<TimestampMicrosecondType>),
}

impl<'a> Column<'a> {
    fn new(batch: &'a RecordBatch, index: usize) -> Result<Self, ServingError> {
        let column = batch.column(index).as_ref();
        let as_bool = column.as_boolean_opt().map(Self::Bool);
        let known = as_bool
            .or_else(|| column.as_primitive_opt().map(Self::Int32))
            .or_else(|| column.as_primitive_opt().map(Self::Int64))
            .or_else(|| column.as_primitive_opt().map(Self::Float32))
            .or_else(|| column.as_primitive_opt().map(Self::Float64))
            .or_else(|| column.as_string_opt().map(Self::Text))
            .or_else(|| column.as_primitive_opt().map(Self::Moment));
        known.ok_or_else(|| {
            let schema = batch.schema();
            let field = schema.field(index);
            ServingError::Asked(format!(
                "column {} is {}, which cannot be kept online",
                field.name(),
                field.data_type()
            ))
        })
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Self::Bool(array) => of(*array, row, |row| Value::Bool(array.value(row))),
            Self::Int32(array) => of(*array, row, |row| Value::Int32(array.value(row))),
            Self::Int64(array) => of(*array, row, |row| Value::Int64(array.value(row))),
            Self::Float32(array) => of(*array, row, |row| Value::Float32(array.value(row))),
            Self::Float64(array) => of(*array, row, |row| Value::Float64(array.value(row))),
            Self::Text(array) => of(*array, row, |row| Value::Text(array.value(row).to_owned())),
            Self::Moment(array) => of(*array, row, |row| Value::Timestamp(array.value(row))),
        }
    }
}

fn of(array: &dyn Array, row: usize, value: impl FnOnce(usize) -> Value) -> Value {
    if array.is_null(row) { Value::Null } else { value(row) }
}

/// The rows of a batch.
pub struct Rows<'a> {
    keys: Vec<Column<'a>>,
    event: &'a PrimitiveArray<TimestampMicrosecondType>,
    created: Option<&'a PrimitiveArray<TimestampMicrosecondType>>,
    features: Vec<Column<'a>>,
}

impl<'a> Rows<'a> {
    /// Of a batch whose columns are so laid out.
    pub fn new(batch: &'a RecordBatch, layout: Layout) -> Result<Self, ServingError> {
        let columns = |range: std::ops::Range<usize>| {
            range.map(|index| Column::new(batch, index)).collect::<Result<_, _>>()
        };
        let moments = |index: usize| {
            batch
                .column(index)
                .as_primitive_opt()
                .ok_or_else(|| ServingError::Asked(format!("column {index} holds no moments")))
        };
        Ok(Self {
            keys: columns(layout.keys())?,
            event: moments(layout.event())?,
            created: layout.created().map(moments).transpose()?,
            features: columns(layout.features())?,
        })
    }

    /// Reads a row: its key and its values, and gives event time and time of creation.
    pub fn read(
        &self,
        row: usize,
        entity: &mut Vec<Value>,
        values: &mut Vec<Value>,
    ) -> (i64, Option<i64>) {
        entity.clear();
        entity.extend(self.keys.iter().map(|column| column.value(row)));
        values.clear();
        values.extend(self.features.iter().map(|column| column.value(row)));
        let created = self.created.filter(|created| !created.is_null(row));
        (self.event.value(row), created.map(|created| created.value(row)))
    }
}
