//! What runs read and made, and the histories that are drawn of several runs.

use axum::routing::MethodRouter;
use catalog::runs::{self, Dataset, DatasetInput, ModelInput, ModelOutput};
use catalog::{CatalogError, experiments, metrics};
use serde_json::json;

use super::runs::{page_json, run_id};
use crate::app::App;
use crate::ask::Ask;
use crate::fields::{Fields, missing};
use crate::reply::{Answer, bytes, json, nothing};
use crate::routes::{gotten, posted};

/// Of so many experiments datasets can be searched at once.
const EXPERIMENTS: usize = 20;
/// Of so many runs histories can be had at once.
const RUNS: usize = 100;
/// So many values they have at most, all together.
const VALUES: i64 = 25_000;

pub(crate) fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        posted("2.0/mlflow/runs/log-model", log_model),
        posted("2.0/mlflow/runs/log-inputs", log_inputs),
        posted("2.0/mlflow/runs/outputs", log_outputs),
        posted("2.0/mlflow/experiments/search-datasets", search_datasets),
        // The protocol's own address lacks a slash.
        posted("2.0mlflow/experiments/search-datasets", search_datasets),
    ]
}

/// The endpoints that only pages in a browser use.
pub(crate) fn pages() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![gotten("/ajax-api/2.0/mlflow/metrics/get-history-bulk", histories)]
}

async fn log_model(ask: Ask) -> Answer {
    let (run, workspace) = (run_id(&ask.fields)?, ask.workspace.clone());
    let description = ask.fields.text("model_json")?.to_owned();
    ask.write(move |tx| runs::record_model(tx, &workspace, &run, &description)).await?;
    Ok(nothing())
}

async fn log_inputs(ask: Ask) -> Answer {
    let (run, workspace) = (ask.fields.text("run_id")?.to_owned(), ask.workspace.clone());
    let datasets: Vec<DatasetInput> =
        ask.fields.objects("datasets")?.iter().map(dataset_input).collect::<Result<_, _>>()?;
    let models: Vec<ModelInput> = ask
        .fields
        .objects("models")?
        .iter()
        .map(|model| Ok(ModelInput { model_id: text(model, "model_id")? }))
        .collect::<Result<_, CatalogError>>()?;
    ask.write(move |tx| runs::log_inputs(tx, &workspace, &run, &datasets, &models)).await?;
    Ok(nothing())
}

async fn log_outputs(ask: Ask) -> Answer {
    let (run, workspace) = (ask.fields.text("run_id")?.to_owned(), ask.workspace.clone());
    if !ask.fields.has("models") {
        return Err(missing("models").into());
    }
    let output = |model: &Fields| {
        let step = model.opt_int("step")?.unwrap_or_default();
        Ok(ModelOutput { model_id: text(model, "model_id")?, step })
    };
    let models: Vec<ModelOutput> =
        ask.fields.objects("models")?.iter().map(output).collect::<Result<_, CatalogError>>()?;
    ask.write(move |tx| runs::log_outputs(tx, &workspace, &run, &models)).await?;
    Ok(nothing())
}

async fn search_datasets(ask: Ask) -> Answer {
    let ids = ask.fields.texts("experiment_ids")?;
    if ids.is_empty() {
        return Err(CatalogError::invalid(
            "SearchDatasets request must specify at least one experiment_id.",
        )
        .into());
    }
    if ids.len() > EXPERIMENTS {
        return Err(CatalogError::invalid(format!(
            "SearchDatasets request cannot specify more than {EXPERIMENTS} experiment_ids. Received \
             {} experiment_ids.",
            ids.len()
        ))
        .into());
    }
    let ids: Vec<i64> = ids.iter().map(|id| experiments::parse_id(id)).collect::<Result<_, _>>()?;
    let workspace = ask.workspace.clone();
    let found = ask.read(move |tx| runs::datasets(tx, &workspace, &ids)).await?;
    Ok(bytes(page_json("dataset_summaries", &found, None)))
}

async fn histories(ask: Ask) -> Answer {
    let runs = ask.fields.texts("run_id")?;
    if runs.is_empty() {
        return Err(CatalogError::invalid(
            "GetMetricHistoryBulk request must specify at least one run_id.",
        )
        .into());
    }
    if runs.len() > RUNS {
        return Err(CatalogError::invalid(format!(
            "GetMetricHistoryBulk request cannot specify more than {RUNS} run_ids. Received {} \
             run_ids.",
            runs.len()
        ))
        .into());
    }
    let key = ask.fields.opt_text("metric_key")?.map(str::to_owned).ok_or_else(|| {
        CatalogError::invalid("GetMetricHistoryBulk request must specify a metric_key.")
    })?;
    let max = ask.fields.opt_int("max_results")?.unwrap_or(VALUES).clamp(0, VALUES) as usize;
    let workspace = ask.workspace.clone();
    let found = ask.read(move |tx| metrics::histories(tx, &workspace, &runs, &key, max)).await?;
    Ok(json(&json!({ "metrics": found })))
}

fn dataset_input(fields: &Fields) -> Result<DatasetInput, CatalogError> {
    let data = fields.opt_object("dataset")?.unwrap_or_default();
    let optional = |name: &str| data.opt_text(name).map(|text| text.map(str::to_owned));
    let dataset = Dataset {
        name: text(&data, "name")?,
        digest: text(&data, "digest")?,
        source_type: text(&data, "source_type")?,
        source: text(&data, "source")?,
        schema: optional("schema")?,
        profile: optional("profile")?,
    };
    Ok(DatasetInput { tags: fields.tags("tags")?, dataset })
}

/// Text; empty where there is none.
fn text(fields: &Fields, name: &str) -> Result<String, CatalogError> {
    Ok(fields.opt_text(name)?.unwrap_or_default().to_owned())
}
