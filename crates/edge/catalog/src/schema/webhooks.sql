-- Webhooks: who is told of which events. `secret` is sealed by the server. A delivery is written with
-- the change that it tells of, and stays until it arrived or was given up: `due` is when it is tried
-- next, `leased` until when somebody tries it.

CREATE TABLE webhook (
    id {id},
    uuid {text} NOT NULL UNIQUE,
    workspace {text} NOT NULL,
    name {text} NOT NULL,
    url {text} NOT NULL,
    description {text} NOT NULL,
    secret {bytes},
    active BIGINT NOT NULL,
    created BIGINT NOT NULL,
    updated BIGINT NOT NULL
);
CREATE INDEX webhook_by_created ON webhook (workspace, created DESC, id DESC);

CREATE TABLE webhook_event (
    webhook BIGINT NOT NULL,
    place BIGINT NOT NULL,
    entity {text} NOT NULL,
    action {text} NOT NULL,
    PRIMARY KEY (webhook, place)
) {clustered};
CREATE INDEX webhook_event_by_entity ON webhook_event (entity, action, webhook);

CREATE TABLE webhook_delivery (
    id {id},
    uuid {text} NOT NULL,
    webhook BIGINT NOT NULL,
    entity {text} NOT NULL,
    action {text} NOT NULL,
    data {text} NOT NULL,
    raised BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due BIGINT NOT NULL,
    leased BIGINT NOT NULL
);
CREATE INDEX webhook_delivery_by_due ON webhook_delivery (due);
CREATE INDEX webhook_delivery_by_webhook ON webhook_delivery (webhook);

