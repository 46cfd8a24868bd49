//! What the server tells of itself, seen from outside.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use super::Telemetry;
use super::logs::subscriber;
use crate::access::{BasicAuth, Secret, Security};
use crate::app::{App, Options};
use crate::tests::app;

struct Answer {
    status: StatusCode,
    id: String,
    text: String,
}

async fn ask(router: &Router, request: axum::http::request::Builder, body: &str) -> Answer {
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, id, text: String::from_utf8_lossy(&bytes).into_owned() }
}

async fn get(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path), "").await
}

/// The value of a line of the text format, by its name with its labels.
fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[tokio::test]
async fn every_request_is_counted_under_its_route() {
    let home = tempfile::tempdir().unwrap();
    let router = crate::router(app(home.path(), Security::default()).await);
    get(&router, "/version").await;
    get(&router, "/version?secret=x").await;
    get(&router, "/nothing/there").await;
    get(&router, "/api/2.0/mlflow/experiments/get?experiment_id=0").await;
    get(&router, "/api/2.0/mlflow/experiments/get?experiment_id=77").await;
    let path = "/api/2.0/mlflow-artifacts/artifacts/a/b.bin";
    ask(&router, Request::put(path), "twelve bytes").await;
    get(&router, path).await;
    get(&router, path).await;
    let page = get(&router, "/metrics").await;
    let text = &page.text;
    let requests = |route: &str, method: &str, status: u16| {
        let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
        value(text, &format!("trimtab_http_requests_total{{{labels}}}"))
    };
    assert_eq!(requests("/version", "GET", 200), Some(2.0), "{text}");
    assert_eq!(requests("unmatched", "GET", 404), Some(1.0), "{text}");
    let experiments = "/api/2.0/mlflow/experiments/get";
    assert_eq!(requests(experiments, "GET", 200), Some(1.0));
    assert_eq!(requests(experiments, "GET", 404), Some(1.0));
    let seconds = "trimtab_http_request_seconds_count{route=\"/version\",method=\"GET\"}";
    assert_eq!(value(text, seconds), Some(2.0));
    assert_eq!(value(text, "trimtab_artifact_received_bytes_total"), Some(12.0));
    // Two downloads, and the `{}` that answers the upload.
    assert_eq!(value(text, "trimtab_artifact_sent_bytes_total"), Some(26.0));
    // The scrape itself is at hand.
    assert_eq!(value(text, "trimtab_http_requests_at_hand"), Some(1.0));
    assert!(value(text, "trimtab_database_work_total{kind=\"write\"}") >= Some(2.0), "{text}");
    assert!(value(text, "trimtab_database_group_writes_count") >= Some(2.0), "{text}");
    assert_eq!(value(text, "trimtab_database_waiting{kind=\"read\"}"), Some(0.0));
    assert!(text.contains("trimtab_build_info{version="), "{text}");
    assert!(!text.contains("secret"), "{text}");
    if cfg!(target_os = "linux") {
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds"] {
            assert!(value(text, name) > Some(0.0), "{name} is missing: {text}");
        }
    }
    assert!(value(text, "process_cpu_seconds_total") > Some(0.0), "{text}");
}

