//! The rows of an answer: a table for people, JSON for programs.

use anyhow::Context;
use arrow_array::RecordBatch;
use arrow_json::writer::{JsonArray, Writer, WriterBuilder};

use crate::cells::{self, Out};
use crate::show;

/// The columns' names as [`show::table`] takes them, numbers to the right.
fn headers(batch: &RecordBatch) -> Vec<String> {
    let header = |field: &std::sync::Arc<arrow_schema::Field>| {
        let right = field.data_type().is_numeric();
        format!("{}{}", if right { ">" } else { "" }, field.name())
    };
    batch.schema().fields().iter().map(header).collect()
}

/// Prints batches, of which there is at least one, as a table.
pub fn table(batches: &[RecordBatch]) -> anyhow::Result<()> {
    let first = batches.first().context("a result has columns")?;
    let headers = headers(first);
    let mut all = Vec::new();
    for batch in batches {
        all.extend(cells::rows(batch)?);
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
