//! Roles: permissions in a workspace under one name, which people are given.

use database::{Row, Tx, Value, values};
use serde::Serialize;

use super::permission::{Permission, Resource};
use crate::names::{check_text, within};
use crate::{CatalogError, sql};

/// Names that begin so are kept for the roles of single people.
const RESERVED: &str = "__user_";

/// A role, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Role {
    /// Its number.
    pub id: i64,
    /// Its name, unique in its workspace.
    pub name: String,
    /// Its workspace.
    pub workspace: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it permits.
    pub permissions: Vec<RolePermission>,
}

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

/// That an account has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// Its number.
    pub id: i64,
    /// The account.
    pub user_id: i64,
    /// The role.
    pub role_id: i64,
}

/// The name of the role that holds what is granted to one account alone.
pub(crate) fn name_of_own(account: i64) -> String {
    format!("{RESERVED}{account}__")
}

fn read_role(row: &Row<'_>) -> Result<Role, database::DatabaseError> {
    Ok(Role {
        id: row.get(0)?,
        name: row.get(1)?,
        workspace: row.get(2)?,
        description: row.get(3)?,
        permissions: vec![],
    })
}

fn read_permission(row: &Row<'_>) -> Result<RolePermission, database::DatabaseError> {
    Ok(RolePermission {
        id: row.get(0)?,
        role_id: row.get(1)?,
        resource_type: row.get(2)?,
        resource_pattern: row.get(3)?,
        permission: row.get(4)?,
    })
}

fn read_assignment(row: &Row<'_>) -> Result<Assignment, database::DatabaseError> {
    Ok(Assignment { id: row.get(0)?, user_id: row.get(1)?, role_id: row.get(2)? })
}

const ROLE: &str = "r.id, r.name, r.workspace, r.description";
const PERMISSION: &str = "id, role, resource, pattern, permission";

/// Makes a role.
pub fn create_role(
    tx: &mut Tx<'_>,
    workspace: &str,
    name: &str,
    description: Option<&str>,
) -> Result<Role, CatalogError> {
    check_name(name)?;
    check_description(description)?;
    crate::workspaces::must_exist(tx, workspace)?;
    let made = tx.first(
        "INSERT INTO role (workspace, name, description) VALUES (?1, ?2, ?3)
         ON CONFLICT DO NOTHING RETURNING id, name, workspace, description",
        values![workspace, name, description],
        read_role,
    )?;
    made.ok_or_else(|| {
        CatalogError::exists(format!("Role (name={name}, workspace={workspace}) already exists."))
    })
}

/// A role by its number.
pub fn get_role(tx: &mut Tx<'_>, id: i64) -> Result<Role, CatalogError> {
    let sql = format!("SELECT {ROLE} FROM role r WHERE r.id = ?1");
    let found = tx.first(&sql, values![id], read_role)?;
    let found =
        found.ok_or_else(|| CatalogError::missing(format!("Role with id={id} not found")))?;
    Ok(with_permissions(tx, vec![found])?.remove(0))
}

/// The roles of these workspaces, or all roles.
pub fn list_roles(
    tx: &mut Tx<'_>,
    workspaces: Option<&[String]>,
) -> Result<Vec<Role>, CatalogError> {
    let found = match workspaces {
        None => tx.query(&format!("SELECT {ROLE} FROM role r ORDER BY r.id"), &[], read_role)?,
        Some([]) => vec![],
        Some(names) => {
            let marks = sql::marks(1, names.len());
            let sql =
                format!("SELECT {ROLE} FROM role r WHERE r.workspace IN ({marks}) ORDER BY r.id");
            let names: Vec<Value<'_>> = names.iter().map(Value::from).collect();
            tx.query(&sql, &names, read_role)?
        }
    };
    with_permissions(tx, found)
}

/// The roles that an account has.
pub fn roles_of(tx: &mut Tx<'_>, account: i64) -> Result<Vec<Role>, CatalogError> {
    let sql = format!(
        "SELECT {ROLE} FROM role_account a JOIN role r ON r.id = a.role
         WHERE a.account = ?1 ORDER BY r.id"
    );
    let found = tx.query(&sql, values![account], read_role)?;
    with_permissions(tx, found)
}

fn with_permissions(tx: &mut Tx<'_>, mut roles: Vec<Role>) -> Result<Vec<Role>, CatalogError> {
    let ids: Vec<i64> = roles.iter().map(|role| role.id).collect();
    let place: std::collections::HashMap<i64, usize> =
        ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let select = |marks: &str| {
        format!("SELECT {PERMISSION} FROM role_permission WHERE role IN ({marks}) ORDER BY id")
    };
    sql::for_owners(tx, &ids, select, |row| {
        let permission = read_permission(row)?;
        if let Some(at) = place.get(&permission.role_id) {
            roles[*at].permissions.push(permission);
        }
        Ok(())
    })?;
    Ok(roles)
}

/// Gives a role another name or description.
pub fn update_role(
    tx: &mut Tx<'_>,
    id: i64,
    name: Option<&str>,
    description: Option<&str>,
) -> Result<Role, CatalogError> {
    let role = get_role(tx, id)?;
    must_not_be_own(tx, id)?;
    check_description(description)?;
    if let Some(name) = name {
        check_name(name)?;
        let taken = tx.first(
            "SELECT id FROM role WHERE workspace = ?1 AND name = ?2 AND id <> ?3",
            values![&role.workspace, name, id],
            |row| row.get::<i64>(0),
        )?;
        if taken.is_some() {
            return Err(CatalogError::exists(format!(
                "Role with name={name} already exists in workspace={}",
                role.workspace
            )));
        }
    }
    tx.execute(
        "UPDATE role SET name = coalesce(?2, name), description = coalesce(?3, description)
         WHERE id = ?1",
        values![id, name, description],
    )?;
    get_role(tx, id)
}

