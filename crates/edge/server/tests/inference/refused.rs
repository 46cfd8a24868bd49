//! What is refused, and how.

use std::path::Path;

use serde_json::json;
use server::{BasicAuth, OnInvalid, Permission, Secret, Security};

use super::common::request;
use super::{EXPECTED, ROWS, Serving, frame, numbers};

#[tokio::test]
async fn bad_requests_are_told_in_the_words_of_their_protocol() {
    let serving = Serving::with(|options| options.serving.limits.rows = 100).await;
    serving.register("m", "columns").await;
    let split = |columns: &[&str], row: serde_json::Value| json!({ "dataframe_split": { "columns": columns, "data": [row] } });
    for (path, body, status, code, words) in [
        ("/invocations", frame(&ROWS), 404, "RESOURCE_DOES_NOT_EXIST", "no model is meant"),
        ("/invocations/none", frame(&ROWS), 404, "RESOURCE_DOES_NOT_EXIST", "none"),
        ("/invocations/m/9", frame(&ROWS), 404, "RESOURCE_DOES_NOT_EXIST", "version=9"),
        ("/invocations/m@gone", frame(&ROWS), 404, "RESOURCE_DOES_NOT_EXIST", "alias 'gone'"),
        (
            "/invocations/m",
            split(&["a", "b"], json!([1.0, 2.0])),
            400,
            "INVALID_PARAMETER_VALUE",
            "Model is missing inputs ['c']",
        ),
        (
            "/invocations/m",
            split(&["a", "b", "c"], json!(["x", 2.0, 1.0])),
            400,
            "BAD_REQUEST",
            "the text 'x' to double",
        ),
        ("/invocations/m", json!({ "rows": [] }), 400, "BAD_REQUEST", "exactly one of"),
        ("/invocations/m", frame(&[[0.0; 3]; 101]), 413, "BAD_REQUEST", "101 rows are more than"),
    ] {
        let answer = serving.ask("POST", path, body).await;
        let said = answer.json();
        assert_eq!(answer.status, status, "{path} {said}");
        assert_eq!(said["error_code"], code, "{path} {said}");
        assert!(said["message"].as_str().unwrap().contains(words), "{path} {said}");
    }
    let text = [("content-type", "text/plain")];
    let answer = serving.server.send(request("POST", "/invocations/m", &text, "1".into())).await;
    assert_eq!(answer.status, 415);
    let tensor = |name: &str, datatype: &str, shape: [usize; 2]| {
        let data = vec![1; shape[0] * shape[1]];
        json!({ "inputs": [{ "name": name, "shape": shape, "datatype": datatype, "data": data }] })
    };
    for (path, body, status, words) in [
        ("/v2/models/none/infer", tensor("X", "FP32", [1, 3]), 404, "none"),
        ("/v2/models/m/infer", tensor("Y", "FP32", [1, 3]), 400, "unexpected inference input 'Y'"),
        ("/v2/models/m/infer", tensor("X", "INT64", [1, 3]), 400, "'INT64', but the model expects"),
        ("/v2/models/m/infer", tensor("X", "FP32", [1, 2]), 400, "expected [-1,3], got [1, 2]"),
        ("/v2/models/m/infer", tensor("X", "FP32", [101, 3]), 413, "send them in parts"),
        ("/v2/models/m/infer", json!({ "inputs": [] }), 400, "no inputs"),
    ] {
        let answer = serving.ask("POST", path, body).await;
        let said = answer.json();
        assert_eq!(answer.status, status, "{path} {said}");
        assert!(said["error"].as_str().unwrap().contains(words), "{path} {said}");
    }
}

#[tokio::test]
async fn columns_that_are_not_known_are_left_out_and_told() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let body = json!({ "dataframe_split": {
        "columns": ["c", "x", "a", "b"], "data": [[3.0, 9.0, 1.0, 2.0]],
    }});
    let answer = serving.ask("POST", "/invocations/m", body).await;
    assert!((numbers(&answer)[0] - EXPECTED[0]).abs() < 1e-6);
    assert!(answer.header("x-trimtab-warning").ends_with("left out: x"));
}

#[tokio::test]
async fn predictions_that_cannot_be_right_are_flagged_or_withheld() {
    for (policy, shown) in [(OnInvalid::Flag, "NaN"), (OnInvalid::Withhold, "null")] {
        let serving = Serving::with(|options| options.serving.invalid = policy).await;
        serving.register("m", "columns").await;
        let body = r#"{"dataframe_split": {"columns": ["a", "b", "c"],
            "data": [[1.0, 2.0, 3.0], [NaN, 0.0, 0.0]]}}"#;
        let json = [("content-type", "application/json")];
        let answer =
            serving.server.send(request("POST", "/invocations/m", &json, body.into())).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-trimtab-invalid"), "1");
        let text = String::from_utf8(answer.body.to_vec()).unwrap();
        let expected = match policy {
            OnInvalid::Flag => format!("{{\"variable\": {shown}}}]"),
            OnInvalid::Withhold => format!(", {shown}]"),
        };
        assert!(text.contains(&expected), "{text}");
        let tensor = r#"{"inputs": [{"name": "X", "shape": [1, 3], "datatype": "FP32",
            "data": [NaN, 0, 0]}]}"#;
        let answer =
            serving.server.send(request("POST", "/v2/models/m/infer", &json, tensor.into())).await;
        let said = answer.json();
        assert_eq!(said["outputs"][0]["data"], json!(["NaN"]), "{said}");
        assert!(said["parameters"]["invalid"].as_str().unwrap().contains("not_finite"));
        let stats = serving.server.get("/v2/models/m/stats").await.json();
        assert_eq!(stats["model_stats"][0]["invalid_count"], 2);
    }
}

