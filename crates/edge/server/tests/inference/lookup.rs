//! Features looked up by entity in the call that predicts: what comes out is what MLflow predicts for
//! the same features (`EXPECTED`), and what is not as it should be is told, row by row.

use predictions::find;
use serde_json::{Value, json};

use super::common::Answer;
use super::log::{ids, text};
use super::{EXPECTED, ROWS, Serving, frame, numbers};

const DEFINITIONS: &str = r#"
[[entity]]
name = "security"
keys = { symbol = "string" }

[[entity]]
name = "sector"
keys = { sector_id = "int64" }

[[source]]
name = "of_securities"
kind = "push"
event_time = "at"

[[source]]
name = "of_sectors"
kind = "push"
event_time = "at"

[[view]]
name = "signals"
entities = ["security"]
source = "of_securities"
ttl = "1d"
online = true
feature = [
    { name = "a", type = "float64" },
    { name = "b", type = "float64" },
    { name = "name", type = "string" },
]

[[view]]
name = "sectors"
entities = ["sector"]
source = "of_sectors"
online = true
feature = [{ name = "c", type = "float64" }]

[[on_demand]]
name = "boosted"
inputs = ["signals:a"]
request = { boost = "float64" }
feature = [{ name = "c", type = "float64", expression = "a + boost" }]

[[service]]
name = "both"
features = ["signals", "sectors:c"]

[[service]]
name = "on_demand"
features = ["signals:a", "signals:b", "boosted:c"]
"#;

/// What the metadata of a model states.
const STATED: &str = "metadata:\n  trimtab:\n    features: {service: both}\n";

/// Applies the definitions in the home of a server.
pub fn define(options: &mut server::Options) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("definitions.toml"), DEFINITIONS).unwrap();
    let read = feature_store::read_folder(folder.path()).expect("the definitions fit");
    let mut store = feature_store::FeatureStore::create(&options.home).unwrap();
    store.apply(&read, false, "2026-11-27T00:00:00Z".parse().unwrap()).expect("they apply");
}

/// Rows of both views: the features of `ROWS`, and more that is not as it should be.
pub fn written() -> [(&'static str, Value); 2] {
    let now = chrono::Utc::now();
    let at = |days: i64| (now - chrono::Duration::days(days)).to_rfc3339();
    let signals = json!({
        "symbol": ["AAPL", "MSFT", "OLD", "NONE"],
        "at": [at(0), at(0), at(2), at(0)],
        "a": [ROWS[0][0], ROWS[1][0], ROWS[0][0], null],
        "b": [ROWS[0][1], ROWS[1][1], ROWS[0][1], 2.0],
        "name": ["Apple", "Microsoft", "Old", "None"],
    });
    let sectors = json!({
        "sector_id": [7, 8], "at": [at(0), at(900)], "c": [ROWS[0][2], ROWS[1][2]],
    });
    [("signals", signals), ("sectors", sectors)]
}

/// A server whose online store has these rows.
async fn serving(change: impl FnOnce(&mut server::Options)) -> Serving {
    let serving = Serving::with(|options| {
        define(options);
        options.features = Some(server::Features { online: None });
        change(options);
    })
    .await;
    for (view, rows) in written() {
        let body = json!({ "feature_view_name": view, "df": rows });
        let answer = serving.ask("POST", "/write-to-online-store", body).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
    }
    serving
}

/// Registers a model of the conformance cases with more in its `MLmodel`.
async fn register(serving: &Serving, name: &str, model: &str, more: &str) -> String {
    let (version, folder) = serving.register(name, model).await;
    let file = folder.join("MLmodel");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, text + more).unwrap();
    version
}

pub async fn tag_version(serving: &Serving, name: &str, version: &str, features: &str) {
    let fields = json!({
        "name": name, "version": version, "key": "trimtab.features", "value": features,
    });
    serving.server.ok("POST", "model-versions/set-tag", fields).await;
}

