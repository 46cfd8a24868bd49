//! Experiments, runs, what is logged to them, and artifacts.

use super::words::Row;

/// Experiments.
#[rustfmt::skip]
pub const EXPERIMENTS: &[Row] = &[
    ("POST", "2.0/mlflow/experiments/create", "createExperiment", "Makes an experiment", "name!: str, artifact_location: str, tags: []Tag", "experiment_id: str"),
    ("GET", "2.0/mlflow/experiments/get", "getExperiment", "Shows an experiment", "experiment_id!: str", "experiment: Experiment"),
    ("GET", "2.0/mlflow/experiments/get-by-name", "getExperimentByName", "Shows the experiment of a name", "experiment_name!: str", "experiment: Experiment"),
    ("GET", "2.0/mlflow/experiments/search", "searchExperimentsByQuery", "Searches experiments", "max_results: int, page_token: str, filter: str, order_by: []str, view_type: enum ViewType", "experiments: []Experiment, next_page_token: str"),
    ("POST", "2.0/mlflow/experiments/search", "searchExperiments", "Searches experiments", "max_results: int, page_token: str, filter: str, order_by: []str, view_type: enum ViewType", "experiments: []Experiment, next_page_token: str"),
    ("POST", "2.0/mlflow/experiments/update", "updateExperiment", "Renames an experiment", "experiment_id!: str, new_name!: str", ""),
    ("POST", "2.0/mlflow/experiments/delete", "deleteExperiment", "Deletes an experiment, which can be restored", "experiment_id!: str", ""),
    ("POST", "2.0/mlflow/experiments/restore", "restoreExperiment", "Restores an experiment", "experiment_id!: str", ""),
    ("POST", "2.0/mlflow/experiments/set-experiment-tag", "setExperimentTag", "Sets a tag of an experiment", "experiment_id!: str, key!: str, value!: str", ""),
    ("POST", "2.0/mlflow/experiments/delete-experiment-tag", "deleteExperimentTag", "Deletes a tag of an experiment", "experiment_id!: str, key!: str", ""),
    ("POST", "2.0/mlflow/experiments/search-datasets", "searchDatasets", "Lists the datasets that the runs of experiments read", "experiment_ids: []str", "dataset_summaries: []DatasetSummary"),
    ("POST", "2.0mlflow/experiments/search-datasets", "searchDatasetsAsTheClientSpellsIt", "The same, under the path that clients of the protocol use", "experiment_ids: []str", "dataset_summaries: []DatasetSummary"),
];

/// Runs.
#[rustfmt::skip]
pub const RUNS: &[Row] = &[
    ("POST", "2.0/mlflow/runs/create", "createRun", "Begins a run", "experiment_id: str, user_id: str, run_name: str, start_time: int, tags: []Tag", "run: Run"),
    ("GET", "2.0/mlflow/runs/get", "getRun", "Shows a run", "run_id: str, run_uuid: str", "run: Run"),
    ("POST", "2.0/mlflow/runs/update", "updateRun", "Changes the status, the end or the name of a run", "run_id: str, run_uuid: str, status: enum RunStatus, end_time: int, run_name: str", "run_info: RunInfo"),
    ("POST", "2.0/mlflow/runs/delete", "deleteRun", "Deletes a run, which can be restored", "run_id!: str", ""),
    ("POST", "2.0/mlflow/runs/restore", "restoreRun", "Restores a run", "run_id!: str", ""),
    ("POST", "2.0/mlflow/runs/search", "searchRuns", "Searches runs", "experiment_ids: []str, filter: str, run_view_type: enum ViewType, max_results: int, order_by: []str, page_token: str", "runs: []Run, next_page_token: str"),
    ("POST", "2.0/mlflow/runs/set-tag", "setTag", "Sets a tag of a run", "run_id: str, run_uuid: str, key!: str, value!: str", ""),
    ("POST", "2.0/mlflow/runs/delete-tag", "deleteTag", "Deletes a tag of a run", "run_id!: str, key!: str", ""),
    ("POST", "2.0/mlflow/runs/log-metric", "logMetric", "Logs a value of a metric", "run_id: str, run_uuid: str, key!: str, value!: float, timestamp!: int, step: int, model_id: str, dataset_name: str, dataset_digest: str", ""),
    ("POST", "2.0/mlflow/runs/log-parameter", "logParameter", "Logs a parameter", "run_id: str, run_uuid: str, key!: str, value!: str", ""),
    ("POST", "2.0/mlflow/runs/log-batch", "logBatch", "Logs metrics, parameters and tags, all or none", "run_id: str, metrics: []Metric, params: []Tag, tags: []Tag", ""),
    ("POST", "2.0/mlflow/runs/log-model", "logModel", "Logs the description of a model to a run", "run_id!: str, model_json!: str", ""),
    ("POST", "2.0/mlflow/runs/log-inputs", "logInputs", "Logs what a run read", "run_id!: str, datasets: []DatasetInput, models: []ModelInput", ""),
    ("POST", "2.0/mlflow/runs/outputs", "logOutputs", "Logs the models that a run made", "run_id!: str, models: []ModelOutput", ""),
    ("GET", "2.0/mlflow/metrics/get-history", "getMetricHistory", "Gives all values of a metric of a run", "run_id: str, run_uuid: str, metric_key!: str, page_token: str, max_results: int", "metrics: []Metric, next_page_token: str"),
    ("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", "getMetricHistoryBulk", "Gives the values of a metric of several runs", "run_id!: []str, metric_key!: str, max_results: int", "metrics: []MetricOfRun"),
    ("GET", "2.0/mlflow/metrics/get-history-bulk-interval", "getMetricHistoryBulkIntervalOld", "Gives a sample of the values of a metric of several runs", "run_ids!: []str, metric_key!: str, start_step: int, end_step: int, max_results: int", "metrics: []MetricOfRun"),
    ("GET", "2.11/mlflow/metrics/get-history-bulk-interval", "getMetricHistoryBulkInterval", "Gives a sample of the values of a metric of several runs", "run_ids!: []str, metric_key!: str, start_step: int, end_step: int, max_results: int", "metrics: []MetricOfRun"),
];

