//! The nouns of the wire: objects with their fields, and words of which one is meant.

/// Objects.
pub const OBJECTS: &[(&str, &str)] = &[
    // Errors.
    ("Error", "error_code!: str, message!: str, sqlstate: str, error_class: str"),
    ("InferError", "error!: str"),
    // Features.
    ("FeatureColumn", "values: []any, statuses: []enum FeatureStatus, event_timestamps: []str"),
    ("FeatureNames", "feature_names: []str, feature_view_metadata: []FeatureViewVersion"),
    ("FeatureViewVersion", "name: str, version: int"),
    (
        "FeatureFreshness",
        "view: str, entities: int, newest_event: str?, age_seconds: any, materialized_to: str?, \
        lag_seconds: any, written: str?, stale: bool, pending: any",
    ),
    ("FeaturesBusy", "error!: str, feature_views!: []str"),
    // Tracking.
    ("Tag", "key!: str, value: str"),
    (
        "Experiment",
        "experiment_id: str, name: str, artifact_location: str, lifecycle_stage: str, \
        last_update_time: int, creation_time: int, tags: []Tag, workspace: str",
    ),
    ("Run", "info: RunInfo, data: RunData, inputs: RunInputs, outputs: RunOutputs"),
    (
        "RunInfo",
        "run_id: str, run_uuid: str, run_name: str, experiment_id: str, user_id: str, \
        status: enum RunStatus, start_time: int, end_time: int, artifact_uri: str, \
        lifecycle_stage: str",
    ),
    ("RunData", "metrics: []Metric, params: []Tag, tags: []Tag"),
    ("RunInputs", "dataset_inputs: []DatasetInput, model_inputs: []ModelInput"),
    ("RunOutputs", "model_outputs: []ModelOutput"),
    (
        "Metric",
        "key: str, value: float, timestamp: int, step: int, dataset_name: str, \
        dataset_digest: str, model_id: str, run_id: str",
    ),
    ("MetricOfRun", "key: str, value: float, timestamp: int, step: int, run_id: str"),
    (
        "Dataset",
        "name!: str, digest!: str, source_type!: str, source!: str, schema: str, \
        profile: str",
    ),
    ("DatasetInput", "tags: []Tag, dataset!: Dataset"),
    ("DatasetSummary", "experiment_id: str, name: str, digest: str, context: str"),
    ("ModelInput", "model_id!: str"),
    ("ModelOutput", "model_id!: str, step: int"),
    // Artifacts.
    ("FileInfo", "path: str, is_dir: bool, file_size: int"),
    ("UploadCredential", "url: str, part_number: int, headers: map"),
    ("UploadPart", "part_number!: int, etag: str, url: str"),
    // Logged models.
    ("LoggedModel", "info: LoggedModelInfo, data: LoggedModelData"),
    (
        "LoggedModelInfo",
        "model_id: str, experiment_id: str, name: str, creation_timestamp_ms: int, \
        last_updated_timestamp_ms: int, artifact_uri: str, status: enum LoggedModelStatus, \
        model_type: str, source_run_id: str, tags: []Tag, registrations: []Registration",
    ),
    ("LoggedModelData", "params: []Tag, metrics: []Metric"),
    ("Registration", "name: str, version: str"),
    ("OnDataset", "dataset_name!: str, dataset_digest: str"),
    ("ModelOrder", "field_name!: str, ascending: bool, dataset_name: str, dataset_digest: str"),
    // The registry.
    (
        "RegisteredModel",
        "name: str, creation_timestamp: int, last_updated_timestamp: int, \
        description: str, latest_versions: []ModelVersion, tags: []Tag, aliases: []Alias",
    ),
    ("Alias", "alias: str, version: str"),
    (
        "ModelVersion",
        "name: str, version: str, creation_timestamp: int, \
        last_updated_timestamp: int, user_id: str, current_stage: str, description: str, \
        source: str, run_id: str, status: enum ModelVersionStatus, status_message: str, \
        tags: []Tag, run_link: str, aliases: []str, model_id: str, model_params: []ModelParam, \
        model_metrics: []Metric",
    ),
    ("ModelParam", "name: str, value: str"),
    ("Protection", "alias!: str, approvals: int, own_approval: bool, gates: []any"),
    ("Policy", "metadata: str, signature: str, protect: []Protection"),
    ("Approval", "by: str, at: int, why: str, record: str, counts: bool"),
    ("Happened", "seq: int, id: str, at: int, kind: str, because: []str, said: any, hash: str"),
    // Predictions.
    (
        "InferInput",
        "name!: str, shape!: []int, datatype!: enum Datatype, parameters: any, data: any",
    ),
    ("InferRequested", "name!: str, parameters: any"),
    (
        "InferOutput",
        "name!: str, shape!: []int, datatype!: enum Datatype, parameters: any, data: any",
    ),
    ("TensorMetadata", "name!: str, datatype!: enum Datatype, shape!: []int"),
    // Traces.
    (
        "TraceInfoV2",
        "request_id: str, experiment_id: str, timestamp_ms: int, \
        execution_time_ms: int, status: enum TraceStatus, request_metadata: []Tag, tags: []Tag",
    ),
    (
        "TraceInfo",
        "trace_id: str, client_request_id: str, trace_location: TraceLocation, \
        request: str, response: str, request_preview: str, response_preview: str, \
        request_time: str, execution_duration: str, state: enum TraceState, trace_metadata: map, \
        assessments: []Assessment, tags: map",
    ),
    ("TraceLocation", "type: str, mlflow_experiment: ExperimentLocation"),
    ("ExperimentLocation", "experiment_id: str"),
    ("Trace", "trace_info: TraceInfo, spans: []any"),
    ("PromptVersion", "name!: str, version!: str"),
    ("Aggregation", "aggregation_type!: enum AggregationType, percentile_value: float"),
    ("DataPoint", "metric_name: str, dimensions: map, values: any"),
    (
        "Assessment",
        "assessment_id: str, assessment_name: str, trace_id: str, span_id: str, \
        source: AssessmentSource, create_time: str, last_update_time: str, feedback: any, \
        expectation: any, issue: any, rationale: str, error: AssessmentError, metadata: map, \
        overrides: str, valid: bool",
    ),
    ("AssessmentSource", "source_type!: str, source_id: str"),
    ("AssessmentError", "error_code: str, error_message: str, stack_trace: str"),
    (
        "EvaluationDataset",
        "dataset_id: str, name: str, tags: str, schema: str, profile: str, \
        digest: str, created_time: int, last_update_time: int, created_by: str, \
        last_updated_by: str, experiment_ids: []str",
    ),
    // People, workspaces, webhooks.
    ("User", "id: int, username: str, is_admin: bool"),
    (
        "Role",
        "id: int, name: str, workspace: str, description: str?, permissions: []RolePermission",
    ),
    (
        "RolePermission",
        "id: int, role_id: int, resource_type: str, resource_pattern: str, \
        permission: str",
    ),
    ("Assignment", "id: int, user_id: int, role_id: int"),
    (
        "Permission",
        "role_id: int, role_name: str, workspace: str, resource_type: str, \
        resource_pattern: str, permission: str",
    ),
    ("Token", "name: str, created: int, expires: int"),
    ("Workspace", "name!: str, description: str, default_artifact_root: str"),
    (
        "Webhook",
        "webhook_id: str, name: str, description: str, url: str, events: []WebhookEvent, \
        status: enum WebhookStatus, creation_timestamp: int, last_updated_timestamp: int",
    ),
    ("WebhookEvent", "entity!: enum WebhookEntity, action!: enum WebhookAction"),
    (
        "WebhookResult",
        "success: bool, response_status: int, response_body: str, \
        error_message: str",
    ),
];

