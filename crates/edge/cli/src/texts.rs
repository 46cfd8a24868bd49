//! Documents of a mandate, as fields of its panel.
//!
//! In: the table of documents, and one of word lists. Out: the panel with their numbers, each known
//! to all symbols from the day after its document was.

use std::collections::BTreeMap;

use anyhow::bail;
use cycle::mandate::TextPlan;
use learning::text::{Dictionary, Document, TextSpec, measure};
use market::with_known_of_all;
use types::{Digest, Panel, Table, Values};

/// The column of days in the table of numbers.
const KNOWN: &str = "known";

/// The panel with the numbers of the documents as further fields.
pub fn add(
    panel: &Panel,
    plan: &TextPlan,
    documents: &Table,
    dictionary: Option<&Table>,
    source: Digest,
) -> anyhow::Result<Panel> {
    let Some(Values::Date(days)) = documents.column(&plan.known) else {
        bail!("{}: no column `{}` of days; {}", plan.file, plan.known, columns(documents));
    };
    let Some(Values::Text(texts)) = documents.column(&plan.column) else {
        bail!("{}: no column `{}` of texts; {}", plan.file, plan.column, columns(documents));
    };
    let mut known = Vec::with_capacity(days.len());
    for (row, (day, text)) in days.iter().zip(texts).enumerate() {
        let line = documents.first_line + row;
        let (Some(day), Some(text)) = (day, text) else {
            bail!("{} line {line}: a document has a day and a text", plan.file);
        };
        known.push(Document { known: *day, text });
    }
    let dictionary = dictionary.map(lists).transpose()?;
    let dictionary = dictionary.map(|lists| Dictionary::new(&lists)).unwrap_or_default();
    let spec = TextSpec { terms: plan.terms.clone(), dictionary };
    let found = measure(&known, &spec)?;
    let width = found.names.len();
    let column = |place: usize| found.values.iter().skip(place).step_by(width).copied().collect();
    let numbers = found.names.iter().enumerate();
    let numbers = numbers.map(|(place, name)| (name.clone(), Values::Number(column(place))));
    let days = Values::Date(found.known.iter().map(|day| Some(*day)).collect());
    let table = Table {
        origin: plan.file.clone(),
        first_line: 1,
        columns: [(KNOWN.to_owned(), days)].into_iter().chain(numbers).collect(),
    };
    Ok(with_known_of_all(panel, &table, KNOWN, &found.names, plan.valid.0, source)?)
}

/// The words of each list: those whose cell is above 0.
fn lists(table: &Table) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let Some(Values::Text(words)) = table.column("word") else {
        bail!("{}: no column `word` of texts; {}", table.origin, columns(table));
    };
    let mut lists = BTreeMap::new();
    for (name, values) in &table.columns {
        let Values::Number(marks) = values else { continue };
        let marked = words.iter().zip(marks).filter(|(_, mark)| **mark > 0.0);
        lists.insert(name.to_lowercase(), marked.filter_map(|(word, _)| word.clone()).collect());
    }
    if lists.is_empty() {
        bail!("{}: no list of words: give each a column of numbers", table.origin);
    }
    Ok(lists)
}

fn columns(table: &Table) -> String {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| name.as_str()).collect();
    format!("it has {}", names.join(", "))
}
