//! The document that the tables make, held against the routes and against what is checked in.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::words::{self, Field, Row, body, fields, in_path, object, parameter};
use super::{CHECKED_IN, features, inference, models, server, shapes, traces, tracking};
use crate::api::server::PROTOCOL;

/// The tables, each with the name and the words under which people find it.
const GROUPS: &[(&str, &str, &[Row])] = &[
    ("server", "The server itself", server::SERVER),
    ("experiments", "Experiments", tracking::EXPERIMENTS),
    ("runs", "Runs and what is logged to them", tracking::RUNS),
    ("artifacts", "Files of runs and models", tracking::ARTIFACTS),
    ("logged models", "Models that were logged", models::LOGGED_MODELS),
    ("registry", "Registered models, their versions and aliases", models::REGISTRY),
    ("governance", "Policies, approvals, history and signatures", models::GOVERNANCE),
    ("features", "Features online, in Feast's protocol", features::FEATURES),
    (
        "predictions",
        "Predictions of registered models, by the Open Inference Protocol and as MLflow scores",
        inference::PREDICTIONS,
    ),
    ("traces", "Traces and what is said of them", traces::TRACES),
    ("datasets", "Datasets of evaluations", traces::DATASETS),
    ("workspaces", "Workspaces", server::WORKSPACES),
    ("webhooks", "Webhooks", server::WEBHOOKS),
    ("people", "Accounts, roles, permissions and tokens", server::PEOPLE),
];

/// Endpoints that anybody may ask.
const OPEN: [&str; 8] = [
    "/health",
    "/version",
    "/openapi.json",
    "3.0/mlflow/server-info",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/ping",
];

/// Statuses of success other than 200.
const STATUSES: [(&str, &str); 2] = [("createWorkspace", "201"), ("deleteWorkspace", "204")];

/// What is done behind the answer, if it is asked for so.
const ACCEPTED: [&str; 2] = ["materializeFeatures", "materializeFeaturesIncrementally"];

fn document() -> Value {
    let tags: Vec<Value> =
        GROUPS.iter().map(|(name, says, _)| json!({ "name": name, "description": says })).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Trimtab tracking server",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": format!("The MLflow protocol as of {PROTOCOL}, and what Trimtab adds to it."),
            "description": "Paths below /api are answered below /ajax-api as well. Fields stand in \
                the query of a GET and in the JSON body of everything else.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{}, { "password": [] }, { "token": [] }],
        "tags": tags,
        "paths": paths(),
        "components": {
            "schemas": schemas(),
            "responses": {
                "Error": {
                    "description": "It was not done, and why",
                    "content": { "application/json": {
                        "schema": { "$ref": "#/components/schemas/Error" },
                    }},
                },
                "PredictionError": {
                    "description": "It was not done, and why: in the words of the protocol",
                    "content": { "application/json": { "schema": { "anyOf": [
                        { "$ref": "#/components/schemas/InferError" },
                        { "$ref": "#/components/schemas/Error" },
                    ]}}},
                },
                "FeatureError": {
                    "description": "It was not done, and why: as text, which holds JSON where \
                        clients of Feast have an exception for it",
                    "content": { "application/json": { "schema": { "anyOf": [
                        { "type": "string" },
                        { "$ref": "#/components/schemas/Error" },
                        { "$ref": "#/components/schemas/FeaturesBusy" },
                    ]}}},
                },
            },
            "parameters": { "Workspace": {
                "name": "X-MLFLOW-WORKSPACE",
                "in": "header",
                "description": "The workspace that is meant; without it, `default`",
                "schema": { "type": "string" },
            }},
            "securitySchemes": {
                "password": { "type": "http", "scheme": "basic" },
                "token": { "type": "http", "scheme": "bearer" },
            },
        },
    });
    document.sort_all_objects();
    document
}

