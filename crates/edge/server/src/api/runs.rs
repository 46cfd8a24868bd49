//! Runs and what is logged to them.

use std::borrow::Cow;

use axum::routing::MethodRouter;
use catalog::logged_models::{DatasetName, Measured};
use catalog::metrics::{self, Metric};
use catalog::runs::{self, Batch, NewRun};
use catalog::search::RunSearch;
use catalog::{CatalogError, Tag, ViewType, experiments};
use serde::Deserialize;
use serde_json::json;
use tracking::search::{Entity, Filter, OrderBy, SearchError, parse_filter, parse_order};

use crate::app::App;
use crate::ask::Ask;
use crate::fields::{Fields, number};
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, posted};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/mlflow/runs/create", create),
        gotten("2.0/mlflow/runs/get", get),
        posted("2.0/mlflow/runs/update", update),
        posted("2.0/mlflow/runs/delete", delete),
        posted("2.0/mlflow/runs/restore", restore),
        posted("2.0/mlflow/runs/set-tag", set_tag),
        posted("2.0/mlflow/runs/delete-tag", delete_tag),
        posted("2.0/mlflow/runs/search", search),
        posted("2.0/mlflow/runs/log-metric", log_metric),
        posted("2.0/mlflow/runs/log-parameter", log_param),
        posted("2.0/mlflow/runs/log-batch", log_batch),
        gotten("2.0/mlflow/metrics/get-history", history),
        gotten("2.0/mlflow/metrics/get-history-bulk-interval", sample),
        gotten("2.11/mlflow/metrics/get-history-bulk-interval", sample),
    ]
}

async fn create(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let given = fields.opt_text("experiment_id")?.unwrap_or("0");
    let new = NewRun {
        experiment: experiments::parse_id(given)?,
        user_id: fields.opt_text("user_id")?.unwrap_or_default().to_owned(),
        name: fields.opt_text("run_name")?.map(str::to_owned),
        start_time: fields.opt_int("start_time")?.unwrap_or_default(),
        tags: fields.tags("tags")?,
    };
    let workspace = ask.workspace.clone();
    let run = ask.write(move |tx| runs::create(tx, &workspace, &new)).await?;
    Ok(json(&json!({ "run": run })))
}

async fn get(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let run = ask.read(move |tx| runs::get(tx, &workspace, &run)).await?;
    Ok(json(&json!({ "run": run })))
}

async fn update(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let status = match ask.fields.find("status") {
        Some(serde_json::Value::Number(number)) => Some(status_by_number(number)?),
        _ => owned(ask.fields.opt_text("status")?),
    };
    let name = owned(ask.fields.opt_text("run_name")?);
    let end = ask.fields.opt_int("end_time")?;
    let info = ask
        .write(move |tx| {
            runs::update(tx, &workspace, &run, status.as_deref(), end, name.as_deref())
        })
        .await?;
    Ok(json(&json!({ "run_info": info })))
}

async fn delete(ask: Ask) -> Answer {
    let (run, workspace, now) = (run_id(&ask.fields)?, ask.workspace.clone(), ask.now);
    ask.write(move |tx| runs::delete(tx, &workspace, &run, now)).await?;
    Ok(nothing())
}

async fn restore(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    ask.write(move |tx| runs::restore(tx, &workspace, &run)).await?;
    Ok(nothing())
}

async fn set_tag(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    let value = ask.fields.opt_text("value")?.unwrap_or_default().to_owned();
    let tag = Tag { key, value };
    ask.write(move |tx| runs::set_tag(tx, &workspace, &run, &tag)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    ask.write(move |tx| runs::delete_tag(tx, &workspace, &run, &key)).await?;
    Ok(nothing())
}

async fn log_metric(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let metric = metric(&ask.fields)?;
    let measured: Vec<Measured> = measured(0, &ask.fields)?.into_iter().collect();
    ask.write(move |tx| metrics::log(tx, &workspace, &run, &metric, &measured)).await?;
    Ok(nothing())
}

async fn log_param(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    let value = ask.fields.opt_text("value")?.unwrap_or_default().to_owned();
    let param = Tag { key, value };
    ask.write(move |tx| runs::log_param(tx, &workspace, &run, &param)).await?;
    Ok(nothing())
}

async fn log_batch(ask: Ask) -> Answer {
    let run = run_id(&ask.fields)?;
    let batch = batch(&ask)?;
    let workspace = ask.workspace.clone();
    ask.write(move |tx| runs::log_batch(tx, &workspace, &run, &batch)).await?;
    Ok(nothing())
}

async fn search(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let ids = fields.texts("experiment_ids")?;
    let search = RunSearch {
        experiments: ids.iter().map(|id| experiments::parse_id(id)).collect::<Result<_, _>>()?,
        filter: filter(Entity::Runs, fields.opt_text("filter")?.unwrap_or_default())?,
        order: order(Entity::Runs, &fields.texts("order_by")?)?,
        view: view(fields, "run_view_type")?,
        offset: page_offset(fields)?,
        max: fields.page_size("max_results", 1_000, 50_000)?,
    };
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| catalog::search::runs(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("runs", &page.items, page.next.as_deref())))
}

