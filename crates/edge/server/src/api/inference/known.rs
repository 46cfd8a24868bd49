//! Who may see and use which model, for endpoints whose model the table of access cannot tell.

use catalog::access::{Action, Resource, held_by};

use crate::access::Me;
use crate::app::App;

use super::refusal::Refusal;

/// Whether whoever asks may do this to a registered model. Without authentication everybody may.
pub(super) async fn may(
    app: &App,
    me: Option<&Me>,
    workspace: &str,
    name: &str,
    action: Action,
) -> Result<bool, Refusal> {
    let Some(access) = app.access() else { return Ok(true) };
    let Some(me) = me else { return Ok(false) };
    if me.account.is_admin {
        return Ok(true);
    }
    let (default, everybody, account) = (access.default, !app.options().workspaces, me.account.id);
    let (workspace, name) = (workspace.to_owned(), name.to_owned());
    let held = app.db().read(move |tx| {
        let ids = std::slice::from_ref(&name);
        let on = [(Resource::RegisteredModel, Some(ids))];
        let held = held_by(tx, &workspace, account, &on, default, everybody)?;
        Ok::<_, catalog::CatalogError>(held.on(Resource::RegisteredModel, &name).allows(action))
    });
    Ok(held.await?)
}

/// Refuses what [`may`] says no to.
pub(super) async fn must(
    app: &App,
    me: Option<&Me>,
    workspace: &str,
    name: &str,
    action: Action,
) -> Result<(), Refusal> {
    match may(app, me, workspace, name, action).await? {
        true => Ok(()),
        false => Err(Refusal::from(catalog::CatalogError::new(
            catalog::Code::PermissionDenied,
            "Permission denied",
        ))),
    }
}
