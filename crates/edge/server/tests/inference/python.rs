//! A model that another process computes. In its place stands one that answers as `mlflow models serve`
//! does, where the server told it to listen: what is passed on, and what is logged of it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use axum::Router;
use axum::routing::{get, post};
use predictions::{find, kept};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Serving;
use super::common::request;
use super::log::{ids, text};

/// The command: it says where it is to listen, and waits for its end.
fn command(folder: &Path) -> PathBuf {
    let command = folder.join("mlflow");
    let port = folder.join("port");
    let script = format!(
        "#!/bin/sh\nwhile [ $# -gt 0 ]; do\n  if [ \"$1\" = --port ]; then\n    echo \"$2\" > \
         '{port}.new' && mv '{port}.new' '{port}'\n  fi\n  shift\ndone\nexec sleep 60\n",
        port = port.display()
    );
    std::fs::write(&command, script).unwrap();
    std::fs::set_permissions(&command, std::fs::Permissions::from_mode(0o755)).unwrap();
    command
}

/// Answers at the port: with what the request says under `answer`.
async fn answering(folder: PathBuf) {
    let port: u16 = loop {
        match std::fs::read_to_string(folder.join("port")) {
            Ok(port) => break port.trim().parse().expect("a port"),
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    let invocations = post(|body: String| async move {
        let asked: Value = serde_json::from_str(&body).unwrap();
        asked["answer"].as_str().unwrap_or_default().to_owned()
    });
    let router =
        Router::new().route("/ping", get(|| async { "\n" })).route("/invocations", invocations);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port");
    axum::serve(listener, router).await.expect("it answers");
}

async fn serving(more: &str) -> (Serving, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mlflow = command(folder.path());
    tokio::spawn(answering(folder.path().to_owned()));
    let serving = Serving::with(|options| options.serving.mlflow = Some(mlflow)).await;
    let (version, of_model) = serving.register("m", "columns").await;
    let python = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n";
    std::fs::write(of_model.join("MLmodel"), format!("{python}{more}")).unwrap();
    serving.alias("m", "champion", &version).await;
    (serving, folder)
}

/// A request that is answered so.
fn asking(answer: &str) -> Value {
    json!({ "dataframe_split": { "columns": ["a"], "data": [[1]] }, "answer": answer })
}

#[tokio::test]
async fn each_prediction_of_another_process_is_a_row_of_the_log() {
    let (serving, _folder) = serving("").await;
    let body = asking(r#"{"predictions": [0.5, [1.5, 2.5], {"score": 3, "label": "up"}, NaN]}"#);
    let headers = [("content-type", "application/json"), ("x-request-id", "r-1")];
    let sent = body.to_string();
    let path = "/invocations/m@champion";
    let answer = serving.server.send(request("POST", path, &headers, sent.clone().into())).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(answer.body, body["answer"].as_str().unwrap(), "it is passed on as it is");
    assert_eq!(answer.header("x-trimtab-model-version"), "1");
    assert_eq!(answer.header("x-trimtab-invalid"), "1");
    let folder = serving.server.home.path().join("predictions");
    let ids = ids(&answer);
    assert_eq!(ids.len(), 4);
    let digest = types::Digest::of(sent.as_bytes()).to_string();
    for (id, (prediction, flags)) in
        ids.iter().zip([(0.5, ""), (1.5, ""), (3.0, "not_read"), (f64::NAN, "not_finite")])
    {
        let row = find(&folder, *id).unwrap().expect("it is in the log");
        for (column, value) in [
            ("model", "m"),
            ("version", "1"),
            ("alias", "champion"),
            ("run", serving.run.as_str()),
            ("route", "primary"),
            ("request", "r-1"),
            ("input_digest", digest.as_str()),
            ("flags", flags),
        ] {
            assert_eq!(text(&row, column).as_deref(), Some(value), "{column}");
        }
        let found = row.column_by_name("prediction").unwrap().as_primitive::<Float64Type>();
        let found = found.value(0);
        assert!(found == prediction || (found.is_nan() && prediction.is_nan()), "{found}");
        let latency = row.column_by_name("latency_us").unwrap().as_primitive::<Int64Type>();
        assert!(latency.value(0) > 0);
    }
    let stats = serving.server.get("/v2/models/m/stats").await.json();
    assert_eq!(stats["model_stats"][0]["inference_count"], 4);
    assert_eq!(stats["model_stats"][0]["latency"]["count"], 1);
}

#[tokio::test]
async fn an_answer_that_is_no_list_is_one_row_and_an_error_is_none() {
    let (serving, _folder) = serving("").await;
    let answer = serving.ask("POST", "/invocations/m", asking("no JSON")).await;
    assert_eq!((answer.status, &answer.body[..]), (200, &b"no JSON"[..]));
    let folder = serving.server.home.path().join("predictions");
    let row = find(&folder, ids(&answer)[0]).unwrap().unwrap();
    assert_eq!(text(&row, "flags").as_deref(), Some("not_read"));
    // It breaks off over what it cannot read.
    let headers = [("content-type", "application/json")];
    let answer = serving.server.send(request("POST", "/invocations/m", &headers, "x".into())).await;
    assert_eq!(answer.status, 503);
    let rows = kept(&folder).unwrap().newest;
    assert_eq!(rows.iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_withheld_where_the_model_says_so() {
    let (serving, _folder) = serving("metadata: {trimtab: {withhold: [not_read]}}\n").await;
    for answer in ["no JSON", r#"{"predictions": ["up"]}"#] {
        let answer = serving.ask("POST", "/invocations/m", asking(answer)).await;
        assert_eq!(answer.status, 422, "{:?}", answer.body);
    }
    let answer = serving.ask("POST", "/invocations/m", asking(r#"{"predictions": [1]}"#)).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
}

#[tokio::test]
async fn an_answer_with_a_prediction_that_is_withheld_is_refused() {
    let more = "metadata:\n  trimtab:\n    outputs:\n      '*': {high: 1.0}\n    withhold: \
                [out_of_range]\n";
    let (serving, _folder) = serving(more).await;
    let answer = serving.ask("POST", "/invocations/m", asking(r#"{"predictions": [0, 2]}"#)).await;
    assert_eq!(answer.status, 422, "{:?}", answer.body);
    let said = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(
        said.contains("the prediction of row 1 cannot be right (out_of_range withheld)"),
        "{said}"
    );
    let rows = kept(&serving.server.home.path().join("predictions")).unwrap().newest;
    let flags: Vec<&str> =
        rows[0].column_by_name("flags").unwrap().as_string::<i32>().iter().flatten().collect();
    assert_eq!(flags, ["withheld", "out_of_range withheld"]);
}
