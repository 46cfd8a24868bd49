//! What models were asked and how long it took, in the words of Triton's statistics extension, and how
//! far the decisions of two versions agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use catalog::access::Action;
use serde_json::{Value, json};

use super::Pick;
use super::call::Call;
use super::known::may;
use super::loaded::Loaded;
use super::models::Slot;
use super::refusal::Refusal;
use crate::app::App;
use crate::reply;

pub(super) async fn of_model(State(app): State<App>, request: Request) -> Response {
    match Call::read(&app, request).await {
        Ok(call) => answer(&call).await.unwrap_or_else(|refusal| refusal.inference()),
        Err(refusal) => refusal.inference(),
    }
}

async fn answer(call: &Call) -> Result<Response, Refusal> {
    let reference = call.reference()?;
    let line = call.app.inference().line(&call.app, &call.workspace, &reference).await?;
    let slots = call.app.inference().of_model(&call.workspace, &reference.name);
    let only = match reference.pick {
        Pick::Best => None,
        _ => Some(line.first.version.clone()),
    };
    let told: Vec<Value> = loaded(&slots)
        .values()
        .filter(|loaded| only.as_ref().is_none_or(|only| loaded.version == *only))
        .map(|loaded| of_loaded(loaded))
        .collect();
    Ok(reply::json(&json!({ "model_stats": told, "comparisons": comparisons(&slots) })))
}

pub(super) async fn all(State(app): State<App>, request: Request) -> Response {
    let call = match Call::read(&app, request).await {
        Ok(call) => call,
        Err(refusal) => return refusal.inference(),
    };
    match seen(&call).await {
        Ok(slots) => {
            let told: Vec<Value> = loaded(&slots).values().map(|l| of_loaded(l)).collect();
            reply::json(&json!({ "model_stats": told, "comparisons": comparisons(&slots) }))
        }
        Err(refusal) => refusal.inference(),
    }
}

/// What is served and whoever asks may read.
pub(super) async fn seen(call: &Call) -> Result<Vec<Arc<Slot>>, Refusal> {
    let (app, me, workspace) = (&call.app, call.me.as_ref(), &call.workspace);
    let mut seen = Vec::new();
    for slot in app.inference().all(workspace) {
        if may(app, me, workspace, &slot.reference.name, Action::Read).await? {
            seen.push(slot);
        }
    }
    Ok(seen)
}

/// The versions that slots hold, each once, by name and number.
pub(super) fn loaded(slots: &[Arc<Slot>]) -> BTreeMap<(String, u64), Arc<Loaded>> {
    let lines = slots.iter().filter_map(|slot| slot.line());
    lines
        .flat_map(|line| {
            let second = line.second.as_ref().map(|second| second.loaded.clone());
            [Some(line.first.clone()), second].into_iter().flatten()
        })
        .map(|loaded| ((loaded.name.clone(), loaded.version.parse().unwrap_or(0)), loaded))
        .collect()
}

fn of_loaded(loaded: &Loaded) -> Value {
    let tally = loaded.statistics.so_far();
    let nothing = serving::Timing::default();
    let batches: Vec<Value> = (tally.batches.iter())
        .map(|(size, timing)| {
            json!({
                "batch_size": size,
                "compute_input": { "count": timing.count, "ns": nothing.ns },
                "compute_infer": timing,
                "compute_output": { "count": timing.count, "ns": nothing.ns },
            })
        })
        .collect();
    json!({
        "name": loaded.name,
        "version": loaded.version,
        "last_inference": tally.last_inference,
        "inference_count": tally.inference_count,
        "execution_count": tally.execution_count,
        "inference_stats": {
            "success": tally.success,
            "fail": tally.fail,
            "queue": tally.queue,
            "compute_input": tally.compute_input,
            "compute_infer": tally.compute_infer,
            "compute_output": tally.compute_output,
            "cache_hit": nothing,
            "cache_miss": nothing,
        },
        "latency": tally.latency,
        "batch_stats": batches,
        "invalid_count": tally.invalid,
        "refused_count": tally.crowded,
    })
}

/// The comparisons of references that have a second version.
fn comparisons(slots: &[Arc<Slot>]) -> Vec<Value> {
    let told = slots.iter().filter_map(|slot| {
        let line = slot.line()?;
        let second = line.second.as_ref()?;
        Some(json!({
            "reference": slot.reference.to_string(),
            "version": line.first.version,
            "with": second.loaded.version,
            "mode": second.route(),
            "share": second.share,
            "decisions": second.agreement.so_far(),
        }))
    });
    told.collect()
}