async fn history(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let key = ask.fields.text("metric_key")?.to_owned();
    let max = match ask.fields.opt_int("max_results")? {
        None => None,
        Some(max) => Some(usize::try_from(max).ok().filter(|max| *max > 0).ok_or_else(|| {
            CatalogError::invalid(format!(
                "Invalid value {max} for parameter 'max_results' supplied. It must be a positive \
                 integer."
            ))
        })?),
    };
    let offset = page_offset(&ask.fields)?;
    let page =
        ask.read(move |tx| metrics::history(tx, &workspace, &run, &key, offset, max)).await?;
    Ok(bytes(page_json("metrics", &page.items, page.next.as_deref())))
}

async fn sample(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let runs = fields.texts("run_ids")?;
    if runs.is_empty() {
        return Err(crate::fields::missing("run_ids").into());
    }
    if runs.len() > 100 {
        return Err(CatalogError::invalid(format!(
            "GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received {} \
             run_ids.",
            runs.len()
        ))
        .into());
    }
    let key = fields.text("metric_key")?.to_owned();
    let max = fields.page_size("max_results", 2_500, 2_500)?;
    let steps = match (fields.opt_int("start_step")?, fields.opt_int("end_step")?) {
        (None, None) => None,
        (Some(first), Some(last)) if first <= last => Some((first, last)),
        (Some(first), Some(last)) => {
            return Err(CatalogError::invalid(format!(
                "end_step must be greater than start_step. Found start_step={first} and \
                 end_step={last}."
            ))
            .into());
        }
        _ => {
            return Err(CatalogError::invalid(
                "If either start step or end step are specified, both must be specified.",
            )
            .into());
        }
    };
    let workspace = ask.workspace.clone();
    let found =
        ask.read(move |tx| metrics::sample(tx, &workspace, &runs, &key, steps, max)).await?;
    Ok(bytes(page_json("metrics", &found, None)))
}

/// Which stages are meant, by word or by number.
pub(crate) fn view(fields: &Fields, name: &str) -> Result<ViewType, CatalogError> {
    match fields.find(name) {
        None => Ok(ViewType::default()),
        Some(serde_json::Value::Number(number)) => ViewType::parse(&number.to_string()),
        Some(_) => ViewType::parse(fields.opt_text(name)?.unwrap_or_default()),
    }
}

/// The id of the run that is meant, under its new or its old name.
pub(crate) fn run_id(fields: &Fields) -> Result<String, CatalogError> {
    Ok(fields.either("run_id", "run_uuid")?.to_owned())
}

/// Where the page that is asked for begins.
pub(crate) fn page_offset(fields: &Fields) -> Result<usize, CatalogError> {
    let token = fields.opt_text("page_token")?.unwrap_or_default();
    let offset = tracking::search::page::parse(token).map_err(said)?;
    usize::try_from(offset).map_err(|_| CatalogError::invalid("the page token is out of range"))
}

/// The filter that is asked for.
pub(crate) fn filter(entity: Entity, source: &str) -> Result<Filter, CatalogError> {
    if !source.is_empty() && source.trim().is_empty() {
        return Err(CatalogError::invalid("Invalid filter: it has blanks and nothing else"));
    }
    parse_filter(entity, source).map_err(said)
}

/// The order that is asked for, clause by clause.
pub(crate) fn order(entity: Entity, clauses: &[String]) -> Result<Vec<OrderBy>, CatalogError> {
    parse_order(entity, clauses).map_err(said)
}

