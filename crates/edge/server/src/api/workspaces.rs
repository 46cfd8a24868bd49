//! Workspaces.

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use catalog::registry::Asked;
use catalog::workspaces::{self, Deletion};
use catalog::{CatalogError, Code, access};
use serde_json::json;

use super::registry::asked;
use crate::access::Me;
use crate::app::App;
use crate::ask::Ask;
use crate::fields::Fields;
use crate::reply::{Answer, json};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("3.0/mlflow/workspaces", get(list).post(create)),
        ("3.0/mlflow/workspaces/{workspace_name}", get(show).patch(update).delete(delete)),
    ]
}

async fn list(me: Option<Me>, ask: Ask) -> Answer {
    enabled(&ask)?;
    let me = me.map(|me| me.account).filter(|account| !account.is_admin);
    let found = ask
        .read(move |tx| {
            let mut all = workspaces::list(tx)?;
            if let Some(account) = &me {
                let visible = access::visible(tx, account.id)?;
                all.retain(|workspace| visible.contains(&workspace.name));
            }
            Ok(all)
        })
        .await?;
    Ok(match found.is_empty() {
        true => json(&json!({})),
        false => json(&json!({ "workspaces": found })),
    })
}

async fn create(ask: Ask) -> Answer {
    enabled(&ask)?;
    let name = ask.fields.text("name")?.to_owned();
    let (description, root) = given(&ask)?;
    let made = ask
        .write(move |tx| workspaces::create(tx, &name, description.as_deref(), root.as_deref()))
        .await?;
    Ok((StatusCode::CREATED, json(&json!({ "workspace": made }))).into_response())
}

async fn show(ask: Ask) -> Answer {
    enabled(&ask)?;
    let name = ask.fields.text("workspace_name")?.to_owned();
    let found = ask.read(move |tx| workspaces::get(tx, &name)).await?;
    Ok(json(&json!({ "workspace": found })))
}

async fn update(ask: Ask) -> Answer {
    enabled(&ask)?;
    let name = ask.fields.text("workspace_name")?.to_owned();
    let (description, root) = given(&ask)?;
    if description.is_none() && root.is_none() {
        return Err(CatalogError::invalid("Workspace update must have at least one key").into());
    }
    let changed = ask
        .write(move |tx| workspaces::update(tx, &name, description.as_deref(), root.as_deref()))
        .await?;
    Ok(json(&json!({ "workspace": changed })))
}

async fn delete(RawQuery(query): RawQuery, ask: Ask) -> Answer {
    enabled(&ask)?;
    let name = ask.fields.text("workspace_name")?.to_owned();
    let query = Fields::of_query(query.as_deref().unwrap_or_default())?;
    let mode = query.opt_text("mode")?.map(Deletion::parse).transpose()?.unwrap_or_default();
    let asked = Asked { workspace: name, ..asked(&ask, "workspaces (delete)") };
    ask.write(move |tx| workspaces::delete(tx, &asked, mode)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

type Given = (Option<String>, Option<String>);

fn given(ask: &Ask) -> Result<Given, CatalogError> {
    if ask.fields.has("trace_archival_config") {
        return Err(CatalogError::invalid(
            "Traces are not archived by this server: leave 'trace_archival_config' out.",
        ));
    }
    let text = |name| Ok::<_, CatalogError>(ask.fields.opt_text(name)?.map(str::to_owned));
    Ok((text("description")?, text("default_artifact_root")?))
}

fn enabled(ask: &Ask) -> Result<(), CatalogError> {
    match ask.app.options().workspaces {
        true => Ok(()),
        false => Err(CatalogError::new(
            Code::EndpointNotFound,
            "Workspace APIs are not available: this server was started without --enable-workspaces",
        )),
    }
}
