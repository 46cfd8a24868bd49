//! Logged models.

use axum::routing::{MethodRouter, delete, get, patch};
use catalog::logged_models::{self, ModelOrder, ModelSearch, NewModel, OnDataset, Status};
use catalog::{CatalogError, experiments};
use serde_json::{Value, json};
use tracking::search::page::{LoggedModelOrder, LoggedModelSearch};
use tracking::search::{Entity, parse_logged_model_order};

use super::runs::{filter, page_json, said};
use crate::app::App;
use crate::ask::Ask;
use crate::fields::{Fields, missing};
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::posted;

/// How many models a page has if nothing is said, and how many at most.
const PAGE: usize = 100;
const PAGE_MOST: usize = 50_000;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/mlflow/logged-models", create),
        posted("2.0/mlflow/logged-models/search", search),
        ("2.0/mlflow/logged-models/{model_id}", get(one).patch(finalize).delete(remove)),
        ("2.0/mlflow/logged-models/{model_id}/tags", patch(set_tags)),
        ("2.0/mlflow/logged-models/{model_id}/tags/{tag_key}", delete(delete_tag)),
        posted("2.0/mlflow/logged-models/{model_id}/params", log_params),
    ]
}

async fn create(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let text = |name: &str| fields.opt_text(name).map(|text| text.unwrap_or_default().to_owned());
    let new = NewModel {
        experiment: experiments::parse_id(fields.text("experiment_id")?)?,
        name: Some(text("name")?).filter(|name| !name.is_empty()),
        model_type: text("model_type")?,
        source_run_id: text("source_run_id")?,
        params: fields.tags("params")?,
        tags: fields.tags("tags")?,
    };
    let (workspace, now) = (ask.workspace.clone(), ask.now);
    let model = ask.write(move |tx| logged_models::create(tx, &workspace, &new, now)).await?;
    Ok(json(&json!({ "model": model })))
}

async fn one(ask: Ask) -> Answer {
    let (model, workspace) = (model_id(&ask)?, ask.workspace.clone());
    let deleted_too = ask.fields.opt_bool("allow_deleted")?.unwrap_or_default();
    let model = ask.read(move |tx| logged_models::get(tx, &workspace, &model, deleted_too)).await?;
    Ok(json(&json!({ "model": model })))
}

async fn finalize(ask: Ask) -> Answer {
    let (model, workspace, now) = (model_id(&ask)?, ask.workspace.clone(), ask.now);
    let status = match ask.fields.find("status") {
        None => return Err(missing("status").into()),
        Some(Value::Number(number)) => Status::parse(&number.to_string())?,
        Some(_) => Status::parse(ask.fields.text("status")?)?,
    };
    let model =
        ask.write(move |tx| logged_models::finalize(tx, &workspace, &model, status, now)).await?;
    Ok(json(&json!({ "model": model })))
}

async fn remove(ask: Ask) -> Answer {
    let (model, workspace, now) = (model_id(&ask)?, ask.workspace.clone(), ask.now);
    ask.write(move |tx| logged_models::delete(tx, &workspace, &model, now)).await?;
    Ok(nothing())
}

async fn set_tags(ask: Ask) -> Answer {
    let (model, workspace) = (model_id(&ask)?, ask.workspace.clone());
    let tags = ask.fields.tags("tags")?;
    ask.write(move |tx| logged_models::set_tags(tx, &workspace, &model, &tags)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let (model, workspace) = (model_id(&ask)?, ask.workspace.clone());
    let key = ask.fields.text("tag_key")?.to_owned();
    ask.write(move |tx| logged_models::delete_tag(tx, &workspace, &model, &key)).await?;
    Ok(nothing())
}

async fn log_params(ask: Ask) -> Answer {
    let (model, workspace) = (model_id(&ask)?, ask.workspace.clone());
    let params = ask.fields.tags("params")?;
    ask.write(move |tx| logged_models::log_params(tx, &workspace, &model, &params)).await?;
    Ok(nothing())
}

async fn search(ask: Ask) -> Answer {
    let search = asked(&ask.fields)?;
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| logged_models::search(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("models", &page.items, page.next.as_deref())))
}

/// The search that is asked for.
fn asked(fields: &Fields) -> Result<ModelSearch, CatalogError> {
    if !fields.has("experiment_ids") {
        return Err(missing("experiment_ids"));
    }
    let ids = fields.texts("experiment_ids")?;
    let source = fields.opt_text("filter")?.unwrap_or_default();
    let datasets = fields.objects("datasets")?;
    let words: Vec<LoggedModelOrder> =
        fields.objects("order_by")?.iter().map(order_words).collect::<Result<_, _>>()?;
    let order = words.iter().map(order).collect::<Result<_, _>>()?;
    let experiments = ids.iter().map(|id| experiments::parse_id(id)).collect::<Result<_, _>>()?;
    let question = LoggedModelSearch {
        experiment_ids: ids,
        filter_string: Some(source.to_owned()),
        order_by: Some(words),
    };
    let token = fields.opt_text("page_token")?.unwrap_or_default();
    let offset = question.parse(token).map_err(said)?;
    Ok(ModelSearch {
        experiments,
        filter: filter(Entity::LoggedModels, source)?,
        datasets: datasets.iter().map(dataset).collect::<Result<_, _>>()?,
        order,
        offset: usize::try_from(offset)
            .map_err(|_| CatalogError::invalid("the page token is out of range"))?,
        max: page_size(fields)?,
        question,
    })
}

/// None, or 0, is the default; a page that would be too large is cut, and another follows.
fn page_size(fields: &Fields) -> Result<usize, CatalogError> {
    match fields.opt_int("max_results")? {
        None | Some(0) => Ok(PAGE),
        Some(max) => match usize::try_from(max) {
            Ok(max) => Ok(max.min(PAGE_MOST)),
            Err(_) => Err(CatalogError::invalid(format!(
                "Invalid value {max} for parameter 'max_results' supplied. It must be a positive \
                 integer."
            ))),
        },
    }
}

fn dataset(fields: &Fields) -> Result<OnDataset, CatalogError> {
    Ok(OnDataset { name: some(fields, "dataset_name")?, digest: some(fields, "dataset_digest")? })
}

fn order_words(fields: &Fields) -> Result<LoggedModelOrder, CatalogError> {
    Ok(LoggedModelOrder {
        field_name: fields.opt_text("field_name")?.unwrap_or_default().to_owned(),
        ascending: fields.opt_bool("ascending")?.unwrap_or(true),
        dataset_name: some(fields, "dataset_name")?,
        dataset_digest: some(fields, "dataset_digest")?,
    })
}

fn order(words: &LoggedModelOrder) -> Result<ModelOrder, CatalogError> {
    let by = parse_logged_model_order(&words.field_name, words.ascending).map_err(said)?;
    let on = OnDataset { name: words.dataset_name.clone(), digest: words.dataset_digest.clone() };
    Ok(ModelOrder { by, on })
}

fn some(fields: &Fields, name: &str) -> Result<Option<String>, CatalogError> {
    Ok(fields.opt_text(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// The model that the path names.
fn model_id(ask: &Ask) -> Result<String, CatalogError> {
    Ok(ask.fields.text("model_id")?.to_owned())
}
