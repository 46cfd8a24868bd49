//! Webhooks: made and shown without their secret, and told of what happened, signed and again until it
//! arrived.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use catalog::CatalogError;
use catalog::webhooks::{Action, Entity, raise};
use ring::hmac;
use serde_json::{Value, json};
use server::{App, Options, Permission, Security, WebhookRules};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::kit::{ADMIN, Server, auth};

const ALL: &str = "2.0/mlflow/webhooks";

fn near() -> Security {
    let webhooks = WebhookRules { allow_private: true, ..WebhookRules::default() };
    Security { webhooks, ..auth(Permission::Read) }
}

fn events(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(entity, action)| json!({ "entity": entity, "action": action })).collect()
}

/// A request that arrived.
#[derive(Debug, Clone)]
struct Arrived {
    head: String,
    body: String,
}

impl Arrived {
    fn header(&self, name: &str) -> String {
        let line = self.head.lines().find(|line| {
            line.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(name))
        });
        line.and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    }

    /// As a receiver of the protocol verifies it.
    fn is_signed(&self, secret: &str) -> bool {
        let signed = format!(
            "{}.{}.{}",
            self.header("X-MLflow-Delivery-Id"),
            self.header("X-MLflow-Timestamp"),
            self.body
        );
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let Some(signature) =
            self.header("X-MLflow-Signature").strip_prefix("v1,").map(str::to_owned)
        else {
            return false;
        };
        let signature = STANDARD.decode(signature).unwrap();
        hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
    }
}

