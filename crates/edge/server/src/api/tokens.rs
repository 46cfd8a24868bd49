//! Tokens that people make for their programs. The token itself is shown once.

use axum::routing::MethodRouter;
use catalog::access::{self, Token};
use catalog::{CatalogError, Code};
use serde_json::json;

use crate::access::{Me, new_token};
use crate::app::App;
use crate::ask::Ask;
use crate::error::ApiError;
use crate::reply::{Answer, json, nothing};
use crate::routes::{gotten, posted};

/// How long a token is valid if nothing is said, in days.
const DAYS: i64 = 90;

/// The longest that a token is valid, in days.
const LONGEST: i64 = 366;

/// A day in milliseconds.
const DAY: i64 = 86_400_000;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/trimtab/tokens/create", create),
        gotten("2.0/trimtab/tokens/list", list),
        posted("2.0/trimtab/tokens/revoke", revoke),
    ]
}

async fn create(me: Me, ask: Ask) -> Answer {
    by_password(&me)?;
    let name = ask.fields.text("name")?.to_owned();
    let days = ask.fields.opt_int("expires_in_days")?.unwrap_or(DAYS);
    if !(1..=LONGEST).contains(&days) {
        return Err(CatalogError::invalid(format!(
            "Invalid value {days} for parameter 'expires_in_days' supplied. It must be at least 1 \
             and at most {LONGEST}"
        ))
        .into());
    }
    let (secret, hash) = new_token()?;
    let token = Token { name, created: ask.now, expires: ask.now + days * DAY };
    let kept = token.clone();
    ask.write(move |tx| access::add_token(tx, me.account.id, &hash, &kept)).await?;
    Ok(json(&json!({
        "token": secret.expose(),
        "name": token.name,
        "created": token.created,
        "expires": token.expires,
    })))
}

async fn list(me: Me, ask: Ask) -> Answer {
    let tokens = ask.read(move |tx| access::tokens(tx, me.account.id)).await?;
    Ok(json(&json!({ "tokens": tokens })))
}

async fn revoke(me: Me, ask: Ask) -> Answer {
    let name = ask.fields.text("name")?.to_owned();
    ask.write(move |tx| access::revoke_token(tx, me.account.id, &name)).await?;
    Ok(nothing())
}

/// A token that got into wrong hands must not make others that outlive it.
fn by_password(me: &Me) -> Result<(), ApiError> {
    match me.by_token {
        false => Ok(()),
        true => {
            let message = "A token cannot make tokens: log in with your password.";
            Err(CatalogError::new(Code::PermissionDenied, message).into())
        }
    }
}
