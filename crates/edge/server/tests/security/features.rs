//! Features online belong to the workspace as a whole: who may read all of it reads them, who may edit all
//! of it writes them. The server of these tests serves none, and says so (501) to those who may ask.

use axum::http::header::AUTHORIZATION;
use serde_json::json;

use crate::kit::{Server, basic, password, request};

const READ: &str = "/get-online-features";
const WRITE: [&str; 4] =
    ["/push", "/write-to-online-store", "/materialize", "/materialize-incremental"];

async fn status(server: &Server, who: Option<&str>, path: &str) -> u16 {
    let body = json!({
        "entities": {}, "push_source_name": "x", "feature_view_name": "x", "df": {},
        "start_ts": "2026-01-01", "end_ts": "2026-01-02",
    });
    let mut request = request("POST", path, Some(body));
    if let Some(who) = who {
        let value = basic(who, &password(who)).parse().expect("a header");
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    server.send(request).await.status
}

#[tokio::test]
async fn readers_read_and_editors_write() {
    let server = Server::new().await;
    for name in ["reader", "editor"] {
        server.person(name).await;
    }
    server.grant("editor", "experiment", "*", "EDIT").await;
    assert_eq!(status(&server, None, READ).await, 401);
    assert_eq!(status(&server, Some("reader"), READ).await, 501);
    for path in WRITE {
        assert_eq!(status(&server, None, path).await, 401, "{path}");
        assert_eq!(status(&server, Some("reader"), path).await, 403, "{path}");
        assert_eq!(status(&server, Some("editor"), path).await, 501, "{path}");
    }
}

#[tokio::test]
async fn who_was_granted_nothing_reads_nothing() {
    let server = Server::closed().await;
    server.person("ann").await;
    assert_eq!(status(&server, Some("ann"), READ).await, 403);
}
