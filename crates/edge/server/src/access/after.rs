//! What follows from a request that was carried out: who makes something manages it, and what was
//! granted follows a new name and ends with what it was granted on.

use axum::body::{Body, to_bytes};
use axum::http::Method;
use axum::response::Response;
use catalog::access::{self, Permission, Resource, owners};
use catalog::{CatalogError, Tag};
use serde_json::Value;

use super::denial::Denial;
use super::judge::Asked;
use crate::app::App;

/// What there is to do after an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The experiment was made.
    ExperimentMade,
    /// The registered model or prompt was made.
    ModelMade,
    /// It has another name.
    ModelRenamed,
    /// It is gone.
    ModelDeleted,
}

/// What there is to do after an endpoint, if anything.
pub fn after(method: &Method, path: &str) -> Option<After> {
    let noun = path.rsplit_once("/mlflow/")?.1;
    Some(match (method.as_str(), noun) {
        ("POST", "experiments/create") => After::ExperimentMade,
        ("POST", "registered-models/create") => After::ModelMade,
        ("POST", "registered-models/rename") => After::ModelRenamed,
        ("DELETE", "registered-models/delete") => After::ModelDeleted,
        _ => return None,
    })
}

/// Does it, and gives the answer on.
pub async fn follow(
    app: &App,
    asked: Asked,
    after: After,
    response: Response,
) -> Result<Response, Denial> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 16 << 20).await.map_err(|_| Denial::broken("reading an answer"))?;
    let answered: Value =
        serde_json::from_slice(&body).map_err(|_| Denial::broken("reading an answer"))?;
    app.db().write(move |tx| carry_out(tx, &asked, after, &answered)).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn carry_out(
    tx: &mut database::Tx<'_>,
    asked: &Asked,
    after: After,
    answered: &Value,
) -> Result<(), CatalogError> {
    let (workspace, me, fields) = (&asked.workspace, asked.me.id, &asked.fields);
    let manage = |tx: &mut database::Tx<'_>, resource, id: &str| {
        access::grant(tx, workspace, me, resource, id, Permission::Manage)
    };
    match after {
        After::ExperimentMade => match answered["experiment_id"].as_str() {
            Some(id) => manage(tx, Resource::Experiment, id),
            None => Ok(()),
        },
        After::ModelMade => {
            let made = &answered["registered_model"];
            let Some(name) = made["name"].as_str() else { return Ok(()) };
            manage(tx, owners::kind_of_tags(&tags(&made["tags"])), name)
        }
        After::ModelRenamed => {
            let (old, new) = (fields.text("name")?, fields.text("new_name")?);
            [Resource::RegisteredModel, Resource::Prompt]
                .into_iter()
                .try_for_each(|kind| access::rename_pattern(tx, workspace, kind, old, new))
        }
        After::ModelDeleted => {
            let name = fields.text("name")?;
            [Resource::RegisteredModel, Resource::Prompt]
                .into_iter()
                .try_for_each(|kind| access::sweep_pattern(tx, workspace, kind, name))
        }
    }
}

fn tags(tags: &Value) -> Vec<Tag> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags = tags.as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter().map(|tag| Tag { key: text(&tag["key"]), value: text(&tag["value"]) }).collect()
}
