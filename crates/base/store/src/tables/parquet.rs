//! Parquet bytes in, a table out, and back.
//!
//! What is written is the same, byte for byte, for the same table: one row group size, zstd, no
//! clock and no version in the footer. So a table has one digest.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use ::parquet::arrow::arrow_writer::ArrowWriterOptions;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::errors::ParquetError;
use ::parquet::file::properties::WriterProperties;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, Date32Array, Float64Array, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use types::{Date, Table, Values};

use super::TableError;

/// 1970-01-01, counted from 0001-01-01 as day 1.
const EPOCH_FROM_CE: i32 = 719_163;

/// The table in `bytes`; `origin` is for messages. Rows are counted from 1.
///
/// Days and timestamps (to their UTC day) are [`Values::Date`]; integers, floats and decimals are
/// [`Values::Number`] (the nearest `f64`); strings, plain or dictionary, and booleans (`true`,
/// `false`) are [`Values::Text`]. Other types are refused with the column's name.
pub fn from_parquet(origin: &str, bytes: &[u8]) -> Result<Table, TableError> {
    let refuse = |source| TableError::Parquet { file: origin.to_owned(), source };
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).map_err(refuse)?;
    let schema = builder.schema().clone();
    let mut columns = empty_columns(origin, &schema)?;
    for batch in builder.with_batch_size(65_536).build().map_err(refuse)? {
        let batch = batch.map_err(|e| refuse(ParquetError::from(e)))?;
        for ((name, values), array) in columns.iter_mut().zip(batch.columns()) {
            append(values, array).map_err(|row| TableError::NotADate {
                file: origin.to_owned(),
                row: row + 1,
                column: name.clone(),
            })?;
        }
    }
    Ok(Table { origin: origin.to_owned(), first_line: 1, columns })
}

fn empty_columns(origin: &str, schema: &Schema) -> Result<Vec<(String, Values)>, TableError> {
    if schema.fields().is_empty() {
        return Err(TableError::NoColumns { file: origin.to_owned() });
    }
    schema
        .fields()
        .iter()
        .map(|field| {
            let values =
                empty_like(field.data_type()).ok_or_else(|| TableError::UnsupportedType {
                    file: origin.to_owned(),
                    column: field.name().clone(),
                    found: field.data_type().to_string(),
                })?;
            Ok((field.name().clone(), values))
        })
        .collect()
}

fn empty_like(kind: &DataType) -> Option<Values> {
    use DataType::{
        Boolean, Date32, Date64, Decimal128, Dictionary, Float32, Float64, LargeUtf8, Timestamp,
        Utf8, Utf8View,
    };
    match kind {
        Date32 | Date64 | Timestamp(..) => Some(Values::Date(vec![])),
        Float32 | Float64 | Decimal128(..) => Some(Values::Number(vec![])),
        integer if integer.is_integer() => Some(Values::Number(vec![])),
        Boolean | Utf8 | LargeUtf8 | Utf8View => Some(Values::Text(vec![])),
        Dictionary(_, values) => empty_like(values).filter(|v| matches!(v, Values::Text(_))),
        _ => None,
    }
}

/// Appends a column of a batch; the error is the row, counted from 0, whose day does not exist.
fn append(to: &mut Values, array: &ArrayRef) -> Result<(), usize> {
    match to {
        Values::Date(dates) => {
            for day in days(array) {
                let date = day.map(|day| date(day).ok_or(dates.len())).transpose()?;
                dates.push(date);
            }
        }
        Values::Number(numbers) => numbers.extend(floats(array)),
        Values::Text(texts) => texts.extend(strings(array)),
    }
    Ok(())
}

fn date(day: i64) -> Option<Date> {
    let day = i32::try_from(day).ok()?.checked_add(EPOCH_FROM_CE)?;
    Date::from_num_days_from_ce_opt(day)
}

