//! Roles and who has them.

use axum::routing::{MethodRouter, delete, patch};
use catalog::CatalogError;
use catalog::access::{self, Permission, Resource};
use serde_json::json;

use crate::access::Me;
use crate::api::users::seen;
use crate::app::App;
use crate::ask::Ask;
use crate::reply::{Answer, json, nothing};
use crate::routes::{gotten, posted};

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("3.0/mlflow/roles/create", create),
        gotten("3.0/mlflow/roles/get", get),
        gotten("3.0/mlflow/roles/list", list),
        ("3.0/mlflow/roles/update", patch(update)),
        ("3.0/mlflow/roles/delete", delete(remove)),
        posted("3.0/mlflow/roles/assign", assign),
        ("3.0/mlflow/roles/unassign", delete(unassign)),
        posted("3.0/mlflow/roles/permissions/add", add),
        ("3.0/mlflow/roles/permissions/remove", delete(take)),
        gotten("3.0/mlflow/roles/permissions/list", permissions),
        ("3.0/mlflow/roles/permissions/update", patch(change)),
        gotten("3.0/mlflow/users/roles/list", of_user),
        gotten("3.0/mlflow/roles/users/list", users),
    ]
}

fn role_id(ask: &Ask) -> Result<i64, CatalogError> {
    ask.fields.int("role_id")
}

fn permission(ask: &Ask) -> Result<Permission, CatalogError> {
    Permission::parse(ask.fields.text("permission")?)
}

async fn create(_: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("name")?.to_owned();
    let workspace = ask.fields.text("workspace")?.to_owned();
    let description = ask.fields.opt_text("description")?.map(str::to_owned);
    let role = ask
        .write(move |tx| access::create_role(tx, &workspace, &name, description.as_deref()))
        .await?;
    Ok(json(&json!({ "role": role })))
}

async fn get(_: Me, ask: Ask) -> Answer {
    let id = role_id(&ask)?;
    let role = ask.read(move |tx| access::get_role(tx, id)).await?;
    Ok(json(&json!({ "role": role })))
}

async fn list(_: Me, ask: Ask) -> Answer {
    let workspaces = ask.fields.texts("workspace")?;
    let roles = ask
        .read(move |tx| {
            access::list_roles(tx, (!workspaces.is_empty()).then_some(workspaces.as_slice()))
        })
        .await?;
    Ok(json(&json!({ "roles": roles })))
}

async fn update(_: Me, ask: Ask) -> Answer {
    let id = role_id(&ask)?;
    let name = ask.fields.opt_text("name")?.map(str::to_owned);
    let description = ask.fields.opt_text("description")?.map(str::to_owned);
    if name.is_none() && description.is_none() {
        return Err(CatalogError::invalid(
            "At least one of 'name' or 'description' must be provided to update a role.",
        )
        .into());
    }
    let role = ask
        .write(move |tx| access::update_role(tx, id, name.as_deref(), description.as_deref()))
        .await?;
    Ok(json(&json!({ "role": role })))
}

async fn remove(_: Me, ask: Ask) -> Answer {
    let id = role_id(&ask)?;
    ask.write(move |tx| access::delete_role(tx, id)).await?;
    Ok(nothing())
}

async fn assign(_: Me, ask: Ask) -> Answer {
    let (name, role) = (ask.fields.text("username")?.to_owned(), role_id(&ask)?);
    let assignment = ask
        .write(move |tx| {
            let account = access::get(tx, &name)?;
            access::assign(tx, account.id, role)
        })
        .await?;
    Ok(json(&json!({ "assignment": assignment })))
}

async fn unassign(_: Me, ask: Ask) -> Answer {
    let (name, role) = (ask.fields.text("username")?.to_owned(), role_id(&ask)?);
    ask.write(move |tx| {
        let account = access::get(tx, &name)?;
        access::unassign(tx, account.id, role)
    })
    .await?;
    Ok(nothing())
}

async fn add(_: Me, ask: Ask) -> Answer {
    let (role, permission) = (role_id(&ask)?, permission(&ask)?);
    let resource = Resource::parse(ask.fields.text("resource_type")?)?;
    let pattern = ask.fields.text("resource_pattern")?.to_owned();
    let added = ask
        .write(move |tx| access::add_permission(tx, role, resource, &pattern, permission))
        .await?;
    Ok(json(&json!({ "role_permission": added })))
}

async fn take(_: Me, ask: Ask) -> Answer {
    let id = ask.fields.int("role_permission_id")?;
    ask.write(move |tx| access::remove_permission(tx, id)).await?;
    Ok(nothing())
}

async fn permissions(_: Me, ask: Ask) -> Answer {
    let id = role_id(&ask)?;
    let found = ask.read(move |tx| access::permissions(tx, id)).await?;
    Ok(json(&json!({ "role_permissions": found })))
}

async fn change(_: Me, ask: Ask) -> Answer {
    let (id, permission) = (ask.fields.int("role_permission_id")?, permission(&ask)?);
    let changed = ask.write(move |tx| access::update_permission(tx, id, permission)).await?;
    Ok(json(&json!({ "role_permission": changed })))
}

/// Of another's roles each sees those of workspaces that they manage.
async fn of_user(me: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("username")?.to_owned();
    let roles = ask
        .read(move |tx| {
            let whose = access::get(tx, &name)?;
            let managed = access::administered(tx, me.account.id)?;
            let roles = access::roles_of(tx, whose.id)?;
            Ok(seen(&me.account, &whose, roles, &managed, |role| &role.workspace))
        })
        .await?;
    Ok(json(&json!({ "roles": roles })))
}

async fn users(_: Me, ask: Ask) -> Answer {
    let id = role_id(&ask)?;
    let assignments = ask.read(move |tx| access::assignments(tx, id)).await?;
    Ok(json(&json!({ "assignments": assignments })))
}
