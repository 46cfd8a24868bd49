-- Who may do what. An account has roles; a role belongs to a workspace and holds permissions; what is
-- granted to one person alone is held by a role of their own, whose `owner` they are. Passwords and
-- tokens are kept as hashes only.

CREATE TABLE workspace (
    name {text} NOT NULL PRIMARY KEY,
    description {text},
    artifact_root {text}
) {clustered};

CREATE TABLE account (
    id {id},
    username {text} NOT NULL UNIQUE,
    password_hash {text} NOT NULL,
    is_admin BIGINT NOT NULL
);

CREATE TABLE api_token (
    id {id},
    account BIGINT NOT NULL,
    name {text} NOT NULL,
    hash {text} NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    UNIQUE (account, name)
);

CREATE TABLE role (
    id {id},
    workspace {text} NOT NULL,
    name {text} NOT NULL,
    description {text},
    owner BIGINT,
    UNIQUE (workspace, name)
);

CREATE TABLE role_permission (
    id {id},
    role BIGINT NOT NULL,
    resource {text} NOT NULL,
    pattern {text} NOT NULL,
    permission {text} NOT NULL,
    UNIQUE (role, resource, pattern)
);
CREATE INDEX role_permission_by_pattern ON role_permission (resource, pattern);

CREATE TABLE role_account (
    id {id},
    role BIGINT NOT NULL,
    account BIGINT NOT NULL,
    UNIQUE (account, role)
);
CREATE INDEX role_account_by_role ON role_account (role);

