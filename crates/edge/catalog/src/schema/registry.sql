-- The registry. `record` is its history, each row bound to the one before it by its hash; the other
-- tables say what follows from it, and are written together with it or not at all. The columns of
-- `record` behind the payload repeat what the payload says, so that it can be searched. Digests are
-- written in hexadecimal, moments in microseconds. Whoever appends holds the one row of `record_head`.

CREATE TABLE record (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    id {text} NOT NULL UNIQUE,
    kind {text} NOT NULL,
    because {text} NOT NULL,
    digest {text} NOT NULL,
    prev_hash {text} NOT NULL,
    hash {text} NOT NULL,
    payload {text} NOT NULL,
    workspace {text} NOT NULL,
    model BIGINT,
    name {text},
    version BIGINT,
    alias {text}
);
CREATE INDEX record_of_model ON record (model, alias, seq);
CREATE INDEX record_of_name ON record (workspace, name, seq);

CREATE TABLE record_head (
    one BIGINT PRIMARY KEY,
    next BIGINT NOT NULL,
    at BIGINT NOT NULL,
    hash {text} NOT NULL
);
INSERT INTO record_head (one, next, at, hash)
VALUES (1, 0, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- The number of a model, and that of a version, is the place of the record that tells of its making.

CREATE TABLE registered_model (
    id BIGINT PRIMARY KEY,
    workspace {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    newest BIGINT NOT NULL,
    UNIQUE (workspace, name)
);
CREATE INDEX registered_model_by_update ON registered_model (workspace, updated);

CREATE TABLE registered_model_tag (
    model BIGINT NOT NULL,
    key {text} NOT NULL,
    value {text} NOT NULL,
    PRIMARY KEY (model, key)
);
CREATE INDEX registered_model_tag_by_value ON registered_model_tag (key, substr(value, 1, 64));

CREATE TABLE model_version (
    id BIGINT PRIMARY KEY,
    model BIGINT NOT NULL,
    version BIGINT NOT NULL,
    workspace {text} NOT NULL,
    author {text} NOT NULL,
    description {text},
    stage {text} NOT NULL,
    source {text} NOT NULL,
    storage {text} NOT NULL,
    run_id {text},
    run_link {text},
    model_id {text},
    metadata {text} NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL,
    UNIQUE (model, version)
);
CREATE INDEX model_version_by_stage ON model_version (model, stage, version);
CREATE INDEX model_version_by_update ON model_version (workspace, updated);
CREATE INDEX model_version_by_run ON model_version (run_id);
CREATE INDEX model_version_by_source ON model_version (substr(source, 1, 64));

CREATE TABLE model_version_tag (
    owner BIGINT NOT NULL,
    key {text} NOT NULL,
    value {text} NOT NULL,
    model BIGINT NOT NULL,
    PRIMARY KEY (owner, key)
);
CREATE INDEX model_version_tag_by_value ON model_version_tag (key, substr(value, 1, 64), model);
CREATE INDEX model_version_tag_of_model ON model_version_tag (model);

CREATE TABLE model_alias (
    model BIGINT NOT NULL,
    alias {text} NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (model, alias)
) {clustered};

CREATE TABLE approval (
    model BIGINT NOT NULL,
    alias {text} NOT NULL,
    version BIGINT NOT NULL,
    person {text} NOT NULL,
    why {text} NOT NULL,
    at BIGINT NOT NULL,
    record BIGINT NOT NULL,
    PRIMARY KEY (model, alias, version, person)
) {clustered};

-- The policy of a model, or of all models without one in a workspace: then `model` is -1.

CREATE TABLE registry_policy (
    workspace {text} NOT NULL,
    model BIGINT NOT NULL,
    policy {text} NOT NULL,
    PRIMARY KEY (workspace, model)
) {clustered};
