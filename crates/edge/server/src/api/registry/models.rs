//! Registered models, their tags and their aliases.

use axum::routing::{MethodRouter, delete, get, patch};
use catalog::Tag;
use catalog::registry;
use serde_json::json;
use tracking::search::Entity;

use super::{asked, opt_text, plain, search, text};
use crate::api::runs::page_json;
use crate::api::signing;
use crate::app::App;
use crate::ask::Ask;
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, posted};

pub(super) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    let latest = get(get_latest).post(get_latest);
    let alias = get(get_alias).post(set_alias).delete(delete_alias);
    vec![
        posted("2.0/mlflow/registered-models/create", create),
        posted("2.0/mlflow/registered-models/rename", rename),
        ("2.0/mlflow/registered-models/update", patch(update)),
        ("2.0/mlflow/registered-models/delete", delete(remove)),
        gotten("2.0/mlflow/registered-models/get", get_one),
        gotten("2.0/mlflow/registered-models/search", find),
        ("2.0/mlflow/registered-models/get-latest-versions", latest),
        posted("2.0/mlflow/registered-models/set-tag", set_tag),
        ("2.0/mlflow/registered-models/delete-tag", delete(delete_tag)),
        ("2.0/mlflow/registered-models/alias", alias),
    ]
}

async fn create(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/create");
    let (name, description) = (text(&ask, "name")?, opt_text(&ask, "description")?);
    let tags = ask.fields.tags("tags")?;
    let made = ask
        .write(move |tx| registry::create_model(tx, &asked, &name, description.as_deref(), &tags))
        .await?;
    Ok(json(&json!({ "registered_model": made })))
}

async fn rename(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/rename");
    let (name, new_name) = (text(&ask, "name")?, text(&ask, "new_name")?);
    let renamed = ask.write(move |tx| registry::rename_model(tx, &asked, &name, &new_name)).await?;
    Ok(json(&json!({ "registered_model": renamed })))
}

async fn update(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/update");
    let (name, description) = (text(&ask, "name")?, plain(&ask, "description")?);
    let updated =
        ask.write(move |tx| registry::describe_model(tx, &asked, &name, &description)).await?;
    Ok(json(&json!({ "registered_model": updated })))
}

async fn remove(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/delete");
    let name = text(&ask, "name")?;
    ask.write(move |tx| registry::delete_model(tx, &asked, &name)).await?;
    Ok(nothing())
}

async fn get_one(ask: Ask) -> Answer {
    let (name, workspace) = (text(&ask, "name")?, ask.workspace.clone());
    let found = ask.read(move |tx| registry::get_model(tx, &workspace, &name)).await?;
    Ok(json(&json!({ "registered_model": found })))
}

async fn find(ask: Ask) -> Answer {
    let search = search(&ask, Entity::RegisteredModels, 100, 1_000)?;
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| registry::search_models(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("registered_models", &page.items, page.next.as_deref())))
}

async fn get_latest(ask: Ask) -> Answer {
    let (name, workspace) = (text(&ask, "name")?, ask.workspace.clone());
    let stages = ask.fields.texts("stages")?;
    let found =
        ask.read(move |tx| registry::latest_versions(tx, &workspace, &name, &stages)).await?;
    Ok(bytes(page_json("model_versions", &found, None)))
}

async fn set_tag(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/set-tag");
    let name = text(&ask, "name")?;
    let tag = Tag { key: text(&ask, "key")?, value: plain(&ask, "value")? };
    ask.write(move |tx| registry::tag_model(tx, &asked, &name, &tag)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/delete-tag");
    let (name, key) = (text(&ask, "name")?, text(&ask, "key")?);
    ask.write(move |tx| registry::untag_model(tx, &asked, &name, &key)).await?;
    Ok(nothing())
}

/// Clients of this server may say why.
async fn set_alias(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/alias");
    let (name, alias) = (text(&ask, "name")?, text(&ask, "alias")?);
    let (version, why) = (text(&ask, "version")?, opt_text(&ask, "why")?);
    ask.write(move |tx| registry::set_alias(tx, &asked, &name, &alias, &version, why.as_deref()))
        .await?;
    Ok(nothing())
}

async fn delete_alias(ask: Ask) -> Answer {
    let asked = asked(&ask, "registered-models/alias (delete)");
    let (name, alias) = (text(&ask, "name")?, text(&ask, "alias")?);
    ask.write(move |tx| registry::delete_alias(tx, &asked, &name, &alias)).await?;
    Ok(nothing())
}

async fn get_alias(ask: Ask) -> Answer {
    let (name, alias) = (text(&ask, "name")?, text(&ask, "alias")?);
    let workspace = ask.workspace.clone();
    let (found, claim) = ask
        .read(move |tx| {
            let found = registry::get_by_alias(tx, &workspace, &name, &alias)?;
            let claim = registry::claim(tx, &workspace, &name, &found.version)?;
            Ok((found, claim))
        })
        .await?;
    let warning = signing::at_load(&ask, &found.name, &found.version, &claim).await?;
    Ok(signing::warned(json(&json!({ "model_version": found })), warning))
}
