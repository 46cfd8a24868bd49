//! Finding traces and what belongs to them.

use std::collections::HashMap;

use database::{Row, Tx, Value, values};

use super::info::{State, TraceInfo};
use super::{NAME, SESSION, usage};
use crate::{CatalogError, Tag, assessments, sql};

/// Where a trace is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its number.
    pub(crate) id: i64,
    /// The number of its experiment.
    pub(crate) experiment: i64,
    /// When it began.
    pub(crate) start_time: i64,
    /// Whether it is in the workspace that was asked.
    pub(crate) here: bool,
}

/// Where a trace is kept, in this workspace or another.
pub(crate) fn anywhere(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
) -> Result<Option<Found>, CatalogError> {
    let found = tx.first(
        "SELECT t.id, t.experiment, t.start_time, CAST(CASE WHEN e.workspace = ?2 THEN 1 ELSE 0 END AS BIGINT)
         FROM trace t JOIN experiment e ON e.id = t.experiment WHERE t.trace_id = ?1",
        values![trace_id, workspace],
        |row| {
            Ok(Found {
                id: row.get(0)?,
                experiment: row.get(1)?,
                start_time: row.get(2)?,
                here: row.get(3)?,
            })
        },
    )?;
    Ok(found)
}

/// Where a trace is kept; refused if there is none in the workspace.
pub(crate) fn find(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_id: &str,
) -> Result<Found, CatalogError> {
    let found = anywhere(tx, workspace, trace_id)?.filter(|found| found.here);
    found.ok_or_else(|| missing(trace_id))
}

/// There is no such trace.
pub(crate) fn missing(trace_id: &str) -> CatalogError {
    CatalogError::missing(format!("Trace with ID '{trace_id}' not found."))
}

/// What a trace is.
pub fn get(tx: &mut Tx<'_>, workspace: &str, trace_id: &str) -> Result<TraceInfo, CatalogError> {
    let found = find(tx, workspace, trace_id)?;
    let mut infos = by_number(tx, &[found.id])?;
    infos.pop().ok_or_else(|| missing(trace_id))
}

/// What some traces are, each once, in the order in which they are asked for; those that are not
/// there, or in other experiments than these, are left out.
pub fn get_some(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_ids: &[String],
    experiments: Option<&[i64]>,
) -> Result<Vec<TraceInfo>, CatalogError> {
    let found = numbers(tx, workspace, trace_ids, experiments)?;
    let ids: Vec<i64> = found.iter().map(|(_, id)| *id).collect();
    by_number(tx, &ids)
}

/// The traces that are there, with their numbers, each once, in the order in which they are asked.
pub(crate) fn numbers(
    tx: &mut Tx<'_>,
    workspace: &str,
    trace_ids: &[String],
    experiments: Option<&[i64]>,
) -> Result<Vec<(String, i64)>, CatalogError> {
    let mut found = HashMap::new();
    for some in trace_ids.chunks(500) {
        let sql = format!(
            "SELECT t.trace_id, t.id, t.experiment FROM trace t
             JOIN experiment e ON e.id = t.experiment
             WHERE e.workspace = ?1 AND t.trace_id IN ({})",
            sql::marks(2, some.len())
        );
        let mut given = vec![Value::Text(workspace)];
        given.extend(some.iter().map(|id| Value::Text(id)));
        tx.each(&sql, &given, |row| {
            let experiment: i64 = row.get(2)?;
            if experiments.is_none_or(|wanted| wanted.contains(&experiment)) {
                found.insert(row.get::<String>(0)?, row.get::<i64>(1)?);
            }
            Ok(())
        })?;
    }
    Ok(trace_ids.iter().filter_map(|id| found.remove_entry(id)).collect())
}

fn read(row: &Row<'_>) -> Result<(i64, TraceInfo), database::DatabaseError> {
    let name: Option<String> = row.get(7)?;
    let session: Option<String> = row.get(8)?;
    let named =
        |key: &str, value: Option<String>| value.map(|value| Tag { key: key.to_owned(), value });
    let mut metadata: Vec<Tag> = named(SESSION, session).into_iter().collect();
    metadata.extend(usage::read(row, 11)?);
    let info = TraceInfo {
        trace_id: row.get(1)?,
        experiment: row.get(2)?,
        request_time: row.get(3)?,
        duration: row.get(4)?,
        state: State::parse("state", &row.get::<String>(5)?).unwrap_or_default(),
        client_request_id: row.get(6)?,
        request_preview: row.get(9)?,
        response_preview: row.get(10)?,
        metadata,
        tags: named(NAME, name).into_iter().collect(),
        assessments: vec![],
    };
    Ok((row.get(0)?, info))
}

/// The traces with these numbers, in this order, with all that belongs to them but spans.
pub(crate) fn by_number(tx: &mut Tx<'_>, ids: &[i64]) -> Result<Vec<TraceInfo>, CatalogError> {
    let mut found: HashMap<i64, TraceInfo> = HashMap::with_capacity(ids.len());
    let usage = usage::columns("");
    let select = |marks: &str| {
        format!(
            "SELECT id, trace_id, experiment, start_time, duration, state, client_request_id, name,
                 session, request_preview, response_preview, {usage}
             FROM trace WHERE id IN ({marks})"
        )
    };
    sql::for_owners(tx, ids, select, |row| {
        let (id, info) = read(row)?;
        found.insert(id, info);
        Ok(())
    })?;
    for table in ["trace_tag", "trace_metadata"] {
        let select =
            |marks: &str| format!("SELECT trace, key, value FROM {table} WHERE trace IN ({marks})");
        sql::for_owners(tx, ids, select, |row| {
            if let Some(info) = found.get_mut(&row.get::<i64>(0)?) {
                let tags = if table == "trace_tag" { &mut info.tags } else { &mut info.metadata };
                tags.push(sql::tag(row, 1)?);
            }
            Ok(())
        })?;
    }
    assessments::of_traces(tx, ids, |trace, assessment| {
        if let Some(info) = found.get_mut(&trace) {
            info.assessments.push(assessment);
        }
    })?;
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
