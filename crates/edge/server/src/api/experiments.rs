//! Experiments.

use axum::routing::MethodRouter;
use catalog::search::ExperimentSearch;
use catalog::{experiments, workspaces};
use serde_json::json;
use tracking::search::Entity;

use super::runs::{filter, order, page_json, page_offset, view};
use crate::app::App;
use crate::ask::Ask;
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, on_get_and_post, posted};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/mlflow/experiments/create", create),
        gotten("2.0/mlflow/experiments/get", get),
        gotten("2.0/mlflow/experiments/get-by-name", get_by_name),
        ("2.0/mlflow/experiments/search", on_get_and_post(search)),
        posted("2.0/mlflow/experiments/update", update),
        posted("2.0/mlflow/experiments/delete", delete),
        posted("2.0/mlflow/experiments/restore", restore),
        posted("2.0/mlflow/experiments/set-experiment-tag", set_tag),
        posted("2.0/mlflow/experiments/delete-experiment-tag", delete_tag),
    ]
}

async fn create(ask: Ask) -> Answer {
    let name = ask.fields.text("name")?.to_owned();
    let location = ask.fields.opt_text("artifact_location")?.filter(|text| !text.is_empty());
    let location = location.map(str::to_owned);
    let tags = ask.fields.tags("tags")?;
    let (workspace, root, now) =
        (ask.workspace.clone(), ask.app.artifact_root(&ask.workspace), ask.now);
    let id = ask
        .write(move |tx| {
            let own = workspaces::artifact_root(tx, &workspace)?;
            let root = own.as_deref().unwrap_or(&root);
            experiments::create(tx, &workspace, &name, location.as_deref(), root, &tags, now)
        })
        .await?;
    Ok(json(&json!({ "experiment_id": id.to_string() })))
}

async fn get(ask: Ask) -> Answer {
    let id = id(&ask)?;
    let workspace = ask.workspace.clone();
    let found = ask.read(move |tx| experiments::get(tx, &workspace, id)).await?;
    Ok(json(&json!({ "experiment": found })))
}

async fn get_by_name(ask: Ask) -> Answer {
    let name = ask.fields.text("experiment_name")?.to_owned();
    let workspace = ask.workspace.clone();
    let found = ask.read(move |tx| experiments::get_by_name(tx, &workspace, &name)).await?;
    Ok(json(&json!({ "experiment": found })))
}

async fn search(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let search = ExperimentSearch {
        filter: filter(Entity::Experiments, fields.opt_text("filter")?.unwrap_or_default())?,
        order: order(Entity::Experiments, &fields.texts("order_by")?)?,
        view: view(fields, "view_type")?,
        offset: page_offset(fields)?,
        max: fields.page_size("max_results", 1_000, 50_000)?,
    };
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| catalog::search::experiments(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("experiments", &page.items, page.next.as_deref())))
}

async fn update(ask: Ask) -> Answer {
    let id = id(&ask)?;
    let name = ask.fields.text("new_name")?.to_owned();
    let (workspace, now) = (ask.workspace.clone(), ask.now);
    ask.write(move |tx| experiments::rename(tx, &workspace, id, &name, now)).await?;
    Ok(nothing())
}

async fn delete(ask: Ask) -> Answer {
    let (id, workspace, now) = (id(&ask)?, ask.workspace.clone(), ask.now);
    ask.write(move |tx| experiments::delete(tx, &workspace, id, now)).await?;
    Ok(nothing())
}

async fn restore(ask: Ask) -> Answer {
    let (id, workspace, now) = (id(&ask)?, ask.workspace.clone(), ask.now);
    ask.write(move |tx| experiments::restore(tx, &workspace, id, now)).await?;
    Ok(nothing())
}

async fn set_tag(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    let value = ask.fields.opt_text("value")?.unwrap_or_default().to_owned();
    ask.write(move |tx| experiments::set_tag(tx, &workspace, id, &key, &value)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let (id, workspace) = (id(&ask)?, ask.workspace.clone());
    let key = ask.fields.text("key")?.to_owned();
    ask.write(move |tx| experiments::delete_tag(tx, &workspace, id, &key)).await?;
    Ok(nothing())
}

fn id(ask: &Ask) -> Result<i64, catalog::CatalogError> {
    experiments::parse_id(ask.fields.text("experiment_id")?)
}
