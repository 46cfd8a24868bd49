-- Experiments and runs. `active` is 1, or 0 for what was deleted and can be restored. A run has a
-- number beside its public id, so that the many rows that belong to it are small. The rows that are
-- searched by value carry the experiment, so that one index answers a search in order.

CREATE TABLE experiment (
    id {id},
    workspace {text} NOT NULL,
    name {text} NOT NULL,
    artifact_location {text} NOT NULL,
    active BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    UNIQUE (workspace, name)
);

CREATE TABLE experiment_tag (
    experiment BIGINT NOT NULL,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (experiment, key)
) {clustered};

CREATE TABLE run (
    id {id},
    uuid {text} NOT NULL UNIQUE,
    experiment BIGINT NOT NULL,
    name {text} NOT NULL,
    user_id {text} NOT NULL,
    status {text} NOT NULL,
    start_time BIGINT NOT NULL,
    end_time BIGINT,
    active BIGINT NOT NULL,
    deleted_time BIGINT,
    artifact_uri {text} NOT NULL
);
CREATE INDEX run_by_start ON run (experiment, active, start_time DESC, uuid);

CREATE TABLE metric (
    run BIGINT NOT NULL,
    key {text} NOT NULL,
    time BIGINT NOT NULL,
    step BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BIGINT NOT NULL,
    PRIMARY KEY (run, key, time, step, value, is_nan)
) {clustered};

CREATE TABLE latest_metric (
    run BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BIGINT NOT NULL,
    step BIGINT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (run, key)
) {clustered};
CREATE INDEX latest_metric_by_value ON latest_metric (experiment, key, is_nan, value);

CREATE TABLE param (
    run BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (run, key)
) {clustered};
CREATE INDEX param_by_value ON param (experiment, key, substr(value, 1, 64));

CREATE TABLE tag (
    run BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (run, key)
) {clustered};
CREATE INDEX tag_by_value ON tag (experiment, key, substr(value, 1, 64));

-- What runs read. A dataset belongs to an experiment; an input binds it to a run.

CREATE TABLE dataset (
    id {id},
    experiment BIGINT NOT NULL,
    name {text} NOT NULL,
    digest {text} NOT NULL,
    source_type {text} NOT NULL,
    source {text} NOT NULL,
    schema {text},
    profile {text},
    UNIQUE (experiment, name, digest)
);

CREATE TABLE dataset_input (
    run BIGINT NOT NULL,
    dataset BIGINT NOT NULL,
    PRIMARY KEY (run, dataset)
) {clustered};
CREATE INDEX dataset_input_by_dataset ON dataset_input (dataset);

CREATE TABLE dataset_input_tag (
    run BIGINT NOT NULL,
    dataset BIGINT NOT NULL,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (run, dataset, key)
) {clustered};

-- Which logged models a run read (`input`) or made (`output`).

CREATE TABLE run_model (
    run BIGINT NOT NULL,
    kind {text} NOT NULL,
    model {text} NOT NULL,
    step BIGINT NOT NULL,
    PRIMARY KEY (run, kind, model)
) {clustered};
