//! Pages of others.

use serde_json::json;
use server::Security;

use crate::kit::{Server, request};

#[tokio::test]
async fn a_name_that_is_not_the_servers_is_refused() {
    let server = Server::with(Security::default(), false).await;
    let mut asked = request("GET", "/api/3.0/mlflow/server-info", None);
    asked.headers_mut().insert("host", "rebound.example:5000".parse().unwrap());
    let answer = server.send(asked).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body, "Invalid Host header - possible DNS rebinding attack detected");
    let mut well = request("GET", "/health", None);
    well.headers_mut().insert("host", "10-0-0-1.pods.example".parse().unwrap());
    assert_eq!(server.send(well).await.status, 200);
}

#[tokio::test]
async fn a_page_of_somebody_else_changes_nothing() {
    let allowed = vec!["https://notebooks.example".to_owned()];
    let security = Security { allowed_origins: allowed, ..Security::default() };
    let server = Server::with(security, false).await;
    let create = |origin: &str, name: &str| {
        let body = json!({ "name": name });
        let mut asked = request("POST", "/api/2.0/mlflow/experiments/create", Some(body));
        asked.headers_mut().insert("origin", origin.parse().unwrap());
        asked
    };
    let answer = server.send(create("https://evil.example", "a")).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.body, "Cross-origin request blocked");
    assert!(!answer.headers.contains_key("access-control-allow-origin"));

    let answer = server.send(create("https://notebooks.example", "b")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://notebooks.example");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");

    let mut may = request("OPTIONS", "/api/2.0/mlflow/experiments/create", None);
    may.headers_mut().insert("origin", "https://notebooks.example".parse().unwrap());
    may.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    may.headers_mut().insert("access-control-request-headers", "content-type".parse().unwrap());
    let answer = server.send(may).await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.headers["access-control-allow-headers"], "content-type");
    assert_eq!(answer.headers["access-control-allow-origin"], "https://notebooks.example");
}