fn schemas() -> Map<String, Value> {
    let objects = shapes::OBJECTS.iter().map(|(name, fields)| (*name, object(fields)));
    let enums = shapes::ENUMS
        .iter()
        .map(|(name, words)| (*name, json!({ "type": "string", "enum": words })));
    objects.chain(enums).map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn paths() -> Map<String, Value> {
    let mut paths: Map<String, Value> = Map::new();
    for (group, _, rows) in GROUPS {
        for row in *rows {
            let (method, path) = (row.0.to_ascii_lowercase(), in_path(row.1).1);
            if path.starts_with('/') {
                put(&mut paths, path, &method, operation(group, row));
            } else {
                put(&mut paths, format!("/api/{path}"), &method, operation(group, row));
                let there = format!("/api/{path}").replace('~', "~0").replace('/', "~1");
                let there = json!({ "$ref": format!("#/paths/{there}") });
                paths.insert(format!("/ajax-api/{path}"), there);
            }
        }
    }
    paths
}

fn put(paths: &mut Map<String, Value>, path: String, method: &str, operation: Value) {
    let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
    let twice = item.as_object_mut().expect("it is one").insert(method.to_owned(), operation);
    assert!(twice.is_none(), "{method} {path} is in the tables twice");
}

fn operation(group: &str, row: &Row) -> Value {
    let (method, path, id, summary, asks, gives) = *row;
    let status = STATUSES.iter().find(|(of, _)| *of == id).map_or("200", |(_, status)| status);
    let mut done = json!({ "description": "It was done" });
    if status != "204" && gives != "=nothing" {
        done["content"] = body(gives);
    }
    let error = match group {
        "features" => "FeatureError",
        "predictions" => "PredictionError",
        _ => "Error",
    };
    let mut operation = json!({
        "operationId": id,
        "summary": summary,
        "tags": [group],
        "parameters": parameters(method, path, asks),
        "responses": {
            (status): done,
            "default": { "$ref": format!("#/components/responses/{error}") },
        },
    });
    if ACCEPTED.contains(&id) {
        operation["responses"]["202"] =
            json!({ "description": "It is being done", "content": body(gives) });
    }
    if let Some(body) = request(method, asks) {
        operation["requestBody"] = body;
    }
    if OPEN.contains(&path) {
        operation["security"] = json!([{}]);
    }
    operation
}

fn parameters(method: &str, path: &str, asks: &str) -> Vec<Value> {
    let in_path = in_path(path).0.into_iter().map(|name| {
        let field = Field { name, kind: "str", required: true, in_query: false };
        json!({ "name": name, "in": "path", "required": true, "schema": words::of_field(field) })
    });
    let (_, asks) = whole(asks);
    let in_query = fields(asks).filter(|field| field.in_query || method == "GET").map(parameter);
    let workspace =
        (!path.starts_with('/')).then(|| json!({ "$ref": "#/components/parameters/Workspace" }));
    in_path.chain(in_query).chain(workspace).collect()
}

/// The body of a request, if it has one.
fn request(method: &str, asks: &str) -> Option<Value> {
    let (whole, rest) = whole(asks);
    if let Some(whole) = whole {
        return Some(json!({ "required": true, "content": body(whole) }));
    }
    let in_body = fields(rest).filter(|field| !field.in_query);
    let required: Vec<bool> = in_body.map(|field| field.required).collect();
    if method == "GET" || required.is_empty() {
        return None;
    }
    Some(json!({ "required": required.contains(&true), "content": body(rest) }))
}

/// What is a body as a whole, and the fields beside it.
fn whole(asks: &str) -> (Option<&str>, &str) {
    match asks.find('=') {
        Some(place) => (Some(&asks[place..]), asks[..place].trim_end_matches([',', ' '])),
        None => (None, asks),
    }
}

/// Every method with its path, in a document: what only refers to another path has its methods.
fn told(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let mut told = BTreeSet::new();
    for (path, item) in paths {
        let item = match item["$ref"].as_str() {
            None => item,
            Some(there) => {
                let there = there.trim_start_matches("#/paths/");
                &paths[&there.replace("~1", "/").replace("~0", "~")]
            }
        };
        for method in item.as_object().expect("an item is an object").keys() {
            told.insert((method.to_ascii_uppercase(), path.clone()));
        }
    }
    told
}

/// Each endpoint is asked for a method that it does not have: it says which it has.
#[tokio::test]
async fn the_document_tells_of_every_route_and_of_nothing_else() {
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::http::header::ALLOW;
    use tower::ServiceExt;

    let home = tempfile::tempdir().unwrap();
    let app = crate::tests::app(home.path(), crate::access::Security::default()).await;
    let mut routed = BTreeSet::new();
    for (path, endpoint) in crate::routes::all() {
        let router = Router::new().route(&path, endpoint).with_state(app.clone());
        let uri = path.replace("{*", "").replace(['{', '}'], "");
        let request = Request::builder().method("OPTIONS").uri(uri).body(Body::empty());
        let response = router.oneshot(request.unwrap()).await.unwrap();
        let allowed = response.headers()[ALLOW].to_str().unwrap().to_owned();
        for method in allowed.split(',').filter(|method| *method != "HEAD") {
            routed.insert((method.to_owned(), words::in_path(&path).1));
        }
    }
    let told = told(&document());
    let missing: Vec<_> = routed.difference(&told).collect();
    assert!(missing.is_empty(), "tell of these in operate/openapi: {missing:#?}");
    let gone: Vec<_> = told.difference(&routed).collect();
    assert!(gone.is_empty(), "operate/openapi tells of what is not routed: {gone:#?}");
}

#[test]
fn what_is_checked_in_is_what_the_tables_make() {
    let made = format!("{:#}\n", document());
    if std::env::var_os("TRIMTAB_WRITE_OPENAPI").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &made).unwrap();
        return;
    }
    let same = made == CHECKED_IN;
    assert!(same, "openapi.json is old: TRIMTAB_WRITE_OPENAPI=1 cargo test -p server openapi");
}

#[test]
fn every_name_is_known_and_used_once() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (_, _, rows) in GROUPS {
        for row in *rows {
            assert!(ids.insert(row.2), "{} is used twice", row.2);
        }
    }
    let text = document.to_string();
    let known = document["components"]["schemas"].as_object().unwrap();
    let refers = |name: &str| text.contains(&format!("\"#/components/schemas/{name}\""));
    for name in known.keys() {
        assert!(refers(name), "nothing refers to {name}");
    }
    let names =
        text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    let unknown: BTreeSet<&str> = names.filter(|name| !known.contains_key(*name)).collect();
    assert!(unknown.is_empty(), "{unknown:?} have no shape");
}