fn close(answer: &Answer, expected: &[f64]) {
    let found = numbers(answer);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

fn of(symbols: &[&str], sectors: &[i64]) -> Value {
    json!({ "entities": { "security": symbols, "sector_id": sectors } })
}

#[tokio::test]
async fn features_of_entities_are_those_that_were_written_and_the_log_says_whose() {
    let serving = serving(|_| {}).await;
    register(&serving, "m", "columns", STATED).await;
    let answer = serving.ask("POST", "/invocations/m", of(&["AAPL", "MSFT"], &[7, 8])).await;
    close(&answer, &EXPECTED);
    assert_eq!(answer.header("x-trimtab-features"), "");
    let direct = serving.ask("POST", "/invocations/m", frame(&ROWS)).await;
    let folder = serving.server.home.path().join("predictions");
    let keys = ["sector_id=7,symbol=AAPL", "sector_id=8,symbol=MSFT"];
    for ((looked, given), key) in ids(&answer).iter().zip(ids(&direct)).zip(keys) {
        let looked = find(&folder, *looked).unwrap().unwrap();
        let given = find(&folder, given).unwrap().unwrap();
        assert_eq!(text(&looked, "entity_key").as_deref(), Some(key));
        assert_eq!(text(&given, "entity_key").as_deref(), Some(""));
        assert_eq!(text(&looked, "features_digest"), text(&given, "features_digest"));
        assert_eq!(text(&looked, "flags").as_deref(), Some(""));
    }
    // What is given wins, and then needs no key.
    let body = json!({ "entities": { "symbol": ["AAPL", "MSFT"], "c": [3.0, 4.0] } });
    close(&serving.ask("POST", "/invocations/m", body).await, &EXPECTED);
    let body = json!({ "entities": { "a": [1, -0.5], "b": [2, 0.25], "c": [3, 4], "x": [0, 0] } });
    let answer = serving.ask("POST", "/invocations/m", body).await;
    close(&answer, &EXPECTED);
    assert!(answer.header("x-trimtab-warning").ends_with("left out: x"));
    let metrics = serving.server.get("/metrics").await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.contains("trimtab_feature_values_total{status=\"PRESENT\"} 10"), "{metrics}");
}

#[tokio::test]
async fn tensors_may_name_entities_in_place_of_features() {
    let serving = serving(|_| {}).await;
    register(&serving, "m", "columns", STATED).await;
    let tensor = |name: &str, datatype: &str, data: Value| json!({ "name": name, "datatype": datatype, "shape": [2], "data": data });
    let body = json!({ "inputs": [
        tensor("sector_id", "INT64", json!([7, 8])), tensor("symbol", "BYTES", json!(["AAPL", "NEW"])),
    ]});
    let answer = serving.ask("POST", "/v2/models/m/infer", body).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let said = answer.json();
    let data = said["outputs"][0]["data"].as_array().unwrap();
    assert!((data[0].as_f64().unwrap() - EXPECTED[0]).abs() < 1e-6);
    assert_eq!(data[1], "NaN");
    let troubles = "1: unknown_entity signals:a signals:b";
    assert_eq!(said["parameters"]["features"], troubles);
    assert_eq!(answer.header("x-trimtab-features"), troubles);
    for (inputs, words) in [
        (json!([tensor("symbol", "BYTES", json!(["A", "B"]))]), "keys: [\"sector_id\"]"),
        (
            json!([
                tensor("symbol", "INT64", json!([1, 2])),
                tensor("sector_id", "INT64", json!([7, 8]))
            ]),
            "column symbol, row 0: 1 is no string",
        ),
        (
            json!([
                tensor("symbol", "BYTES", json!(["A", "B"])),
                tensor("sector_id", "INT64", json!([7, 8])),
                tensor("other", "FP32", json!([1, 2])),
            ]),
            "unexpected inference input 'other'",
        ),
    ] {
        let answer = serving.ask("POST", "/v2/models/m/infer", json!({ "inputs": inputs })).await;
        let said = answer.json();
        assert_eq!(answer.status, 400, "{said}");
        assert!(said["error"].as_str().unwrap().contains(words), "{said}");
    }
}