pub(crate) fn said(error: SearchError) -> CatalogError {
    CatalogError::invalid(error.to_string())
}

/// A page as JSON: `{"NAME": [...], "next_page_token": "..."}`, without what is empty.
pub(crate) fn page_json(
    name: &str,
    items: &[impl serde::Serialize],
    next: Option<&str>,
) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + items.len() * 96);
    body.push(b'{');
    if !items.is_empty() {
        body.extend_from_slice(format!("\"{name}\":").as_bytes());
        serde_json::to_writer(&mut body, items).expect("answers have no fallible parts");
    }
    if let Some(next) = next {
        let comma = if items.is_empty() { "" } else { "," };
        body.extend_from_slice(format!("{comma}\"next_page_token\":\"{next}\"").as_bytes());
    }
    body.push(b'}');
    body
}

fn metric(fields: &Fields) -> Result<Metric, CatalogError> {
    Ok(Metric {
        key: fields.text("key")?.to_owned(),
        value: fields.number("value")?,
        timestamp: fields.int("timestamp")?,
        step: fields.opt_int("step")?.unwrap_or_default(),
    })
}

fn status_by_number(number: &serde_json::Number) -> Result<String, CatalogError> {
    let place = number.as_u64().and_then(|number| usize::try_from(number).ok());
    let status = place.and_then(|place| runs::STATUSES.get(place.checked_sub(1)?));
    status.map(|status| (*status).to_owned()).ok_or_else(|| {
        CatalogError::invalid(format!("Invalid value {number} for parameter 'status' supplied."))
    })
}

/// Of which model the metric at a place is, and on which dataset it was measured.
fn measured(place: usize, fields: &Fields) -> Result<Option<Measured>, CatalogError> {
    of_model(
        place,
        fields.opt_text("model_id")?,
        fields.opt_text("dataset_name")?,
        fields.opt_text("dataset_digest")?,
    )
}

fn of_model(
    metric: usize,
    model: Option<&str>,
    name: Option<&str>,
    digest: Option<&str>,
) -> Result<Option<Measured>, CatalogError> {
    let some = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let dataset = match (some(name), some(digest)) {
        (Some(name), Some(digest)) => Some(DatasetName { name, digest }),
        (None, None) => None,
        _ => {
            return Err(CatalogError::invalid(
                "Both dataset_name and dataset_digest must be provided if one is provided",
            ));
        }
    };
    Ok(some(model).map(|model_id| Measured { metric, model_id, dataset }))
}

/// A metric in a batch, as nearly all clients write it: read without a detour.
#[derive(Deserialize)]
struct PlainMetric<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    value: serde_json::Value,
    #[serde(default)]
    timestamp: i64,
    #[serde(default)]
    step: i64,
    model_id: Option<String>,
    dataset_name: Option<String>,
    dataset_digest: Option<String>,
}

fn batch(ask: &Ask) -> Result<Batch, CatalogError> {
    let mut measured_ones = Vec::new();
    let plain: Option<Vec<PlainMetric<'_>>> =
        ask.fields.raw("metrics").and_then(|raw| serde_json::from_str(raw).ok());
    let plain = plain.unwrap_or_default();
    let metrics = plain.iter().map(of_plain).collect::<Option<Vec<_>>>();
    let metrics = match metrics.filter(|metrics| !metrics.is_empty()) {
        Some(metrics) => {
            for (place, one) in plain.iter().enumerate() {
                let (name, digest) = (one.dataset_name.as_deref(), one.dataset_digest.as_deref());
                measured_ones.extend(of_model(place, one.model_id.as_deref(), name, digest)?);
            }
            metrics
        }
        None => {
            let objects = ask.fields.objects("metrics")?;
            for (place, fields) in objects.iter().enumerate() {
                measured_ones.extend(measured(place, fields)?);
            }
            objects.iter().map(metric).collect::<Result<_, _>>()?
        }
    };
    let (params, tags) = (ask.fields.tags("params")?, ask.fields.tags("tags")?);
    Ok(Batch { metrics, measured: measured_ones, params, tags })
}

fn of_plain(plain: &PlainMetric<'_>) -> Option<Metric> {
    Some(Metric {
        key: plain.key.clone().into_owned(),
        value: number(&plain.value)?,
        timestamp: plain.timestamp,
        step: plain.step,
    })
}
