//! Traces with their spans and assessments, from their tables.

use std::collections::HashMap;

use catalog::Tag;
use catalog::assessments::{Failure, NewAssessment, Said, Source};
use catalog::import::{ImportedSpan, ImportedTrace};
use catalog::traces::{NAME, NewTrace, State};
use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value, json};

use super::runs::{all, number, of_runs, tag, text};
use super::tables::Tables;

type Read<T> = rusqlite::Result<T>;

/// Counts of tokens and costs that newer versions keep in columns, with the metadata that they are.
const PROMOTED: [(&str, &[&str]); 2] = [
    (
        "mlflow.trace.tokenUsage",
        &[
            "input_tokens",
            "output_tokens",
            "total_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
            "cache_creation_input_tokens_above_1hr",
        ],
    ),
    ("mlflow.trace.cost", &["input_cost", "output_cost", "total_cost"]),
];

/// The ids of the traces of an experiment, the oldest first.
pub(super) fn ids(db: &Connection, tables: &Tables, experiment: &str) -> Read<Vec<String>> {
    if !tables.have("trace_info") {
        return Ok(vec![]);
    }
    let sql = "SELECT request_id FROM trace_info WHERE experiment_id = ?1
               ORDER BY timestamp_ms, request_id";
    all(db, sql, params![experiment], |row| row.get(0))
}

