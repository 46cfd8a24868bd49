//! Features online: the answers of Feast's own server to the same questions over the same rows
//! (`conformance/online`), and what is refused.

mod common;

use std::path::PathBuf;

use common::{Answer, Server, request};
use feature_store::{FeatureStore, read_folder};
use serde_json::{Value, json};
use server::Features;

fn conformance() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../conformance/online")
}

/// A server over the definitions of a folder.
async fn serving(folder: PathBuf, online: Option<String>) -> Server {
    Server::with(|options| {
        let folder = read_folder(&folder).expect("the definitions fit");
        let mut store = FeatureStore::create(&options.home).expect("a store is made");
        store.apply(&folder, false, "2026-11-27T00:00:00Z".parse().unwrap()).expect("they apply");
        options.features = Some(Features { online });
    })
    .await
}

async fn post(server: &Server, path: &str, body: &Value) -> Answer {
    let headers = [("content-type", "application/json")];
    server.send(request("POST", path, &headers, body.to_string().into())).await
}

async fn materialized(server: &Server) {
    let body = json!({ "start_ts": "2026-11-01T00:00:00", "end_ts": "2026-11-24T00:00:00" });
    let answer = post(server, "/materialize", &body).await;
    assert_eq!((answer.status, answer.json()), (200, Value::Null), "{:?}", answer.body);
}

