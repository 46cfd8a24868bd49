//! Logged models for a server.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Server, runs};
use crate::Result;
use crate::origin;
use crate::target::{FullModel, Here, Place, Put};
use crate::things::{LoggedModel, ModelMetric};

/// What servers take in one request.
const METRICS: usize = 1_000;

/// Finds or makes a logged model.
pub(super) fn open(server: &Server, place: &Place, model: &LoggedModel) -> Result<Here> {
    let from = model.info.model_id.clone();
    let held = server.state().known.get(&place.id).and_then(|known| known.model(model)).cloned();
    let here = match held {
        Some(thing) => Here { from, id: thing.id, uri: thing.uri, made: false },
        None => {
            let info = &model.info;
            let run = server.id_of(&info.source_run_id).unwrap_or_default();
            let fields = json!({
                "experiment_id": place.id, "name": info.name, "model_type": info.model_type,
                "source_run_id": run, "params": model.data.params,
                "tags": origin::tags(&server.from, &from),
            });
            let made = server.client.create_logged_model(&fields)?.info;
            Here { from, id: made.model_id, uri: made.artifact_uri, made: true }
        }
    };
    server.state().ids.insert(here.from.clone(), here.id.clone());
    Ok(here)
}

/// Gives the model its metrics and tags, and says how it stands.
pub(super) fn put(server: &Server, full: &FullModel) -> Result<Put> {
    let FullModel { here, model, whole } = full;
    let mut left_out = vec![];
    let mut of_runs: BTreeMap<&str, Vec<&ModelMetric>> = BTreeMap::new();
    for metric in &model.data.metrics {
        of_runs.entry(&metric.run_id).or_default().push(metric);
    }
    for (run, metrics) in of_runs {
        let Some(run) = server.id_of(run) else {
            let (count, model) = (metrics.len(), &here.from);
            left_out
                .push(format!("logged model {model}: {count} metrics of run {run}, not copied"));
            continue;
        };
        for some in metrics.chunks(METRICS) {
            let some: Vec<Value> = some.iter().map(|one| metric(one, &here.id)).collect();
            server.client.log_batch(&run, &some, &[], &[])?;
        }
    }
    let status = &model.info.status;
    if status == "LOGGED_MODEL_READY" || status == "LOGGED_MODEL_UPLOAD_FAILED" {
        let fields = json!({ "model_id": here.id, "status": status });
        server.client.patch(&format!("logged-models/{}", here.id), &fields)?;
    }
    let mut tags = origin::without(&model.info.tags);
    tags.extend(whole.then(|| origin::whole(&model.digest())));
    let fields = json!({ "model_id": here.id, "tags": tags });
    server.client.patch(&format!("logged-models/{}/tags", here.id), &fields)?;
    Ok(Put { made: usize::from(here.made), left_out })
}

fn metric(one: &ModelMetric, model: &str) -> Value {
    let mut fields = runs::metric(&one.metric);
    fields["model_id"] = model.into();
    if let (Some(name), Some(digest)) = (&one.dataset_name, &one.dataset_digest) {
        fields["dataset_name"] = name.as_str().into();
        fields["dataset_digest"] = digest.as_str().into();
    }
    fields
}
