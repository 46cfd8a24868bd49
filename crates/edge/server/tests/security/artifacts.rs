//! Artifacts belong to the experiment that their path begins with.

use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::kit::{ADMIN, Server, basic, password};

const PROXY: &str = "/api/2.0/mlflow-artifacts/artifacts";

async fn put(server: &Server, who: &str, path: &str) -> u16 {
    let request = Request::put(path)
        .header("host", "localhost")
        .header("authorization", basic(who, &password(who)))
        .body(Body::from("data"))
        .unwrap();
    server.send(request).await.status
}

#[tokio::test]
async fn artifacts_are_read_and_written_by_whom_their_experiment_lets() {
    let server = Server::closed().await;
    server.person("ann").await;
    let (own, theirs) =
        (server.experiment("ann", "own").await, server.experiment(ADMIN, "theirs").await);
    let (run, secret) = (server.run("ann", &own).await, server.run(ADMIN, &theirs).await);
    let at =
        |experiment: &str, run: &str| format!("{PROXY}/{experiment}/{run}/artifacts/a%20b.txt");

    assert_eq!(put(&server, "ann", &at(&own, &run)).await, 200);
    assert_eq!(put(&server, ADMIN, &at(&theirs, &secret)).await, 200);
    let read = server.ok("ann", "GET", &at(&own, &run), Value::Null).await;
    assert_eq!(read, "data");

    assert_eq!(put(&server, "ann", &at(&theirs, &secret)).await, 403);
    for path in [
        at(&theirs, &secret),
        format!("{PROXY}/{own}%2F..%2F{theirs}/{secret}/artifacts/a%20b.txt"),
        format!("{PROXY}/{own}/..%2F{theirs}/{secret}/artifacts/a%20b.txt"),
        format!("{PROXY}/0{theirs}/{secret}/artifacts/a%20b.txt"),
        format!("{PROXY}/.%2F{theirs}/{secret}/artifacts/a%20b.txt"),
        format!("{PROXY}/%2F{theirs}/{secret}/artifacts/a%20b.txt"),
        format!("{PROXY}?path={theirs}/{secret}/artifacts"),
        format!("{PROXY}?path={own}/../{theirs}"),
        PROXY.to_owned(),
        format!("/get-artifact?run_id={secret}&path=a%20b.txt"),
        format!("/get-artifact?run_uuid={secret}&path=a%20b.txt"),
        format!("2.0/mlflow/artifacts/list?run_id={secret}"),
    ] {
        server.refused("ann", "GET", &path, Value::Null).await;
    }
    server.refused("ann", "DELETE", &at(&theirs, &secret), Value::Null).await;
    server.ok("ann", "GET", &format!("{PROXY}?path={own}/{run}/artifacts"), Value::Null).await;
    server
        .ok("ann", "GET", &format!("/get-artifact?run_id={run}&path=a%20b.txt"), Value::Null)
        .await;

    server.grant("ann", "experiment", &theirs, "READ").await;
    server.ok("ann", "GET", &at(&theirs, &secret), Value::Null).await;
    assert_eq!(put(&server, "ann", &at(&theirs, &secret)).await, 403);
    server.refused("ann", "DELETE", &at(&theirs, &secret), Value::Null).await;
}

/// The query names two runs: the one that counts must be the one that is checked.
#[tokio::test]
async fn a_page_uploads_to_the_run_that_was_checked() {
    let server = Server::closed().await;
    server.person("ann").await;
    let (own, theirs) =
        (server.experiment("ann", "own").await, server.experiment(ADMIN, "theirs").await);
    let (run, secret) = (server.run("ann", &own).await, server.run(ADMIN, &theirs).await);
    let upload = |query: String| {
        Request::post(format!("/ajax-api/2.0/mlflow/upload-artifact?{query}"))
            .header("host", "localhost")
            .header("authorization", basic("ann", &password("ann")))
            .body(Body::from("data"))
            .unwrap()
    };
    for query in [
        format!("run_uuid={secret}&path=x.txt"),
        format!("run_id={run}&run_uuid={secret}&path=x.txt"),
        format!("run_uuid={secret}&run_uuid={run}&path=x.txt"),
        format!("runUuid={run}&run_uuid={secret}&path=x.txt"),
    ] {
        assert_eq!(server.send(upload(query.clone())).await.status, 403, "{query}");
    }
    let query = format!("run_uuid={run}&path=x.txt");
    assert_eq!(server.send(upload(query)).await.status, 200);
}
