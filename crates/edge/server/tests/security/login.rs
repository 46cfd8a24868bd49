//! Saying who one is.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::kit::{ADMIN, Server, basic, password, request};

const PATH: &str = "/api/2.0/mlflow/experiments/get?experiment_id=0";

fn with(proof: &str) -> Request<Body> {
    let mut request = request("GET", PATH, None);
    request.headers_mut().insert("authorization", proof.parse().unwrap());
    request
}

#[tokio::test]
async fn nobody_comes_in_without_saying_who_they_are() {
    let server = Server::new().await;
    let answer = server.send(request("GET", PATH, None)).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.headers["www-authenticate"], "Basic realm=\"mlflow\"");
    for open in ["/health", "/version", "/api/3.0/mlflow/server-info"] {
        assert_eq!(server.send(request("GET", open, None)).await.status, 200, "{open}");
    }
    for proof in [
        "Basic x",
        "Bearer trimtab_x",
        "Bearer x",
        &basic(ADMIN, ""),
        &basic(ADMIN, "wrong"),
        &basic("nobody", &password("nobody")),
        &basic("ro\0ot", "x"),
    ] {
        assert_eq!(server.send(with(proof)).await.status, 401, "{proof}");
    }
    assert_eq!(server.send(with(&basic(ADMIN, &password(ADMIN)))).await.status, 200);
}

#[tokio::test]
async fn passwords_cannot_be_tried_out() {
    let server = Server::new().await;
    server.person("ann").await;
    for _ in 0..5 {
        assert_eq!(server.send(with(&basic("ann", "wrong password"))).await.status, 401);
    }
    let answer = server.send(with(&basic("ann", "wrong password"))).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(answer.body["error_code"], "REQUEST_LIMIT_EXCEEDED");
    // Also the right one has to wait, or it would be told apart; others do not.
    assert_eq!(server.send(with(&basic("ann", &password("ann")))).await.status, 429);
    assert_eq!(server.send(with(&basic(ADMIN, &password(ADMIN)))).await.status, 200);
    assert_eq!(server.send(with(&basic("bob", "wrong password"))).await.status, 401);
}

#[tokio::test]
async fn whoever_is_logged_in_is_not_locked_out() {
    let server = Server::new().await;
    assert_eq!(server.send(with(&basic(ADMIN, &password(ADMIN)))).await.status, 200);
    for _ in 0..9 {
        server.send(with(&basic(ADMIN, "wrong password"))).await;
    }
    assert_eq!(server.send(with(&basic(ADMIN, "wrong password"))).await.status, 429);
    assert_eq!(server.send(with(&basic(ADMIN, &password(ADMIN)))).await.status, 200);
}

#[tokio::test]
async fn many_requests_at_once_log_in_once() {
    let server = Server::new().await;
    let proof = basic(ADMIN, &password(ADMIN));
    let asked = (0..50).map(|_| server.send(with(&proof)));
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_token_stands_for_its_owner_until_it_is_revoked() {
    let server = Server::new().await;
    server.person("ann").await;
    let body = json!({ "name": "laptop", "expires_in_days": 7 });
    let made = server.ok("ann", "POST", "2.0/trimtab/tokens/create", body.clone()).await;
    let token = format!("Bearer {}", made["token"].as_str().unwrap());
    assert_eq!(made["expires"].as_i64().unwrap() - made["created"].as_i64().unwrap(), 604_800_000);
    assert_eq!(server.send(with(&token)).await.status, 200);
    assert_eq!(server.ask("ann", "POST", "2.0/trimtab/tokens/create", body).await.status, 400);

    let mut current = request("GET", "/api/2.0/mlflow/users/current", None);
    current.headers_mut().insert("authorization", token.parse().unwrap());
    let current = server.send(current).await;
    assert_eq!(current.body["user"]["username"], "ann");

    let mut another =
        request("POST", "/api/2.0/trimtab/tokens/create", Some(json!({ "name": "more" })));
    another.headers_mut().insert("authorization", token.parse().unwrap());
    assert_eq!(server.send(another).await.status, 403);

    let listed = server.ok("ann", "GET", "2.0/trimtab/tokens/list", Value::Null).await;
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains("trimtab_"));
    server.person("bob").await;
    let of_bob = server.ok("bob", "GET", "2.0/trimtab/tokens/list", Value::Null).await;
    assert_eq!(of_bob["tokens"], json!([]));

    let name = json!({ "name": "laptop" });
    let by_bob = server.ask("bob", "POST", "2.0/trimtab/tokens/revoke", name.clone()).await;
    assert_eq!(by_bob.status, 404);
    server.ok("ann", "POST", "2.0/trimtab/tokens/revoke", name).await;
    assert_eq!(server.send(with(&token)).await.status, 401);
}

#[tokio::test]
async fn what_changes_about_somebody_counts_at_once() {
    let server = Server::new().await;
    server.person("ann").await;
    let old = basic("ann", &password("ann"));
    assert_eq!(server.send(with(&old)).await.status, 200);

    let change = |current: Option<&str>, new: &str| {
        let mut body = json!({ "username": "ann", "password": new });
        if let Some(current) = current {
            body["current_password"] = json!(current);
        }
        body
    };
    let path = "2.0/mlflow/users/update-password";
    let new = "another long password";
    for (current, password) in [
        (None, new),
        (Some("wrong password"), new),
        (Some(password("ann").as_str()), "short"),
        (Some(password("ann").as_str()), password("ann").as_str()),
    ] {
        let answer = server.ask("ann", "PATCH", path, change(current, password)).await;
        assert_eq!(answer.status, 400, "{current:?} {password}: {answer:?}");
    }
    server.ok("ann", "PATCH", path, change(Some(&password("ann")), new)).await;
    assert_eq!(server.send(with(&old)).await.status, 401);
    assert_eq!(server.send(with(&basic("ann", new))).await.status, 200);
    // An administrator needs not know it.
    server.ok(ADMIN, "PATCH", path, change(None, &password("ann"))).await;
    assert_eq!(server.send(with(&old)).await.status, 200);

    let body = json!({ "username": "ann", "is_admin": true });
    server.refused("ann", "GET", "2.0/mlflow/webhooks", Value::Null).await;
    server.ok(ADMIN, "PATCH", "2.0/mlflow/users/update-admin", body).await;
    server.ok("ann", "GET", "2.0/mlflow/webhooks", Value::Null).await;

    server.ok(ADMIN, "DELETE", "2.0/mlflow/users/delete", json!({ "username": "ann" })).await;
    assert_eq!(server.send(with(&old)).await.status, 401);
}

#[tokio::test]
async fn there_is_always_an_administrator() {
    let server = Server::new().await;
    let own = json!({ "username": ADMIN });
    let answer = server.ask(ADMIN, "DELETE", "2.0/mlflow/users/delete", own).await;
    assert_eq!((answer.status, &answer.body["error_code"]), (400, &json!("BAD_REQUEST")));
    let body = json!({ "username": ADMIN, "is_admin": false });
    assert_eq!(server.ask(ADMIN, "PATCH", "2.0/mlflow/users/update-admin", body).await.status, 400);
}

#[tokio::test]
async fn without_authentication_there_are_no_people() {
    let server = Server::with(server::Security::default(), false).await;
    assert_eq!(server.send(request("GET", PATH, None)).await.status, 200);
    for path in ["/api/2.0/mlflow/users/list", "/api/2.0/trimtab/tokens/list"] {
        assert_eq!(server.send(request("GET", path, None)).await.status, 404);
    }
}
