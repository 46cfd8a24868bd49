//! Traces, assessments, and datasets of evaluations.

use super::words::Row;

/// Traces.
#[rustfmt::skip]
pub const TRACES: &[Row] = &[
    ("POST", "/v1/traces", "exportSpans", "Takes spans by OTLP over HTTP", "=protobuf", "=protobuf"),
    ("POST", "3.0/mlflow/traces", "startTrace", "Keeps a trace", "trace!: Trace", "trace: Trace"),
    ("GET", "3.0/mlflow/traces/{trace_id}", "getTraceInfo", "Shows a trace without its spans", "", "trace: Trace"),
    ("GET", "3.0/mlflow/traces/get", "getTrace", "Shows a trace with its spans", "trace_id!: str, allow_partial: bool", "trace: Trace"),
    ("GET", "3.0/mlflow/traces/batchGet", "batchGetTraces", "Shows several traces with their spans", "trace_ids: []str, experiment_ids: []str", "traces: []Trace"),
    ("POST", "3.0/mlflow/traces/batchGetInfos", "batchGetTraceInfos", "Shows several traces without their spans", "trace_ids: []str, experiment_ids: []str", "trace_infos: []TraceInfo"),
    ("POST", "3.0/mlflow/traces/search", "searchTraces", "Searches traces", "locations: []TraceLocation, filter: str, max_results: int, order_by: []str, page_token: str", "traces: []TraceInfo, next_page_token: str"),
    ("POST", "3.0/mlflow/traces/delete-traces", "deleteTraces", "Deletes traces", "experiment_id!: str, max_timestamp_millis: int, max_traces: int, request_ids: []str", "traces_deleted: int"),
    ("POST", "3.0/mlflow/traces/metrics", "queryTraceMetrics", "Counts and measures traces, spans or assessments", "experiment_ids: []str, view_type: enum MetricViewType, metric_name!: str, aggregations: []Aggregation, dimensions: []str, filters: []str, time_interval_seconds: int, start_time_ms: int, end_time_ms: int, max_results: int, page_token: str", "data_points: []DataPoint, next_page_token: str"),
    ("POST", "3.0/mlflow/traces/calculate-filter-correlation", "correlateFilters", "Says how often traces fit two filters together", "experiment_ids: []str, filter_string1!: str, filter_string2!: str, base_filter: str", "npmi: float, npmi_smoothed: float, filter1_count: int, filter2_count: int, joint_count: int, total_count: int"),
    ("PATCH", "3.0/mlflow/traces/{trace_id}/tags", "setTraceTag", "Sets a tag of a trace", "key: str, value: str", ""),
    ("DELETE", "3.0/mlflow/traces/{trace_id}/tags", "deleteTraceTag", "Deletes a tag of a trace", "key: str", ""),
    ("GET", "2.0/mlflow/traces", "searchTracesV2", "Searches traces", "experiment_ids: []str, filter: str, max_results: int, order_by: []str, page_token: str", "traces: []TraceInfoV2, next_page_token: str"),
    ("POST", "2.0/mlflow/traces", "startTraceV2", "Begins a trace", "experiment_id!: str, timestamp_ms: int, request_metadata: []Tag, tags: []Tag", "trace_info: TraceInfoV2"),
    ("PATCH", "2.0/mlflow/traces/{request_id}", "endTraceV2", "Ends a trace", "timestamp_ms: int, status: enum TraceStatus, request_metadata: []Tag, tags: []Tag", "trace_info: TraceInfoV2"),
    ("GET", "2.0/mlflow/traces/{request_id}/info", "getTraceInfoV2", "Shows a trace without its spans", "", "trace_info: TraceInfoV2"),
    ("PATCH", "2.0/mlflow/traces/{request_id}/tags", "setTraceTagV2", "Sets a tag of a trace", "key: str, value: str", ""),
    ("DELETE", "2.0/mlflow/traces/{request_id}/tags", "deleteTraceTagV2", "Deletes a tag of a trace", "key: str", ""),
    ("POST", "2.0/mlflow/traces/delete-traces", "deleteTracesV2", "Deletes traces", "experiment_id!: str, max_timestamp_millis: int, max_traces: int, request_ids: []str", "traces_deleted: int"),
    ("POST", "2.0/mlflow/traces/link-to-run", "linkTracesToRun", "Links traces to a run", "trace_ids: []str, run_id!: str", ""),
    ("POST", "2.0/mlflow/traces/link-prompts", "linkPromptsToTrace", "Links versions of prompts to a trace", "trace_id!: str, prompt_versions: []PromptVersion", ""),
    ("GET", "2.0/mlflow/get-trace-artifact", "getTraceArtifactV2", "Gives the spans of a trace, or a file that belongs to it", "request_id!: str, path: str", "=file"),
    ("GET", "3.0/mlflow/get-trace-artifact", "getTraceArtifact", "Gives the spans of a trace, or a file that belongs to it", "request_id!: str, path: str", "=file"),
    ("POST", "3.0/mlflow/traces/{trace_id}/assessments", "createAssessment", "Says something of a trace", "assessment!: Assessment", "assessment: Assessment"),
    ("GET", "3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}", "getAssessment", "Shows an assessment", "", "assessment: Assessment"),
    ("PATCH", "3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}", "updateAssessment", "Changes the fields of an assessment that are named", "assessment!: Assessment, update_mask!: any", "assessment: Assessment"),
    ("DELETE", "3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}", "deleteAssessment", "Deletes an assessment", "", ""),
];

