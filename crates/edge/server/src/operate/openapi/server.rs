//! The server itself, who may come in, workspaces and webhooks.

use super::words::Row;

/// What the server says of itself.
#[rustfmt::skip]
pub const SERVER: &[Row] = &[
    ("GET", "/health", "health", "Says `OK` while the database answers", "", "=text"),
    ("GET", "/version", "version", "Says which version of the protocol is spoken", "", "=text"),
    ("GET", "/metrics", "metrics", "Gives the numbers of the server in the text format of Prometheus; for administrators, and with the token for metrics", "", "=text"),
    ("GET", "/openapi.json", "openapi", "Gives this document", "", "openapi!: str, info!: any, paths!: any"),
    ("GET", "3.0/mlflow/server-info", "serverInfo", "Says what the server offers", "",
     "store_type: str, workspaces_enabled: bool, trace_archival_enabled: bool, multipart_uploads_enabled: bool, multipart_downloads_enabled: bool, presigned_upload_run_id_supported: bool, presigned_upload_model_id_supported: bool, features_enabled: any"),
];

/// People, their roles, and their tokens.
#[rustfmt::skip]
pub const PEOPLE: &[Row] = &[
    ("POST", "2.0/mlflow/users/create", "createUser", "Makes an account", "username!: str, password!: str", "user: User"),
    ("GET", "2.0/mlflow/users/get", "getUser", "Shows an account", "username!: str", "user: User"),
    ("GET", "2.0/mlflow/users/current", "currentUser", "Shows the account of whoever asks", "", "user: User, is_basic_auth: bool"),
    ("GET", "2.0/mlflow/users/list", "listUsers", "Lists accounts with their roles", "", "users: []any"),
    ("PATCH", "2.0/mlflow/users/update-password", "updatePassword", "Sets a password", "username!: str, password!: str, current_password: str", ""),
    ("PATCH", "2.0/mlflow/users/update-admin", "updateAdmin", "Says whether somebody is an administrator", "username!: str, is_admin!: bool", ""),
    ("DELETE", "2.0/mlflow/users/delete", "deleteUser", "Deletes an account", "username!: str", ""),
    ("GET", "3.0/mlflow/users/current/permissions", "currentPermissions", "Lists what whoever asks may do", "", "is_admin: bool, permissions: []Permission"),
    ("GET", "3.0/mlflow/users/permissions/list", "listPermissions", "Lists what somebody may do", "username!: str", "is_admin: bool, permissions: []Permission"),
    ("GET", "3.0/mlflow/users/permissions/get", "getPermission", "Says what somebody may do with a thing", "username!: str, resource_type!: str, resource_id!: str", "allowed: bool, permission: str"),
    ("POST", "3.0/mlflow/users/permissions/grant", "grantPermission", "Lets somebody do something with a thing", "username!: str, resource_type!: str, resource_id!: str, permission!: str", ""),
    ("POST", "3.0/mlflow/users/permissions/revoke", "revokePermission", "Takes back what was granted on a thing", "username!: str, resource_type!: str, resource_id!: str", ""),
    ("GET", "3.0/mlflow/users/roles/list", "listUserRoles", "Lists the roles of somebody", "username!: str", "roles: []Role"),
    ("POST", "3.0/mlflow/roles/create", "createRole", "Makes a role in a workspace", "name!: str, workspace!: str, description: str", "role: Role"),
    ("GET", "3.0/mlflow/roles/get", "getRole", "Shows a role", "role_id!: int", "role: Role"),
    ("GET", "3.0/mlflow/roles/list", "listRoles", "Lists the roles of workspaces", "workspace: []str", "roles: []Role"),
    ("PATCH", "3.0/mlflow/roles/update", "updateRole", "Renames or describes a role", "role_id!: int, name: str, description: str", "role: Role"),
    ("DELETE", "3.0/mlflow/roles/delete", "deleteRole", "Deletes a role", "role_id!: int", ""),
    ("POST", "3.0/mlflow/roles/assign", "assignRole", "Gives somebody a role", "username!: str, role_id!: int", "assignment: Assignment"),
    ("DELETE", "3.0/mlflow/roles/unassign", "unassignRole", "Takes a role from somebody", "username!: str, role_id!: int", ""),
    ("POST", "3.0/mlflow/roles/permissions/add", "addRolePermission", "Lets a role do something", "role_id!: int, resource_type!: str, resource_pattern!: str, permission!: str", "role_permission: RolePermission"),
    ("DELETE", "3.0/mlflow/roles/permissions/remove", "removeRolePermission", "Takes a permission from a role", "role_permission_id!: int", ""),
    ("GET", "3.0/mlflow/roles/permissions/list", "listRolePermissions", "Lists what a role may do", "role_id!: int", "role_permissions: []RolePermission"),
    ("PATCH", "3.0/mlflow/roles/permissions/update", "updateRolePermission", "Changes a permission of a role", "role_permission_id!: int, permission!: str", "role_permission: RolePermission"),
    ("GET", "3.0/mlflow/roles/users/list", "listRoleUsers", "Lists who has a role", "role_id!: int", "assignments: []Assignment"),
    ("POST", "2.0/trimtab/tokens/create", "createToken", "Makes a token for whoever asks; it is shown this once", "name!: str, expires_in_days: int", "token: str, name: str, created: int, expires: int"),
    ("GET", "2.0/trimtab/tokens/list", "listTokens", "Lists the tokens of whoever asks", "", "tokens: []Token"),
    ("POST", "2.0/trimtab/tokens/revoke", "revokeToken", "Makes a token worthless", "name!: str", ""),
];

