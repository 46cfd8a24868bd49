//! Traces on the wire: the third version of the protocol, and what both versions have alike.

mod counted;
mod data;
mod said;
mod v2;

use std::time::Duration;

use axum::routing::{MethodRouter, get, patch};
use catalog::traces::{self, Doomed, TraceSearch};
use catalog::{CatalogError, Code, Tag, experiments, names};
use serde_json::json;
use tracking::search::{Entity, Filter, OrderBy, SearchError, parse_filter, parse_order};

use crate::app::App;
use crate::ask::Ask;
use crate::fields::{Fields, missing};
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, posted};

use super::runs::{page_json, page_offset};

pub(super) use said::map;

/// Tags that say where spans are: only the server sets them.
const SYSTEM_TAGS: [&str; 3] =
    ["mlflow.trace.spansLocation", "mlflow.trace.archiveLocation", "mlflow.trace.archivalFailure"];
/// The tag of these that a client may remove, so that archiving is tried again.
const REMOVABLE: &str = "mlflow.trace.archivalFailure";

/// How many traces a page has, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 500;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("3.0/mlflow/traces", start),
        gotten("3.0/mlflow/traces/{trace_id}", info),
        gotten("3.0/mlflow/traces/get", full),
        gotten("3.0/mlflow/traces/batchGet", full_some),
        posted("3.0/mlflow/traces/batchGetInfos", infos),
        posted("3.0/mlflow/traces/search", search),
        posted("3.0/mlflow/traces/delete-traces", delete),
        posted("3.0/mlflow/traces/metrics", counted::metrics),
        posted("3.0/mlflow/traces/calculate-filter-correlation", counted::correlate),
        ("3.0/mlflow/traces/{trace_id}/tags", patch(set_tag).delete(delete_tag)),
        ("2.0/mlflow/traces", get(v2::search).post(v2::start)),
        ("2.0/mlflow/traces/{request_id}", patch(v2::end)),
        gotten("2.0/mlflow/traces/{request_id}/info", v2::info),
        ("2.0/mlflow/traces/{request_id}/tags", patch(set_tag).delete(delete_tag)),
        posted("2.0/mlflow/traces/delete-traces", delete),
        posted("2.0/mlflow/traces/link-to-run", link_to_run),
        posted("2.0/mlflow/traces/link-prompts", link_prompts),
        gotten("2.0/mlflow/get-trace-artifact", data::artifact),
        gotten("3.0/mlflow/get-trace-artifact", data::artifact),
    ]
}

async fn start(ask: Ask) -> Answer {
    let trace = ask.fields.opt_object("trace")?.ok_or_else(|| missing("trace"))?;
    let info = trace.opt_object("trace_info")?.ok_or_else(|| missing("trace.trace_info"))?;
    let new = said::new_trace(&info)?;
    let (workspace, now) = (ask.workspace.clone(), ask.now);
    let info = ask.write(move |tx| traces::start(tx, &workspace, &new, now)).await?;
    Ok(json(&json!({ "trace": { "trace_info": info } })))
}

async fn info(ask: Ask) -> Answer {
    let (id, workspace) = (trace_id(&ask.fields)?, ask.workspace.clone());
    let info = ask.read(move |tx| traces::get(tx, &workspace, &id)).await?;
    Ok(json(&json!({ "trace": { "trace_info": info } })))
}

/// Spans come a moment after their trace: one that has not all of them yet is waited for.
async fn full(ask: Ask) -> Answer {
    let id = ask.fields.text("trace_id")?.to_owned();
    let partial = ask.fields.opt_bool("allow_partial")?.unwrap_or(false);
    for pause in [1, 2, 0] {
        let (id, workspace) = (id.clone(), ask.workspace.clone());
        let found = ask.read(move |tx| traces::get_full(tx, &workspace, &id)).await?;
        let trace = found.ok_or_else(traces::elsewhere)?;
        if partial || (trace.is_whole() && !trace.spans.is_empty()) {
            return Ok(json(&json!({ "trace": trace })));
        }
        tokio::time::sleep(Duration::from_secs(pause)).await;
    }
    Err(CatalogError::missing(format!(
        "Trace with ID {id} is not fully exported yet, please try again later."
    ))
    .into())
}

async fn full_some(ask: Ask) -> Answer {
    let (ids, experiments) = (trace_ids(&ask.fields)?, within(&ask.fields)?);
    let workspace = ask.workspace.clone();
    let found = ask
        .read(move |tx| traces::get_full_some(tx, &workspace, &ids, experiments.as_deref()))
        .await?;
    Ok(bytes(page_json("traces", &found, None)))
}

async fn infos(ask: Ask) -> Answer {
    let (ids, experiments) = (trace_ids(&ask.fields)?, within(&ask.fields)?);
    let workspace = ask.workspace.clone();
    let found =
        ask.read(move |tx| traces::get_some(tx, &workspace, &ids, experiments.as_deref())).await?;
    Ok(bytes(page_json("trace_infos", &found, None)))
}

