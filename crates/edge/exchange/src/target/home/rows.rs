//! Things of the wire as the catalog keeps them.

use catalog::import::{ImportedModel, ImportedRun};
use catalog::logged_models::{self, Status};
use catalog::registry::{Alias, ModelElsewhere, VersionElsewhere};
use catalog::{Stage, experiments, metrics, runs};

use crate::Result;
use crate::target::{FullRun, Here};
use crate::things::{
    Dataset, DatasetInput, Experiment, LoggedModel, Metric, ModelMetric, RegisteredModel, RunInfo,
    Version,
};

fn stage(text: &str) -> Stage {
    Stage::of(text != Stage::Deleted.as_str())
}

pub(super) fn experiment(from: &Experiment) -> experiments::Experiment {
    experiments::Experiment {
        experiment_id: from.experiment_id.clone(),
        name: from.name.clone(),
        artifact_location: from.artifact_location.clone(),
        lifecycle_stage: stage(&from.lifecycle_stage),
        last_update_time: from.last_update_time,
        creation_time: from.creation_time,
        tags: from.tags.clone(),
        workspace: String::new(),
    }
}

pub(super) fn run(full: FullRun, experiment: i64) -> ImportedRun {
    let FullRun { here, run, metrics, .. } = full;
    let model_inputs = run.inputs.model_inputs.into_iter();
    let model_outputs = run.outputs.model_outputs.into_iter();
    let deleted_time = run.info.deleted_time;
    ImportedRun {
        run: runs::Run {
            info: info(run.info, here, experiment),
            data: runs::RunData { metrics: vec![], params: run.data.params, tags: run.data.tags },
            inputs: runs::RunInputs {
                dataset_inputs: run.inputs.dataset_inputs.into_iter().map(input).collect(),
                model_inputs: model_inputs
                    .map(|link| runs::ModelInput { model_id: link.model_id })
                    .collect(),
            },
            outputs: Some(runs::RunOutputs {
                model_outputs: model_outputs
                    .map(|link| runs::ModelOutput { model_id: link.model_id, step: link.step })
                    .collect(),
            }),
        },
        experiment,
        deleted_time,
        metrics: metrics.into_iter().map(metric).collect(),
    }
}

fn info(info: RunInfo, here: Here, experiment: i64) -> runs::RunInfo {
    runs::RunInfo {
        run_uuid: here.id.clone(),
        experiment_id: experiment.to_string(),
        run_name: info.run_name,
        user_id: info.user_id,
        status: info.status,
        start_time: info.start_time,
        end_time: info.end_time,
        artifact_uri: here.uri,
        lifecycle_stage: stage(&info.lifecycle_stage),
        run_id: here.id,
    }
}

fn metric(from: Metric) -> metrics::Metric {
    let Metric { key, value, timestamp, step } = from;
    metrics::Metric { key, value, timestamp, step }
}

fn input(from: DatasetInput) -> runs::DatasetInput {
    let Dataset { name, digest, source_type, source, schema, profile } = from.dataset;
    let dataset = runs::Dataset { name, digest, source_type, source, schema, profile };
    runs::DatasetInput { tags: from.tags, dataset }
}

pub(super) fn model(here: &Here, from: LoggedModel, experiment: i64) -> Result<ImportedModel> {
    let LoggedModel { info, data } = from;
    let run = |metric: ModelMetric| model_metric(metric, &here.id);
    let status = match info.status.as_str() {
        "" => Status::Unspecified,
        text => Status::parse(text)?,
    };
    Ok(ImportedModel {
        model: logged_models::LoggedModel {
            info: logged_models::ModelInfo {
                model_id: here.id.clone(),
                experiment_id: experiment.to_string(),
                name: info.name,
                creation_timestamp_ms: info.creation_timestamp_ms,
                last_updated_timestamp_ms: info.last_updated_timestamp_ms,
                artifact_uri: here.uri.clone(),
                status,
                model_type: info.model_type,
                source_run_id: info.source_run_id,
                tags: info.tags,
            },
            data: logged_models::ModelData {
                params: data.params,
                metrics: data.metrics.into_iter().map(run).collect(),
            },
        },
        experiment,
        active: !info.deleted,
    })
}

fn model_metric(from: ModelMetric, model_id: &str) -> logged_models::ModelMetric {
    let ModelMetric { metric, dataset_name, dataset_digest, run_id } = from;
    logged_models::ModelMetric {
        key: metric.key,
        value: metric.value,
        timestamp: metric.timestamp,
        step: metric.step,
        dataset_name,
        dataset_digest,
        model_id: model_id.to_owned(),
        run_id,
    }
}

/// A model whose versions say where their files are in this home.
pub(super) fn registered(
    model: &RegisteredModel,
    storage: &[String],
    from: &str,
) -> ModelElsewhere {
    let alias = |alias: &crate::things::Alias| Alias {
        alias: alias.alias.clone(),
        version: alias.version.clone(),
    };
    ModelElsewhere {
        name: model.name.clone(),
        description: model.description.clone(),
        tags: model.tags.clone(),
        aliases: model.aliases.iter().map(alias).collect(),
        created: model.creation_timestamp,
        updated: model.last_updated_timestamp,
        from: from.to_owned(),
        versions: model.versions.iter().zip(storage).map(version).collect(),
    }
}

fn version((from, storage): (&Version, &String)) -> VersionElsewhere {
    VersionElsewhere {
        number: from.version,
        description: from.description.clone(),
        stage: match from.current_stage.as_str() {
            "" => "None".to_owned(),
            stage => stage.to_owned(),
        },
        source: from.source.clone(),
        storage: storage.clone(),
        run_id: from.run_id.clone(),
        run_link: from.run_link.clone(),
        model_id: from.model_id.clone(),
        tags: from.tags.clone(),
        created: from.creation_timestamp,
        updated: from.last_updated_timestamp,
        environment: None,
    }
}
