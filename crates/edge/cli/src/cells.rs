//! Arrow record batches as texts: a table for people, JSON for programs.

use std::io::Write;

use anyhow::Context;
use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::writer::{JsonArray, LineDelimited, Writer, WriterBuilder};

use crate::show;

/// What stands where there is no value.
const NULL: &str = "-";

/// The columns' names as [`show::table`] takes them, numbers to the right.
pub fn headers(batch: &RecordBatch) -> Vec<String> {
    let header = |field: &std::sync::Arc<arrow_schema::Field>| {
        let right = field.data_type().is_numeric();
        format!("{}{}", if right { ">" } else { "" }, field.name())
    };
    batch.schema().fields().iter().map(header).collect()
}

/// The rows as texts.
pub fn rows(batch: &RecordBatch) -> anyhow::Result<Vec<Vec<String>>> {
    let options = FormatOptions::new().with_null(NULL);
    let columns: Vec<ArrayFormatter<'_>> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<_, _>>()?;
    let text =
        |row: usize| columns.iter().map(|column| Ok(column.value(row).try_to_string()?)).collect();
    (0..batch.num_rows()).map(text).collect()
}

/// Prints batches, of which there is at least one, as a table.
pub fn table(batches: &[RecordBatch]) -> anyhow::Result<()> {
    let first = batches.first().context("a result has columns")?;
    let headers = headers(first);
    let mut all = Vec::new();
    for batch in batches {
        all.extend(rows(batch)?);
    }
    show::table(&headers.iter().map(String::as_str).collect::<Vec<_>>(), all);
    Ok(())
}

/// Prints rows as JSON on standard output: one array, batch by batch.
pub struct JsonRows(Writer<Out, JsonArray>);

impl JsonRows {
    /// Begins the array.
    pub fn new() -> Self {
        Self(WriterBuilder::new().with_explicit_nulls(true).build(Out))
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> anyhow::Result<()> {
        Ok(self.0.write(batch)?)
    }

    /// Ends the array.
    pub fn finish(mut self) -> anyhow::Result<()> {
        self.0.finish()?;
        show::say("");
        Ok(())
    }
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
struct Out;

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