/// Where the answers differ from Feast's 0.67 on purpose: status, and what the answer says.
///
/// Feast answers with 500 to many questions that are wrong, and here they are 404 or 422. It takes a
/// question with half a key and finds nothing; an on-demand feature is lost under full names; no
/// rows are an error that names a key that nobody asked for; some writes that lack a column succeed.
const DIFFERENT: &[(&str, u16, &str)] = &[
    ("on demand, full names", 200, "boosted_view__boosted"),
    ("no rows", 200, r#"{"values":[],"statuses":[],"event_timestamps":[]}"#),
    ("view metadata", 200, r#""feature_view_metadata":[{"name":"driver_stats","version":1}]"#),
    ("unknown feature", 404, "feature nothing not found in feature view driver_stats"),
    ("no key", 422, "missing join key values for keys: [\\\"driver_id\\\"]"),
    ("half a key", 422, "missing join key values for keys: [\\\"symbol\\\"]"),
    ("ragged columns", 422, "all entity rows must have the same columns"),
    ("a key of another type", 422, "column driver_id, row 0: \\\"x\\\" is no int64"),
    ("a missing key", 422, "column driver_id, row 0: a join key cannot be null"),
    ("nothing asked", 422, "no features specified for retrieval"),
    ("no entities", 422, "missing field `entities`"),
    ("the same name twice", 422, "FeatureNameCollisionError"),
    ("no colon", 404, "Feature view trips does not exist"),
    ("push to a wrong place", 422, "elsewhere is not a supported push format"),
    ("push ragged", 422, "all columns must be of the same length"),
    ("push without a column", 422, "column trips of feature view driver_stats is missing"),
    ("push without a key", 422, "column driver_id of feature view driver_stats is missing"),
    ("push a wrong type", 422, "column trips, row 0: \\\"x\\\" is no int64"),
    ("write to nowhere", 404, "FeatureViewNotFoundException"),
    ("materialize backwards", 422, "must be before end_ts"),
    ("materialize no times", 422, "start_ts and end_ts are required"),
    ("materialize when", 422, "Invalid timestamp format: x"),
];

/// Columns by name. Where Feast's SQLite store gives less than it was given, ours is made as little:
/// it drops fractions of seconds, calls a null that it holds present, and makes a null of NaN. A
/// moment that is null comes from Feast as the least whole number.
fn columns(answer: &Value, as_feast: bool) -> Vec<(String, Value, Value, Value)> {
    let names = answer["metadata"]["feature_names"].as_array().expect("there are names");
    let results = answer["results"].as_array().expect("there are results");
    assert_eq!(names.len(), results.len());
    let mut columns = Vec::new();
    for (name, result) in names.iter().zip(results) {
        let list = |what: &str| result[what].as_array().expect("columns are lists").clone();
        let mut statuses = list("statuses");
        let mut events = list("event_timestamps");
        let mut values = list("values");
        let other_null = if as_feast { json!("NaN") } else { json!(i64::MIN) };
        values
            .iter_mut()
            .filter(|value| **value == other_null)
            .for_each(|value| *value = Value::Null);
        if as_feast {
            for status in statuses.iter_mut().filter(|status| *status == "NULL_VALUE") {
                *status = "PRESENT".into();
            }
            for event in &mut events {
                let whole = event.as_str().unwrap().split(['.', 'Z']).next().unwrap().to_owned();
                *event = format!("{whole}Z").into();
            }
        }
        let name = name.as_str().unwrap().to_owned();
        columns.push((name, values.into(), statuses.into(), events.into()));
    }
    columns.sort_by(|a, b| a.0.cmp(&b.0));
    columns
}

fn places(online: &str) -> Vec<Option<String>> {
    let redis = std::env::var("TRIMTAB_TEST_REDIS").ok().filter(|address| !address.is_empty());
    // A database of Redis for each test: views have the same names.
    let redis = redis.map(|address| format!("{}/{online}", address.trim_end_matches('/')));
    std::iter::once(None).chain(redis.map(Some)).collect()
}

fn emptied(place: Option<&String>) {
    if let Some(address) = place {
        let store = online::open(address).unwrap();
        for (view, _) in store.views().unwrap() {
            store.clear(&view).unwrap();
        }
    }
}

#[tokio::test]
async fn answers_are_those_of_feasts_own_server() {
    let cases = std::fs::read_to_string(conformance().join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    for place in places("1") {
        emptied(place.as_ref());
        let server = serving(conformance(), place).await;
        materialized(&server).await;
        for case in &cases {
            let name = case["name"].as_str().unwrap();
            let answer = post(&server, case["path"].as_str().unwrap(), &case["body"]).await;
            let said = String::from_utf8_lossy(&answer.body).into_owned();
            if let Some((_, status, says)) = DIFFERENT.iter().find(|(known, ..)| *known == name) {
                assert_eq!(answer.status, *status, "{name}: {said}");
                assert!(said.contains(says), "{name}: {said}");
                continue;
            }
            assert_eq!(u64::from(answer.status), case["status"], "{name}: {said}");
            let theirs = &case["answer"];
            match (answer.status, theirs.get("results")) {
                (200, Some(_)) => {
                    assert_eq!(columns(&answer.json(), true), columns(theirs, false), "{name}");
                }
                (200, None) => assert_eq!(answer.json(), *theirs, "{name}"),
                _ => {
                    let class = |text: &Value| -> Value {
                        serde_json::from_str(text.as_str().expect("errors are text")).unwrap()
                    };
                    let (ours, theirs) = (class(&answer.json()), class(theirs));
                    assert_eq!(ours["class"], theirs["class"], "{name}");
                    assert_eq!(ours["module"], theirs["module"], "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn columns_come_in_the_order_of_the_question_and_times_are_whole() {
    let server = serving(conformance(), None).await;
    materialized(&server).await;
    let body = json!({
        "features": ["driver_stats:trips", "driver_stats:city"], "entities": { "driver_id": [1003, 1002] },
    });
    let answer = post(&server, "/get-online-features", &body).await.json();
    assert_eq!(answer["metadata"]["feature_names"], json!(["driver_id", "trips", "city"]));
    assert_eq!(
        answer["results"][1],
        json!({
            "values": [0, null],
            "statuses": ["PRESENT", "NULL_VALUE"],
            "event_timestamps": ["2026-11-23T12:30:15.123456Z", "2026-11-23T12:30:15.250Z"],
        })
    );
}

/// Values whose event is older than the ttl are given, and flagged.
#[tokio::test]
async fn what_is_stale_is_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(conformance().join("definitions.toml")).unwrap();
    let text = text.replace("online = true\n", "online = true\nttl = \"1d\"\n")
        + r#"
            [[on_demand]]
            name = "lighter"
            inputs = ["weights:weight"]
            feature = [
                { name = "half", type = "float64", expression = "weight / 2" },
                { name = "one", type = "float64", expression = "1" },
            ]
        "#;
    std::fs::write(folder.path().join("definitions.toml"), text).unwrap();
    let server = serving(folder.path().to_owned(), None).await;
    let now = chrono::Utc::now();
    let at =
        |days: i64| (now - chrono::Duration::days(days)).format("%Y-%m-%dT%H:%M:%S").to_string();
    let body = json!({ "feature_view_name": "weights", "df": {
        "driver_id": [1, 2], "symbol": ["A", "A"], "event_timestamp": [at(0), at(2)], "weight": [0.5, 0.25],
    }});
    let answer = post(&server, "/write-to-online-store", &body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let body = json!({
        "features": ["weights:weight", "lighter"], "entities": { "driver_id": [1, 2], "symbol": ["A", "A"] },
    });
    let answer = post(&server, "/get-online-features", &body).await.json();
    assert_eq!(answer["results"][2]["values"], json!([0.5, 0.25]));
    assert_eq!(answer["results"][2]["statuses"], json!(["PRESENT", "OUTSIDE_MAX_AGE"]));
    // What is computed of it is as stale; what does not read it is not.
    assert_eq!(answer["results"][3]["values"], json!([0.25, 0.125]));
    assert_eq!(answer["results"][3]["statuses"], json!(["PRESENT", "OUTSIDE_MAX_AGE"]));
    assert_eq!(answer["results"][4]["statuses"], json!(["PRESENT", "PRESENT"]));
    let stats = server.get("/api/2.0/trimtab/features/stats").await.json();
    assert_eq!(stats["views"][1]["view"], "weights");
    assert_eq!(
        (&stats["views"][1]["entities"], &stats["views"][1]["stale"]),
        (&json!(2), &json!(false))
    );
    assert_eq!(stats["views"][0]["newest_event"], Value::Null);
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_nothing_is_written() {
    let server = serving(conformance(), None).await;
    let row = json!({
        "driver_id": [1], "symbol": ["A"], "event_timestamp": ["2026-11-23T00:00:00"], "weight": [0.5],
    });
    let with = |name: &str, values: Value| {
        let mut row = row.clone();
        row[name] = values;
        json!({ "feature_view_name": "weights", "df": row })
    };
    let table = [
        (with("weight", json!(["much"])), 422, "column weight, row 0: \\\"much\\\" is no float64"),
        (with("weight", json!([[1.0]])), 422, "[1.0] is no float64"),
        (with("driver_id", json!([1.5])), 422, "column driver_id, row 0: 1.5 is no int64"),
        (with("symbol", json!([null])), 422, "a join key cannot be null"),
        (with("event_timestamp", json!(["soon"])), 422, "\\\"soon\\\" is no moment"),
        (with("event_timestamp", json!([null])), 422, "null is no moment"),
        (with("weight", json!([1, 2])), 422, "all columns must be of the same length"),
        (with("weight", json!(1)), 422, "the body is not what is asked for"),
        (json!({ "feature_view_name": "weights" }), 422, "missing field `df`"),
        (json!([]), 422, "the body is not what is asked for"),
        (json!({ "feature_view_name": "boosted_view", "df": row }), 404, "does not exist"),
    ];
    for (body, status, says) in table {
        let answer = post(&server, "/write-to-online-store", &body).await;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{body}: {said}");
        assert!(said.contains(says), "{body}: {said}");
    }
    let headers = [("content-type", "application/json")];
    let torn = server.send(request("POST", "/push", &headers, "{\"push".into())).await;
    assert_eq!(torn.status, 422);
    let stats = server.get("/api/2.0/trimtab/features/stats").await.json();
    assert_eq!(stats["views"][1]["entities"], 0, "{stats}");
}

#[tokio::test]
async fn a_batch_that_is_too_large_is_refused() {
    let server = Server::with(|options| {
        let folder = read_folder(&conformance()).unwrap();
        let mut store = FeatureStore::create(&options.home).unwrap();
        store.apply(&folder, false, "2026-11-27T00:00:00Z".parse().unwrap()).unwrap();
        options.features = Some(Features { online: None });
        options.body_limit = 10_000;
    })
    .await;
    let ids: Vec<u32> = (0..5_000).collect();
    let body = json!({ "features": ["driver_stats:trips"], "entities": { "driver_id": ids } });
    let answer = post(&server, "/get-online-features", &body).await;
    assert_eq!(answer.status, 413, "{:?}", answer.body);
    assert!(answer.json().as_str().unwrap().contains("send it in parts"));
}

#[tokio::test]
async fn materializing_in_the_background_is_accepted() {
    let server = serving(conformance(), None).await;
    let body = json!({ "end_ts": "2026-11-24T00:00:00", "feature_views": ["driver_stats"] });
    let answer = post(&server, "/materialize-incremental?async=true", &body).await;
    assert_eq!(answer.status, 202);
    assert_eq!(answer.json(), json!({ "status": "accepted", "feature_views": ["driver_stats"] }));
    for _ in 0..200 {
        let stats = server.get("/api/2.0/trimtab/features/stats").await.json();
        if stats["views"][0]["materialized_to"] == "2026-11-24T00:00:00Z" {
            assert_eq!(stats["views"][0]["entities"], 5);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it did not end");
}

#[tokio::test]
async fn a_server_without_features_says_so() {
    let server = Server::start().await;
    for path in ["/get-online-features", "/push", "/write-to-online-store", "/materialize"] {
        let body = json!({
            "entities": {}, "push_source_name": "x", "feature_view_name": "x", "df": {},
            "start_ts": "2026-01-01", "end_ts": "2026-01-02",
        });
        let answer = post(&server, path, &body).await;
        assert_eq!(answer.status, 501, "{path}: {:?}", answer.body);
        assert!(answer.json().as_str().unwrap().contains("--features"));
    }
}

#[tokio::test]
async fn what_is_served_is_counted() {
    let server = serving(conformance(), None).await;
    materialized(&server).await;
    let body =
        json!({ "features": ["driver_stats:city"], "entities": { "driver_id": [1001, 1002, 9] } });
    post(&server, "/get-online-features", &body).await;
    let said = server.get("/metrics").await;
    let said = String::from_utf8_lossy(&said.body).into_owned();
    for line in [
        "trimtab_feature_values_total{status=\"NOT_FOUND\"} 1",
        "trimtab_feature_values_total{status=\"NULL_VALUE\"} 1",
        "trimtab_feature_rows_total{view=\"weights\",outcome=\"taken\"} 3",
    ] {
        assert!(said.contains(line), "{line} is not in\n{said}");
    }
}