#[tokio::test]
async fn numbers_are_for_administrators_and_their_token() {
    let home = tempfile::tempdir().unwrap();
    let auth = BasicAuth {
        admin_username: Some("boss".into()),
        admin_password: Some(Secret::new("a long password")),
        ..BasicAuth::default()
    };
    let security = Security { auth: Some(auth), ..Security::default() };
    let address = "127.0.0.1:0".parse().unwrap();
    let options = Options {
        security,
        metrics_token: Some(Secret::new("for-metrics-only")),
        ..Options::new(address, home.path().to_owned())
    };
    let router = crate::router(App::open(options).await.unwrap());
    let with = async |path: &str, shown: &str| {
        ask(&router, Request::get(path).header("authorization", shown), "").await.status
    };
    for open in ["/health", "/version", "/openapi.json"] {
        assert_eq!(get(&router, open).await.status, StatusCode::OK, "{open}");
    }
    assert_eq!(get(&router, "/metrics").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(with("/metrics", "Bearer for-metrics").await, StatusCode::UNAUTHORIZED);
    assert_eq!(with("/metrics", "Bearer for-metrics-only").await, StatusCode::OK);
    let elsewhere = "/api/2.0/mlflow/experiments/get?experiment_id=0";
    assert_eq!(with(elsewhere, "Bearer for-metrics-only").await, StatusCode::UNAUTHORIZED);
    // boss:a long password
    assert_eq!(with("/metrics", "Basic Ym9zczphIGxvbmcgcGFzc3dvcmQ=").await, StatusCode::OK);
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let home = tempfile::tempdir().unwrap();
    let router = crate::router(app(home.path(), Security::default()).await);
    let given = ask(&router, Request::get("/version").header("x-request-id", "mine-7"), "").await;
    assert_eq!((given.id.as_str(), given.text.as_str()), ("mine-7", "3.17.2"));
    let forged = Request::get("/nowhere").header("x-request-id", "two words");
    let made = ask(&router, forged, "").await;
    assert_eq!((made.status, made.id.len()), (StatusCode::NOT_FOUND, 32));
}

/// Lines of a log, for a test to read.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_request_leaves_one_line_without_secrets() {
    let home = tempfile::tempdir().unwrap();
    let router = crate::router(app(home.path(), Security::default()).await);
    let lines = Lines::default();
    let telemetry = Telemetry { json: true, ..Telemetry::default() };
    let (subscriber, _observing) = subscriber(&telemetry, lines.clone()).unwrap();
    let told = tracing::subscriber::set_default(subscriber);
    let path = "/api/2.0/mlflow/experiments/get-by-name?experiment_name=hidden-in-query";
    let request = Request::get(path)
        .header("x-request-id", "first")
        .header("authorization", "Basic aGlkZGVuOmhlYWRlcg==");
    ask(&router, request, "").await;
    let path = "/api/2.0/mlflow/experiments/create";
    let request = Request::post(path).header("content-type", "application/json");
    ask(&router, request, r#"{"name": "hidden-in-body"}"#).await;
    drop(told);
    let text = lines.text();
    let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), 2, "{text}");
    assert_eq!(read[0]["id"], "first");
    assert_eq!(read[0]["route"], "/api/2.0/mlflow/experiments/get-by-name");
    assert_eq!((&read[0]["method"], &read[0]["status"]), (&"GET".into(), &404.into()));
    assert!(read[0]["ms"].as_f64().is_some_and(|ms| ms > 0.0), "{text}");
    assert_eq!((&read[1]["method"], &read[1]["status"]), (&"POST".into(), &200.into()));
    assert!(!text.contains("hidden") && !text.contains("aGlkZGVu"), "{text}");
}

#[test]
fn levels_that_are_none_are_refused() {
    for level in ["loud", "info,=debug=x", "server=very"] {
        let telemetry = Telemetry { level: level.into(), ..Telemetry::default() };
        let said = subscriber(&telemetry, io::sink).err().unwrap().to_string();
        assert!(said.contains(level), "{said}");
    }
    for level in ["error", "DEBUG", "warn,trimtab=info", "off"] {
        let telemetry = Telemetry { level: level.into(), ..Telemetry::default() };
        subscriber(&telemetry, io::sink).map(|_| ()).unwrap();
    }
}

/// A collector for one request: gives its head and its body.
fn collector() -> (String, std::thread::JoinHandle<(String, Vec<u8>)>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut all, mut some) = (Vec::new(), [0; 4_096]);
        loop {
            let read = stream.read(&mut some).unwrap();
            all.extend_from_slice(&some[..read]);
            let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.expect("a POST has a length").trim().parse().unwrap();
            if all.len() < end + 4 + length {
                continue;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            return (head, all[end + 4..].to_vec());
        }
    });
    (address, heard)
}

