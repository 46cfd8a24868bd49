//! Predictions are in the log before their answers are out.

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, RecordBatch};
use predictions::{PredictionId, find, kept};
use serde_json::json;

use super::common::{Answer, request};
use super::{EXPECTED, ROWS, Serving, frame};

pub fn text(batch: &RecordBatch, column: &str) -> Option<String> {
    let column = batch.column_by_name(column).expect("a column").as_string::<i32>();
    column.is_valid(0).then(|| column.value(0).to_owned())
}

pub fn ids(answer: &Answer) -> Vec<PredictionId> {
    let header = answer.header("x-trimtab-prediction-id").to_owned();
    header.split(',').map(|id| id.parse().expect("an id")).collect()
}

#[tokio::test]
async fn a_prediction_leads_to_its_model_its_run_and_its_request() {
    let serving = Serving::start().await;
    let (version, _) = serving.register("m", "columns").await;
    serving.alias("m", "champion", &version).await;
    let headers = [
        ("content-type", "application/json"),
        ("x-trimtab-mandate", "us-large-cap"),
        ("x-request-id", "rebalance-7"),
    ];
    let body = frame(&ROWS).to_string();
    let path = "/invocations/m@champion";
    let answer = serving.server.send(request("POST", path, &headers, body.clone().into())).await;
    let ids = ids(&answer);
    assert_eq!(ids.len(), 2);
    let folder = serving.server.home.path().join("predictions");
    for (id, expected) in ids.iter().zip(EXPECTED) {
        let found = find(&folder, *id).unwrap().expect("it is in the log");
        for (column, value) in [
            ("id", id.to_string().as_str()),
            ("model", "m"),
            ("version", "1"),
            ("alias", "champion"),
            ("run", &serving.run),
            ("route", "primary"),
            ("mandate", "us-large-cap"),
            ("request", "rebalance-7"),
            ("input_digest", &types::Digest::of(body.as_bytes()).to_string()),
            ("flags", ""),
        ] {
            assert_eq!(text(&found, column).as_deref(), Some(value), "{column}");
        }
        let onnx = std::fs::read(super::folder("columns").join("model.onnx")).unwrap();
        let digest = types::Digest::of(&onnx).to_string();
        assert_eq!(text(&found, "model_digest"), Some(digest));
        let predicted = found.column_by_name("prediction").unwrap().as_primitive::<Float64Type>();
        assert!((predicted.value(0) - expected).abs() < 1e-6);
    }
}

#[tokio::test]
async fn shadows_are_logged_and_what_is_wrong_is_flagged() {
    let serving = Serving::start().await;
    let (first, _) = serving.register("m", "columns").await;
    let (second, _) = serving.register("m", "opposite").await;
    serving.alias("m", "champion", &first).await;
    serving.tag("m", "trimtab.shadow", &second).await;
    let body = r#"{"dataframe_split": {"columns": ["a", "b", "c"], "data": [[NaN, 1, 1]]}}"#;
    let json = [("content-type", "application/json")];
    let answer = serving.server.send(request("POST", "/invocations/m", &json, body.into())).await;
    let id = ids(&answer)[0];
    let folder = serving.server.home.path().join("predictions");
    let found = find(&folder, id).unwrap().unwrap();
    assert_eq!(text(&found, "flags").as_deref(), Some("not_finite missing_feature"));
    for _ in 0..500 {
        let newest = kept(&folder).unwrap().newest;
        let rows: usize = newest.iter().map(RecordBatch::num_rows).sum();
        if rows == 2 {
            let routes = newest[0].column_by_name("route").unwrap().as_string::<i32>().clone();
            let requests = newest[0].column_by_name("request").unwrap().as_string::<i32>().clone();
            assert_eq!((routes.value(0), routes.value(1)), ("primary", "shadow"));
            assert_eq!(requests.value(0), requests.value(1), "both are found by one request");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the shadow is not in the log");
}

#[tokio::test]
async fn what_cannot_be_logged_is_not_given_out() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let folder = serving.server.home.path().join("predictions");
    std::fs::write(&folder, "no folder").unwrap();
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(answer.status, 503, "{:?}", answer.body);
    assert!(answer.json()["message"].as_str().unwrap().contains("cannot be logged"));
    std::fs::remove_file(&folder).unwrap();
    assert_eq!(serving.ask("POST", "/invocations/m", frame(&ROWS)).await.status, 200);
    let away = Serving::with(|options| options.serving.log = false).await;
    away.register("m", "columns").await;
    let answer = away.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(answer.status, 200);
    assert!(!away.server.home.path().join("predictions").exists());
    let stats = away.server.get("/v2/models/m/stats").await.json();
    assert_eq!(stats["model_stats"][0]["inference_stats"]["fail"]["count"], json!(0));
}
