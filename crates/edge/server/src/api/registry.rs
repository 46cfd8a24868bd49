//! The registry: models, versions and aliases in the words of the protocol, and what this server has
//! beside them below `/api/2.0/trimtab/registry`.

mod environment;
mod governed;
mod models;
mod versions;

use axum::routing::MethodRouter;
use catalog::registry::{Asked, RegistrySearch};
use catalog::{CatalogError, Code};
use tracking::search::{Entity, SearchError, parse_filter, parse_order};

use crate::api::runs::page_offset;
use crate::app::App;
use crate::ask::Ask;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    [models::endpoints(), versions::endpoints(), governed::endpoints()]
        .into_iter()
        .flatten()
        .collect()
}

/// Who asks for a change: without authentication, somebody without a name.
pub(super) fn asked(ask: &Ask, call: &str) -> Asked {
    Asked {
        workspace: ask.workspace.clone(),
        by: ask.caller.user.clone().unwrap_or_else(|| "anonymous".to_owned()),
        call: call.to_owned(),
        now: ask.now,
    }
}

/// A field that may be missing; then the registry says what it thinks of that.
fn plain(ask: &Ask, name: &str) -> Result<String, CatalogError> {
    Ok(ask.fields.opt_text(name)?.unwrap_or_default().to_owned())
}

/// A field that must have a text.
fn text(ask: &Ask, name: &str) -> Result<String, CatalogError> {
    Ok(ask.fields.text(name)?.to_owned())
}

fn opt_text(ask: &Ask, name: &str) -> Result<Option<String>, CatalogError> {
    Ok(ask.fields.opt_text(name)?.map(str::to_owned))
}

/// What is searched for.
fn search(
    ask: &Ask,
    entity: Entity,
    default: usize,
    limit: usize,
) -> Result<RegistrySearch, CatalogError> {
    let fields = &ask.fields;
    let max = fields.page_size("max_results", default, limit)?;
    let filter = fields.opt_text("filter")?.unwrap_or_default();
    Ok(RegistrySearch {
        filter: parse_filter(entity, filter).map_err(refused)?,
        order: parse_order(entity, &fields.texts("order_by")?).map_err(refused)?,
        offset: page_offset(fields)?,
        max,
    })
}

/// The registry of the protocol calls a field that is there twice its own fault.
fn refused(error: SearchError) -> CatalogError {
    let code = match error {
        SearchError::Duplicate { .. } => Code::InternalError,
        _ => Code::InvalidParameterValue,
    };
    CatalogError::new(code, error.to_string())
}
