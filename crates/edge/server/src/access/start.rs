//! Before the first request: the first administrator.

use catalog::access::{self, Account};
use catalog::{CatalogError, Code};
use database::Database;

use super::security::BasicAuth;
use super::{Access, Logins, passwords};
use crate::error::ServeError;

/// Makes the first administrator if there is none, and what authentication works with.
pub async fn start(db: &Database, auth: &BasicAuth) -> Result<Access, ServeError> {
    let administrators = db.read(|tx| {
        let all = access::list(tx)?;
        Ok::<_, CatalogError>(all.into_iter().filter(|one| one.is_admin).collect::<Vec<_>>())
    });
    if administrators.await?.is_empty() {
        make_first(db, auth).await?;
    }
    let broken = |_| ServeError::Refused("preparing logins failed".to_owned());
    let logins = tokio::task::spawn_blocking(Logins::new).await.map_err(broken)??;
    Ok(Access { logins, default: auth.default_permission })
}

async fn make_first(db: &Database, auth: &BasicAuth) -> Result<Account, ServeError> {
    const HOW: &str = "set TRIMTAB_ADMIN_USERNAME and TRIMTAB_ADMIN_PASSWORD and start again";
    let refused = |what: &str| ServeError::Refused(format!("{what}: {HOW}"));
    let name = auth.admin_username.clone().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| refused("nobody could log in, as there is no administrator"))?;
    let password = auth.admin_password.clone().filter(|password| !password.expose().is_empty());
    let password =
        password.ok_or_else(|| refused(&format!("the administrator '{name}' has no password")))?;
    passwords::check(password.expose()).map_err(|error| {
        refused(&format!("the password of the administrator '{name}': {}", error.message))
    })?;
    let broken = |_| ServeError::Refused("hashing a password failed".to_owned());
    let work = move || passwords::hash(password.expose());
    let hash = tokio::task::spawn_blocking(work).await.map_err(broken)??;
    let made = db.write(move |tx| match access::create(tx, &name, &hash, true) {
        // Another server was faster, or the name is of somebody who is no administrator yet.
        Err(error) if error.code == Code::ResourceAlreadyExists => {
            access::get(tx, &name).and_then(|found| match found.is_admin {
                true => Ok(found),
                false => Err(CatalogError::invalid(format!(
                    "user '{name}' exists and is no administrator: choose another name"
                ))),
            })
        }
        made => made,
    });
    Ok(made.await?)
}
