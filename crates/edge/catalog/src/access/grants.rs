//! What is granted to one account alone, and what an account holds in all.

use database::{Row, Tx, values};
use serde::Serialize;

use super::Account;
use super::decide::{Grant, Held};
use super::permission::{EVERY, Permission, Resource};
use super::roles::{Role, name_of_own, roles_of};
use crate::CatalogError;
use crate::search::Build;

/// A permission that an account holds, with the role that it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The role.
    pub role_id: i64,
    /// Its name.
    pub role_name: String,
    /// Its workspace.
    pub workspace: String,
    /// The kind of things.
    pub resource_type: String,
    /// Which of them.
    pub resource_pattern: String,
    /// How much.
    pub permission: String,
}

/// Grants a permission on a thing, in place of one that was there.
pub fn grant(
    tx: &mut Tx<'_>,
    workspace: &str,
    account: i64,
    resource: Resource,
    pattern: &str,
    permission: Permission,
) -> Result<(), CatalogError> {
    let role = own_role(tx, workspace, account)?;
    resource.check(pattern, permission)?;
    tx.execute(
        "INSERT INTO role_permission (role, resource, pattern, permission) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (role, resource, pattern) DO UPDATE SET permission = excluded.permission",
        values![role, resource.as_str(), pattern, permission.as_str()],
    )?;
    Ok(())
}

/// Grants a permission on a thing on which the account has none of its own yet.
pub fn grant_new(
    tx: &mut Tx<'_>,
    workspace: &str,
    account: &Account,
    resource: Resource,
    pattern: &str,
    permission: Permission,
) -> Result<(), CatalogError> {
    resource.not_a_workspace()?;
    resource.check(pattern, permission)?;
    let role = own_role(tx, workspace, account.id)?;
    let added = tx.execute(
        "INSERT INTO role_permission (role, resource, pattern, permission) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
        values![role, resource.as_str(), pattern, permission.as_str()],
    )?;
    match added {
        0 => Err(CatalogError::exists(format!(
            "{} already exists.",
            said(account, resource, pattern)
        ))),
        _ => Ok(()),
    }
}

/// Takes back what was granted on a thing to one account alone.
pub fn revoke(
    tx: &mut Tx<'_>,
    workspace: &str,
    account: &Account,
    resource: Resource,
    pattern: &str,
) -> Result<(), CatalogError> {
    resource.not_a_workspace()?;
    let removed = tx.execute(
        "DELETE FROM role_permission WHERE resource = ?3 AND pattern = ?4 AND role IN
             (SELECT id FROM role WHERE workspace = ?1 AND owner = ?2)",
        values![workspace, account.id, resource.as_str(), pattern],
    )?;
    match removed {
        0 => Err(CatalogError::missing(format!("{} not found.", said(account, resource, pattern)))),
        _ => Ok(()),
    }
}

fn said(account: &Account, resource: Resource, pattern: &str) -> String {
    format!(
        "Permission for user={} on resource_type={}, resource_id={pattern}",
        account.username,
        resource.as_str()
    )
}

/// Forgets what single accounts were granted on a thing that is gone: another of the same name must
/// not inherit it.
pub fn sweep_pattern(
    tx: &mut Tx<'_>,
    workspace: &str,
    resource: Resource,
    pattern: &str,
) -> Result<(), CatalogError> {
    tx.execute(
        "DELETE FROM role_permission WHERE resource = ?2 AND pattern = ?3 AND role IN
             (SELECT id FROM role WHERE workspace = ?1 AND owner IS NOT NULL)",
        values![workspace, resource.as_str(), pattern],
    )?;
    Ok(())
}

/// Lets what single accounts were granted on a thing follow its new name.
pub fn rename_pattern(
    tx: &mut Tx<'_>,
    workspace: &str,
    resource: Resource,
    old: &str,
    new: &str,
) -> Result<(), CatalogError> {
    sweep_pattern(tx, workspace, resource, new)?;
    tx.execute(
        "UPDATE role_permission SET pattern = ?4 WHERE resource = ?2 AND pattern = ?3 AND role IN
             (SELECT id FROM role WHERE workspace = ?1 AND owner IS NOT NULL)",
        values![workspace, resource.as_str(), old, new],
    )?;
    Ok(())
}

/// What an account holds in a workspace on these things, and on the workspace itself. `None` in
/// place of ids asks for all of the kind.
pub fn held(
    tx: &mut Tx<'_>,
    workspace: &str,
    account: i64,
    on: &[(Resource, Option<&[String]>)],
) -> Result<Vec<Grant>, CatalogError> {
    let mut sql = Build::new(
        "SELECT p.resource, p.pattern, p.permission FROM role_account a
         JOIN role r ON r.id = a.role JOIN role_permission p ON p.role = r.id WHERE a.account = ",
    );
    sql.value(account).push(" AND r.workspace = ").value(workspace);
    sql.push(" AND ((p.resource = 'workspace' AND p.pattern = '*')");
    for (resource, ids) in on {
        sql.push(" OR (p.resource = ").value(resource.as_str());
        if let Some(ids) = ids {
            let ids = ids.iter().filter(|id| !id.contains('\0')).cloned();
            sql.push(" AND p.pattern IN ").list(std::iter::once(EVERY.to_owned()).chain(ids));
        }
        sql.push(")");
    }
    sql.push(")");
    let rows = tx.query(sql.sql(), &sql.values(), read)?;
    rows.into_iter()
        .map(|(resource, pattern, permission)| {
            Ok(Grant {
                resource: Resource::parse(&resource)?,
                pattern,
                permission: Permission::parse(&permission)?,
            })
        })
        .collect()
}

/// [`held`], with what everybody has.
pub fn held_by(
    tx: &mut Tx<'_>,
    workspace: &str,
    account: i64,
    on: &[(Resource, Option<&[String]>)],
    default: Permission,
    everybody: bool,
) -> Result<Held, CatalogError> {
    Ok(Held { grants: held(tx, workspace, account, on)?, default, everybody })
}

fn read(row: &Row<'_>) -> Result<(String, String, String), database::DatabaseError> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

/// The role that holds what is granted to one account alone.
fn own_role(tx: &mut Tx<'_>, workspace: &str, account: i64) -> Result<i64, CatalogError> {
    let name = name_of_own(account);
    tx.execute(
        "INSERT INTO role (workspace, name, owner) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        values![workspace, &name, account],
    )?;
    let role = tx.number(
        "SELECT id FROM role WHERE workspace = ?1 AND name = ?2",
        values![workspace, &name],
    )?;
    tx.execute(
        "INSERT INTO role_account (role, account) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        values![role, account],
    )?;
    Ok(role)
}

/// Every permission that an account holds, in all workspaces.
pub fn listed(tx: &mut Tx<'_>, account: i64) -> Result<Vec<Listed>, CatalogError> {
    let roles = roles_of(tx, account)?;
    let of_role = |role: Role| {
        role.permissions.into_iter().map(move |held| Listed {
            role_id: role.id,
            role_name: role.name.clone(),
            workspace: role.workspace.clone(),
            resource_type: held.resource_type,
            resource_pattern: held.resource_pattern,
            permission: held.permission,
        })
    };
    Ok(roles.into_iter().flat_map(of_role).collect())
}