/// These traces with all that belongs to them, in their order.
pub(super) fn full(db: &Connection, tables: &Tables, ids: &[String]) -> Read<Vec<ImportedTrace>> {
    let mut traces: Vec<ImportedTrace> = ids.iter().map(|_| ImportedTrace::default()).collect();
    let places: HashMap<&str, usize> =
        ids.iter().enumerate().map(|(place, id)| (id.as_str(), place)).collect();
    let each = |sql: &str, traces: &mut [ImportedTrace], take: Take| {
        of_runs(db, sql, ids, &mut |id, row| {
            places.get(id).map_or(Ok(()), |place| take(&mut traces[*place], row))
        })
    };
    let table = "trace_info";
    let promoted: Vec<&str> = PROMOTED.iter().flat_map(|(_, columns)| *columns).copied().collect();
    let sql = format!(
        "SELECT request_id, experiment_id, timestamp_ms, execution_time_ms, status, {}, {}
         FROM trace_info WHERE request_id IN (#)",
        tables.columns(
            table,
            &[
                "client_request_id",
                "request_preview",
                "response_preview",
                "trace_name",
                "session_id"
            ]
        ),
        tables.columns(table, &promoted)
    );
    each(&sql, &mut traces, info)?;
    let sql = "SELECT request_id, key, value FROM trace_tags WHERE request_id IN (#) ORDER BY key";
    each(sql, &mut traces, |trace, row| {
        add(&mut trace.new.tags, tag(row, 1)?);
        Ok(())
    })?;
    let sql = "SELECT request_id, key, value FROM trace_request_metadata WHERE request_id IN (#)
               ORDER BY key";
    each(sql, &mut traces, |trace, row| {
        add(&mut trace.new.metadata, tag(row, 1)?);
        Ok(())
    })?;
    if tables.have("spans") {
        let sql = format!(
            "SELECT trace_id, span_id, parent_span_id, name, type, status, start_time_unix_nano,
                 end_time_unix_nano, content, {} FROM spans WHERE trace_id IN (#)
             ORDER BY start_time_unix_nano",
            tables.columns(
                "spans",
                &["input_cost", "output_cost", "total_cost", "model_name", "model_provider"]
            )
        );
        each(&sql, &mut traces, span)?;
    }
    if tables.have("assessments") {
        let sql = "SELECT trace_id, assessment_id, name, assessment_type, value, error,
                 created_timestamp, last_updated_timestamp, source_type, source_id, span_id,
                 rationale, overrides, valid, assessment_metadata
             FROM assessments WHERE trace_id IN (#) ORDER BY created_timestamp, assessment_id";
        each(sql, &mut traces, assessment)?;
    }
    if tables.have("entity_associations") {
        let sql = "SELECT source_id, destination_id FROM entity_associations
             WHERE lower(source_type) = 'trace' AND lower(destination_type) = 'run'
                 AND source_id IN (#)";
        each(sql, &mut traces, |trace, row| {
            trace.runs.push(row.get(1)?);
            Ok(())
        })?;
    }
    Ok(traces)
}

type Take = fn(&mut ImportedTrace, &Row<'_>) -> Read<()>;

/// Adds what is not said already: what stands in columns counts more.
fn add(tags: &mut Vec<Tag>, tag: Tag) {
    if !tags.iter().any(|held| held.key == tag.key) {
        tags.push(tag);
    }
}

fn info(trace: &mut ImportedTrace, row: &Row<'_>) -> Read<()> {
    let status = text(row, 4)?;
    let named =
        |key: &str, value: Option<String>| value.map(|value| Tag { key: key.into(), value });
    let mut metadata: Vec<Tag> = named("mlflow.trace.session", row.get(9)?).into_iter().collect();
    let mut at = 10;
    for (key, columns) in PROMOTED {
        let mut said = Map::new();
        for column in columns {
            let value: rusqlite::types::Value = row.get(at)?;
            at += 1;
            match value {
                rusqlite::types::Value::Integer(count) => {
                    said.insert((*column).into(), count.into())
                }
                rusqlite::types::Value::Real(cost) => said.insert((*column).into(), json!(cost)),
                _ => None,
            };
        }
        if !said.is_empty() {
            let value = Value::Object(said).to_string();
            metadata.push(Tag { key: key.to_owned(), value });
        }
    }
    trace.new = NewTrace {
        trace_id: row.get(0)?,
        experiment: row.get(1)?,
        request_time: number(row, 2)?,
        duration: row.get(3)?,
        state: State::parse("status", &status).unwrap_or_default(),
        client_request_id: row.get(5)?,
        request_preview: row.get(6)?,
        response_preview: row.get(7)?,
        tags: named(NAME, row.get(8)?).into_iter().collect(),
        metadata,
        assessments: vec![],
    };
    Ok(())
}

fn span(trace: &mut ImportedTrace, row: &Row<'_>) -> Read<()> {
    trace.spans.push(ImportedSpan {
        span_id: row.get(1)?,
        parent_id: row.get(2)?,
        name: text(row, 3)?,
        kind: row.get(4)?,
        status: text(row, 5)?,
        start: row.get(6)?,
        end: row.get(7)?,
        content: row.get(8)?,
        costs: [row.get(9)?, row.get(10)?, row.get(11)?],
        model: row.get(12)?,
        provider: row.get(13)?,
    });
    Ok(())
}

fn assessment(trace: &mut ImportedTrace, row: &Row<'_>) -> Read<()> {
    let json = |at: usize| -> Read<Value> {
        Ok(serde_json::from_str(&text(row, at)?).unwrap_or_default())
    };
    let value = json(4)?;
    let said = match text(row, 3)?.as_str() {
        "expectation" => Said::expectation(&value),
        "issue" => Said::Issue(value["issue_name"].as_str().unwrap_or_default().to_owned()),
        _ => Said::feedback(&value, failure(&json(5)?)),
    };
    let metadata = json(14)?;
    let pair = |(key, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Tag { key: key.clone(), value }
    };
    let new = NewAssessment {
        id: Some(row.get(1)?),
        name: row.get(2)?,
        said,
        source: Source { source_type: row.get(8)?, source_id: row.get(9)? },
        created: Some(row.get(6)?),
        updated: Some(row.get(7)?),
        span_id: row.get(10)?,
        rationale: row.get(11)?,
        overrides: row.get(12)?,
        metadata: metadata.as_object().into_iter().flatten().map(pair).collect(),
    };
    trace.assessments.push((new, row.get(13)?));
    Ok(())
}

fn failure(error: &Value) -> Option<Failure> {
    let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Failure {
        error_code: text("error_code")?,
        error_message: text("error_message"),
        stack_trace: text("stack_trace"),
    })
}
