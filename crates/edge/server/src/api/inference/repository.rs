//! The repository of models, in the words of Triton's extension: what is served, loading anew, and
//! letting go.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use super::stats::seen;
use crate::app::App;
use crate::reply;

/// A line of the index.
pub(super) struct Entry {
    /// The model.
    pub name: String,
    /// The version; empty for one that could not be loaded.
    pub version: String,
    /// Whether it answers.
    pub ready: bool,
    /// What is wrong.
    pub reason: String,
}

impl Entry {
    /// The word of the protocol.
    pub(super) fn state(&self) -> &'static str {
        if self.ready { "READY" } else { "UNAVAILABLE" }
    }
}

pub(super) async fn index(State(app): State<App>, request: Request) -> Response {
    match Call::read(&app, request).await {
        Ok(call) => match entries(&call).await {
            Ok(entries) => {
                let told: Vec<Value> = entries
                    .iter()
                    .map(|entry| {
                        json!({
                            "name": entry.name,
                            "version": entry.version,
                            "state": entry.state(),
                            "reason": entry.reason,
                        })
                    })
                    .collect();
                reply::json(&told)
            }
            Err(refusal) => refusal.inference(),
        },
        Err(refusal) => refusal.inference(),
    }
}

/// What is served and whoever asks may see; a model whose registry is not followed says why.
pub(super) async fn entries(call: &Call) -> Result<Vec<Entry>, Refusal> {
    let slots = seen(call).await?;
    let trouble = |name: &str| {
        let of = slots.iter().filter(|slot| slot.reference.name == name);
        of.filter_map(|slot| slot.trouble()).next().unwrap_or_default()
    };
    let loaded = super::stats::loaded(&slots);
    let entry = loaded.values().map(|loaded| Entry {
        name: loaded.name.clone(),
        version: loaded.version.clone(),
        ready: true,
        reason: trouble(&loaded.name),
    });
    Ok(entry.collect())
}

pub(super) async fn load(State(app): State<App>, request: Request) -> Response {
    match Call::read(&app, request).await {
        Ok(call) => loaded(&call).await.unwrap_or_else(|refusal| refusal.inference()),
        Err(refusal) => refusal.inference(),
    }
}

async fn loaded(call: &Call) -> Result<Response, Refusal> {
    let reference = call.reference()?;
    call.app.inference().reload(&call.app, &call.workspace, &reference).await?;
    Ok(reply::nothing())
}

pub(super) async fn unload(State(app): State<App>, request: Request) -> Response {
    match Call::read(&app, request).await {
        Ok(call) => unloaded(&call).unwrap_or_else(|refusal| refusal.inference()),
        Err(refusal) => refusal.inference(),
    }
}

fn unloaded(call: &Call) -> Result<Response, Refusal> {
    let name = call.reference()?.name;
    if !call.app.inference().unload(&call.workspace, &name) {
        return Err(Refusal::missing(format!("model '{name}' is not loaded")));
    }
    Ok(reply::nothing())
}
