//! What single people may do: shown, granted and taken back.

use axum::routing::MethodRouter;
use catalog::CatalogError;
use catalog::access::{self, Account, Action, Permission, Resource};
use serde_json::json;

use crate::access::{Me, permission_of};
use crate::api::users::seen;
use crate::app::App;
use crate::ask::Ask;
use crate::reply::{Answer, json, nothing};
use crate::routes::{gotten, posted};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        gotten("3.0/mlflow/users/current/permissions", of_me),
        gotten("3.0/mlflow/users/permissions/list", of_user),
        gotten("3.0/mlflow/users/permissions/get", get),
        posted("3.0/mlflow/users/permissions/grant", grant),
        posted("3.0/mlflow/users/permissions/revoke", revoke),
    ]
}

async fn of_me(me: Me, ask: Ask) -> Answer {
    let is_admin = me.account.is_admin;
    let permissions = ask.read(move |tx| access::listed(tx, me.account.id)).await?;
    Ok(json(&json!({ "is_admin": is_admin, "permissions": permissions })))
}

/// Of another's permissions each sees those in workspaces that they manage.
async fn of_user(me: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    let (is_admin, permissions) = ask
        .read(move |tx| {
            let whose = access::get(tx, &name)?;
            let managed = access::administered(tx, me.account.id)?;
            let all = access::listed(tx, whose.id)?;
            let all = seen(&me.account, &whose, all, &managed, |one| &one.workspace);
            Ok((whose.is_admin, all))
        })
        .await?;
    Ok(json(&json!({ "is_admin": is_admin, "permissions": permissions })))
}

async fn get(_: Me, ask: Ask) -> Answer {
    let (resource, id) = thing(&ask)?;
    let permission = permission_of(&ask, ask.fields.text("username")?, resource, &id).await?;
    Ok(json(&json!({
        "allowed": permission.allows(Action::Use),
        "permission": permission.as_str(),
    })))
}

async fn grant(_: Me, ask: Ask) -> Answer {
    let ((resource, id), whose) = (thing(&ask)?, named(&ask)?);
    let permission = Permission::parse(ask.fields.text("permission")?)?;
    let workspace = ask.workspace.clone();
    ask.write(move |tx| {
        let whose: Account = access::get(tx, &whose)?;
        access::grant_new(tx, &workspace, &whose, resource, &id, permission)
    })
    .await?;
    Ok(nothing())
}

async fn revoke(_: Me, ask: Ask) -> Answer {
    let ((resource, id), whose) = (thing(&ask)?, named(&ask)?);
    let workspace = ask.workspace.clone();
    ask.write(move |tx| {
        let whose = access::get(tx, &whose)?;
        access::revoke(tx, &workspace, &whose, resource, &id)
    })
    .await?;
    Ok(nothing())
}

fn named(ask: &Ask) -> Result<String, CatalogError> {
    Ok(ask.fields.text("username")?.to_owned())
}

fn thing(ask: &Ask) -> Result<(Resource, String), CatalogError> {
    let resource = Resource::parse(ask.fields.text("resource_type")?)?;
    resource.not_a_workspace()?;
    Ok((resource, ask.fields.text("resource_id")?.to_owned()))
}
