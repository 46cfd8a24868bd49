//! A server within the test: requests go to its router, without a network in between.

#![allow(dead_code)]

use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use bytes::Bytes;
use serde_json::Value;
use server::{App, Options};
use tempfile::TempDir;
use tower::ServiceExt;

/// A server with a home of its own, and what it keeps its records and artifacts in.
pub struct Server {
    router: Router,
    /// Its home.
    pub home: TempDir,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A header as text; empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Started with other options.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let home = tempfile::tempdir().expect("a folder can be made");
        let address: SocketAddr = ([127, 0, 0, 1], 0).into();
        let mut options = Options::new(address, home.path().to_owned());
        change(&mut options);
        let app = App::open(options).await.expect("the server starts");
        Self { router: server::router(app), home }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("routers do not fail");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("the body can be read");
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// The answer as it comes, its body not read yet.
    pub async fn stream(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.expect("routers do not fail")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, &[], Body::empty())).await
    }

    pub async fn put(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(request("PUT", path, &[], body.into())).await
    }

    /// A call with fields, below `/api/2.0/mlflow/`.
    pub async fn call(&self, method: &str, path: &str, fields: Value) -> Answer {
        let path = format!("/api/2.0/mlflow/{path}");
        let headers = [("content-type", "application/json")];
        self.send(request(method, &path, &headers, fields.to_string().into())).await
    }

    pub async fn post(&self, path: &str, fields: Value) -> Answer {
        self.call("POST", path, fields).await
    }

    /// A call that must succeed, and its answer.
    pub async fn ok(&self, method: &str, path: &str, fields: Value) -> Value {
        let answer = self.call(method, path, fields.clone()).await;
        assert_eq!(answer.status, 200, "{method} {path} {fields}: {:?}", answer.body);
        answer.json()
    }

    /// A run in a new experiment: the ids of both.
    pub async fn run(&self, experiment: &str) -> (String, String) {
        let fields = serde_json::json!({ "name": experiment });
        let made = self.ok("POST", "experiments/create", fields).await;
        let experiment = made["experiment_id"].as_str().expect("an id").to_owned();
        let fields = serde_json::json!({ "experiment_id": experiment, "start_time": 1 });
        let made = self.ok("POST", "runs/create", fields).await;
        (experiment, made["run"]["info"]["run_id"].as_str().expect("an id").to_owned())
    }
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).expect("a request")
}
