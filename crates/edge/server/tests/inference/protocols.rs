//! The same model in the words of both protocols.

use serde_json::{Value, json};

use super::common::request;
use super::{EXPECTED, ROWS, Serving, frame, numbers};

fn close(ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0), "{a} and {b}");
    }
}

#[tokio::test]
async fn a_model_is_named_by_path_header_or_default() {
    let serving = Serving::with(|options| {
        options.serving.model = Some("models:/m@champion".parse().unwrap());
    })
    .await;
    assert_eq!(serving.server.get("/ping").await.status, 404, "the default model is not there yet");
    assert_eq!(serving.server.get("/v2/health/ready").await.status, 503);
    let (version, _) = serving.register("m", "columns").await;
    serving.alias("m", "champion", &version).await;
    serving.register("other", "opposite").await;
    assert_eq!(serving.server.get("/ping").await.body, "\n");
    assert_eq!(serving.server.get("/v2/health/ready").await.status, 200);
    for path in ["/invocations", "/invocations/m", "/invocations/m/1", "/invocations/m@champion"] {
        let answer = serving.ask("POST", path, frame(&ROWS)).await;
        close(&numbers(&answer), &EXPECTED);
        assert_eq!(answer.header("x-trimtab-model-version"), "1");
    }
    let headers = [("content-type", "application/json"), ("x-trimtab-model", "models:/other/1")];
    let body = frame(&ROWS).to_string();
    let answer = serving.server.send(request("POST", "/invocations", &headers, body.into())).await;
    close(&numbers(&answer), &EXPECTED.map(|v| -v));
}

#[tokio::test]
async fn tensors_go_in_and_come_out_within_json_and_behind_it() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let input = json!({ "name": "X", "shape": [2, 3], "datatype": "FP32", "data": ROWS });
    let body = json!({ "id": "7", "inputs": [input] });
    let answer = serving.ask("POST", "/v2/models/m/infer", body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let said = answer.json();
    assert_eq!((&said["id"], &said["model_version"]), (&json!("7"), &json!("1")));
    let output = &said["outputs"][0];
    assert_eq!((&output["shape"], &output["datatype"]), (&json!([2, 1]), &json!("FP32")));
    let data: Vec<f64> = serde_json::from_value(output["data"].clone()).unwrap();
    close(&data, &EXPECTED);

    let raw: Vec<u8> = ROWS.iter().flatten().flat_map(|v| (*v as f32).to_le_bytes()).collect();
    let head = json!({
        "inputs": [{ "name": "X", "shape": [2, 3], "datatype": "FP32",
            "parameters": { "binary_data_size": raw.len() } }],
        "parameters": { "binary_data_output": true },
    })
    .to_string();
    let length = head.len().to_string();
    let headers = [("inference-header-content-length", length.as_str())];
    let body = [head.as_bytes(), &raw].concat();
    let path = "/v2/models/m/versions/1/infer";
    let answer = serving.server.send(request("POST", path, &headers, body.into())).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let split: usize = answer.header("inference-header-content-length").parse().unwrap();
    let said: Value = serde_json::from_slice(&answer.body[..split]).unwrap();
    assert_eq!(said["outputs"][0]["parameters"]["binary_data_size"], 8);
    let data: Vec<f64> = answer.body[split..]
        .chunks_exact(4)
        .map(|four| f64::from(f32::from_le_bytes(four.try_into().unwrap())))
        .collect();
    close(&data, &EXPECTED);
}

#[tokio::test]
async fn columns_may_come_one_by_one_in_any_order() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let column = |name: &str, at: usize| {
        let data: Vec<f64> = ROWS.iter().map(|row| row[at]).collect();
        json!({ "name": name, "shape": [2, 1], "datatype": "FP64", "data": data })
    };
    let inputs = [column("c", 2), column("a", 0), column("b", 1)];
    let answer = serving.ask("POST", "/v2/models/m/infer", json!({ "inputs": inputs })).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let said = answer.json();
    let data: Vec<f64> = serde_json::from_value(said["outputs"][0]["data"].clone()).unwrap();
    close(&data, &EXPECTED);
}

#[tokio::test]
async fn the_server_and_its_models_say_what_they_are() {
    let serving = Serving::start().await;
    serving.register("m", "classes").await;
    let server = serving.server.get("/v2").await.json();
    assert_eq!(server["name"], "trimtab");
    assert!(server["extensions"].as_array().unwrap().contains(&json!("binary_tensor_data")));
    assert_eq!(serving.server.get("/v2/health/live").await.json(), json!({ "live": true }));
    let model = serving.server.get("/v2/models/m").await.json();
    assert_eq!((&model["name"], &model["versions"]), (&json!("m"), &json!(["1"])));
    assert_eq!(model["inputs"], json!([{ "name": "X", "datatype": "FP32", "shape": [-1, 3] }]));
    assert_eq!(model["outputs"][0]["datatype"], "INT64");
    assert_eq!(model["parameters"]["features"], json!(["a", "b", "c"]));
    assert_eq!(serving.server.get("/v2/models/m/ready").await.status, 200);
    assert_eq!(serving.server.get("/v2/models/none/ready").await.status, 400);
    let index = serving.ask("POST", "/v2/repository/index", json!({})).await.json();
    let line = json!([{ "name": "m", "version": "1", "state": "READY", "reason": "" }]);
    assert_eq!(index, line);
    serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    serving.ask("POST", "/invocations/m", frame(&ROWS[..1])).await;
    let stats = serving.server.get("/v2/models/m/stats").await.json();
    let of = &stats["model_stats"][0];
    assert_eq!((&of["inference_count"], &of["execution_count"]), (&json!(3), &json!(2)));
    assert_eq!(of["inference_stats"]["success"]["count"], 2);
    assert_eq!(of["batch_stats"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn models_are_let_go_and_loaded_again() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    assert_eq!(serving.ask("POST", "/invocations/m", frame(&ROWS)).await.status, 200);
    assert_eq!(serving.ask("POST", "/v2/repository/models/m/unload", json!({})).await.status, 200);
    let away = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(away.status, 404);
    assert!(away.json()["message"].as_str().unwrap().contains("was unloaded"));
    assert_eq!(serving.server.get("/v2/models/m/ready").await.status, 400);
    assert_eq!(serving.ask("POST", "/v2/repository/models/m/unload", json!({})).await.status, 404);
    assert_eq!(serving.ask("POST", "/v2/repository/models/m/load", json!({})).await.status, 200);
    close(&numbers(&serving.ask("POST", "/invocations/m", frame(&ROWS)).await), &EXPECTED);
}