/// Removes a role from all who have it.
pub fn delete_role(tx: &mut Tx<'_>, id: i64) -> Result<(), CatalogError> {
    get_role(tx, id)?;
    tx.execute("DELETE FROM role_permission WHERE role = ?1", values![id])?;
    tx.execute("DELETE FROM role_account WHERE role = ?1", values![id])?;
    tx.execute("DELETE FROM role WHERE id = ?1", values![id])?;
    Ok(())
}

/// Removes all roles of a workspace.
pub fn sweep_workspace(tx: &mut Tx<'_>, workspace: &str) -> Result<(), CatalogError> {
    for table in ["role_permission", "role_account"] {
        let sql =
            format!("DELETE FROM {table} WHERE role IN (SELECT id FROM role WHERE workspace = ?1)");
        tx.execute(&sql, values![workspace])?;
    }
    tx.execute("DELETE FROM role WHERE workspace = ?1", values![workspace])?;
    Ok(())
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
        read_permission,
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
    let found = tx.first(&sql, values![id], read_permission)?;
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

/// Gives an account a role.
pub fn assign(tx: &mut Tx<'_>, account: i64, role: i64) -> Result<Assignment, CatalogError> {
    get_role(tx, role)?;
    must_not_be_own(tx, role)?;
    let added = tx.first(
        "INSERT INTO role_account (role, account) VALUES (?1, ?2)
         ON CONFLICT DO NOTHING RETURNING id, account, role",
        values![role, account],
        read_assignment,
    )?;
    added.ok_or_else(|| {
        CatalogError::exists(format!(
            "User role assignment (user_id={account}, role_id={role}) already exists"
        ))
    })
}

/// Takes a role from an account.
pub fn unassign(tx: &mut Tx<'_>, account: i64, role: i64) -> Result<(), CatalogError> {
    let removed = tx.execute(
        "DELETE FROM role_account WHERE account = ?1 AND role = ?2",
        values![account, role],
    )?;
    match removed {
        0 => Err(CatalogError::missing(format!(
            "User role assignment (user_id={account}, role_id={role}) not found"
        ))),
        _ => Ok(()),
    }
}

/// Who has a role.
pub fn assignments(tx: &mut Tx<'_>, role: i64) -> Result<Vec<Assignment>, CatalogError> {
    get_role(tx, role)?;
    Ok(tx.query(
        "SELECT id, account, role FROM role_account WHERE role = ?1 ORDER BY id",
        values![role],
        read_assignment,
    )?)
}

/// The workspaces in which an account has a role.
pub fn present(tx: &mut Tx<'_>, account: i64) -> Result<Vec<String>, CatalogError> {
    Ok(tx.query(
        "SELECT DISTINCT r.workspace FROM role_account a JOIN role r ON r.id = a.role
         WHERE a.account = ?1 ORDER BY r.workspace",
        values![account],
        |row| row.get(0),
    )?)
}

/// The workspaces that an account manages.
pub fn administered(tx: &mut Tx<'_>, account: i64) -> Result<Vec<String>, CatalogError> {
    workspaces_by(tx, account, "p.permission = 'MANAGE'")
}

/// The workspaces that an account can see: those in which it was given a role, and those that were
/// granted to it alone. A role of its own that only holds permissions on single things shows none.
pub fn visible(tx: &mut Tx<'_>, account: i64) -> Result<Vec<String>, CatalogError> {
    let mut seen = tx.query(
        "SELECT DISTINCT r.workspace FROM role_account a JOIN role r ON r.id = a.role
         WHERE a.account = ?1 AND r.owner IS NULL",
        values![account],
        |row| row.get::<String>(0),
    )?;
    seen.extend(workspaces_by(tx, account, "p.permission <> 'DENY'")?);
    seen.sort_unstable();
    seen.dedup();
    Ok(seen)
}

fn workspaces_by(
    tx: &mut Tx<'_>,
    account: i64,
    condition: &str,
) -> Result<Vec<String>, CatalogError> {
    let sql = format!(
        "SELECT DISTINCT r.workspace FROM role_account a JOIN role r ON r.id = a.role
         JOIN role_permission p ON p.role = r.id
         WHERE a.account = ?1 AND p.resource = 'workspace' AND p.pattern = '*' AND {condition}
         ORDER BY r.workspace"
    );
    Ok(tx.query(&sql, values![account], |row| row.get(0))?)
}

/// What is granted to one person alone stays theirs: their role is neither renamed nor shared.
fn must_not_be_own(tx: &mut Tx<'_>, role: i64) -> Result<(), CatalogError> {
    let owned = tx.first(
        "SELECT name FROM role WHERE id = ?1 AND owner IS NOT NULL",
        values![role],
        |row| row.get::<String>(0),
    )?;
    match owned {
        None => Ok(()),
        Some(name) => Err(CatalogError::invalid(format!(
            "Role '{name}' holds what is granted to one user alone. Use a role of another name."
        ))),
    }
}

fn check_name(name: &str) -> Result<(), CatalogError> {
    if name.trim().is_empty() {
        return Err(CatalogError::invalid("Role name cannot be empty."));
    }
    if name.starts_with(RESERVED) {
        return Err(CatalogError::invalid(format!(
            "Role name '{name}' uses the reserved '{RESERVED}' prefix, which is held for the \
             per-user permission representation. Choose a different name."
        )));
    }
    check_text("name", name)?;
    within("name", 255, name)
}

fn check_description(description: Option<&str>) -> Result<(), CatalogError> {
    let description = description.unwrap_or_default();
    check_text("description", description)?;
    within("description", 1_024, description)
}