#[tokio::test]
async fn request_data_and_the_tag_of_a_version_say_what_is_computed() {
    let serving = serving(|_| {}).await;
    let version = register(&serving, "m", "columns", "").await;
    serving.alias("m", "champion", &version).await;
    let body = || json!({ "entities": { "symbol": ["AAPL", "MSFT"], "boost": [2.0, 4.5] } });
    let answer = serving.ask("POST", "/invocations/m", body()).await;
    assert_eq!(answer.status, 400);
    let why = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(why.contains("does not state which features it takes"), "{why}");
    for features in ["on_demand", "signals:a, signals:b, boosted:c"] {
        tag_version(&serving, "m", &version, features).await;
        close(&serving.ask("POST", "/invocations/m", body()).await, &EXPECTED);
        let told = serving.server.get("/v2/models/m").await.json();
        assert_eq!(told["parameters"]["looked_up"], features);
    }
    // A model whose signature has no names takes the features in the order in which they are stated.
    let version = register(&serving, "t", "tensor", "").await;
    tag_version(&serving, "t", &version, "signals:a, signals:b, boosted:c").await;
    let answer = serving.ask("POST", "/invocations/t/1", body()).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let said: Vec<[f64; 1]> =
        serde_json::from_value(answer.json()["predictions"]["variable"].clone()).unwrap();
    let given = json!({ "inputs": ROWS });
    let given = serving.ask("POST", "/invocations/t/1", given).await.json();
    assert_eq!(json!(said), given["predictions"]["variable"]);
}

#[tokio::test]
async fn what_is_not_as_it_should_be_is_flagged_and_by_policy_withheld() {
    let withhold = "    withhold: [stale_feature, unknown_entity]\n";
    for (more, values) in [("", ["-1.2", "NaN", "NaN"]), (withhold, ["null", "null", "NaN"])] {
        let serving = serving(|_| {}).await;
        register(&serving, "m", "columns", &format!("{STATED}{more}")).await;
        let body = of(&["OLD", "NEW", "NONE", "AAPL"], &[7, 7, 7, 7]);
        let answer = serving.ask("POST", "/invocations/m", body).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        assert_eq!(
            answer.header("x-trimtab-features"),
            "0: stale_feature signals:a signals:b; 1: unknown_entity signals:a signals:b; \
             2: missing_feature signals:a"
        );
        let said = String::from_utf8(answer.body.to_vec()).unwrap();
        let parts: Vec<&str> = said.split(", ").collect();
        for (part, value) in parts.iter().zip(values) {
            assert!(part.contains(value), "{said}");
        }
        let withheld = if more.is_empty() { "" } else { " withheld" };
        let folder = serving.server.home.path().join("predictions");
        for (id, (entity, flags)) in ids(&answer).iter().zip([
            ("OLD", format!("stale_feature{withheld}")),
            ("NEW", format!("not_finite unknown_entity missing_feature{withheld}")),
            ("NONE", "not_finite missing_feature".to_owned()),
            ("AAPL", String::new()),
        ]) {
            let row = find(&folder, *id).unwrap().unwrap();
            let key = format!("sector_id=7,symbol={entity}");
            assert_eq!(text(&row, "entity_key"), Some(key));
            assert_eq!(text(&row, "flags"), Some(flags), "{entity}");
        }
    }
}

#[tokio::test]
async fn what_was_derived_from_something_stale_is_stale() {
    let serving = serving(|_| {}).await;
    let more = "metadata: {trimtab: {features: {service: on_demand}}}\n";
    register(&serving, "m", "columns", more).await;
    let body = json!({ "entities": { "symbol": ["OLD"], "boost": [2.0], "a": [1.0], "b": [2.0] } });
    let answer = serving.ask("POST", "/invocations/m", body).await;
    close(&answer, &EXPECTED[..1]);
    assert_eq!(answer.header("x-trimtab-features"), "0: stale_feature signals:a boosted:c");
}

