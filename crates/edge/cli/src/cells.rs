//! Arrow record batches as texts and as JSON.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::writer::{JsonArray, LineDelimited, WriterBuilder};

use crate::show::six_digits;

/// What stands where there is no value.
const NULL: &str = "-";

/// The rows as texts, numbers that are not whole in six digits.
pub fn rows(batch: &RecordBatch) -> anyhow::Result<Vec<Vec<String>>> {
    let options = FormatOptions::new().with_null(NULL);
    let columns: Vec<ArrayFormatter<'_>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<_, _>>()?;
    let cell = |column: usize, row: usize| {
        let numbers = batch.column(column).as_primitive_opt::<Float64Type>();
        match numbers.filter(|numbers| numbers.is_valid(row)) {
            Some(numbers) => Ok(six_digits(numbers.value(row))),
            None => Ok(columns[column].value(row).try_to_string()?),
        }
    };
    let texts = |row| (0..columns.len()).map(|column| cell(column, row)).collect();
    (0..batch.num_rows()).map(texts).collect()
}

/// Prints each row as a line of JSON.
pub fn json_lines(batch: &RecordBatch) -> anyhow::Result<()> {
    let builder = WriterBuilder::new().with_explicit_nulls(true);
    let mut writer = builder.build::<_, LineDelimited>(Out);
    writer.write(batch)?;
    Ok(writer.finish()?)
}

/// The rows as JSON values.
pub fn values(batch: &RecordBatch) -> anyhow::Result<Vec<serde_json::Value>> {
    let mut bytes = Vec::new();
    let builder = WriterBuilder::new().with_explicit_nulls(true);
    let mut writer = builder.build::<_, JsonArray>(&mut bytes);
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);
    Ok(serde_json::from_slice(&bytes)?)
}

/// Standard output; a closed pipe ends the program quietly.
pub struct Out;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match std::io::stdout().write_all(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => std::process::exit(0),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().flush()
    }
}
