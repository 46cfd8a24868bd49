//! Evaluation datasets on the wire.

use axum::routing::{MethodRouter, delete, get, patch};
use catalog::CatalogError;
use catalog::eval_datasets::{self, DatasetSearch};
use serde_json::json;

use super::runs::{page_json, page_offset};
use crate::app::App;
use crate::ask::Ask;
use crate::fields::missing;
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, on_get_and_post, posted};

/// How many datasets or records a page has, and at most.
const PAGE: usize = 1_000;
const PAGE_MAX: usize = 50_000;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("3.0/mlflow/datasets/create", create),
        ("3.0/mlflow/datasets/search", on_get_and_post(search)),
        ("3.0/mlflow/datasets/{dataset_id}", get(one).delete(remove)),
        ("3.0/mlflow/datasets/{dataset_id}/tags", patch(set_tags)),
        ("3.0/mlflow/datasets/{dataset_id}/tags/{key}", delete(delete_tag)),
        (
            "3.0/mlflow/datasets/{dataset_id}/records",
            get(records).post(upsert).delete(delete_records),
        ),
        gotten("3.0/mlflow/datasets/{dataset_id}/experiment-ids", experiment_ids),
        posted("3.0/mlflow/datasets/{dataset_id}/add-experiments", add),
        posted("3.0/mlflow/datasets/{dataset_id}/remove-experiments", remove_from),
    ]
}

async fn create(ask: Ask) -> Answer {
    let name = ask.fields.text("name")?.to_owned();
    let experiments = ask.fields.texts("experiment_ids")?;
    let tags = match ask.fields.opt_text("tags")?.filter(|tags| !tags.is_empty()) {
        Some(tags) => eval_datasets::read_tags(tags)?,
        None => vec![],
    };
    let (workspace, now) = (ask.workspace.clone(), ask.now);
    let made = ask
        .write(move |tx| eval_datasets::create(tx, &workspace, &name, &experiments, &tags, now))
        .await?;
    Ok(json(&json!({ "dataset": made })))
}

async fn one(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let found = ask.read(move |tx| eval_datasets::get(tx, &workspace, &id)).await?;
    Ok(json(&json!({ "dataset": found })))
}

async fn remove(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    ask.write(move |tx| eval_datasets::delete(tx, &workspace, &id)).await?;
    Ok(nothing())
}

async fn search(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let search = DatasetSearch {
        experiment_ids: fields.texts("experiment_ids")?,
        filter: fields.opt_text("filter_string")?.unwrap_or_default().to_owned(),
        order: fields.texts("order_by")?,
        offset: page_offset(fields)?,
        max: fields.page_size("max_results", PAGE, PAGE_MAX)?,
    };
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| eval_datasets::search(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("datasets", &page.items, page.next.as_deref())))
}

async fn set_tags(ask: Ask) -> Answer {
    let tags = eval_datasets::read_tags(ask.fields.text("tags")?)?;
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    ask.write(move |tx| eval_datasets::set_tags(tx, &workspace, &id, &tags)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    ask.write(move |tx| eval_datasets::delete_tag(tx, &workspace, &id, &key)).await?;
    Ok(nothing())
}

/// Records are JSON in text, within JSON.
async fn records(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let max = ask.fields.page_size("max_results", PAGE, PAGE_MAX)?;
    let token = ask.fields.opt_text("page_token")?.filter(|token| !token.is_empty());
    let token = token.map(str::to_owned);
    let page = ask
        .read(move |tx| eval_datasets::records(tx, &workspace, &id, max, token.as_deref()))
        .await?;
    let records = serde_json::to_string(&page.records).expect("records have no fallible parts");
    let mut answer = json!({ "records": records });
    if let Some(next) = page.next {
        answer["next_page_token"] = next.into();
    }
    Ok(json(&answer))
}

async fn upsert(ask: Ask) -> Answer {
    let (id, workspace, now) = (id(&ask)?, ask.workspace.clone(), ask.now);
    let records = ask.fields.text("records")?.to_owned();
    let counts = ask
        .write(move |tx| eval_datasets::upsert_records(tx, &workspace, &id, &records, now))
        .await?;
    Ok(json(&counts))
}

async fn delete_records(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let records = ask.fields.texts("dataset_record_ids")?;
    let deleted =
        ask.write(move |tx| eval_datasets::delete_records(tx, &workspace, &id, &records)).await?;
    Ok(json(&json!({ "deleted_count": deleted })))
}

async fn experiment_ids(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let found = ask.read(move |tx| eval_datasets::experiment_ids(tx, &workspace, &id)).await?;
    Ok(bytes(page_json("experiment_ids", &found, None)))
}

async fn add(ask: Ask) -> Answer {
    let (id, workspace, now) = (id(&ask)?, ask.workspace.clone(), ask.now);
    let experiments = experiments(&ask)?;
    let changed = ask
        .write(move |tx| eval_datasets::add_experiments(tx, &workspace, &id, &experiments, now))
        .await?;
    Ok(json(&json!({ "dataset": changed })))
}

async fn remove_from(ask: Ask) -> Answer {
    let (id, workspace, now) = (id(&ask)?, ask.workspace.clone(), ask.now);
    let experiments = experiments(&ask)?;
    let changed = ask
        .write(move |tx| eval_datasets::remove_experiments(tx, &workspace, &id, &experiments, now))
        .await?;
    Ok(json(&json!({ "dataset": changed })))
}

fn id(ask: &Ask) -> Result<String, CatalogError> {
    Ok(ask.fields.text("dataset_id")?.to_owned())
}

fn experiments(ask: &Ask) -> Result<Vec<String>, CatalogError> {
    match ask.fields.has("experiment_ids") {
        true => ask.fields.texts("experiment_ids"),
        false => Err(missing("experiment_ids")),
    }
}
