//! Documents of a mandate, as fields of its panel.
//!
//! In: the table of documents, one of word lists, and the files of a model of texts. Out: the panel with
//! their numbers, each known to all symbols from the day after its document was.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, bail};
use cycle::mandate::TextPlan;
use embedding::{Embedder, Spec};
use learning::Graph;
use learning::text::{Dictionary, Document, Measures, TextSpec, embedded, measure};
use market::with_known_of_all;
use types::{Digest, Panel, Table, Values};

use crate::world::Snapshots;

/// The column of days in the table of numbers.
const KNOWN: &str = "known";

/// The snapshots of a model of texts, and the files of its folder that they are of.
pub const FILES: [(&str, &str); 2] = [("embedding", "model.onnx"), ("tokenizer", "tokenizer.json")];

/// What makes numbers of documents beside the terms of the plan.
#[derive(Clone, Copy)]
pub struct By<'a> {
    pub dictionary: Option<&'a Table>,
    pub embedder: Option<&'a Embedder>,
}

/// The model of texts that the plan names, from the snapshots of its files.
pub fn embedder(plan: &TextPlan, snapshots: &Snapshots) -> anyhow::Result<Option<Embedder>> {
    let Some(plan) = &plan.embedding else { return Ok(None) };
    let [model, tokenizer] = FILES.map(|(name, file)| {
        snapshots.get(name).with_context(|| format!("a run has the snapshot of {file}"))
    });
    let graph = Graph::load(model?).with_context(|| format!("{}/model.onnx", plan.model))?;
    let spec = Spec {
        pooling: plan.pooling,
        normalise: plan.normalise,
        max_tokens: plan.max_tokens,
        windows: plan.windows,
    };
    let embedder = Embedder::new(Arc::new(graph), tokenizer?, spec);
    Ok(Some(embedder.with_context(|| plan.model.clone())?))
}

/// The numbers of the documents' vectors; none where no model is given.
fn vectors(
    plan: &TextPlan,
    documents: &[Document],
    embedder: Option<&Embedder>,
) -> anyhow::Result<Option<Measures>> {
    let (Some(plan), Some(embedder)) = (&plan.embedding, embedder) else { return Ok(None) };
    let texts: Vec<&str> = documents.iter().map(|document| document.text).collect();
    let vectors = embedder.embed(&texts)?;
    let sentences: Vec<&str> = plan.like.values().map(String::as_str).collect();
    let like = plan.like.keys().cloned().zip(embedder.embed(&sentences)?).collect::<Vec<_>>();
    Ok(Some(embedded(documents, &vectors, embedder.width(), &like)?))
}

/// The panel with the numbers of the documents as further fields.
pub fn add(
    panel: &Panel,
    plan: &TextPlan,
    documents: &Table,
    by: By,
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
    let dictionary = by.dictionary.map(lists).transpose()?;
    let dictionary = dictionary.map(|lists| Dictionary::new(&lists)).unwrap_or_default();
    let spec = TextSpec { terms: plan.terms.clone(), dictionary };
    let found = measure(&known, &spec)?;
    let days = Values::Date(found.known.iter().map(|day| Some(*day)).collect());
    let mut columns = vec![(KNOWN.to_owned(), days)];
    columns.extend(numbers(&found));
    // Both have the documents in the order in which they became known.
    columns.extend(vectors(plan, &known, by.embedder)?.iter().flat_map(numbers));
    let names: Vec<String> = columns.iter().skip(1).map(|(name, _)| name.clone()).collect();
    let table = Table { origin: plan.file.clone(), first_line: 1, columns };
    Ok(with_known_of_all(panel, &table, KNOWN, &names, plan.valid.0, source)?)
}

/// Numbers of documents as columns under their names.
fn numbers(found: &Measures) -> impl Iterator<Item = (String, Values)> {
    let width = found.names.len();
    let column = move |place: usize| {
        Values::Number(found.values.iter().skip(place).step_by(width).copied().collect())
    };
    found.names.iter().enumerate().map(move |(place, name)| (name.clone(), column(place)))
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
