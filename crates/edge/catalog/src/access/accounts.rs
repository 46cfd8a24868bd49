//! Accounts: a name, the hash of a password, and whether it is an administrator's.

use database::{Row, Tx, values};
use serde::Serialize;

use super::roles::{self, Role};
use crate::names::{check_text, within};
use crate::{CatalogError, Code};

/// An account, in the words of the wire. The hash stays here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub username: String,
    /// Whether it may do everything.
    pub is_admin: bool,
    /// The hash of its password.
    #[serde(skip)]
    pub password_hash: String,
}

const COLUMNS: &str = "id, username, is_admin, password_hash";

fn read(row: &Row<'_>) -> Result<Account, database::DatabaseError> {
    Ok(Account {
        id: row.get(0)?,
        username: row.get(1)?,
        is_admin: row.get(2)?,
        password_hash: row.get(3)?,
    })
}

/// Makes an account.
pub fn create(
    tx: &mut Tx<'_>,
    username: &str,
    password_hash: &str,
    is_admin: bool,
) -> Result<Account, CatalogError> {
    check_username(username)?;
    let made = tx.first(
        &format!(
            "INSERT INTO account (username, password_hash, is_admin) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING RETURNING {COLUMNS}"
        ),
        values![username, password_hash, is_admin],
        read,
    )?;
    made.ok_or_else(|| CatalogError::exists(format!("User (username={username}) already exists.")))
}

/// An account by its name, if there is one.
pub fn find(tx: &mut Tx<'_>, username: &str) -> Result<Option<Account>, CatalogError> {
    if username.contains('\0') {
        return Ok(None);
    }
    let sql = format!("SELECT {COLUMNS} FROM account WHERE username = ?1");
    Ok(tx.first(&sql, values![username], read)?)
}

/// An account by its name.
pub fn get(tx: &mut Tx<'_>, username: &str) -> Result<Account, CatalogError> {
    find(tx, username)?
        .ok_or_else(|| CatalogError::missing(format!("User with username={username} not found")))
}

/// All accounts, in the order in which they were made.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Account>, CatalogError> {
    Ok(tx.query(&format!("SELECT {COLUMNS} FROM account ORDER BY id"), &[], read)?)
}

/// All accounts, each with its roles.
pub fn members(tx: &mut Tx<'_>) -> Result<Vec<(Account, Vec<Role>)>, CatalogError> {
    let all = roles::list_roles(tx, None)?;
    let mut held: Vec<(i64, i64)> = Vec::new();
    tx.each("SELECT account, role FROM role_account ORDER BY id", &[], |row| {
        held.push((row.get(0)?, row.get(1)?));
        Ok(())
    })?;
    let place: std::collections::HashMap<i64, usize> =
        all.iter().enumerate().map(|(at, role)| (role.id, at)).collect();
    let mut of: std::collections::HashMap<i64, Vec<Role>> = std::collections::HashMap::new();
    for (account, role) in held {
        if let Some(at) = place.get(&role) {
            of.entry(account).or_default().push(all[*at].clone());
        }
    }
    let with_roles = |account: Account| {
        let roles = of.remove(&account.id).unwrap_or_default();
        (account, roles)
    };
    Ok(list(tx)?.into_iter().map(with_roles).collect())
}

/// Gives an account another password. Its tokens stay as they are.
pub fn set_password(tx: &mut Tx<'_>, username: &str, hash: &str) -> Result<(), CatalogError> {
    let account = get(tx, username)?;
    tx.execute("UPDATE account SET password_hash = ?2 WHERE id = ?1", values![account.id, hash])?;
    Ok(())
}

/// Makes an account an administrator's, or no longer. The last administrator stays one.
pub fn set_admin(tx: &mut Tx<'_>, username: &str, is_admin: bool) -> Result<(), CatalogError> {
    let account = get(tx, username)?;
    if account.is_admin && !is_admin {
        must_not_be_last(tx, &account)?;
    }
    tx.execute("UPDATE account SET is_admin = ?2 WHERE id = ?1", values![account.id, is_admin])?;
    Ok(())
}

/// Removes an account, its tokens, and what was granted to it alone.
pub fn delete(tx: &mut Tx<'_>, username: &str) -> Result<(), CatalogError> {
    let account = get(tx, username)?;
    if account.is_admin {
        must_not_be_last(tx, &account)?;
    }
    let id = account.id;
    tx.execute(
        "DELETE FROM role_permission WHERE role IN (SELECT id FROM role WHERE owner = ?1)",
        values![id],
    )?;
    tx.execute("DELETE FROM role WHERE owner = ?1", values![id])?;
    tx.execute("DELETE FROM role_account WHERE account = ?1", values![id])?;
    tx.execute("DELETE FROM api_token WHERE account = ?1", values![id])?;
    tx.execute("DELETE FROM account WHERE id = ?1", values![id])?;
    Ok(())
}

/// Without an administrator nobody could let anybody in.
fn must_not_be_last(tx: &mut Tx<'_>, account: &Account) -> Result<(), CatalogError> {
    let others = tx.number(
        "SELECT count(*) FROM account WHERE is_admin = 1 AND id <> ?1",
        values![account.id],
    )?;
    if others > 0 {
        return Ok(());
    }
    let message = format!(
        "User '{}' is the last administrator: make another user an administrator first.",
        account.username
    );
    Err(CatalogError::new(Code::BadRequest, message))
}

fn check_username(username: &str) -> Result<(), CatalogError> {
    if username.is_empty() {
        return Err(CatalogError::invalid("Username cannot be empty."));
    }
    // A colon ends the name in HTTP basic authentication.
    if username.contains(':') {
        return Err(CatalogError::invalid("Username cannot contain a colon."));
    }
    check_text("username", username)?;
    within("username", 255, username)
}