fn days(array: &ArrayRef) -> Vec<Option<i64>> {
    const DAY: i64 = 86_400;
    let per = |ticks: Vec<Option<i64>>, a_day: i64| {
        let floor = |tick: Option<i64>| tick.map(|tick| tick.div_euclid(a_day));
        ticks.into_iter().map(floor).collect()
    };
    match array.data_type() {
        DataType::Date64 => per(integers::<Date64Type>(array), DAY * 1_000),
        DataType::Timestamp(TimeUnit::Second, _) => {
            per(integers::<TimestampSecondType>(array), DAY)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            per(integers::<TimestampMillisecondType>(array), DAY * 1_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            per(integers::<TimestampMicrosecondType>(array), DAY * 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            per(integers::<TimestampNanosecondType>(array), DAY * 1_000_000_000)
        }
        _ => integers::<Date32Type>(array),
    }
}

fn integers<T: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<i64>>
where
    T::Native: Into<i64>,
{
    let values = array.as_primitive::<T>().iter();
    values.map(|value| value.map(Into::into)).collect()
}

fn floats(array: &ArrayRef) -> Vec<f64> {
    match array.data_type() {
        DataType::Float64 => numbers::<Float64Type>(array, |x| x),
        DataType::Float32 => numbers::<Float32Type>(array, f64::from),
        DataType::Int8 => numbers::<Int8Type>(array, f64::from),
        DataType::Int16 => numbers::<Int16Type>(array, f64::from),
        DataType::Int32 => numbers::<Int32Type>(array, f64::from),
        DataType::Int64 => numbers::<Int64Type>(array, |x| x as f64),
        DataType::UInt8 => numbers::<UInt8Type>(array, f64::from),
        DataType::UInt16 => numbers::<UInt16Type>(array, f64::from),
        DataType::UInt32 => numbers::<UInt32Type>(array, f64::from),
        DataType::UInt64 => numbers::<UInt64Type>(array, |x| x as f64),
        DataType::Decimal128(_, scale) => {
            let unit = 10f64.powi(i32::from(*scale));
            numbers::<Decimal128Type>(array, |x| x as f64 / unit)
        }
        other => unreachable!("{other} is not among the numbers of `empty_like`"),
    }
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef, to: impl Fn(T::Native) -> f64) -> Vec<f64> {
    let values = array.as_primitive::<T>().iter();
    values.map(|value| value.map_or(f64::NAN, &to)).collect()
}

fn strings(array: &ArrayRef) -> Vec<Option<String>> {
    let own = |text: Option<&str>| text.map(str::to_owned);
    match array.data_type() {
        DataType::Boolean => {
            let values = array.as_boolean().iter();
            values.map(|value| value.map(|yes| yes.to_string())).collect()
        }
        DataType::LargeUtf8 => array.as_string::<i64>().iter().map(own).collect(),
        DataType::Utf8View => array.as_string_view().iter().map(own).collect(),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let words = strings(dictionary.values());
            let keys = dictionary.normalized_keys().into_iter().enumerate();
            keys.map(|(row, key)| array.is_valid(row).then(|| words[key].clone())?).collect()
        }
        _ => array.as_string::<i32>().iter().map(own).collect(),
    }
}

/// The table as Parquet: days as `DATE`, numbers as `DOUBLE` (NaN as null), text as `UTF8`, zstd.
///
/// The same columns always give the same bytes; the origin is not written.
pub fn to_parquet(table: &Table) -> Result<Vec<u8>, TableError> {
    let refuse = |source| TableError::Parquet { file: table.origin.clone(), source };
    check_shape(table)?;
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|(name, values)| Field::new(name, arrow_type(values), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let arrays = table.columns.iter().map(|(_, values)| arrow_array(values));
    let batch = RecordBatch::try_new(schema.clone(), arrays.collect())
        .map_err(|e| refuse(ParquetError::from(e)))?;
    let mut writer =
        ArrowWriter::try_new_with_options(Vec::new(), schema, options()).map_err(refuse)?;
    writer.write(&batch).map_err(refuse)?;
    writer.into_inner().map_err(refuse)
}

fn check_shape(table: &Table) -> Result<(), TableError> {
    if table.columns.is_empty() {
        return Err(TableError::NoColumns { file: table.origin.clone() });
    }
    let expected = table.rows();
    match table.columns.iter().find(|(_, v)| v.len() != expected) {
        Some((column, values)) => {
            Err(TableError::Shape { column: column.clone(), expected, found: values.len() })
        }
        None => Ok(()),
    }
}

fn options() -> ArrowWriterOptions {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("trimtab".to_owned())
        .build();
    ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true)
}

fn arrow_type(values: &Values) -> DataType {
    match values {
        Values::Date(_) => DataType::Date32,
        Values::Number(_) => DataType::Float64,
        Values::Text(_) => DataType::Utf8,
    }
}

fn arrow_array(values: &Values) -> ArrayRef {
    let epoch = Date::from_num_days_from_ce_opt(EPOCH_FROM_CE).expect("1970-01-01 is a day");
    let day = |date: Date| date.signed_duration_since(epoch).num_days() as i32;
    match values {
        Values::Date(dates) => {
            let days = dates.iter().map(|date| date.map(day));
            Arc::new(days.collect::<Date32Array>())
        }
        Values::Number(numbers) => {
            let known = numbers.iter().map(|x| (!x.is_nan()).then_some(*x));
            Arc::new(known.collect::<Float64Array>())
        }
        Values::Text(texts) => {
            Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>())
        }
    }
}