/// Listens and gives these answers, one after another and the last from then on.
struct Receiver {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    async fn new(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?a=1", listener.local_addr().unwrap());
        let arrived: Arc<Mutex<Vec<Arrived>>> = Arc::default();
        let kept = arrived.clone();
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut data = Vec::new();
                let request = loop {
                    let mut some = [0; 4096];
                    let read = stream.read(&mut some).await.unwrap();
                    data.extend_from_slice(&some[..read]);
                    let text = String::from_utf8_lossy(&data).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let request = Arrived { head: head.to_owned(), body: body.to_owned() };
                    if read == 0 || body.len() >= request.header("content-length").parse().unwrap()
                    {
                        break request;
                    }
                };
                let number = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(request);
                    kept.len()
                };
                let answer = answers[number.min(answers.len()) - 1];
                let text = format!("HTTP/1.1 {answer}\r\ncontent-length: 4\r\n\r\nbody");
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        Self { url, arrived, task }
    }

    async fn wait_for(&self, count: usize) -> Vec<Arrived> {
        for _ in 0..400 {
            let arrived = self.arrived.lock().unwrap().clone();
            if arrived.len() >= count {
                return arrived;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{count} did not arrive: {:?}", self.arrived.lock().unwrap());
    }
}

#[tokio::test]
async fn webhooks_are_kept_as_the_protocol_has_them() {
    let server = Server::with(near(), false).await;
    let url = "http://127.0.0.1:9/x";
    let body = json!({
        "name": "ci",
        "url": url,
        "secret": "hush-hush",
        "events": events(&[("MODEL_VERSION", "CREATED"), ("MODEL_VERSION_TAG", "SET")]),
    });
    let made = server.ok(ADMIN, "POST", ALL, body.clone()).await;
    let id = made["webhook"]["webhook_id"].as_str().unwrap().to_owned();
    assert_eq!(made["webhook"]["status"], "ACTIVE");
    assert_eq!(made["webhook"]["events"], body["events"]);
    assert_eq!(made["webhook"].get("description"), None);
    assert_eq!(made["webhook"]["creation_timestamp"], made["webhook"]["last_updated_timestamp"]);
    let one = format!("{ALL}/{id}");
    let listed = server.ok(ADMIN, "GET", ALL, Value::Null).await;
    let got = server.ok(ADMIN, "GET", &one, Value::Null).await;
    for shown in [&made, &listed, &got] {
        assert!(!shown.to_string().contains("hush"), "{shown}");
    }
    let kept = std::fs::read(server.home.path().join("tracking.db-wal"))
        .or_else(|_| std::fs::read(server.home.path().join("tracking.db")))
        .unwrap();
    assert!(kept.windows(2).any(|part| part == b"ci"));
    assert!(!kept.windows(9).any(|part| part == b"hush-hush"));

    let change = json!({ "name": "cd", "description": "d", "status": "DISABLED",
                         "events": events(&[("PROMPT", "CREATED")]) });
    let changed = server.ok(ADMIN, "PATCH", &one, change).await;
    assert_eq!(changed["webhook"]["name"], "cd");
    assert_eq!(changed["webhook"]["status"], "DISABLED");
    assert_eq!(changed["webhook"]["url"], url);
    assert_eq!(changed["webhook"]["events"], events(&[("PROMPT", "CREATED")]));
    assert_eq!(server.ok(ADMIN, "DELETE", &one, Value::Null).await, json!({}));
    let gone = server.ask(ADMIN, "GET", &one, Value::Null).await;
    assert_eq!(gone.body["error_code"], "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(server.ok(ADMIN, "GET", ALL, Value::Null).await, json!({}));
}

#[tokio::test]
async fn what_is_no_webhook_is_refused() {
    let server = Server::new().await;
    let good = json!({
        "name": "ci",
        "url": "https://8.8.8.8/x",
        "events": events(&[("MODEL_VERSION", "CREATED")]),
    });
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("-ci")),
        ("name", json!("a b")),
        ("name", json!("a".repeat(64))),
        ("url", json!("http://8.8.8.8/x")),
        ("url", json!("https://127.0.0.1/x")),
        ("url", json!("https://169.254.169.254/latest/meta-data")),
        ("url", json!("https://localhost/x")),
        ("url", json!("ftp://8.8.8.8/x")),
        ("url", json!("x")),
        ("events", json!([])),
        ("events", events(&[("MODEL_VERSION", "SET")])),
        ("events", events(&[("EXPERIMENT", "CREATED")])),
        ("status", json!("ASLEEP")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let answer = server.ask(ADMIN, "POST", ALL, body).await;
        assert_eq!(
            answer.body["error_code"], "INVALID_PARAMETER_VALUE",
            "{field} {value}: {answer:?}"
        );
    }
    server.ok(ADMIN, "POST", ALL, good).await;
    assert_eq!(
        server.ask(ADMIN, "GET", "2.0/mlflow/webhooks?max_results=1001", Value::Null).await.status,
        400
    );
}

#[tokio::test]
async fn pages_of_webhooks_begin_with_the_newest() {
    let server = Server::new().await;
    for number in 0..5 {
        let body = json!({
            "name": format!("w{number}"),
            "url": "https://8.8.8.8/x",
            "events": events(&[("PROMPT", "CREATED")]),
        });
        server.ok(ADMIN, "POST", ALL, body).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let all = page["webhooks"].as_array().unwrap();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let page = server.ok(ADMIN, "GET", "2.0/mlflow/webhooks?max_results=3", Value::Null).await;
    assert_eq!(names(&page), ["w4", "w3", "w2"]);
    let token = page["next_page_token"].as_str().unwrap().replace('=', "%3D");
    let path = format!("2.0/mlflow/webhooks?max_results=3&page_token={token}");
    let page = server.ok(ADMIN, "GET", &path, Value::Null).await;
    assert_eq!(names(&page), ["w1", "w0"]);
    assert_eq!(page.get("next_page_token"), None);
}

#[tokio::test]
async fn a_webhook_can_be_tried_out() {
    let server = Server::with(near(), false).await;
    let receiver =
        Receiver::new(&["200 OK", "500 Oh", "302 Found\r\nlocation: http://127.0.0.1:1/"]).await;
    let body = json!({
        "name": "ci",
        "url": receiver.url,
        "secret": "s3cret",
        "events": events(&[("MODEL_VERSION_ALIAS", "CREATED")]),
    });
    let made = server.ok(ADMIN, "POST", ALL, body).await;
    let test = format!("{ALL}/{}/test", made["webhook"]["webhook_id"].as_str().unwrap());
    let result = server.ok(ADMIN, "POST", &test, json!({})).await;
    assert_eq!(
        result,
        json!({ "result": { "success": true, "response_status": 200, "response_body": "body" } })
    );
    let event = json!({ "event": { "entity": "PROMPT", "action": "CREATED" } });
    let result = server.ok(ADMIN, "POST", &test, event).await;
    assert_eq!(result["result"]["success"], false);
    assert_eq!(result["result"]["response_status"], 500);
    // A redirect is an answer, not a way.
    let result = server.ok(ADMIN, "POST", &test, json!({})).await;
    assert_eq!(result["result"]["response_status"], 302);
    let arrived = receiver.wait_for(3).await;
    assert!(arrived.iter().all(|one| one.is_signed("s3cret")));
    assert!(arrived[0].head.starts_with("POST /hook?a=1 HTTP/1.1"), "{:?}", arrived[0]);
    let told: Value = serde_json::from_str(&arrived[0].body).unwrap();
    assert_eq!(told["entity"], "model_version_alias");
    assert_eq!(told["action"], "created");
    assert_eq!(
        told["data"],
        json!({ "name": "example_model", "alias": "example_alias", "version": "1" })
    );
    let told: Value = serde_json::from_str(&arrived[1].body).unwrap();
    assert_eq!(told["data"]["name"], "example_prompt");

    drop(receiver);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let result = server.ok(ADMIN, "POST", &test, json!({})).await;
    assert_eq!(result["result"]["success"], false);
    assert!(
        result["result"]["error_message"].as_str().unwrap().starts_with("Failed to test webhook")
    );
}

async fn serving(home: &std::path::Path) -> (App, tokio::task::JoinHandle<()>) {
    let security = Security { auth: None, ..near() };
    let address = "127.0.0.1:0".parse().unwrap();
    let options = Options { security, ..Options::new(address, home.to_owned()) };
    let (to, bound) = tokio::sync::oneshot::channel();
    let task = tokio::spawn(async move {
        let ready = |_, app: &App| drop(to.send(app.clone()));
        server::serve(options, ready).await.unwrap();
    });
    (bound.await.unwrap(), task)
}

async fn make(app: &App, url: &str, secret: Option<&str>) -> String {
    let server = Server {
        home: tempfile::tempdir().unwrap(),
        router: server::router(app.clone()),
        app: app.clone(),
    };
    let mut body = json!({
        "name": "ci",
        "url": url,
        "events": events(&[("REGISTERED_MODEL", "CREATED")]),
    });
    if let Some(secret) = secret {
        body["secret"] = json!(secret);
    }
    let made = server.ok(ADMIN, "POST", ALL, body).await;
    made["webhook"]["webhook_id"].as_str().unwrap().to_owned()
}

async fn happened(app: &App, action: Action, name: &'static str) {
    let data = json!({ "name": name }).to_string();
    app.db()
        .write(move |tx| {
            raise(tx, "default", Entity::RegisteredModel, action, &data, 1_753_950_452_080)
        })
        .await
        .unwrap();
}

async fn waiting(app: &App) -> i64 {
    app.db()
        .read(|tx| Ok::<_, CatalogError>(tx.number("SELECT count(*) FROM webhook_delivery", &[])?))
        .await
        .unwrap()
}

#[tokio::test]
async fn an_event_is_told_until_it_arrived() {
    let home = tempfile::tempdir().unwrap();
    let (app, task) = serving(home.path()).await;
    let receiver = Receiver::new(&["503 Busy", "204 No Content"]).await;
    make(&app, &receiver.url, Some("s3cret")).await;
    happened(&app, Action::Created, "m").await;
    let arrived = receiver.wait_for(2).await;
    assert!(arrived.iter().all(|one| one.is_signed("s3cret") && !one.is_signed("other")));
    assert_eq!(
        arrived[0].header("x-mlflow-delivery-id"),
        arrived[1].header("x-mlflow-delivery-id")
    );
    assert_eq!(arrived[0].body, arrived[1].body);
    assert_eq!(
        serde_json::from_str::<Value>(&arrived[0].body).unwrap(),
        json!({
            "entity": "registered_model",
            "action": "created",
            "timestamp": "2025-07-31T08:27:32.080000+00:00",
            "data": { "name": "m" },
        })
    );
    for _ in 0..100 {
        if waiting(&app).await == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(waiting(&app).await, 0);
    assert_eq!(receiver.wait_for(2).await.len(), 2);
    task.abort();
}

#[tokio::test]
async fn nobody_is_told_what_they_did_not_ask_for_and_nothing_of_what_was_undone() {
    let home = tempfile::tempdir().unwrap();
    let (app, task) = serving(home.path()).await;
    let receiver = Receiver::new(&["200 OK"]).await;
    let id = make(&app, &receiver.url, None).await;
    happened(&app, Action::Deleted, "another event").await;
    let undone: Result<(), CatalogError> = app
        .db()
        .write(|tx| {
            raise(tx, "default", Entity::RegisteredModel, Action::Created, "{}", 0)?;
            Err(CatalogError::invalid("the change failed"))
        })
        .await;
    undone.unwrap_err();
    assert_eq!(waiting(&app).await, 0);
    happened(&app, Action::Created, "told").await;
    let arrived = receiver.wait_for(1).await;
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].header("x-mlflow-signature"), "");
    assert!(arrived[0].body.contains("told"));

    app.db()
        .write(move |tx| {
            let status = Some(catalog::webhooks::Status::Disabled);
            let given = catalog::webhooks::Given { status, ..Default::default() };
            catalog::webhooks::update(tx, "default", &id, &given, 1)
        })
        .await
        .unwrap();
    happened(&app, Action::Created, "asleep").await;
    assert_eq!(waiting(&app).await, 0);
    task.abort();
}

/// The server is stopped while nobody listens; the next one tells what the first could not.
#[tokio::test]
async fn an_event_outlives_the_server_that_raised_it() {
    let home = tempfile::tempdir().unwrap();
    let (app, task) = serving(home.path()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let free = listener.local_addr().unwrap();
    drop(listener);
    make(&app, &format!("http://{free}/x"), Some("s3cret")).await;
    happened(&app, Action::Created, "kept").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    task.abort();
    assert_eq!(waiting(&app).await, 1);
    drop(app);

    let receiver = Receiver::new(&["200 OK"]).await;
    let (app, task) = serving(home.path()).await;
    let url = receiver.url.clone();
    app.db()
        .write(move |tx| {
            tx.execute("UPDATE webhook SET url = ?1", database::values![&url])?;
            tx.execute("UPDATE webhook_delivery SET due = 0, leased = 0", &[])?;
            Ok::<_, CatalogError>(())
        })
        .await
        .unwrap();
    let arrived = receiver.wait_for(1).await;
    assert!(arrived[0].is_signed("s3cret"));
    task.abort();
}