#[tokio::test]
async fn questions_that_cannot_be_answered_are_refused_in_clear_words() {
    let serving = serving(|options| options.serving.limits.rows = 4).await;
    register(&serving, "m", "columns", STATED).await;
    register(&serving, "w", "wholes", STATED).await;
    for (name, features) in [
        ("gone", "gone"),
        ("named", "signals:z"),
        ("text", "signals:a, signals:b, signals:name"),
        ("few", "signals:a"),
    ] {
        let model = if name == "text" || name == "few" { "tensor" } else { "columns" };
        let version = register(&serving, name, model, "").await;
        tag_version(&serving, name, &version, features).await;
    }
    let entities = |columns: Value| json!({ "entities": columns });
    let aapl = || of(&["AAPL"], &[7]);
    let mut beside = aapl();
    beside["inputs"] = json!([[1, 2, 3]]);
    for (model, body, status, words) in [
        (
            "m",
            entities(json!({ "securty": ["AAPL"], "sector_id": [7] })),
            400,
            "missing join key values for keys: [\"symbol\"]; provided: [\"sector_id\", \"securty\"]",
        ),
        ("m", entities(json!({ "symbol": ["AAPL"] })), 400, "keys: [\"sector_id\"]"),
        (
            "m",
            entities(json!({ "symbol": [7], "sector_id": [7] })),
            400,
            "column symbol, row 0: 7 is no string",
        ),
        (
            "m",
            entities(json!({ "symbol": ["AAPL"], "sector_id": ["x"] })),
            400,
            "column sector_id, row 0: \"x\" is no int64",
        ),
        (
            "m",
            entities(json!({ "symbol": [null], "sector_id": [7] })),
            400,
            "a join key cannot be null",
        ),
        (
            "m",
            entities(json!({ "symbol": ["AAPL", "MSFT"], "sector_id": [7] })),
            400,
            "all entity rows must have the same columns",
        ),
        (
            "m",
            entities(json!({ "symbol": ["AAPL"], "security": ["AAPL"], "sector_id": [7] })),
            400,
            "column symbol is there twice",
        ),
        ("m", entities(json!({ "symbol": "AAPL" })), 400, "Provided entities is not valid"),
        ("m", beside, 400, "`entities` stands alone"),
        ("m", of(&["A"; 5], &[7; 5]), 413, "5 rows are more than the 4"),
        (
            "m",
            entities(json!({ "symbol": ["AAPL"], "sector_id": [7], "b": ["much"] })),
            400,
            "the text 'much' to double in row 0",
        ),
        (
            "w",
            of(&["AAPL", "NONE"], &[7, 7]),
            400,
            "row 1 (sector_id=7, symbol=NONE): feature \
          signals:a is NULL_VALUE, and column 'a' of the model's signature takes no missing value",
        ),
        (
            "w",
            of(&["NEW"], &[7]),
            400,
            "row 0 (sector_id=7, symbol=NEW): feature signals:a is NOT_FOUND",
        ),
        ("gone", aapl(), 400, "the features of model 'gone': feature service gone does not exist"),
        ("named", aapl(), 400, "feature z not found in feature view signals"),
        ("text", aapl(), 400, "feature signals:name is a string, and a model takes numbers"),
        ("few", aapl(), 400, "does not match expected shape (-1, 3)"),
    ] {
        // By number: what is tagged later is not awaited.
        let answer = serving.ask("POST", &format!("/invocations/{model}/1"), body).await;
        let said = answer.json();
        assert_eq!(answer.status, status, "{model}: {said}");
        assert!(said["message"].as_str().unwrap().contains(words), "{model}: {said}");
    }
    let stats = serving.server.get("/v2/models/m/stats").await.json();
    assert_eq!(stats["model_stats"][0]["inference_stats"]["fail"]["count"], 11);
}

#[tokio::test]
async fn a_server_without_features_says_that_none_are_looked_up() {
    let serving = Serving::start().await;
    register(&serving, "m", "columns", STATED).await;
    let answer = serving.ask("POST", "/invocations/m", of(&["AAPL"], &[7])).await;
    assert_eq!(answer.status, 501, "{:?}", answer.body);
    assert!(answer.json()["message"].as_str().unwrap().contains("--features"));
    let tensor = json!({ "name": "symbol", "datatype": "BYTES", "shape": [1], "data": ["AAPL"] });
    let answer = serving.ask("POST", "/v2/models/m/infer", json!({ "inputs": [tensor] })).await;
    assert_eq!(answer.status, 501);
    assert!(answer.json()["error"].as_str().unwrap().contains("--features"));
    close(&serving.ask("POST", "/invocations/m", frame(&ROWS)).await, &EXPECTED);
}
