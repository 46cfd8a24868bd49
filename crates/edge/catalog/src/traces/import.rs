//! Traces as another server kept them, with their ids, spans and assessments.

use database::{Tx, Value, values};

use super::links::link;
use super::start::{NewTrace, Said, artifact_location, check, complete, insert};
use super::tags::{Table, put};
use super::{ARTIFACT_LOCATION, FINALIZED};
use crate::assessments::{self, NewAssessment};
use crate::names::check_text;
use crate::{CatalogError, experiments};

/// A span as it was kept elsewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedSpan {
    /// Its id.
    pub span_id: String,
    /// The id of the span above it.
    pub parent_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Option<String>,
    /// How it ended: `OK`, `ERROR` or `UNSET`.
    pub status: String,
    /// When it began, in nanoseconds.
    pub start: i64,
    /// When it ended.
    pub end: Option<i64>,
    /// What it cost: for what went in, for what came out, in all.
    pub costs: [Option<f64>; 3],
    /// The model that it called.
    pub model: Option<String>,
    /// Who provides that model.
    pub provider: Option<String>,
    /// All that is known of it, as the protocol writes a span in JSON.
    pub content: String,
}

/// A trace as it was kept elsewhere.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedTrace {
    /// What it is. Its experiment is one that is here; its assessments stand apart.
    pub new: NewTrace,
    /// Its spans, if they are kept in the database.
    pub spans: Vec<ImportedSpan>,
    /// What is said of it, and whether that counts; one that overrides another stands behind it.
    pub assessments: Vec<(NewAssessment, bool)>,
    /// The ids of the runs that it is linked to.
    pub runs: Vec<String>,
}

/// Takes a trace in. One that is there under its id is completed. Gives whether it was made.
pub fn put_trace(
    tx: &mut Tx<'_>,
    workspace: &str,
    imported: &ImportedTrace,
    now: i64,
) -> Result<bool, CatalogError> {
    let new = &imported.new;
    check(new)?;
    let location = experiments::get(tx, workspace, new.experiment)?.artifact_location;
    let tags: Vec<_> =
        new.tags.iter().filter(|tag| tag.key != ARTIFACT_LOCATION).cloned().collect();
    let mut said = Said::of(&new.metadata, &tags)?;
    said.tags.push(artifact_location(&location, &new.trace_id));
    let finalized = new.metadata.iter().any(|tag| tag.key == FINALIZED);
    let made = insert(tx, new, &said, finalized)?;
    let id = match made {
        Some(id) => id,
        None => complete(tx, workspace, new, &said)?,
    };
    put(tx, Table::Tags, id, new.experiment, &said.tags)?;
    put(tx, Table::Metadata, id, new.experiment, &said.metadata)?;
    put_spans(tx, id, new.experiment, &imported.spans)?;
    put_assessments(tx, id, imported, now)?;
    for run in &imported.runs {
        link(tx, "run", run, &new.trace_id)?;
    }
    Ok(made.is_some())
}

fn put_spans(
    tx: &mut Tx<'_>,
    trace: i64,
    experiment: i64,
    spans: &[ImportedSpan],
) -> Result<(), CatalogError> {
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(spans.len() * 15);
    for span in spans {
        check_text("span", &span.content)?;
        check_text("span", &span.name)?;
        rows.extend_from_slice(values![
            trace,
            &span.span_id,
            &span.parent_id,
            experiment,
            &span.name,
            &span.kind,
            &span.status,
            span.start,
            span.end
        ]);
        rows.extend(span.costs.into_iter().map(Value::from));
        rows.extend_from_slice(values![&span.model, &span.provider, &span.content]);
    }
    tx.insert_many(
        "INSERT INTO span (trace, span_id, parent_id, experiment, name, type, status, start_ns,
             end_ns, input_cost, output_cost, total_cost, model, provider, content) VALUES",
        15,
        &rows,
        "ON CONFLICT (trace, span_id) DO UPDATE SET content = excluded.content,
             status = excluded.status, end_ns = excluded.end_ns",
    )?;
    Ok(())
}

fn put_assessments(
    tx: &mut Tx<'_>,
    trace: i64,
    imported: &ImportedTrace,
    now: i64,
) -> Result<(), CatalogError> {
    let owner = assessments::Owner {
        trace,
        trace_id: &imported.new.trace_id,
        experiment: imported.new.experiment,
        time: imported.new.request_time,
    };
    for (assessment, valid) in &imported.assessments {
        let id = assessments::insert(tx, &owner, assessment, now)?;
        tx.execute(
            "UPDATE assessment SET valid = ?2 WHERE assessment_id = ?1",
            values![&id, *valid],
        )?;
    }
    Ok(())
}
