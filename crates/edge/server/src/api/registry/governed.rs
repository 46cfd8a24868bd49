//! What this server has beside the protocol: policies, approvals, rollback, comparison and history.

use axum::routing::{MethodRouter, get};
use catalog::CatalogError;
use catalog::registry::{self, Demand, HistorySearch, Policy, Protection};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{asked, environment, opt_text, text};
use crate::api::runs::page_offset;
use crate::api::signing;
use crate::app::App;
use crate::ask::Ask;
use crate::reply::{Answer, json};
use crate::routes::{gotten, posted};

pub(super) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    let policy = get(get_policy).post(set_policy).delete(delete_policy);
    vec![
        ("2.0/trimtab/registry/policy", policy),
        ("2.0/trimtab/registry/approvals", get(approvals).post(approve)),
        posted("2.0/trimtab/registry/rollback", roll_back),
        gotten("2.0/trimtab/registry/metadata", metadata),
        gotten("2.0/trimtab/registry/compare", compare),
        gotten("2.0/trimtab/registry/history", history),
        gotten("2.0/trimtab/registry/verify", verify),
    ]
}

async fn get_policy(ask: Ask) -> Answer {
    let (name, workspace) = (name(&ask)?, ask.workspace.clone());
    let found = ask.read(move |tx| registry::get_policy(tx, &workspace, name.as_deref())).await?;
    Ok(json(&found))
}

async fn set_policy(ask: Ask) -> Answer {
    let asked = asked(&ask, "registry/policy");
    let name = name(&ask)?;
    let policy = Policy {
        metadata: field::<Demand>(&ask, "metadata")?.unwrap_or_default(),
        signature: field::<Demand>(&ask, "signature")?.unwrap_or_default(),
        protect: field::<Vec<Protection>>(&ask, "protect")?.unwrap_or_default(),
    };
    signing::check_policy(&ask.app, policy.signature)?;
    let found = ask
        .write(move |tx| registry::set_policy(tx, &asked, name.as_deref(), Some(&policy)))
        .await?;
    Ok(json(&found))
}

async fn delete_policy(ask: Ask) -> Answer {
    let asked = asked(&ask, "registry/policy (delete)");
    let name = name(&ask)?;
    let found =
        ask.write(move |tx| registry::set_policy(tx, &asked, name.as_deref(), None)).await?;
    Ok(json(&found))
}

async fn approvals(ask: Ask) -> Answer {
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let (alias, workspace) = (alias(&ask)?, ask.workspace.clone());
    let found =
        ask.read(move |tx| registry::approvals(tx, &workspace, &name, &version, &alias)).await?;
    Ok(json(&found))
}

async fn approve(ask: Ask) -> Answer {
    let asked = asked(&ask, "registry/approvals");
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let (alias, why) = (alias(&ask)?, text(&ask, "why")?);
    let found =
        ask.write(move |tx| registry::approve(tx, &asked, &name, &version, &alias, &why)).await?;
    Ok(json(&found))
}

async fn roll_back(ask: Ask) -> Answer {
    let asked = asked(&ask, "registry/rollback");
    let (name, alias) = (text(&ask, "name")?, alias(&ask)?);
    let why = opt_text(&ask, "why")?;
    let holder =
        ask.write(move |tx| registry::roll_back(tx, &asked, &name, &alias, why.as_deref())).await?;
    Ok(json(&json!({ "model_version": holder })))
}

async fn metadata(ask: Ask) -> Answer {
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let beside = environment::of_version(&ask, &name, &version).await?;
    let workspace = ask.workspace.clone();
    let found = ask
        .read(move |tx| {
            registry::version_metadata(tx, &workspace, &name, &version, beside.as_deref())
        })
        .await?;
    Ok(json(&found))
}

async fn compare(ask: Ask) -> Answer {
    let (name, version) = (text(&ask, "name")?, text(&ask, "version")?);
    let (with, workspace) = (opt_text(&ask, "with")?, ask.workspace.clone());
    let found = ask
        .read(move |tx| {
            registry::compare_versions(tx, &workspace, &name, &version, with.as_deref())
        })
        .await?;
    Ok(json(&found))
}

/// What happened, and of a model also which version each alias means, now or at a moment.
async fn history(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let search = HistorySearch {
        name: name(&ask)?,
        version: opt_text(&ask, "version")?
            .map(|text| registry::parse_version(&text))
            .transpose()?,
        alias: opt_text(&ask, "alias")?,
        at: fields.opt_int("at")?,
        offset: page_offset(fields)?,
        max: fields.page_size("max_results", 100, 1_000)?,
    };
    let workspace = ask.workspace.clone();
    let (page, aliases) = ask
        .read(move |tx| {
            let page = registry::history(tx, &workspace, &search)?;
            let at = search.at.unwrap_or(i64::MAX);
            let aliases = search
                .name
                .as_ref()
                .map(|name| registry::aliases_at(tx, &workspace, name, at))
                .transpose()?;
            Ok((page, aliases))
        })
        .await?;
    let mut body = json!({ "records": page.items });
    if let Some(aliases) = aliases {
        body["aliases"] = json!(aliases);
    }
    if let Some(next) = page.next {
        body["next_page_token"] = Value::String(next);
    }
    Ok(json(&body))
}

async fn verify(ask: Ask) -> Answer {
    let found = ask.read(registry::verify).await?;
    Ok(json(&found))
}

/// The model that is meant; none means all of them.
fn name(ask: &Ask) -> Result<Option<String>, CatalogError> {
    Ok(opt_text(ask, "name")?.filter(|name| !name.is_empty()))
}

fn alias(ask: &Ask) -> Result<String, CatalogError> {
    let given = opt_text(ask, "alias")?.filter(|alias| !alias.is_empty());
    Ok(given.unwrap_or_else(|| tracking::CHAMPION.to_owned()))
}

/// A field that is more than text.
fn field<T: DeserializeOwned>(ask: &Ask, name: &str) -> Result<Option<T>, CatalogError> {
    let Some(value) = ask.fields.find(name) else { return Ok(None) };
    serde_json::from_value(value.clone()).map(Some).map_err(|error| {
        CatalogError::invalid(format!("Invalid value for parameter '{name}' supplied: {error}"))
    })
}
