//! In which workspaces somebody is, and which they manage.

use database::{Tx, values};

use crate::CatalogError;

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
