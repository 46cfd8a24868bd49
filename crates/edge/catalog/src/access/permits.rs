//! What roles permit.

use std::collections::HashMap;

use database::{Row, Tx, values};
use serde::Serialize;

use super::permission::{Permission, Resource};
use super::roles::get_role;
use crate::{CatalogError, sql};

/// A permission that a role holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RolePermission {
    /// Its number.
    pub id: i64,
    /// The role.
    pub role_id: i64,
    /// The kind of things.
    pub resource_type: String,
    /// Which of them: an id, a name, or `*`.
    pub resource_pattern: String,
    /// How much.
    pub permission: String,
}

const PERMISSION: &str = "id, role, resource, pattern, permission";

fn read(row: &Row<'_>) -> Result<RolePermission, database::DatabaseError> {
    Ok(RolePermission {
        id: row.get(0)?,
        role_id: row.get(1)?,
        resource_type: row.get(2)?,
        resource_pattern: row.get(3)?,
        permission: row.get(4)?,
    })
}

/// What each of these roles permits.
pub(super) fn of_roles(
    tx: &mut Tx<'_>,
    roles: &[i64],
) -> Result<HashMap<i64, Vec<RolePermission>>, CatalogError> {
    let mut held: HashMap<i64, Vec<RolePermission>> = HashMap::new();
    let select = |marks: &str| {
        format!("SELECT {PERMISSION} FROM role_permission WHERE role IN ({marks}) ORDER BY id")
    };
    sql::for_owners(tx, roles, select, |row| {
        let permission = read(row)?;
        held.entry(permission.role_id).or_default().push(permission);
        Ok(())
    })?;
    Ok(held)
}

/// Adds a permission to a role.
pub fn add_permission(
    tx: &mut Tx<'_>,
    role: i64,
    resource: Resource,
    pattern: &str,
    permission: Permission,
) -> Result<RolePermission, CatalogError> {
    resource.check(pattern, permission)?;
    get_role(tx, role)?;
    let added = tx.first(
        &format!(
            "INSERT INTO role_permission (role, resource, pattern, permission)
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING RETURNING {PERMISSION}"
        ),
        values![role, resource.as_str(), pattern, permission.as_str()],
        read,
    )?;
    added.ok_or_else(|| {
        CatalogError::exists(format!(
            "Role permission (role_id={role}, resource_type={}, resource_pattern={pattern}) \
             already exists.",
            resource.as_str()
        ))
    })
}

/// A permission of a role by its number.
pub fn get_permission(tx: &mut Tx<'_>, id: i64) -> Result<RolePermission, CatalogError> {
    let sql = format!("SELECT {PERMISSION} FROM role_permission WHERE id = ?1");
    let found = tx.first(&sql, values![id], read)?;
    found.ok_or_else(|| CatalogError::missing(format!("Role permission with id={id} not found")))
}

/// The permissions of a role.
pub fn permissions(tx: &mut Tx<'_>, role: i64) -> Result<Vec<RolePermission>, CatalogError> {
    Ok(get_role(tx, role)?.permissions)
}

/// Changes how much a permission of a role permits.
pub fn update_permission(
    tx: &mut Tx<'_>,
    id: i64,
    permission: Permission,
) -> Result<RolePermission, CatalogError> {
    let found = get_permission(tx, id)?;
    Resource::parse(&found.resource_type)?.check(&found.resource_pattern, permission)?;
    tx.execute(
        "UPDATE role_permission SET permission = ?2 WHERE id = ?1",
        values![id, permission.as_str()],
    )?;
    Ok(RolePermission { permission: permission.as_str().to_owned(), ..found })
}

/// Removes a permission from its role.
pub fn remove_permission(tx: &mut Tx<'_>, id: i64) -> Result<(), CatalogError> {
    get_permission(tx, id)?;
    tx.execute("DELETE FROM role_permission WHERE id = ?1", values![id])?;
    Ok(())
}