#[tokio::test]
async fn an_altered_file_is_refused_and_the_old_version_goes_on() {
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../mlops/signing/tests/data/key.pem");
    let serving = Serving::with(|options| options.signing.key = Some(key)).await;
    let (first, _) = serving.register("m", "columns").await;
    serving.alias("m", "champion", &first).await;
    let expected = numbers(&serving.ask("POST", "/invocations/m", frame(&ROWS)).await);
    let (second, folder) = serving.register("m", "opposite").await;
    let original = std::fs::read(folder.join("model.onnx")).unwrap();
    std::fs::write(
        folder.join("model.onnx"),
        std::fs::read(super::folder("columns").join("model.onnx")).unwrap(),
    )
    .unwrap();
    serving.alias("m", "champion", &second).await;
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!((numbers(&answer), answer.header("x-trimtab-model-version")), (expected, "1"));
    let direct = serving.ask("POST", "/invocations/m/2", frame(&ROWS)).await;
    assert_eq!(direct.status, 403);
    let why = direct.json()["message"].as_str().unwrap().to_owned();
    assert!(why.contains("version 2 of model 'm' is not served: `model.onnx`"), "{why}");
    let index = serving.ask("POST", "/v2/repository/index", json!({})).await.json();
    assert!(index[0]["reason"].as_str().unwrap().contains("is not served"), "{index}");
    // The file is put back as it was signed: the second version takes over.
    std::fs::write(folder.join("model.onnx"), original).unwrap();
    assert_eq!(serving.ask("POST", "/v2/repository/models/m/load", json!({})).await.status, 200);
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(answer.header("x-trimtab-model-version"), "2");
}

#[tokio::test]
async fn a_model_without_onnx_says_what_can_be_done() {
    let serving = Serving::start().await;
    let (_, folder) = serving.register("m", "columns").await;
    let python = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n";
    std::fs::write(folder.join("MLmodel"), python).unwrap();
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["message"].as_str().unwrap().contains("--mlflow"));
    std::fs::write(folder.join("MLmodel"), "flavors: {spark: {}}\n").unwrap();
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert!(answer.json()["message"].as_str().unwrap().contains("flavours (spark)"));
    std::fs::write(folder.join("MLmodel"), "flavors: [").unwrap();
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(answer.status, 500);
    assert!(answer.json()["message"].as_str().unwrap().contains("`MLmodel` is not read"));
    std::fs::remove_file(folder.join("MLmodel")).unwrap();
    let answer = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn who_may_not_use_a_model_gets_no_prediction() {
    let serving = Serving::start().await;
    serving.register("m", "columns").await;
    let home = serving.server.home.path().to_owned();
    let open = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    assert_eq!(open.status, 200);
    let auth = BasicAuth {
        admin_username: Some("root".to_owned()),
        admin_password: Some(Secret::new("root-has-a-long-password".to_owned())),
        default_permission: Permission::Read,
    };
    let security = Security { auth: Some(auth), ..Security::default() };
    let options = server::Options {
        security,
        // The first server still has the log of this home.
        serving: server::Serving { log: false, ..server::Serving::default() },
        ..server::Options::new(([127, 0, 0, 1], 0).into(), home)
    };
    let router = server::router(server::App::open(options).await.unwrap());
    let ask = |name: &str, path: &str, body: String| {
        use base64::Engine;
        let shown = format!("{name}:{name}-has-a-long-password");
        let shown = base64::engine::general_purpose::STANDARD.encode(shown);
        let headers = [
            ("authorization", format!("Basic {shown}")),
            ("content-type", "application/json".to_owned()),
        ];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let request = request("POST", path, &headers, body.into());
        let router = router.clone();
        async move { tower::ServiceExt::oneshot(router, request).await.unwrap().status().as_u16() }
    };
    let body = || frame(&ROWS).to_string();
    let user = json!({ "username": "ann", "password": "ann-has-a-long-password" }).to_string();
    assert_eq!(ask("root", "/api/2.0/mlflow/users/create", user).await, 200);
    assert_eq!(ask("ann", "/invocations/m", body()).await, 403, "to read is not to use");
    assert_eq!(ask("ann", "/v2/repository/models/m/unload", String::new()).await, 403);
    let grant = json!({
        "username": "ann", "resource_type": "registered_model", "resource_id": "m",
        "permission": "USE",
    });
    let path = "/api/3.0/mlflow/users/permissions/grant";
    assert_eq!(ask("root", path, grant.to_string()).await, 200);
    assert_eq!(ask("ann", "/invocations/m", body()).await, 200);
    assert_eq!(ask("ann", "/invocations/none", body()).await, 403);
    assert_eq!(ask("bob", "/invocations/m", body()).await, 401);
}
