//! Accounts: made, shown, changed and removed. Who may is decided before.

use axum::Extension;
use axum::routing::{MethodRouter, delete, patch};
use catalog::access::{self, Account, Role};
use catalog::{CatalogError, Code};
use serde_json::json;

use crate::access::{From, Me, Secret};
use crate::app::App;
use crate::ask::Ask;
use crate::error::ApiError;
use crate::reply::{Answer, json, nothing};
use crate::routes::{gotten, posted};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/mlflow/users/create", create),
        gotten("2.0/mlflow/users/get", get),
        gotten("2.0/mlflow/users/current", current),
        gotten("2.0/mlflow/users/list", list),
        ("2.0/mlflow/users/update-password", patch(update_password)),
        ("2.0/mlflow/users/update-admin", patch(update_admin)),
        ("2.0/mlflow/users/delete", delete(remove)),
    ]
}

async fn create(_: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    let password = Secret::new(ask.fields.text("password")?);
    let hash = hashed(&ask, password).await?;
    let user = ask.write(move |tx| access::create(tx, &name, &hash, false)).await?;
    Ok(json(&json!({ "user": user })))
}

async fn get(_: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    let user = ask.read(move |tx| access::get(tx, &name)).await?;
    Ok(json(&json!({ "user": user })))
}

async fn current(me: Me, _: Ask) -> Answer {
    Ok(json(&json!({ "user": me.account, "is_basic_auth": true })))
}

/// Everybody sees who there is; of their roles each sees their own, and those of workspaces that
/// they manage.
async fn list(me: Me, ask: Ask) -> Answer {
    let account = me.account.clone();
    let (members, managed) = ask
        .read(move |tx| Ok((access::members(tx)?, access::administered(tx, account.id)?)))
        .await?;
    let shown = |(user, roles): (Account, Vec<Role>)| {
        let roles = seen(&me.account, &user, roles, &managed, |role| &role.workspace);
        json!({
            "id": user.id,
            "username": user.username,
            "is_admin": user.is_admin,
            "roles": roles,
        })
    };
    let users: Vec<_> = members.into_iter().map(shown).collect();
    Ok(json(&json!({ "users": users })))
}

/// Of what somebody has in workspaces, what another may see.
pub(crate) fn seen<T>(
    me: &Account,
    whose: &Account,
    mut all: Vec<T>,
    managed: &[String],
    workspace: impl Fn(&T) -> &String,
) -> Vec<T> {
    if !me.is_admin && me.id != whose.id {
        all.retain(|one| managed.contains(workspace(one)));
    }
    all
}

async fn update_password(me: Me, Extension(from): Extension<From>, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    let password = Secret::new(ask.fields.text("password")?);
    if name == me.account.username {
        let old = ask.fields.opt_text("current_password")?.map(Secret::new);
        must_know(&ask, &me.account, from, old, &password).await?;
    }
    let hash = hashed(&ask, password).await?;
    ask.write(move |tx| access::set_password(tx, &name, &hash)).await?;
    Ok(nothing())
}

/// Whoever changes their own password must know it: a session that was left open is not enough.
async fn must_know(
    ask: &Ask,
    me: &Account,
    from: From,
    old: Option<Secret>,
    new: &Secret,
) -> Result<(), ApiError> {
    let Some(old) = old.filter(|old| !old.expose().is_empty()) else {
        let message = "Current password is required when changing your own password.";
        return Err(CatalogError::invalid(message).into());
    };
    let logins = &ask.app.access().ok_or_else(no_authentication)?.logins;
    if !logins.fits(&me.username, Some(me), &old, from.0).await? {
        return Err(CatalogError::invalid("Current password does not match.").into());
    }
    match old == *new {
        true => {
            let message = "New password must differ from the current password.";
            Err(CatalogError::invalid(message).into())
        }
        false => Ok(()),
    }
}

async fn hashed(ask: &Ask, password: Secret) -> Result<String, ApiError> {
    let logins = &ask.app.access().ok_or_else(no_authentication)?.logins;
    Ok(logins.hash(password).await?)
}

fn no_authentication() -> CatalogError {
    CatalogError::new(Code::EndpointNotFound, "this server has no users")
}

async fn update_admin(_: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    let is_admin = ask.fields.opt_bool("is_admin")?;
    let is_admin = is_admin.ok_or_else(|| crate::fields::missing("is_admin"))?;
    ask.write(move |tx| access::set_admin(tx, &name, is_admin)).await?;
    Ok(nothing())
}

async fn remove(me: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    if name == me.account.username {
        let message = "Users cannot delete their own account. Ask another admin to delete this \
                       user instead.";
        return Err(CatalogError::new(Code::BadRequest, message).into());
    }
    ask.write(move |tx| access::delete(tx, &name)).await?;
    Ok(nothing())
}
