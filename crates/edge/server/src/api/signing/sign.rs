//! Signing a version that is about to be registered.
//!
//! Its files are hashed first, which takes as long as reading them; then the signature is written
//! beside them, and the registry gets the digest of what was signed. A signature that is there already
//! is kept if it holds: of somebody who signed before they registered, or of another version with the
//! same files. One that does not hold is no reason to sign what may have been tampered with.

use artifacts::ArtifactError;
use bytes::Bytes;
use catalog::CatalogError;
use catalog::registry::{self, Demand, NewVersion};
use futures_util::stream;
use signing::{Ignored, Manifest, SIGNATURE_FILE};

use super::check::{LARGEST, differences, signature, told};
use super::files::Files;
use crate::api::artifacts::{Place, said};
use crate::ask::Ask;
use crate::error::ApiError;

/// The digest of what was signed; `None` if nothing was, and nothing had to be.
pub(crate) async fn at_registration(
    ask: &Ask,
    new: &NewVersion,
) -> Result<Option<String>, ApiError> {
    if new.is_prompt() {
        return Ok(None);
    }
    let (workspace, asked) = (ask.workspace.clone(), new.clone());
    let (uri, demand) = ask
        .read(move |tx| {
            let storage = registry::resolve(tx, &workspace, &asked)?.storage;
            let uri = registry::located(tx, &workspace, storage)?;
            Ok((uri, registry::signature_demand(tx, &workspace, &asked.name)?))
        })
        .await?;
    let demand = demand.max(ask.app.signatures().floor);
    match sign(ask, &new.name, &uri).await {
        Ok(statement) => Ok(Some(statement)),
        Err(Unsigned::Refused(error)) => Err(error),
        Err(Unsigned::Because(why)) if demand == Demand::Enforce => {
            Err(CatalogError::invalid(format!(
                "a version of model '{}' must be signed, and this one cannot be: {why}",
                new.name
            ))
            .into())
        }
        Err(Unsigned::Because(why)) => {
            if demand == Demand::Warn || ask.app.signatures().key.is_some() {
                tracing::warn!(name = new.name, uri, "a version is not signed: {why}");
            }
            Ok(None)
        }
    }
}

/// Why there is no signature.
enum Unsigned {
    /// There can be none; the version may be registered without, if the policy lets it.
    Because(String),
    /// It must not be registered.
    Refused(ApiError),
}

impl From<ArtifactError> for Unsigned {
    fn from(error: ArtifactError) -> Self {
        Self::Refused(said(error))
    }
}

async fn sign(ask: &Ask, model: &str, uri: &str) -> Result<String, Unsigned> {
    let signatures = ask.app.signatures();
    if !signatures.has_keys() {
        let why = "this server was started without --signing-key";
        return Err(Unsigned::Because(why.to_owned()));
    }
    let place = Place::of(&ask.app, &ask.workspace, uri);
    let place = place.map_err(|error| Unsigned::Because(error.0.message))?;
    let files = Files::list(&place).await?;
    match signature(&ask.app, &place, &files).await? {
        Some(held) => {
            let refused = |why: String| Unsigned::Refused(stale(uri, &why));
            let signed = held.map_err(refused)?;
            match differences(&ask.app, &place, &files, &signed).await? {
                Some(why) => Err(refused(why)),
                None => Ok(told(&signed)),
            }
        }
        None => write(ask, model, &place, &files).await,
    }
}

async fn write(ask: &Ask, model: &str, place: &Place, files: &Files) -> Result<String, Unsigned> {
    let signatures = ask.app.signatures();
    let Some(key) = &signatures.key else {
        let why = format!("there is no `{SIGNATURE_FILE}` beside its files");
        return Err(Unsigned::Because(why));
    };
    if let Some(folder) = &files.linked {
        return Err(Unsigned::Because(format!("`{folder}` is a link to another folder")));
    }
    let found = files.digests(&place.store, &signatures.turns, |_| true).await?;
    let manifest = Manifest::new(model, Ignored::new([SIGNATURE_FILE]), found)
        .map_err(|error| Unsigned::Because(error.to_string()))?;
    let file = manifest.sign(key);
    if file.len() as u64 > LARGEST {
        return Err(Unsigned::Because("it has too many files".to_owned()));
    }
    let path = place.folder.join(SIGNATURE_FILE)?;
    let body = stream::iter([Ok::<_, std::io::Error>(Bytes::from(file))]);
    place.store.put(&path, body).await?;
    Ok(format!("sha256:{}", signing::Sha256::of(manifest.statement().as_bytes())))
}

/// What is there is not as it was signed: it is not signed again.
fn stale(uri: &str, why: &str) -> ApiError {
    let message = format!(
        "the files at '{uri}' are signed already, but not as they are: {why}. Remove \
         `{SIGNATURE_FILE}` there if that is meant, or start the server with --trusted-key and the \
         public key of who signed them"
    );
    CatalogError::invalid(message).into()
}