/// Workspaces.
#[rustfmt::skip]
pub const WORKSPACES: &[Row] = &[
    ("GET", "3.0/mlflow/workspaces", "listWorkspaces", "Lists workspaces", "", "workspaces: []Workspace"),
    ("POST", "3.0/mlflow/workspaces", "createWorkspace", "Makes a workspace", "name!: str, description: str, default_artifact_root: str, trace_archival_config: any", "workspace: Workspace"),
    ("GET", "3.0/mlflow/workspaces/{workspace_name}", "getWorkspace", "Shows a workspace", "", "workspace: Workspace"),
    ("PATCH", "3.0/mlflow/workspaces/{workspace_name}", "updateWorkspace", "Changes a workspace", "description: str, default_artifact_root: str, trace_archival_config: any", "workspace: Workspace"),
    ("DELETE", "3.0/mlflow/workspaces/{workspace_name}", "deleteWorkspace", "Deletes a workspace; `mode` says what becomes of what is in it", "?mode: str", ""),
];

/// Webhooks.
#[rustfmt::skip]
pub const WEBHOOKS: &[Row] = &[
    ("POST", "2.0/mlflow/webhooks", "createWebhook", "Has an address told of events", "name!: str, description: str, url!: str, events!: []WebhookEvent, secret: str, status: enum WebhookStatus", "webhook: Webhook"),
    ("GET", "2.0/mlflow/webhooks", "listWebhooks", "Lists webhooks", "max_results: int, page_token: str", "webhooks: []Webhook, next_page_token: str"),
    ("GET", "2.0/mlflow/webhooks/{webhook_id}", "getWebhook", "Shows a webhook", "", "webhook: Webhook"),
    ("PATCH", "2.0/mlflow/webhooks/{webhook_id}", "updateWebhook", "Changes a webhook", "name: str, description: str, url: str, events: []WebhookEvent, secret: str, status: enum WebhookStatus", "webhook: Webhook"),
    ("DELETE", "2.0/mlflow/webhooks/{webhook_id}", "deleteWebhook", "Deletes a webhook", "", ""),
    ("POST", "2.0/mlflow/webhooks/{webhook_id}/test", "testWebhook", "Sends an example of an event, once", "event: WebhookEvent", "result: WebhookResult"),
];
