//! Signatures of model versions: made when a version is registered, checked when it is loaded.
//!
//! A version is registered: all its files are hashed, and `model.sig` is written beside them in the
//! format of OpenSSF model signing; the registry keeps the digest of what was signed. A client asks
//! where the files of a version are, or which version an alias means: the files are held against the
//! signature, and the signature against the registry. Whether a load is refused or only warned of is
//! the policy of the model, or what the server was started with, whichever is stricter.
//!
//! What a client that was let through then reads is not looked at again: the check is at the name.

mod check;
mod files;
mod keys;
mod sign;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::MethodRouter;
use catalog::registry::{self, Claim, Demand};
use catalog::{CatalogError, Code};
use serde_json::json;

use crate::app::App;
use crate::ask::Ask;
use crate::error::ApiError;
use crate::reply::{Answer, json};
use crate::routes::gotten;

pub(crate) use keys::Signatures;
pub use keys::Signing;
pub(crate) use sign::at_registration;

/// The header of an answer that says why a version should not be loaded.
static WARNING: HeaderName = HeaderName::from_static("x-trimtab-warning");

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![gotten("2.0/trimtab/registry/signature", state)]
}

/// Whether a version is as it was signed; says it whatever the policy.
async fn state(ask: Ask) -> Answer {
    let (name, version) = (ask.fields.text("name")?, ask.fields.text("version")?);
    let (workspace, name) = (ask.workspace.clone(), name.to_owned());
    let version = version.to_owned();
    let claim = ask.read(move |tx| registry::claim(tx, &workspace, &name, &version)).await?;
    let demand = claim.demand.max(ask.app.signatures().floor);
    let fault = check::fault(&ask.app, &ask.workspace, &claim).await?;
    Ok(json(&json!({
        "demand": demand,
        "statement": claim.statement,
        "holds": fault.is_none(),
        "fault": fault,
    })))
}

/// Before a client is told where the files of a version are: refuses it if they are not as they were
/// signed and a signature is demanded, or gives what the answer should warn of.
pub(crate) async fn at_load(
    ask: &Ask,
    name: &str,
    version: &str,
    claim: &Claim,
) -> Result<Option<String>, ApiError> {
    let demand = claim.demand.max(ask.app.signatures().floor);
    if demand == Demand::Off {
        return Ok(None);
    }
    let fault = match check::fault(&ask.app, &ask.workspace, claim).await {
        Err(error) if demand == Demand::Warn => Some(error.0.message),
        fault => fault?,
    };
    let Some(fault) = fault else { return Ok(None) };
    tracing::warn!(workspace = ask.workspace, name, version, fault, "a version is not as signed");
    if demand == Demand::Warn {
        return Ok(Some(format!("version {version} of model '{name}': {fault}")));
    }
    let message = format!(
        "version {version} of model '{name}' cannot be loaded: {fault}. Put its files back as they \
         were signed, or register them as a new version"
    );
    Err(CatalogError::new(Code::PermissionDenied, message).into())
}

/// Before this server itself loads a version: refuses it if a signature is demanded and does not hold.
/// Of a version that was signed it must hold, whatever is demanded.
pub(crate) async fn at_serving(
    app: &App,
    workspace: &str,
    name: &str,
    version: &str,
    claim: &Claim,
) -> Result<(), ApiError> {
    let demand = claim.demand.max(app.signatures().floor);
    let can_check = claim.statement.is_some() && app.signatures().has_keys();
    if demand == Demand::Off && !can_check {
        return Ok(());
    }
    let Some(fault) = check::fault(app, workspace, claim).await? else { return Ok(()) };
    if demand == Demand::Warn && claim.statement.is_none() {
        tracing::warn!(workspace, name, version, fault, "a version is served unsigned");
        return Ok(());
    }
    let message = format!(
        "version {version} of model '{name}' is not served: {fault}. Put its files back as they were \
         signed, or register them as a new version"
    );
    Err(CatalogError::new(Code::PermissionDenied, message).into())
}

/// Refuses a policy that asks for what this server cannot check.
pub(crate) fn check_policy(app: &App, demand: Demand) -> Result<(), CatalogError> {
    if demand == Demand::Off || app.signatures().has_keys() {
        return Ok(());
    }
    Err(CatalogError::invalid(
        "a policy cannot ask for signatures here: start the server with --signing-key or \
         --trusted-key",
    ))
}

/// Writes a warning beside the answer.
pub(crate) fn warned(mut response: Response, warning: Option<String>) -> Response {
    let plain = |text: String| text.replace(|c: char| !matches!(c, ' '..='~'), "?");
    let value = warning.and_then(|text| HeaderValue::try_from(plain(text)).ok());
    if let Some(value) = value {
        response.headers_mut().insert(WARNING.clone(), value);
    }
    response
}
