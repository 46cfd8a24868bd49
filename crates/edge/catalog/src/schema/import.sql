-- What was brought here from another server, so that it is not brought twice: `id` is what it is
-- called there, `local` here, and `digest` that of what was brought.

CREATE TABLE imported (
    workspace {text} NOT NULL,
    kind {text} NOT NULL,
    id {text} NOT NULL,
    local {text} NOT NULL,
    digest {text} NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (workspace, kind, id)
) {clustered};
