//! The registry on the wire. Statuses, codes, messages and shapes are those of an MLflow 3.17.2 server,
//! measured with the same requests, unless said otherwise.

mod common;
#[path = "security/kit.rs"]
#[allow(dead_code)]
mod kit;

use axum::body::Body;
use common::{Answer, Server, request};
use serde_json::{Value, json};

async fn model(server: &Server, name: &str) {
    server.ok("POST", "registered-models/create", json!({ "name": name })).await;
}

async fn version(server: &Server, fields: Value) -> Value {
    server.ok("POST", "model-versions/create", fields).await["model_version"].clone()
}

/// A call below `/api/2.0/trimtab/registry/`: `GET` with a query, others with fields.
async fn beside(server: &Server, method: &str, path: &str, fields: Value) -> Answer {
    let path = format!("/api/2.0/trimtab/registry/{path}");
    let headers = [("content-type", "application/json")];
    let body = if method == "GET" { Body::empty() } else { fields.to_string().into() };
    server.send(request(method, &path, &headers, body)).await
}

/// The body without its times.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_timestamp"));
            for field in fields.values_mut() {
                *field = timeless(field.take());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = timeless(item.take())),
        _ => {}
    }
    value
}

#[tokio::test]
async fn a_model_lives() {
    let server = Server::start().await;
    let made = server.ok("POST", "registered-models/create", json!({ "name": "m" })).await;
    assert_eq!(timeless(made), json!({ "registered_model": { "name": "m" } }));
    let (_, run) = server.run("e").await;
    let source = format!("mlflow-artifacts:/1/{run}/artifacts/model");
    let made = version(&server, json!({ "name": "m", "source": source, "run_id": run })).await;
    let expected = json!({
        "name": "m", "version": "1", "current_stage": "None", "description": "",
        "source": source, "run_id": run, "status": "READY", "run_link": "",
    });
    assert_eq!(timeless(made), expected);
    server
        .ok("POST", "registered-models/alias", json!({ "name": "m", "alias": "a", "version": "1" }))
        .await;
    let fields = json!({ "name": "m", "version": "1", "stage": "production" });
    let moved = server.ok("POST", "model-versions/transition-stage", fields).await;
    assert_eq!(moved["model_version"]["aliases"], json!(["a"]));
    let found = server.get("/api/2.0/mlflow/registered-models/get?name=m").await.json();
    let mut latest = expected;
    latest["current_stage"] = json!("Production");
    let aliases = json!([{ "alias": "a", "version": "1" }]);
    assert_eq!(
        timeless(found),
        json!({ "registered_model": {
            "name": "m", "latest_versions": [latest], "aliases": aliases,
        } })
    );
    let path = "/api/2.0/mlflow/model-versions/get-download-uri?name=m&version=1";
    assert_eq!(server.get(path).await.json(), json!({ "artifact_uri": source }));
    server.ok("DELETE", "model-versions/delete", json!({ "name": "m", "version": "1" })).await;
    let found = server.get("/api/2.0/mlflow/registered-models/get?name=m").await.json();
    assert_eq!(timeless(found), json!({ "registered_model": { "name": "m" } }));
    let renamed = json!({ "name": "m", "new_name": "n" });
    server.ok("POST", "registered-models/rename", renamed).await;
    server.ok("DELETE", "registered-models/delete", json!({ "name": "n" })).await;
    let none = server.get("/api/2.0/mlflow/registered-models/search").await;
    assert_eq!(none.json(), json!({}));
}