async fn search(ask: Ask) -> Answer {
    let fields = &ask.fields;
    if !fields.has("locations") {
        return Err(missing("locations").into());
    }
    let mut experiments = Vec::new();
    for location in fields.objects("locations")? {
        if let Some(place) = location.opt_object("mlflow_experiment")? {
            experiments.push(experiments::parse_id(&said::word(&place, "experiment_id")?)?);
        }
    }
    let search = searched(fields, experiments)?;
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| traces::search(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("traces", &page.items, page.next.as_deref())))
}

/// A search, as both versions of the protocol ask for it.
fn searched(fields: &Fields, experiments: Vec<i64>) -> Result<TraceSearch, CatalogError> {
    Ok(TraceSearch {
        experiments,
        filter: filter(fields, "filter")?,
        order: order(&fields.texts("order_by")?)?,
        offset: page_offset(fields)?,
        max: fields.page_size("max_results", PAGE, PAGE_MAX)?,
    })
}

/// A filter of traces; an empty one if the field is not there.
fn filter(fields: &Fields, name: &str) -> Result<Filter, CatalogError> {
    let text = fields.opt_text(name)?.unwrap_or_default();
    names::check_text(name, text)?;
    parse_filter(Entity::Traces, text).map_err(refused)
}

fn order(clauses: &[String]) -> Result<Vec<OrderBy>, CatalogError> {
    for clause in clauses {
        names::check_text("order_by", clause)?;
    }
    parse_order(Entity::Traces, clauses).map_err(refused)
}

/// A field that is ordered by twice is no fault of the request, in the protocol's words.
fn refused(error: SearchError) -> CatalogError {
    let code = match error {
        SearchError::Duplicate { .. } => Code::InternalError,
        _ => Code::InvalidParameterValue,
    };
    CatalogError::new(code, error.to_string())
}

async fn delete(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let experiment = experiments::parse_id(fields.text("experiment_id")?)?;
    let doomed = Doomed {
        until: fields.opt_int("max_timestamp_millis")?,
        max: fields.opt_int("max_traces")?,
        trace_ids: fields.texts("request_ids")?,
    };
    let workspace = ask.workspace.clone();
    let deleted = ask.write(move |tx| traces::delete(tx, &workspace, experiment, &doomed)).await?;
    Ok(json(&json!({ "traces_deleted": deleted })))
}

async fn set_tag(ask: Ask) -> Answer {
    let (id, workspace) = (trace_id(&ask.fields)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    if SYSTEM_TAGS.contains(&key.as_str()) {
        return Err(immutable(&key, "set").into());
    }
    let value = ask.fields.opt_text("value")?.unwrap_or_default().to_owned();
    let tag = Tag { key, value };
    ask.write(move |tx| traces::set_tag(tx, &workspace, &id, &tag)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let (id, workspace) = (trace_id(&ask.fields)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    if SYSTEM_TAGS.contains(&key.as_str()) && key != REMOVABLE {
        return Err(immutable(&key, "deleted").into());
    }
    ask.write(move |tx| traces::delete_tag(tx, &workspace, &id, &key)).await?;
    Ok(nothing())
}

fn immutable(key: &str, how: &str) -> CatalogError {
    CatalogError::invalid(format!("Tag '{key}' is immutable and cannot be {how} on a trace."))
}

async fn link_to_run(ask: Ask) -> Answer {
    let ids = trace_ids(&ask.fields)?;
    let (run, workspace) = (ask.fields.text("run_id")?.to_owned(), ask.workspace.clone());
    ask.write(move |tx| traces::link_to_run(tx, &workspace, &ids, &run)).await?;
    Ok(nothing())
}

async fn link_prompts(ask: Ask) -> Answer {
    let (id, workspace) = (ask.fields.text("trace_id")?.to_owned(), ask.workspace.clone());
    if !ask.fields.has("prompt_versions") {
        return Err(missing("prompt_versions").into());
    }
    let mut prompts = Vec::new();
    for prompt in ask.fields.objects("prompt_versions")? {
        let (name, version) = (prompt.text("name")?, prompt.int("version")?);
        prompts.push(format!("{name}/{version}"));
    }
    ask.write(move |tx| traces::link_prompts(tx, &workspace, &id, &prompts)).await?;
    Ok(nothing())
}

/// The trace that the path names, by its new or its old name.
fn trace_id(fields: &Fields) -> Result<String, CatalogError> {
    Ok(fields.either("trace_id", "request_id")?.to_owned())
}

fn trace_ids(fields: &Fields) -> Result<Vec<String>, CatalogError> {
    match fields.has("trace_ids") {
        true => fields.texts("trace_ids"),
        false => Err(missing("trace_ids")),
    }
}

/// The experiments that traces must be in, if that is asked.
fn within(fields: &Fields) -> Result<Option<Vec<i64>>, CatalogError> {
    if !fields.has("experiment_ids") {
        return Ok(None);
    }
    numbers(fields).map(Some)
}

/// The experiments that are named.
fn numbers(fields: &Fields) -> Result<Vec<i64>, CatalogError> {
    fields.texts("experiment_ids")?.iter().map(|id| experiments::parse_id(id)).collect()
}
