//! Tokens: what programs show in place of a password. Kept as a hash, until they expire.

use database::{Row, Tx, values};
use serde::Serialize;

use super::Account;
use crate::CatalogError;
use crate::names::{check_text, within};

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its name, unique for its owner.
    pub name: String,
    /// When it was made, in milliseconds.
    pub created: i64,
    /// When it stops being valid, in milliseconds.
    pub expires: i64,
}

fn read(row: &Row<'_>) -> Result<Token, database::DatabaseError> {
    Ok(Token { name: row.get(0)?, created: row.get(1)?, expires: row.get(2)? })
}

/// Keeps a token of an account. One of the same name must be revoked first, unless it expired.
pub fn add_token(
    tx: &mut Tx<'_>,
    account: i64,
    hash: &str,
    token: &Token,
) -> Result<(), CatalogError> {
    if token.name.is_empty() {
        return Err(CatalogError::invalid("Token name cannot be empty."));
    }
    check_text("name", &token.name)?;
    within("name", 255, &token.name)?;
    tx.execute(
        "DELETE FROM api_token WHERE account = ?1 AND name = ?2 AND expires <= ?3",
        values![account, &token.name, token.created],
    )?;
    let added = tx.execute(
        "INSERT INTO api_token (account, name, hash, created, expires) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        values![account, &token.name, hash, token.created, token.expires],
    )?;
    match added {
        0 => Err(CatalogError::exists(format!(
            "Token '{}' already exists: revoke it first or choose another name.",
            token.name
        ))),
        _ => Ok(()),
    }
}

/// The tokens of an account, the newest first.
pub fn tokens(tx: &mut Tx<'_>, account: i64) -> Result<Vec<Token>, CatalogError> {
    Ok(tx.query(
        "SELECT name, created, expires FROM api_token WHERE account = ?1 ORDER BY created DESC, id",
        values![account],
        read,
    )?)
}

/// Revokes a token of an account.
pub fn revoke_token(tx: &mut Tx<'_>, account: i64, name: &str) -> Result<(), CatalogError> {
    let removed = tx.execute(
        "DELETE FROM api_token WHERE account = ?1 AND name = ?2",
        values![account, name],
    )?;
    match removed {
        0 => Err(CatalogError::missing(format!("Token '{name}' not found"))),
        _ => Ok(()),
    }
}

/// Whose token has this hash, if it is still valid.
pub fn find_token(tx: &mut Tx<'_>, hash: &str, now: i64) -> Result<Option<Account>, CatalogError> {
    Ok(tx.first(
        "SELECT a.id, a.username, a.is_admin, a.password_hash FROM api_token t
         JOIN account a ON a.id = t.account WHERE t.hash = ?1 AND t.expires > ?2",
        values![hash, now],
        |row| {
            Ok(Account {
                id: row.get(0)?,
                username: row.get(1)?,
                is_admin: row.get(2)?,
                password_hash: row.get(3)?,
            })
        },
    )?)
}