#[tokio::test]
async fn what_is_wrong_is_said_in_known_words() {
    let server = Server::start().await;
    model(&server, "m").await;
    let help = " See the API docs for more information about request parameters.";
    for (method, path, fields, status, code, message) in [
        (
            "POST",
            "registered-models/create",
            json!({}),
            400,
            "INVALID_PARAMETER_VALUE",
            format!("Missing value for required parameter 'name'.{help}"),
        ),
        (
            "POST",
            "registered-models/create",
            json!({ "name": "m" }),
            400,
            "RESOURCE_ALREADY_EXISTS",
            "Registered Model (name=m) already exists.".to_owned(),
        ),
        (
            "POST",
            "registered-models/create",
            json!({ "name": "a/b" }),
            400,
            "INVALID_PARAMETER_VALUE",
            "Invalid model name 'a/b'. Names cannot contain '/' or ':'.".to_owned(),
        ),
        (
            "POST",
            "model-versions/create",
            json!({ "name": "x", "source": "s3://b/a" }),
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "Registered Model with name=x not found".to_owned(),
        ),
        (
            "POST",
            "model-versions/create",
            json!({ "name": "m", "source": "/etc/passwd" }),
            400,
            "INVALID_PARAMETER_VALUE",
            "Invalid model version source: '/etc/passwd'. To use a local path as a model version \
             source, the run_id request parameter has to be specified and the local path has to be \
             contained within the artifact directory of the run specified by the run_id."
                .to_owned(),
        ),
        (
            "POST",
            "registered-models/alias",
            json!({ "name": "m", "alias": "v1", "version": "1" }),
            400,
            "INVALID_PARAMETER_VALUE",
            "Version alias name 'v1' is reserved.".to_owned(),
        ),
        (
            "POST",
            "registered-models/alias",
            json!({ "name": "m", "alias": "a", "version": "x" }),
            400,
            "INVALID_PARAMETER_VALUE",
            "Parameter 'version' must be an integer, got 'x'.".to_owned(),
        ),
        (
            "DELETE",
            "model-versions/delete",
            json!({ "name": "m", "version": "1" }),
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "Model Version (name=m, version=1) not found".to_owned(),
        ),
        (
            "POST",
            "model-versions/transition-stage",
            json!({ "name": "m", "version": "1", "stage": "Live" }),
            400,
            "INVALID_PARAMETER_VALUE",
            "Invalid Model Version stage: Live. Value must be one of None, Staging, Production, \
             Archived."
                .to_owned(),
        ),
    ] {
        let answer = server.call(method, path, fields.clone()).await;
        let said = answer.json();
        assert_eq!(answer.status, status, "{path} {fields}: {said}");
        assert_eq!((&said["error_code"], &said["message"]), (&json!(code), &json!(message)));
    }
    for (query, status) in [
        ("registered-models/search?max_results=1000", 200),
        ("registered-models/search?max_results=1001", 400),
        ("model-versions/search?max_results=200000", 200),
        ("model-versions/search?max_results=200001", 400),
        ("model-versions/search?max_results=0", 400),
        ("registered-models/search?order_by=name&order_by=name", 500),
        ("registered-models/search?filter=bogus+%3D+%27a%27", 400),
        ("registered-models/alias?name=m&alias=nobody", 400),
    ] {
        let answer = server.get(&format!("/api/2.0/mlflow/{query}")).await;
        assert_eq!(answer.status, status, "{query}: {:?}", answer.json());
    }
}

#[tokio::test]
async fn a_logged_model_is_told_of_its_versions() {
    let server = Server::start().await;
    let (experiment, run) = server.run("e").await;
    let fields = json!({ "experiment_id": experiment, "name": "l", "source_run_id": run });
    let logged = server.ok("POST", "logged-models", fields).await["model"]["info"].clone();
    let id = logged["model_id"].as_str().unwrap();
    model(&server, "m").await;
    let source = format!("models:/{id}");
    let made = version(&server, json!({ "name": "m", "source": source, "model_id": id })).await;
    assert_eq!((&made["source"], &made["run_id"]), (&json!(source), &json!(run)));
    let path = "/api/2.0/mlflow/model-versions/get-download-uri?name=m&version=1";
    assert_eq!(server.get(path).await.json()["artifact_uri"], logged["artifact_uri"]);
    let found = server.get(&format!("/api/2.0/mlflow/logged-models/{id}")).await.json();
    let tag = &found["model"]["info"]["tags"][0];
    assert_eq!(tag["key"], "mlflow.modelVersions");
    let said: Value = serde_json::from_str(tag["value"].as_str().unwrap()).unwrap();
    assert_eq!(said, json!([{ "name": "m", "version": 1 }]));
}

