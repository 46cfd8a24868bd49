-- Traces: what an application did, as a tree of spans. A trace has a number beside its public id, so
-- that the many rows that belong to it are small. Times are milliseconds, those of spans
-- nanoseconds. What searches sort and group by stands in columns: the name is the tag
-- `mlflow.traceName`, and session, tokens and costs are the metadata of these names.

CREATE TABLE trace (
    id {id},
    trace_id {text} NOT NULL UNIQUE,
    experiment BIGINT NOT NULL,
    start_time BIGINT NOT NULL,
    duration BIGINT,
    state {text} NOT NULL,
    client_request_id {text},
    name {text},
    session {text},
    finalized BIGINT NOT NULL,
    input_tokens BIGINT,
    output_tokens BIGINT,
    total_tokens BIGINT,
    cache_read_input_tokens BIGINT,
    cache_creation_input_tokens BIGINT,
    cache_creation_input_tokens_above_1hr BIGINT,
    input_cost DOUBLE PRECISION,
    output_cost DOUBLE PRECISION,
    total_cost DOUBLE PRECISION,
    request_preview {text},
    response_preview {text}
);
CREATE INDEX trace_by_start ON trace (experiment, start_time DESC, trace_id);
CREATE INDEX trace_by_name ON trace (experiment, substr(name, 1, 64));
CREATE INDEX trace_by_session ON trace (experiment, session);
CREATE INDEX trace_by_client_request ON trace (experiment, substr(client_request_id, 1, 64));

CREATE TABLE trace_tag (
    trace BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (trace, key)
) {clustered};
CREATE INDEX trace_tag_by_value ON trace_tag (experiment, key, substr(value, 1, 64));

CREATE TABLE trace_metadata (
    trace BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (trace, key)
) {clustered};
CREATE INDEX trace_metadata_by_value ON trace_metadata (experiment, key, substr(value, 1, 64));

-- The content, the span as JSON, stands last: what is counted is read without it.

CREATE TABLE span (
    id {id},
    trace BIGINT NOT NULL,
    span_id {text} NOT NULL,
    parent_id {text},
    experiment BIGINT NOT NULL,
    name {text} NOT NULL,
    type {text},
    status {text} NOT NULL,
    start_ns BIGINT NOT NULL,
    end_ns BIGINT,
    input_cost DOUBLE PRECISION,
    output_cost DOUBLE PRECISION,
    total_cost DOUBLE PRECISION,
    model {text},
    provider {text},
    content {text} NOT NULL,
    UNIQUE (trace, span_id)
);
CREATE INDEX span_by_start ON span (experiment, start_ns);
CREATE INDEX span_by_name ON span (experiment, substr(name, 1, 64));

-- What a trace is linked to: `run` and the id of a run, `prompt` and `NAME/VERSION`. It is kept by
-- the public id, for a link may come before its trace.

CREATE TABLE trace_link (
    kind {text} NOT NULL,
    target {text} NOT NULL,
    trace_id {text} NOT NULL,
    PRIMARY KEY (kind, target, trace_id)
) {clustered};
CREATE INDEX trace_link_by_trace ON trace_link (trace_id);

-- What people, judges and programs say of a trace. `kind` is `feedback`, `expectation` or `issue`;
-- `value` is JSON, and `number` what of it can be averaged. One that another overrides is not valid.

CREATE TABLE assessment (
    id {id},
    assessment_id {text} NOT NULL UNIQUE,
    trace BIGINT NOT NULL,
    experiment BIGINT NOT NULL,
    trace_time BIGINT NOT NULL,
    name {text} NOT NULL,
    kind {text} NOT NULL,
    value {text} NOT NULL,
    number DOUBLE PRECISION,
    is_number BIGINT NOT NULL,
    error {text},
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    source_type {text} NOT NULL,
    source_id {text},
    run_id {text},
    span_id {text},
    rationale {text},
    overrides {text},
    valid BIGINT NOT NULL,
    metadata {text}
);
CREATE INDEX assessment_by_trace ON assessment (trace);
CREATE INDEX assessment_by_name ON assessment (experiment, substr(name, 1, 64), kind);
CREATE INDEX assessment_by_time ON assessment (experiment, trace_time);

-- Evaluation datasets: records of inputs with what is expected. A record is known by its inputs.

CREATE TABLE eval_dataset (
    id {id},
    dataset_id {text} NOT NULL UNIQUE,
    workspace {text} NOT NULL,
    name {text} NOT NULL,
    schema {text},
    profile {text},
    digest {text} NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    created_by {text},
    updated_by {text}
);
CREATE INDEX eval_dataset_by_time ON eval_dataset (workspace, created DESC, dataset_id DESC);

CREATE TABLE eval_dataset_tag (
    dataset BIGINT NOT NULL,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (dataset, key)
) {clustered};

CREATE TABLE eval_dataset_experiment (
    dataset BIGINT NOT NULL,
    experiment {text} NOT NULL,
    added BIGINT NOT NULL,
    PRIMARY KEY (dataset, experiment)
) {clustered};
CREATE INDEX eval_dataset_by_experiment ON eval_dataset_experiment (experiment);

CREATE TABLE eval_record (
    id {id},
    record_id {text} NOT NULL UNIQUE,
    dataset BIGINT NOT NULL,
    input_hash {text} NOT NULL,
    inputs {text} NOT NULL,
    outputs {text},
    expectations {text},
    tags {text},
    source {text},
    source_id {text},
    source_type {text},
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    created_by {text},
    updated_by {text},
    UNIQUE (dataset, input_hash)
);
CREATE INDEX eval_record_by_time ON eval_record (dataset, created, record_id);
