//! Versions of registered models, and their tags.

use axum::routing::{MethodRouter, delete, patch};
use catalog::Tag;
use catalog::registry::{self, NewVersion};
use serde_json::json;
use tracking::search::Entity;

use super::{asked, environment, opt_text, plain, search, text};
use crate::api::runs::page_json;
use crate::api::signing;
use crate::app::App;
use crate::ask::Ask;
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, posted};

pub(super) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/mlflow/model-versions/create", create),
        ("2.0/mlflow/model-versions/update", patch(update)),
        posted("2.0/mlflow/model-versions/transition-stage", move_to_stage),
        ("2.0/mlflow/model-versions/delete", delete(remove)),
        gotten("2.0/mlflow/model-versions/get", get_one),
        gotten("2.0/mlflow/model-versions/search", find),
        gotten("2.0/mlflow/model-versions/get-download-uri", download_uri),
        posted("2.0/mlflow/model-versions/set-tag", set_tag),
        ("2.0/mlflow/model-versions/delete-tag", delete(delete_tag)),
    ]
}

async fn create(ask: Ask) -> Answer {
    let asked = asked(&ask, "model-versions/create");
    let mut new = NewVersion {
        name: text(&ask, "name")?,
        source: text(&ask, "source")?,
        run_id: opt_text(&ask, "run_id")?,
        model_id: opt_text(&ask, "model_id")?,
        run_link: plain(&ask, "run_link")?,
        description: plain(&ask, "description")?,
        tags: ask.fields.tags("tags")?,
        signature: None,
    };
    let options = ask.app.options();
    let roots = [options.artifact_root.as_str(), options.artifacts.as_deref().unwrap_or_default()];
    registry::check_host(&new.source, &roots)?;
    let found = environment::of_new(&ask, &new).await?;
    new.signature = signing::at_registration(&ask, &new).await?;
    let made =
        ask.write(move |tx| registry::create_version(tx, &asked, &new, found.as_deref())).await?;
    Ok(json(&json!({ "model_version": made })))
}

async fn update(ask: Ask) -> Answer {
    let asked = asked(&ask, "model-versions/update");
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let description = opt_text(&ask, "description")?;
    let updated = ask
        .write(move |tx| {
            registry::describe_version(tx, &asked, &name, &version, description.as_deref())
        })
        .await?;
    Ok(json(&json!({ "model_version": updated })))
}

async fn move_to_stage(ask: Ask) -> Answer {
    let asked = asked(&ask, "model-versions/transition-stage");
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let stage = text(&ask, "stage")?;
    let archive = ask.fields.opt_bool("archive_existing_versions")?.unwrap_or(false);
    let moved = ask
        .write(move |tx| registry::move_to_stage(tx, &asked, &name, &version, &stage, archive))
        .await?;
    Ok(json(&json!({ "model_version": moved })))
}

async fn remove(ask: Ask) -> Answer {
    let asked = asked(&ask, "model-versions/delete");
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    ask.write(move |tx| registry::delete_version(tx, &asked, &name, &version)).await?;
    Ok(nothing())
}

async fn get_one(ask: Ask) -> Answer {
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let workspace = ask.workspace.clone();
    let found = ask.read(move |tx| registry::get_version(tx, &workspace, &name, &version)).await?;
    Ok(json(&json!({ "model_version": found })))
}

async fn find(ask: Ask) -> Answer {
    let search = search(&ask, Entity::ModelVersions, 10_000, 200_000)?;
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| registry::search_versions(tx, &workspace, &search)).await?;
    Ok(bytes(page_json("model_versions", &page.items, page.next.as_deref())))
}

async fn download_uri(ask: Ask) -> Answer {
    let (name, version) = (plain(&ask, "name")?, plain(&ask, "version")?);
    let (workspace, of) = (ask.workspace.clone(), (name.clone(), version.clone()));
    let (uri, claim) = ask
        .read(move |tx| {
            let uri = registry::download_uri(tx, &workspace, &of.0, &of.1)?;
            Ok((uri, registry::claim(tx, &workspace, &of.0, &of.1)?))
        })
        .await?;
    let warning = signing::at_load(&ask, &name, &version, &claim).await?;
    Ok(signing::warned(json(&json!({ "artifact_uri": uri })), warning))
}

async fn set_tag(ask: Ask) -> Answer {
    let asked = asked(&ask, "model-versions/set-tag");
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let tag = Tag { key: text(&ask, "key")?, value: plain(&ask, "value")? };
    ask.write(move |tx| registry::tag_version(tx, &asked, &name, &version, &tag)).await?;
    Ok(nothing())
}

async fn delete_tag(ask: Ask) -> Answer {
    let asked = asked(&ask, "model-versions/delete-tag");
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let key = text(&ask, "key")?;
    ask.write(move |tx| registry::untag_version(tx, &asked, &name, &version, &key)).await?;
    Ok(nothing())
}
