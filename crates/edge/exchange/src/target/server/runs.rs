//! Runs for a server.

use catalog::Tag;
use serde_json::{Value, json};

use super::{Pending, Server};
use crate::Result;
use crate::origin;
use crate::target::{FullRun, Here, Place, Put};
use crate::things::{Metric, ModelLink, Run};

/// What servers take in one request.
const METRICS: usize = 1_000;
const PAIRS: usize = 100;

/// Finds or makes a run.
pub(super) fn open(server: &Server, place: &Place, run: &Run) -> Result<Here> {
    let from = run.info.run_id.clone();
    let held = server.state().known.get(&place.id).and_then(|known| known.run(run)).cloned();
    let here = match held {
        Some(thing) => Here { from, id: thing.id, uri: thing.uri, made: false },
        None => {
            let tags = origin::tags(&server.from, &from);
            let made = server.client.create_run(&place.id, &run.info, &tags)?.info;
            Here { from, id: made.run_id, uri: made.artifact_uri, made: true }
        }
    };
    server.state().ids.insert(here.from.clone(), here.id.clone());
    Ok(here)
}

/// Gives the run all but its models. What the server will not have is said.
pub(super) fn put(server: &Server, full: &FullRun) -> Result<Put> {
    let made = usize::from(full.here.made);
    match fill(server, full) {
        Ok(()) => Ok(Put { made, left_out: vec![] }),
        Err(error) if error.code() == Some("INVALID_PARAMETER_VALUE") => {
            let why = format!("run {}: {error}", full.here.from);
            Ok(Put { made, left_out: vec![why] })
        }
        Err(error) => Err(error),
    }
}

fn fill(server: &Server, full: &FullRun) -> Result<()> {
    let FullRun { here, run, metrics, digest } = full;
    let client = &server.client;
    let tags: Vec<Tag> =
        origin::without(&run.data.tags).into_iter().map(|tag| server.mapped(tag)).collect();
    for some in run.data.params.chunks(PAIRS) {
        client.log_batch(&here.id, &[], some, &[])?;
    }
    for some in tags.chunks(PAIRS) {
        client.log_batch(&here.id, &[], &[], some)?;
    }
    for some in metrics.chunks(METRICS) {
        let some: Vec<Value> = some.iter().map(metric).collect();
        client.log_batch(&here.id, &some, &[], &[])?;
    }
    if !run.inputs.dataset_inputs.is_empty() {
        client.log_inputs(&here.id, &run.inputs.dataset_inputs, &[])?;
    }
    if run.info.status != "RUNNING" || run.info.end_time.is_some() {
        client.update_run(&here.id, &run.info.status, run.info.end_time)?;
    }
    let linked = !run.inputs.model_inputs.is_empty() || !run.outputs.model_outputs.is_empty();
    if linked || !run.is_active() {
        let pending = Pending { here: here.clone(), run: run.clone(), digest: digest.clone() };
        server.state().pending.push(pending);
        return Ok(());
    }
    match digest {
        Some(digest) => client.tag_run(&here.id, &origin::whole(digest)),
        None => Ok(()),
    }
}

pub(super) fn metric(metric: &Metric) -> Value {
    serde_json::to_value(metric).expect("metrics are plain data")
}

/// Binds the run to its models, says that it is whole, and deletes it if it was deleted.
pub(super) fn settle(server: &Server, pending: &Pending) -> Result<Put> {
    let Pending { here, run, digest } = pending;
    let client = &server.client;
    let mut left_out = vec![];
    let mut mapped = |links: &[ModelLink]| -> Vec<ModelLink> {
        links
            .iter()
            .filter_map(|link| match server.id_of(&link.model_id) {
                Some(model_id) => Some(ModelLink { model_id, step: link.step }),
                None => {
                    let model = &link.model_id;
                    left_out.push(format!("run {}: its logged model {model} is gone", here.from));
                    None
                }
            })
            .collect()
    };
    let (inputs, mut outputs) =
        (mapped(&run.inputs.model_inputs), mapped(&run.outputs.model_outputs));
    if !inputs.is_empty() {
        client.log_inputs(&here.id, &[], &inputs)?;
    }
    if !outputs.is_empty() && !here.made {
        let held = client.run(&here.id)?.outputs.model_outputs;
        outputs.retain(|link| !held.iter().any(|held| held.model_id == link.model_id));
    }
    if !outputs.is_empty() {
        client.log_outputs(&here.id, &outputs)?;
    }
    if let Some(digest) = digest {
        client.tag_run(&here.id, &origin::whole(digest))?;
    }
    if !run.is_active() {
        client.set("runs/delete", &json!({ "run_id": here.id }))?;
    }
    Ok(Put { made: 0, left_out })
}
