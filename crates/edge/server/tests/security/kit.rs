//! A server over a fresh folder, and people who ask it.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use server::{App, BasicAuth, Options, Permission, Secret, Security};
use tempfile::TempDir;
use tower::ServiceExt;

/// The name of the administrator.
pub const ADMIN: &str = "root";

/// Everybody's password, apart from their name.
const PASSWORD: &str = "-has-a-long-password";

/// A server that does not listen.
pub struct Server {
    /// Its folder.
    pub home: TempDir,
    /// What it works with.
    pub app: App,
    /// It.
    pub router: Router,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body: JSON, or text.
    pub body: Value,
}

/// Authentication, with what everybody may do.
pub fn auth(default: Permission) -> Security {
    Security {
        auth: Some(BasicAuth {
            admin_username: Some(ADMIN.to_owned()),
            admin_password: Some(Secret::new(password(ADMIN))),
            default_permission: default,
        }),
        ..Security::default()
    }
}

/// Somebody's password.
pub fn password(name: &str) -> String {
    format!("{name}{PASSWORD}")
}

/// The header by which somebody says who they are.
pub fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// A request without anybody's name.
pub fn request(method: &str, path: &str, body: Option<Value>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("host", "localhost:5000");
    match body {
        None => request.body(Body::empty()),
        Some(body) => {
            request.header("content-type", "application/json").body(Body::from(body.to_string()))
        }
    }
    .expect("the request is one")
}

impl Server {
    /// A server with authentication, where everybody may read.
    pub async fn new() -> Self {
        Self::with(auth(Permission::Read), false).await
    }

    /// A server with authentication, where nobody may do anything that they were not granted.
    pub async fn closed() -> Self {
        Self::with(auth(Permission::NoPermissions), false).await
    }

    /// Any server.
    pub async fn with(security: Security, workspaces: bool) -> Self {
        let home = tempfile::tempdir().expect("a folder can be made");
        let address = "127.0.0.1:0".parse().expect("it is an address");
        let options =
            Options { security, workspaces, ..Options::new(address, home.path().to_owned()) };
        let app = App::open(options).await.expect("a fresh folder opens");
        Self { home, router: server::router(app.clone()), app }
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("routers answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body(), 1 << 24).await.expect("it ends");
        let text = || Value::String(String::from_utf8_lossy(&body).into_owned());
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| text());
        Answer { status, headers, body }
    }

    /// Somebody asks. `path` stands below `/api/`.
    pub async fn ask(&self, who: &str, method: &str, path: &str, body: Value) -> Answer {
        self.ask_in("", who, method, path, body).await
    }

    /// Somebody asks in a workspace.
    pub async fn ask_in(
        &self,
        workspace: &str,
        who: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> Answer {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/{path}") };
        let mut request = request(method, &path, (!body.is_null()).then_some(body));
        let headers = request.headers_mut();
        let proof = basic(who, &password(who)).parse().expect("it is a header");
        headers.insert("authorization", proof);
        if !workspace.is_empty() {
            headers.insert("x-mlflow-workspace", workspace.parse().expect("it is a header"));
        }
        self.send(request).await
    }

    /// Somebody asks and is answered.
    pub async fn ok(&self, who: &str, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(who, method, path, body.clone()).await;
        assert!((200..300).contains(&answer.status), "{who} {method} {path} {body}: {answer:?}");
        answer.body
    }

    /// Somebody asks and is refused.
    pub async fn refused(&self, who: &str, method: &str, path: &str, body: Value) {
        let answer = self.ask(who, method, path, body.clone()).await;
        let (status, said) = (answer.status, &answer.body);
        assert_eq!(status, StatusCode::FORBIDDEN, "{who} {method} {path} {body}: {said}");
    }

    /// Makes somebody known.
    pub async fn person(&self, name: &str) {
        let body = json!({ "username": name, "password": password(name) });
        self.ok(ADMIN, "POST", "2.0/mlflow/users/create", body).await;
    }

    /// Grants somebody a permission on a thing.
    pub async fn grant(&self, name: &str, resource: &str, id: &str, permission: &str) {
        let body = json!({
            "username": name,
            "resource_type": resource,
            "resource_id": id,
            "permission": permission,
        });
        self.ok(ADMIN, "POST", "3.0/mlflow/users/permissions/grant", body).await;
    }

    /// Somebody makes an experiment.
    pub async fn experiment(&self, who: &str, name: &str) -> String {
        let made =
            self.ok(who, "POST", "2.0/mlflow/experiments/create", json!({ "name": name })).await;
        made["experiment_id"].as_str().expect("it has an id").to_owned()
    }

    /// Somebody makes a run in an experiment.
    pub async fn run(&self, who: &str, experiment: &str) -> String {
        let body = json!({ "experiment_id": experiment, "start_time": 1 });
        let made = self.ok(who, "POST", "2.0/mlflow/runs/create", body).await;
        made["run"]["info"]["run_id"].as_str().expect("it has an id").to_owned()
    }

    /// Somebody makes a registered model.
    pub async fn model(&self, who: &str, name: &str) {
        let body = json!({ "name": name });
        self.ok(who, "POST", "2.0/mlflow/registered-models/create", body).await;
    }
}
