-- Models that were logged. `status` is 0 for unspecified, 1 pending, 2 ready, 3 failed; `active` is 0
-- for a model that was deleted. Rows that are searched by value carry the experiment of the model.

CREATE TABLE logged_model (
    id {id},
    uuid {text} NOT NULL UNIQUE,
    experiment BIGINT NOT NULL,
    name {text} NOT NULL,
    model_type {text} NOT NULL,
    source_run {text} NOT NULL,
    status BIGINT NOT NULL,
    active BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    artifact_uri {text} NOT NULL
);
CREATE INDEX logged_model_by_age ON logged_model (experiment, active, created DESC, uuid);
CREATE INDEX logged_model_by_name ON logged_model (experiment, name);
CREATE INDEX logged_model_by_run ON logged_model (experiment, source_run);

CREATE TABLE model_param (
    model BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (model, key)
) {clustered};
CREATE INDEX model_param_by_value ON model_param (experiment, key, substr(value, 1, 64));

CREATE TABLE model_tag (
    model BIGINT NOT NULL,
    key {text} NOT NULL,
    experiment BIGINT NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (model, key)
) {clustered};
CREATE INDEX model_tag_by_value ON model_tag (experiment, key, substr(value, 1, 64));

-- What models were measured on. A metric that was measured on nothing in particular says 0.

CREATE TABLE metric_dataset (
    id {id},
    name {text} NOT NULL,
    digest {text} NOT NULL,
    UNIQUE (name, digest)
);
CREATE INDEX metric_dataset_by_digest ON metric_dataset (digest);

CREATE TABLE model_metric (
    model BIGINT NOT NULL,
    key {text} NOT NULL,
    time BIGINT NOT NULL,
    step BIGINT NOT NULL,
    run {text} NOT NULL,
    dataset BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BIGINT NOT NULL,
    experiment BIGINT NOT NULL,
    PRIMARY KEY (model, key, time, step, run, dataset, value, is_nan)
) {clustered};
CREATE INDEX model_metric_by_value ON model_metric (experiment, key, is_nan, value);

-- The newest value of each metric of a model: on each dataset, and under the dataset 0 the newest
-- of all.

CREATE TABLE latest_model_metric (
    model BIGINT NOT NULL,
    key {text} NOT NULL,
    dataset BIGINT NOT NULL,
    experiment BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BIGINT NOT NULL,
    time BIGINT NOT NULL,
    step BIGINT NOT NULL,
    run {text} NOT NULL,
    PRIMARY KEY (model, key, dataset)
) {clustered};
CREATE INDEX latest_model_metric_by_value
    ON latest_model_metric (experiment, key, dataset, is_nan, value);