/// Datasets of evaluations.
#[rustfmt::skip]
pub const DATASETS: &[Row] = &[
    ("POST", "3.0/mlflow/datasets/create", "createDataset", "Makes a dataset for evaluations", "name!: str, experiment_ids: []str, source_type: str, source: str, schema: str, profile: str, created_by: str, tags: str", "dataset: EvaluationDataset"),
    ("GET", "3.0/mlflow/datasets/search", "searchEvaluationDatasetsByQuery", "Searches datasets", "experiment_ids: []str, filter_string: str, max_results: int, order_by: []str, page_token: str", "datasets: []EvaluationDataset, next_page_token: str"),
    ("POST", "3.0/mlflow/datasets/search", "searchEvaluationDatasets", "Searches datasets", "experiment_ids: []str, filter_string: str, max_results: int, order_by: []str, page_token: str", "datasets: []EvaluationDataset, next_page_token: str"),
    ("GET", "3.0/mlflow/datasets/{dataset_id}", "getDataset", "Shows a dataset", "page_token: str", "dataset: EvaluationDataset, next_page_token: str"),
    ("DELETE", "3.0/mlflow/datasets/{dataset_id}", "deleteDataset", "Deletes a dataset with its records", "", ""),
    ("PATCH", "3.0/mlflow/datasets/{dataset_id}/tags", "setDatasetTags", "Sets tags of a dataset, which are written as JSON in text", "tags!: str", "dataset: EvaluationDataset"),
    ("DELETE", "3.0/mlflow/datasets/{dataset_id}/tags/{key}", "deleteDatasetTag", "Deletes a tag of a dataset", "", ""),
    ("GET", "3.0/mlflow/datasets/{dataset_id}/records", "getDatasetRecords", "Gives records, which are written as JSON in text", "max_results: int, page_token: str", "records: str, next_page_token: str"),
    ("POST", "3.0/mlflow/datasets/{dataset_id}/records", "upsertDatasetRecords", "Adds records, or changes those with the same inputs", "records!: str, updated_by: str", "inserted_count: int, updated_count: int"),
    ("DELETE", "3.0/mlflow/datasets/{dataset_id}/records", "deleteDatasetRecords", "Deletes records", "dataset_record_ids: []str", "deleted_count: int"),
    ("GET", "3.0/mlflow/datasets/{dataset_id}/experiment-ids", "getDatasetExperiments", "Lists the experiments that a dataset belongs to", "", "experiment_ids: []str"),
    ("POST", "3.0/mlflow/datasets/{dataset_id}/add-experiments", "addDatasetToExperiments", "Has a dataset belong to experiments", "experiment_ids: []str", "dataset: EvaluationDataset"),
    ("POST", "3.0/mlflow/datasets/{dataset_id}/remove-experiments", "removeDatasetFromExperiments", "Has a dataset no longer belong to experiments", "experiment_ids: []str", "dataset: EvaluationDataset"),
];