/// What this server has beside the protocol.
#[tokio::test]
async fn the_environment_is_read_beside_the_model() {
    let server = Server::start().await;
    let (_, run) = server.run("e").await;
    model(&server, "m").await;
    let file =
        format!("/api/2.0/mlflow-artifacts/artifacts/1/{run}/artifacts/model/requirements.txt");
    assert_eq!(server.put(&file, "scikit-learn==1.7.2\n").await.status, 200);
    let policy = json!({ "name": "m", "metadata": "enforce" });
    let set = beside(&server, "POST", "policy", policy).await;
    assert_eq!(set.json()["from"], "model", "{:?}", set.json());
    let source = format!("runs:/{run}/model");
    let mut fields = json!({ "name": "m", "source": source, "run_id": run });
    let refused = server.post("model-versions/create", fields.clone()).await;
    assert_eq!(refused.status, 400);
    let said = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(said.contains("trimtab.code_revision") && !said.contains("environment"), "{said}");
    fields["tags"] = json!([
        { "key": "trimtab.code_revision", "value": "c0ffee" },
        { "key": "trimtab.training_data", "value": "snapshot:1" },
    ]);
    version(&server, fields).await;
    let found = beside(&server, "GET", "metadata?name=m&version=1", Value::Null).await.json();
    // From `printf 'scikit-learn==1.7.2\n' | b3sum`.
    let digest = "40e0f08d703a0b5dbf521ed61dfb5284762cc6a404605d240249df83bf5b3c98";
    assert_eq!(found["metadata"]["environment"], format!("requirements.txt blake3:{digest}"));
    assert_eq!(found["missing"], json!([]));
}

#[tokio::test]
async fn a_champion_is_approved_promoted_and_rolled_back() {
    let server = kit::Server::with(kit::auth(server::Permission::Edit), false).await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    let (mlflow, own) = ("2.0/mlflow", "2.0/trimtab/registry");
    let create = format!("{mlflow}/registered-models/create");
    server.ok("ann", "POST", &create, json!({ "name": "m" })).await;
    for _ in 0..2 {
        let fields = json!({ "name": "m", "source": "s3://b/a" });
        server.ok("ann", "POST", &format!("{mlflow}/model-versions/create"), fields).await;
    }
    let policy = json!({ "name": "m", "protect": [{ "alias": "champion" }] });
    server.ok(kit::ADMIN, "POST", &format!("{own}/policy"), policy).await;
    let alias = format!("{mlflow}/registered-models/alias");
    let to = |version: &str| json!({ "name": "m", "alias": "champion", "version": version });
    let refused = server.ask("ann", "POST", &alias, to("1")).await;
    assert_eq!((refused.status, &refused.body["error_code"]), (403, &json!("PERMISSION_DENIED")));
    let approvals = format!("{own}/approvals");
    let approval = |version: &str| json!({ "name": "m", "version": version, "why": "backtested" });
    assert_eq!(server.ask("ann", "POST", &approvals, approval("1")).await.status, 403);
    for version in ["1", "2"] {
        let standing = server.ok("bob", "POST", &approvals, approval(version)).await;
        assert_eq!((&standing["enough"], &standing["needed"]), (&json!(true), &json!(1)));
        assert_eq!(standing["approvals"][0]["by"], "bob");
        server.ok("ann", "POST", &alias, to(version)).await;
    }
    let back = json!({ "name": "m", "why": "it drifts" });
    let holder = server.ok("ann", "POST", &format!("{own}/rollback"), back).await;
    assert_eq!(holder["model_version"]["version"], "1");
    let told = server.ok("ann", "GET", &format!("{own}/history?name=m"), Value::Null).await;
    assert_eq!(told["aliases"], json!([{ "alias": "champion", "version": "1" }]));
    let newest = &told["records"][0];
    assert_eq!((&newest["kind"], &newest["said"]["by"]), (&json!("rolled_back"), &json!("ann")));
    assert_eq!(newest["said"]["why"], "it drifts");
    let promoted = &told["records"][1];
    let approved = told["records"][2]["id"].as_str().unwrap();
    assert!(promoted["because"].as_array().unwrap().contains(&json!(approved)), "{promoted}");
    let path = format!("{own}/history?name=m&at=1");
    let then = server.ok("ann", "GET", &path, Value::Null).await;
    assert_eq!(then, json!({ "records": [], "aliases": [] }));
    let verified = server.ok(kit::ADMIN, "GET", &format!("{own}/verify"), Value::Null).await;
    assert!(verified["records"].as_u64().unwrap() >= 18, "{verified}");
}
