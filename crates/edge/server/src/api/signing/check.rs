//! Whether a version still is as it was signed.
//!
//! Hashing takes as long as reading all of it, so the outcome is kept together with a mark of the
//! listing: names, sizes, times, and what the store says of each file. While that is the same, a check
//! costs one listing. Several who ask for the same files wait for one check.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use artifacts::ArtifactError;
use catalog::registry::Claim;
use signing::{Difference, SIGNATURE_FILE, Sha256, Signed};

use super::files::Files;
use crate::api::artifacts::{Place, said};
use crate::app::App;
use crate::error::ApiError;

/// The largest signature file.
pub(super) const LARGEST: u64 = 64 << 20;

/// The outcomes of so many places are kept.
const KEPT: usize = 4_096;

/// So many differences are named.
const NAMED: usize = 5;

/// What was checked already, by place.
#[derive(Default)]
pub(crate) struct Checked {
    places: Mutex<HashMap<String, Slot>>,
}

/// What was found of a place, with the mark under which it was found.
type Slot = Arc<tokio::sync::Mutex<Option<(Sha256, Option<String>)>>>;

impl Checked {
    fn slot(&self, place: &Place) -> Slot {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= KEPT {
            places.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        places.entry(format!("{}\0{}", place.store.uri(), place.folder)).or_default().clone()
    }
}

/// Why a version is not as it was signed; `None` if it is, or if it is a prompt, which has no files.
pub(super) async fn fault(
    app: &App,
    workspace: &str,
    claim: &Claim,
) -> Result<Option<String>, ApiError> {
    // A check goes on when whoever asked for it is tired of waiting: they will ask again.
    let (app, workspace, claim) = (app.clone(), workspace.to_owned(), claim.clone());
    let looking = tokio::spawn(async move { look(&app, &workspace, &claim).await });
    match looking.await {
        Ok(found) => found,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn look(app: &App, workspace: &str, claim: &Claim) -> Result<Option<String>, ApiError> {
    let Some(uri) = &claim.files else { return Ok(None) };
    let Some(statement) = &claim.statement else {
        return Ok(Some("it was not signed when it was registered".to_owned()));
    };
    if !app.signatures().has_keys() {
        let what = "this server has no key to check its signature with: start it with \
                    --signing-key or --trusted-key";
        return Ok(Some(what.to_owned()));
    }
    let place = Place::of(app, workspace, uri)?;
    let slot = app.signatures().checked.slot(&place);
    let mut held = slot.lock().await;
    let files = Files::list(&place).await.map_err(said)?;
    let mark = Sha256::of(format!("{statement}\n{}", files.mark()).as_bytes());
    if let Some((_, fault)) = held.as_ref().filter(|(under, _)| *under == mark) {
        return Ok(fault.clone());
    }
    *held = None;
    let fault = judge(app, &place, &files, statement).await.map_err(said)?;
    if files.are_settled() {
        *held = Some((mark, fault.clone()));
    }
    Ok(fault)
}

async fn judge(
    app: &App,
    place: &Place,
    files: &Files,
    statement: &str,
) -> Result<Option<String>, ArtifactError> {
    let signed = match signature(app, place, files).await? {
        None => return Ok(Some(format!("its `{SIGNATURE_FILE}` is missing"))),
        Some(Err(why)) => return Ok(Some(why)),
        Some(Ok(signed)) => signed,
    };
    if told(&signed) != statement {
        let what = "signs something else than what was registered";
        return Ok(Some(format!("its `{SIGNATURE_FILE}` {what}")));
    }
    differences(app, place, files, &signed).await
}

/// What the registry keeps of a signature.
pub(super) fn told(signed: &Signed) -> String {
    format!("sha256:{}", signed.statement)
}

/// The signature beside the files, if there is one; or why it does not hold.
pub(super) async fn signature(
    app: &App,
    place: &Place,
    files: &Files,
) -> Result<Option<Result<Signed, String>>, ArtifactError> {
    let Some(file) = files.get(SIGNATURE_FILE) else { return Ok(None) };
    let Some(bytes) = file.bytes(&place.store, LARGEST).await? else {
        return Ok(Some(Err(format!("its `{SIGNATURE_FILE}` is larger than {LARGEST} bytes"))));
    };
    let signed = signing::open(&bytes, &app.signatures().trusted);
    Ok(Some(signed.map_err(|error| format!("its `{SIGNATURE_FILE}` does not hold: {error}"))))
}

/// In what the files differ from those that were signed, in words.
pub(super) async fn differences(
    app: &App,
    place: &Place,
    files: &Files,
    signed: &Signed,
) -> Result<Option<String>, ArtifactError> {
    if let Some(folder) = &files.linked {
        return Ok(Some(format!("`{folder}` is a link to another folder")));
    }
    let ignored = signed.manifest.ignored();
    let turns = &app.signatures().turns;
    let found = files.digests(&place.store, turns, |name| !ignored.covers(name)).await?;
    Ok(in_words(&signed.manifest.differences(found)))
}

fn in_words(differences: &[Difference]) -> Option<String> {
    let named: Vec<String> = differences.iter().take(NAMED).map(ToString::to_string).collect();
    match differences.len() {
        0 => None,
        all if all > NAMED => Some(format!("{}, and {} more", named.join(", "), all - NAMED)),
        _ => Some(named.join(", ")),
    }
}