/// Artifacts.
#[rustfmt::skip]
pub const ARTIFACTS: &[Row] = &[
    ("GET", "2.0/mlflow/artifacts/list", "listArtifacts", "Lists the artifacts of a run", "run_id: str, run_uuid: str, path: str, page_token: str", "root_uri: str, files: []FileInfo, next_page_token: str"),
    ("GET", "2.0/mlflow/logged-models/{model_id}/artifacts/directories", "listLoggedModelArtifacts", "Lists the artifacts of a logged model", "artifact_directory_path: str, page_token: str", "root_uri: str, files: []FileInfo, next_page_token: str"),
    ("GET", "2.0/mlflow-artifacts/artifacts", "listFiles", "Lists files below a path", "path: str", "files: []FileInfo"),
    ("GET", "2.0/mlflow-artifacts/artifacts/{*path}", "downloadFile", "Gives a file, or the part that the header Range asks for", "", "=file"),
    ("PUT", "2.0/mlflow-artifacts/artifacts/{*path}", "uploadFile", "Keeps a file", "=bytes", ""),
    ("DELETE", "2.0/mlflow-artifacts/artifacts/{*path}", "deleteFile", "Deletes a file or a folder", "", ""),
    ("POST", "2.0/mlflow-artifacts/mpu/create/{*path}", "createUpload", "Begins to keep a file that comes in parts", "path!: str, num_parts: int", "upload_id: str, credentials: []UploadCredential"),
    ("PUT", "2.0/mlflow-artifacts/mpu/part/{*path}", "uploadPart", "Keeps a part of a file", "?upload_id!: str, ?part_number!: int, =bytes", ""),
    ("POST", "2.0/mlflow-artifacts/mpu/complete/{*path}", "completeUpload", "Makes a file of its parts", "path!: str, upload_id!: str, parts: []UploadPart", ""),
    ("POST", "2.0/mlflow-artifacts/mpu/abort/{*path}", "abortUpload", "Gives an upload in parts up", "path!: str, upload_id!: str", ""),
    ("GET", "2.0/mlflow-artifacts/presigned/{*path}", "presignFile", "Gives an address at which a file can be had for a while", "", "url: str, headers: map, file_size: int"),
    ("POST", "2.0/mlflow/artifacts/presigned-upload-url", "presignUpload", "Gives an address to which an artifact can be put for a while", "run_id: str, model_id: str, path!: str, expiration: int", "presigned_url: str, headers: map"),
    ("POST", "2.0/mlflow/artifacts/presigned-download-url", "presignDownload", "Gives an address at which an artifact of a run can be had for a while", "run_id!: str, path!: str, expiration: int", "presigned_url: str, headers: map, file_size: int"),
    ("GET", "/get-artifact", "getArtifact", "Gives an artifact of a run to a browser", "run_id: str, run_uuid: str, path!: str", "=file"),
    ("GET", "/model-versions/get-artifact", "getVersionArtifact", "Gives an artifact of a model version to a browser", "name!: str, version!: str, path!: str", "=file"),
    ("GET", "/ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files", "getLoggedModelArtifact", "Gives an artifact of a logged model to a browser", "artifact_file_path!: str", "=file"),
    ("POST", "/ajax-api/2.0/mlflow/upload-artifact", "uploadArtifact", "Keeps a small artifact of a run for a browser", "?run_uuid!: str, ?path!: str, =bytes", ""),
];
