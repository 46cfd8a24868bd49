//! Parquet, as pandas writes it.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::{Flat, Limits, ServingError, Table};

/// So many bytes may a file of a request unfold to.
const UNFOLDED: i64 = 1 << 30;

/// What pandas calls the columns that hold an index.
const INDEX: &str = "__index_level_";

pub(super) fn read(body: &[u8], limits: &Limits) -> Result<Table, ServingError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(body))
        .map_err(|error| wrong(&error.to_string()))?;
    let metadata = builder.metadata();
    let rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(usize::MAX);
    let width = builder.schema().fields().len();
    limits.check_cells(rows.saturating_mul(width))?;
    let unfolded: i64 =
        metadata.row_groups().iter().map(|g| g.total_byte_size()).fold(0, i64::saturating_add);
    if unfolded > UNFOLDED {
        let what = format!("the file unfolds to {unfolded} bytes: send it in parts");
        return Err(ServingError::TooLarge(what));
    }
    let names: Vec<String> =
        builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let mut columns = vec![Flat::default(); width];
    for batch in builder.build().map_err(|error| wrong(&error.to_string()))? {
        let batch = batch.map_err(|error| wrong(&error.to_string()))?;
        for ((cells, array), name) in columns.iter_mut().zip(batch.columns()).zip(&names) {
            column(name, array, cells)?;
        }
    }
    let named = names.into_iter().zip(columns).filter(|(name, _)| !name.starts_with(INDEX));
    let named = named.map(|(name, mut cells)| {
        cells.dims = vec![cells.len()];
        (name, cells)
    });
    Ok(Table { typed: true, ..Table::of_columns(named.collect())? })
}

fn wrong(error: &str) -> ServingError {
    ServingError::Malformed(format!(
        "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid Parquet \
         Pandas DataFrame produced using the `pandas.DataFrame.to_parquet()` method. Error: \
         '{error}'"
    ))
}

fn column(name: &str, array: &dyn Array, cells: &mut Flat) -> Result<(), ServingError> {
    match array.data_type() {
        DataType::Boolean => {
            let truth = |v: Option<bool>| v.map_or(f64::NAN, |v| f64::from(u8::from(v)));
            array.as_boolean().iter().for_each(|v| cells.number(truth(v)));
        }
        DataType::Int8 => numbers::<Int8Type>(array, cells, f64::from),
        DataType::Int16 => numbers::<Int16Type>(array, cells, f64::from),
        DataType::Int32 => numbers::<Int32Type>(array, cells, f64::from),
        DataType::UInt8 => numbers::<UInt8Type>(array, cells, f64::from),
        DataType::UInt16 => numbers::<UInt16Type>(array, cells, f64::from),
        DataType::UInt32 => numbers::<UInt32Type>(array, cells, f64::from),
        DataType::Int64 => numbers::<Int64Type>(array, cells, |v| v as f64),
        DataType::UInt64 => numbers::<UInt64Type>(array, cells, |v| v as f64),
        DataType::Float16 => numbers::<Float16Type>(array, cells, f64::from),
        DataType::Float32 => numbers::<Float32Type>(array, cells, f64::from),
        DataType::Float64 => numbers::<Float64Type>(array, cells, |v| v),
        DataType::Utf8 => texts(array.as_string::<i32>().iter(), cells),
        DataType::LargeUtf8 => texts(array.as_string::<i64>().iter(), cells),
        DataType::Null => (0..array.len()).for_each(|_| cells.number(f64::NAN)),
        other => {
            return Err(ServingError::Schema(format!(
                "Incompatible input types for column {name}: {other} is no number and no text"
            )));
        }
    }
    Ok(())
}

fn numbers<T: ArrowPrimitiveType>(
    array: &dyn Array,
    cells: &mut Flat,
    number: impl Fn(T::Native) -> f64,
) {
    array.as_primitive::<T>().iter().for_each(|v| cells.number(v.map_or(f64::NAN, &number)));
}

fn texts<'a>(texts: impl Iterator<Item = Option<&'a str>>, cells: &mut Flat) {
    for text in texts {
        match text {
            Some(text) => cells.text(text.to_owned()),
            None => cells.number(f64::NAN),
        }
    }
}
