//! Logged models, inputs and outputs on the wire. Statuses, codes, messages and shapes are those of an
//! MLflow 3.17.2 server, measured with the same requests, unless said otherwise.

mod common;

use axum::body::Body;
use common::{Server, request};
use serde_json::{Value, json};

const MODELS: &str = "logged-models";

async fn make(server: &Server, fields: Value) -> Value {
    server.ok("POST", MODELS, fields).await["model"].clone()
}

fn id_of(model: &Value) -> String {
    model["info"]["model_id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_model_lives() {
    let server = Server::start().await;
    let (experiment, run) = server.run("life").await;
    let bare = make(&server, json!({ "experiment_id": experiment, "name": "" })).await;
    let info = &bare["info"];
    assert_eq!(bare["data"], json!({}));
    assert!(!info["name"].as_str().unwrap().is_empty());
    assert_eq!(info["status"], "LOGGED_MODEL_PENDING");
    assert_eq!((&info["model_type"], &info["source_run_id"]), (&json!(""), &json!("")));
    let model = make(
        &server,
        json!({
            "experiment_id": experiment, "name": "n", "model_type": "t", "source_run_id": run,
            "params": [{ "key": "q", "value": "2" }, { "key": "p" }],
            "tags": [{ "key": "t", "value": "v" }],
        }),
    )
    .await;
    let id = id_of(&model);
    let path = format!("{MODELS}/{id}");
    let got = server.get(&format!("/api/2.0/mlflow/{path}")).await;
    assert_eq!(got.json()["model"], model);
    for (status, word) in [
        (json!("LOGGED_MODEL_READY"), "LOGGED_MODEL_READY"),
        (json!(3), "LOGGED_MODEL_UPLOAD_FAILED"),
        (json!("2"), "LOGGED_MODEL_READY"),
    ] {
        let fields = json!({ "model_id": id, "status": status });
        let done = server.ok("PATCH", &path, fields).await;
        assert_eq!(done["model"]["info"]["status"], word);
    }
    let tags = json!({ "tags": [{ "key": "a", "value": "1" }, { "key": "a", "value": "2" }] });
    assert_eq!(server.ok("PATCH", &format!("{path}/tags"), tags).await, json!({}));
    assert_eq!(server.ok("DELETE", &format!("{path}/tags/t"), json!({})).await, json!({}));
    let params = json!({ "model_id": id, "params": [{ "key": "r", "value": "3" }] });
    assert_eq!(server.ok("POST", &format!("{path}/params"), params.clone()).await, json!({}));
    let again = server.post(&format!("{path}/params"), params).await;
    assert_eq!((again.status, &again.json()["error_code"]), (400, &json!("BAD_REQUEST")));
    assert_eq!(server.ok("DELETE", &path, json!({})).await, json!({}));
    assert_eq!(server.ok("DELETE", &path, json!({})).await, json!({}), "twice is once");
    let gone = server.get(&format!("/api/2.0/mlflow/{path}")).await;
    assert_eq!(gone.status, 404);
    assert_eq!(gone.json()["message"], format!("Logged model with ID '{id}' not found."));
    let kept = server.get(&format!("/api/2.0/mlflow/{path}?allow_deleted=true")).await.json();
    assert_eq!(kept["model"]["info"]["tags"], json!([{ "key": "a", "value": "2" }]));
    assert_eq!(kept["model"]["data"]["params"][2], json!({ "key": "r", "value": "3" }));
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let server = Server::start().await;
    let (experiment, _) = server.run("wrong").await;
    let id = id_of(&make(&server, json!({ "experiment_id": experiment })).await);
    let model = format!("{MODELS}/{id}");
    let (tags, absent) = (format!("{model}/tags"), format!("{MODELS}/m-nope"));
    let twice = json!([{ "key": "p", "value": "1" }, { "key": "p", "value": "2" }]);
    for (method, path, fields, status, code) in [
        ("POST", MODELS, json!({}), 400, "INVALID_PARAMETER_VALUE"),
        ("POST", MODELS, json!({ "experiment_id": "99999" }), 404, "RESOURCE_DOES_NOT_EXIST"),
        ("POST", MODELS, json!({ "experiment_id": "abc" }), 400, "INVALID_PARAMETER_VALUE"),
        (
            "POST",
            MODELS,
            json!({ "experiment_id": "1", "name": "a/b" }),
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        (
            "POST",
            MODELS,
            json!({ "experiment_id": "1", "name": 12 }),
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        (
            "POST",
            MODELS,
            json!({ "experiment_id": "1", "params": "x" }),
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        ("POST", MODELS, json!({ "experiment_id": "1", "params": twice }), 400, "BAD_REQUEST"),
        ("POST", MODELS, json!({ "experiment_id": "1", "tags": twice }), 400, "BAD_REQUEST"),
        ("PATCH", &model, json!({}), 400, "INVALID_PARAMETER_VALUE"),
        ("PATCH", &tags, json!({ "tags": "x" }), 400, "INVALID_PARAMETER_VALUE"),
        ("DELETE", &format!("{tags}/a"), json!({}), 404, "RESOURCE_DOES_NOT_EXIST"),
        ("GET", &absent, json!({}), 404, "RESOURCE_DOES_NOT_EXIST"),
        ("DELETE", &absent, json!({}), 404, "RESOURCE_DOES_NOT_EXIST"),
        (
            "PATCH",
            &absent,
            json!({ "status": "LOGGED_MODEL_READY" }),
            404,
            "RESOURCE_DOES_NOT_EXIST",
        ),
        ("PATCH", &format!("{absent}/tags"), json!({ "tags": [] }), 404, "RESOURCE_DOES_NOT_EXIST"),
        // There an unknown status counts as unspecified.
        ("PATCH", &model, json!({ "status": "BOGUS" }), 400, "INVALID_PARAMETER_VALUE"),
    ] {
        let answer = server.call(method, path, fields.clone()).await;
        let found = (answer.status, answer.json()["error_code"].clone());
        assert_eq!(found, (status, json!(code)), "{method} {path} {fields}");
    }
}

#[tokio::test]
async fn metrics_are_kept_with_the_model() {
    let server = Server::start().await;
    let (experiment, run) = server.run("metrics").await;
    let id = id_of(&make(&server, json!({ "experiment_id": experiment })).await);
    let metric = |value: Value, at: i64, more: Value| {
        let mut fields = json!({ "key": "m", "value": value, "timestamp": at, "step": 1 });
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fields
    };
    let log = |fields: Value| {
        let mut fields = fields;
        fields["run_id"] = json!(run);
        server.call("POST", "runs/log-metric", fields)
    };
    let of = json!({ "model_id": id });
    let on = json!({ "model_id": id, "dataset_name": "d", "dataset_digest": "g" });
    for (fields, status) in [
        (metric(json!(1.0), 10, of.clone()), 200),
        (metric(json!(1.0), 10, of.clone()), 200),
        (metric(json!(1.0), 11, on.clone()), 200),
        (metric(json!(1.0), 12, json!({ "dataset_name": "d" })), 400),
        (metric(json!(1.0), 12, json!({ "model_id": id, "dataset_digest": "d" })), 400),
        (metric(json!(1.0), 12, json!({ "dataset_name": "d", "dataset_digest": "x" })), 200),
        (metric(json!("Infinity"), 14, of.clone()), 200),
        (metric(json!(5), 15, json!({ "model_id": "m-nope" })), 400),
        (metric(json!(5), 15, json!({ "model_id": "" })), 200),
        (metric(json!(5), 15, json!({ "model_id": 7 })), 400),
    ] {
        let answer = log(fields.clone()).await;
        assert_eq!(answer.status, status, "{fields}: {:?}", answer.body);
    }
    let batch = |metrics: Value| {
        server.call("POST", "runs/log-batch", json!({ "run_id": run, "metrics": metrics }))
    };
    let plain = json!({ "key": "k", "value": 1, "timestamp": 1, "step": 0 });
    let other = json!({ "key": "n", "value": "NaN", "timestamp": 1, "step": 0, "model_id": id });
    assert_eq!(batch(json!([plain, other])).await.status, 200);
    // As text, numbers are read by another way.
    let text = json!({ "key": "o", "value": 2, "timestamp": "1", "step": "0", "model_id": id });
    assert_eq!(batch(json!([plain, text])).await.status, 200);
    let half = json!({ "key": "n", "value": 9, "timestamp": 32, "step": 0, "dataset_name": "x" });
    let refused = batch(json!([plain, half])).await;
    assert_eq!(
        refused.json()["message"],
        "Both dataset_name and dataset_digest must be provided if one is provided"
    );
    let model = server.get(&format!("/api/2.0/mlflow/{MODELS}/{id}")).await.json();
    let line = |key: &str, value: Value, at: i64, step: i64| json!({ "key": key, "value": value, "timestamp": at, "step": step, "model_id": id, "run_id": run });
    let mut on_dataset = line("m", json!(1.0), 11, 1);
    on_dataset["dataset_name"] = json!("d");
    on_dataset["dataset_digest"] = json!("g");
    assert_eq!(
        model["model"]["data"]["metrics"],
        json!([
            line("m", json!(1.0), 10, 1),
            on_dataset,
            line("m", json!(f64::MAX), 14, 1),
            // There NaN becomes 0.
            line("n", json!("NaN"), 1, 0),
            line("o", json!(2.0), 1, 0),
        ])
    );
    let of_run = server.get(&format!("/api/2.0/mlflow/runs/get?run_id={run}")).await.json();
    let metrics = of_run["run"]["data"]["metrics"].as_array().unwrap().clone();
    assert_eq!(
        metrics.iter().map(|m| m["key"].as_str().unwrap()).collect::<Vec<_>>(),
        ["k", "m", "n", "o"]
    );
    assert!(metrics.iter().all(|m| m.get("model_id").is_none()));
}

#[tokio::test]
async fn models_are_searched() {
    let server = Server::start().await;
    let (experiment, run) = server.run("search").await;
    for (digest, name, value) in [("0", "ant", 0.2), ("1", "Bee", 0.9), ("2", "cow", 0.5)] {
        let id = id_of(&make(&server, json!({ "experiment_id": experiment, "name": name })).await);
        let fields = json!({
            "run_id": run, "key": "m", "value": value, "timestamp": 1, "model_id": id,
            "dataset_name": "d", "dataset_digest": digest,
        });
        server.ok("POST", "runs/log-metric", fields).await;
        // Models are listed by age, in milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let search = |fields: Value| {
        let mut fields = fields;
        fields["experiment_ids"] = json!([experiment]);
        server.call("POST", "logged-models/search", fields)
    };
    let names = |found: &Value| -> String {
        let models = found["models"].as_array().cloned().unwrap_or_default();
        let names: Vec<&str> = models.iter().map(|m| m["info"]["name"].as_str().unwrap()).collect();
        names.join(" ")
    };
    for (fields, expected) in [
        (json!({}), "cow Bee ant"),
        (json!({ "max_results": 0 }), "cow Bee ant"),
        (json!({ "filter": "metrics.m > 0.4" }), "cow Bee"),
        (json!({ "filter": "name = 'ant'" }), "ant"),
        (json!({ "order_by": [{ "field_name": "metrics.m" }] }), "ant cow Bee"),
        (json!({ "order_by": [{ "field_name": "metrics.m", "ascending": false }] }), "Bee cow ant"),
        (
            json!({ "order_by": [
                { "field_name": "metrics.m", "dataset_name": "d", "dataset_digest": "1" },
                { "field_name": "name" },
            ] }),
            "Bee ant cow",
        ),
        (json!({ "datasets": [{ "dataset_name": "d", "dataset_digest": "2" }] }), "cow"),
        (json!({ "filter": "name = 'dog'" }), ""),
    ] {
        let found = search(fields.clone()).await;
        assert_eq!((found.status, names(&found.json())), (200, expected.to_owned()), "{fields}");
    }
    assert_eq!(search(json!({ "filter": "name = 'dog'" })).await.json(), json!({}));
    let order = json!([{ "field_name": "name" }]);
    let first = search(json!({ "max_results": 2, "order_by": order })).await.json();
    assert_eq!(names(&first), "Bee ant");
    let token = &first["next_page_token"];
    let second = search(json!({ "max_results": 2, "order_by": order, "page_token": token })).await;
    assert_eq!(names(&second.json()), "cow");
    assert_eq!(second.json().get("next_page_token"), None);
    for (fields, message) in [
        (json!({ "page_token": token }), "Order by in the page token"),
        (
            json!({ "order_by": order, "filter": "name = 'a'", "page_token": token }),
            "Filter string in the page token",
        ),
        (json!({ "page_token": "bad" }), ""),
        (json!({ "filter": "bogus = 'x'" }), ""),
        (json!({ "filter": "name = 'a' OR name = 'b'" }), ""),
        (json!({ "filter": "metrics.m = 'x'" }), ""),
        (json!({ "order_by": [{ "field_name": "bogus" }] }), ""),
        (json!({ "order_by": [{ "field_name": "params.p" }] }), ""),
        (json!({ "order_by": "x" }), "Invalid value \"x\" for parameter 'order_by' supplied"),
        (
            json!({ "datasets": [{ "dataset_digest": "1" }] }),
            "`dataset_name` in the `datasets` clause",
        ),
        (json!({ "max_results": "x" }), "Invalid value \"x\" for parameter 'max_results' supplied"),
        (json!({ "max_results": -1 }), ""),
    ] {
        let answer = search(fields.clone()).await;
        let found = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, 400, "{fields}: {found}");
        assert!(found.contains(message), "{fields}: {found}");
    }
    let nowhere = server.post("logged-models/search", json!({ "experiment_ids": [] })).await;
    assert_eq!((nowhere.status, nowhere.json()), (200, json!({})));
    let missing = server.post("logged-models/search", json!({})).await;
    assert!(missing.json()["message"].as_str().unwrap().contains("'experiment_ids'"));
}

#[tokio::test]
async fn inputs_and_outputs_are_bound_to_runs() {
    let server = Server::start().await;
    let (experiment, run) = server.run("inputs").await;
    let dataset = |digest: &str| json!({ "name": "n", "digest": digest, "source_type": "local", "source": "{}" });
    let context = |word: &str| json!([{ "key": "mlflow.data.context", "value": word }]);
    let input = json!({ "dataset": dataset("d"), "tags": context("train") });
    for (path, fields, status) in [
        (
            "runs/log-inputs",
            json!({ "run_id": run, "datasets": [input, { "dataset": dataset("e") }] }),
            200,
        ),
        ("runs/log-inputs", json!({ "run_id": run, "datasets": [input] }), 200),
        ("runs/log-inputs", json!({ "run_id": run, "models": [{ "model_id": "m-z" }] }), 200),
        ("runs/log-inputs", json!({ "run_id": run, "models": [{ "model_id": "m-z" }] }), 200),
        ("runs/log-inputs", json!({ "run_id": run }), 200),
        ("runs/log-inputs", json!({}), 400),
        ("runs/log-inputs", json!({ "run_id": run, "datasets": "x" }), 400),
        ("runs/log-inputs", json!({ "run_id": "bad id!", "datasets": [] }), 400),
        ("runs/log-inputs", json!({ "run_id": "0".repeat(32), "datasets": [] }), 404),
        (
            "runs/log-inputs",
            json!({ "run_id": run, "datasets": [{ "dataset": dataset("f"), "tags": context(&"v".repeat(501)) }] }),
            400,
        ),
        (
            "runs/outputs",
            json!({ "run_id": run, "models": [{ "model_id": "m-b", "step": 3 }] }),
            200,
        ),
        ("runs/outputs", json!({ "run_id": run, "models": [] }), 200),
        ("runs/outputs", json!({ "run_id": run }), 400),
        ("runs/outputs", json!({ "run_id": run, "models": "x" }), 400),
        ("runs/outputs", json!({ "run_id": "nope", "models": [] }), 404),
    ] {
        let answer = server.post(path, fields.clone()).await;
        assert_eq!(answer.status, status, "{path} {fields}: {:?}", answer.body);
    }
    let found = server.get(&format!("/api/2.0/mlflow/runs/get?run_id={run}")).await.json();
    assert_eq!(
        found["run"]["inputs"],
        json!({
            "dataset_inputs": [
                { "tags": context("train"), "dataset": dataset("d") },
                { "dataset": dataset("e") },
            ],
            "model_inputs": [{ "model_id": "m-z" }],
        })
    );
    assert_eq!(
        found["run"]["outputs"],
        json!({ "model_outputs": [{ "model_id": "m-b", "step": 3 }] })
    );
    let summary =
        |digest: &str| json!({ "experiment_id": experiment, "name": "n", "digest": digest });
    let mut first = summary("d");
    first["context"] = json!("train");
    // There the second address answers only pages, and the first nobody.
    for path in ["/api/2.0mlflow", "/ajax-api/2.0/mlflow"] {
        let path = format!("{path}/experiments/search-datasets");
        let json = [("content-type", "application/json")];
        let fields = |ids: Value| Body::from(json!({ "experiment_ids": ids }).to_string());
        let found = server.send(request("POST", &path, &json, fields(json!([experiment])))).await;
        assert_eq!(found.json(), json!({ "dataset_summaries": [first, summary("e")] }));
        let none = server.send(request("POST", &path, &json, fields(json!(["9999"])))).await;
        assert_eq!((none.status, none.json()), (200, json!({})));
        for (ids, message) in [
            (
                json!([]),
                "SearchDatasets request must specify at least one experiment_id.".to_owned(),
            ),
            (
                json!(vec!["1"; 21]),
                "SearchDatasets request cannot specify more than 20 experiment_ids. Received 21 \
                 experiment_ids."
                    .to_owned(),
            ),
        ] {
            let answer = server.send(request("POST", &path, &json, fields(ids))).await;
            assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(message)));
        }
    }
}

#[tokio::test]
async fn histories_of_several_runs_come_at_once() {
    let server = Server::start().await;
    let (_, one) = server.run("one").await;
    let (_, two) = server.run("two").await;
    for (run, value, at) in [(&two, 3.0, 1), (&one, 2.0, 2), (&one, 1.0, 1)] {
        let fields =
            json!({ "run_id": run, "key": "m", "value": value, "timestamp": at, "step": 0 });
        server.ok("POST", "runs/log-metric", fields).await;
    }
    let path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk";
    let mut expected = vec![
        json!({ "key": "m", "value": 1.0, "timestamp": 1, "step": 0, "run_id": one }),
        json!({ "key": "m", "value": 2.0, "timestamp": 2, "step": 0, "run_id": one }),
        json!({ "key": "m", "value": 3.0, "timestamp": 1, "step": 0, "run_id": two }),
    ];
    if one > two {
        expected.rotate_right(1);
    }
    let found = server.get(&format!("{path}?run_id={two}&run_id={one}&metric_key=m")).await;
    assert_eq!(found.json(), json!({ "metrics": expected }));
    let few =
        server.get(&format!("{path}?run_id={one}&run_id={two}&metric_key=m&max_results=2")).await;
    assert_eq!(few.json(), json!({ "metrics": expected[..2] }));
    for query in ["run_id=nope&metric_key=m", &format!("run_id={one}&metric_key=")] {
        let none = server.get(&format!("{path}?{query}")).await;
        assert_eq!((none.status, none.json()), (200, json!({ "metrics": [] })), "{query}");
    }
    let many = vec!["run_id=a"; 101].join("&");
    for (query, message) in [
        ("metric_key=m", "GetMetricHistoryBulk request must specify at least one run_id."),
        ("run_id=a", "GetMetricHistoryBulk request must specify a metric_key."),
        (
            &many,
            "GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received 101 run_ids.",
        ),
    ] {
        let answer = server.get(&format!("{path}?{query}")).await;
        assert_eq!((answer.status, &answer.json()["message"]), (400, &json!(message)));
    }
    let outside =
        server.get("/api/2.0/mlflow/metrics/get-history-bulk?run_id=a&metric_key=m").await;
    assert_eq!(outside.status, 404, "it is for pages only");
}

#[tokio::test]
async fn models_are_recorded_as_old_clients_do() {
    let server = Server::start().await;
    let (_, run) = server.run("record").await;
    let model = |path: &str| {
        json!({
            "artifact_path": path, "utc_time_created": "2026", "run_id": run, "model_uuid": "u", "extra": 1,
            "flavors": { "python_function": { "loader_module": "x", "config": { "a": 1 }, "env": "e" } },
        })
    };
    for path in ["p", "q"] {
        let fields = json!({ "run_id": run, "model_json": model(path).to_string() });
        server.ok("POST", "runs/log-model", fields).await;
    }
    let found = server.get(&format!("/api/2.0/mlflow/runs/get?run_id={run}")).await.json();
    let tags = found["run"]["data"]["tags"].as_array().unwrap().clone();
    let tag = tags.iter().find(|tag| tag["key"] == "mlflow.log-model.history").expect("the tag");
    let kept: Value = serde_json::from_str(tag["value"].as_str().unwrap()).unwrap();
    let recorded = |path: &str| {
        json!({
            "run_id": run, "artifact_path": path, "utc_time_created": "2026", "model_uuid": "u",
            "flavors": { "python_function": { "loader_module": "x", "env": "e" } },
        })
    };
    assert_eq!(kept, json!([recorded("p"), recorded("q")]));
    for (fields, status) in [
        (json!({ "model_json": "{}" }), 400),
        (json!({ "run_id": run }), 400),
        (json!({ "run_id": run, "model_json": "x" }), 400),
        (json!({ "run_id": run, "model_json": "{}" }), 400),
        (json!({ "run_id": "nope", "model_json": model("p").to_string() }), 404),
        // These two are faults there.
        (json!({ "run_id": run, "model_json": "[]" }), 400),
        (
            json!({ "run_id": run, "model_json": json!({
            "artifact_path": "p", "utc_time_created": "2026", "run_id": run, "flavors": "x",
        }).to_string() }),
            400,
        ),
    ] {
        let answer = server.post("runs/log-model", fields.clone()).await;
        assert_eq!(answer.status, status, "{fields}: {:?}", answer.body);
    }
}