/// Words of which one is meant.
pub const ENUMS: &[(&str, &[&str])] = &[
    ("FeatureStatus", &["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"]),
    ("ViewType", &["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]),
    ("RunStatus", &["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]),
    (
        "LoggedModelStatus",
        &[
            "LOGGED_MODEL_STATUS_UNSPECIFIED",
            "LOGGED_MODEL_PENDING",
            "LOGGED_MODEL_READY",
            "LOGGED_MODEL_UPLOAD_FAILED",
        ],
    ),
    ("ModelVersionStatus", &["PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY"]),
    (
        "Datatype",
        &[
            "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64",
            "FP16", "FP32", "FP64", "BYTES",
        ],
    ),
    ("TraceStatus", &["TRACE_STATUS_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"]),
    ("TraceState", &["STATE_UNSPECIFIED", "OK", "ERROR", "IN_PROGRESS"]),
    ("MetricViewType", &["TRACES", "SPANS", "ASSESSMENTS"]),
    ("AggregationType", &["COUNT", "SUM", "AVG", "PERCENTILE", "MIN", "MAX"]),
    ("WebhookStatus", &["ACTIVE", "DISABLED"]),
    (
        "WebhookEntity",
        &[
            "REGISTERED_MODEL",
            "MODEL_VERSION",
            "MODEL_VERSION_TAG",
            "MODEL_VERSION_ALIAS",
            "PROMPT",
            "PROMPT_VERSION",
            "PROMPT_TAG",
            "PROMPT_VERSION_TAG",
            "PROMPT_ALIAS",
            "BUDGET_POLICY",
        ],
    ),
    ("WebhookAction", &["CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED"]),
];
