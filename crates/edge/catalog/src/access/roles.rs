//! Roles: permissions in a workspace under one name, which people are given.

use database::{Row, Tx, Value, values};
use serde::Serialize;

use super::permits::{RolePermission, of_roles};
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

fn read_assignment(row: &Row<'_>) -> Result<Assignment, database::DatabaseError> {
    Ok(Assignment { id: row.get(0)?, user_id: row.get(1)?, role_id: row.get(2)? })
}

const ROLE: &str = "r.id, r.name, r.workspace, r.description";

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
    let mut held = of_roles(tx, &ids)?;
    for role in &mut roles {
        role.permissions = held.remove(&role.id).unwrap_or_default();
    }
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
