//! Who may do what, over HTTP. Expected answers are those of MLflow 3.17.2 with its basic auth app, read
//! from `mlflow/server/auth`, except where a test says that this server is stricter.

#[path = "security/artifacts.rs"]
mod artifacts;
#[path = "security/browsers.rs"]
mod browsers;
#[path = "security/features.rs"]
mod features;
#[path = "security/kit.rs"]
mod kit;
#[path = "security/login.rs"]
mod login;
#[path = "security/models.rs"]
mod models;
#[path = "security/permissions.rs"]
mod permissions;
#[path = "security/roles.rs"]
mod roles;
#[path = "security/searches.rs"]
mod searches;
#[path = "security/start.rs"]
mod start;
#[path = "security/tls.rs"]
mod tls;
#[path = "security/webhooks.rs"]
mod webhooks;
#[path = "security/workspaces.rs"]
mod workspaces;