/// Sent are a span of the request, below the client's, and one of its transaction. The names are
/// those of the semantic conventions of OpenTelemetry.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn spans_are_sent_to_a_collector() {
    let home = tempfile::tempdir().unwrap();
    let router = crate::router(app(home.path(), Security::default()).await);
    let (address, heard) = collector();
    let telemetry = Telemetry { otlp: Some(address), ..Telemetry::default() };
    let (subscriber, observing) = subscriber(&telemetry, io::sink).unwrap();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let path = "/api/2.0/mlflow/experiments/get?experiment_id=0&token=hidden";
    let request =
        Request::get(path).header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
    let told = tracing::subscriber::set_default(subscriber);
    let answer = ask(&router, request, "").await;
    drop(told);
    assert_eq!(answer.status, StatusCode::OK);
    tokio::task::spawn_blocking(move || drop(observing)).await.unwrap();
    let (head, body) = tokio::task::spawn_blocking(move || heard.join().unwrap()).await.unwrap();
    assert!(head.starts_with("post /v1/traces http/1.1"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    let has = |words: &[u8]| body.windows(words.len()).any(|some| some == words);
    for words in [
        "GET /api/2.0/mlflow/experiments/get",
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "db.system.name",
        "service.name",
        "trimtab",
    ] {
        assert!(has(words.as_bytes()), "{words} is missing: {}", String::from_utf8_lossy(&body));
    }
    let id: Vec<u8> =
        (0..16).map(|at| u8::from_str_radix(&trace[2 * at..2 * at + 2], 16).unwrap()).collect();
    assert!(has(&id), "the span does not belong to the client's trace");
    assert!(!has(b"hidden"), "what stands behind ? was sent");
}

#[test]
fn a_password_in_an_address_is_never_shown() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let opened = |database: &str| {
        let home = tempfile::tempdir().unwrap();
        let options = Options {
            database: Some(database.to_owned()),
            ..Options::new("127.0.0.1:0".parse().unwrap(), home.path().to_owned())
        };
        assert!(!format!("{options:?}").contains("hush"), "{options:?}");
        runtime.block_on(App::open(options)).err().expect("nothing is there").to_string()
    };
    for database in [
        "postgres://me:hush@127.0.0.1:1/nothing",
        "postgres://me:hush@127.0.0.1:port/nothing",
        "postgres://me@127.0.0.1:1/nothing?password=hush",
        "postgres://me@127.0.0.1/nothing?passwort=hush",
        "mysql://me:hush@127.0.0.1/nothing",
        "postgres://me:hu/hush@127.0.0.1:1/nothing",
    ] {
        let said = opened(database);
        assert!(!said.contains("hush"), "{database} is told as: {said}");
        assert!(said.len() > 10, "{said}");
    }
}

/// What watching a request costs, its line included: the best of several rounds, since others use the
/// processor too.
#[tokio::test]
async fn watching_costs_microseconds() {
    let home = tempfile::tempdir().unwrap();
    let app = app(home.path(), Security::default()).await;
    let telemetry = Telemetry { json: true, ..Telemetry::default() };
    let (subscriber, _observing) = subscriber(&telemetry, io::sink).unwrap();
    let _told = tracing::subscriber::set_default(subscriber);
    let bare = Router::new().route("/x", axum::routing::get(async || "x"));
    let watched =
        bare.clone().layer(axum::middleware::from_fn_with_state(app.clone(), super::watch));
    let time = async |router: &Router| {
        let began = std::time::Instant::now();
        for _ in 0..500 {
            let request = Request::get("/x").body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
        }
        began.elapsed() / 500
    };
    let (mut without, mut with) = (Duration::MAX, Duration::MAX);
    for _ in 0..6 {
        without = without.min(time(&bare).await);
        with = with.min(time(&watched).await);
    }
    let costs = with.saturating_sub(without);
    let told = format!("{with:?} with watching, {without:?} without");
    assert!(costs < Duration::from_micros(100), "{told}");
}

#[tokio::test]
async fn the_database_of_a_home_is_well() {
    let home = tempfile::tempdir().unwrap();
    let router = crate::router(app(home.path(), Security::default()).await);
    let answer = get(&router, "/health").await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "OK"));
    assert!(Path::new(home.path()).join("tracking.db").exists());
}
