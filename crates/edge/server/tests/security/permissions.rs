//! What each permission on an experiment lets somebody do.

use serde_json::{Value, json};
use server::Permission;

use crate::kit::{ADMIN, Server, auth};

/// What is asked for, and the least permission that it needs.
fn questions(experiment: &str, run: &str) -> Vec<(&'static str, String, Value, &'static str)> {
    let e = json!({ "experiment_id": experiment });
    let r = json!({ "run_id": run });
    let with = |base: &Value, more: Value| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let get = |path: &str| path.to_owned();
    vec![
        (
            "GET",
            format!("2.0/mlflow/experiments/get?experiment_id={experiment}"),
            Value::Null,
            "READ",
        ),
        (
            "GET",
            format!("2.0/mlflow/experiments/get?experiment_id=0{experiment}"),
            Value::Null,
            "READ",
        ),
        (
            "GET",
            get("2.0/mlflow/experiments/get-by-name?experiment_name=theirs"),
            Value::Null,
            "READ",
        ),
        ("GET", format!("2.0/mlflow/runs/get?run_id={run}"), Value::Null, "READ"),
        ("GET", format!("2.0/mlflow/runs/get?run_uuid={run}"), Value::Null, "READ"),
        (
            "GET",
            format!("2.0/mlflow/metrics/get-history?run_id={run}&metric_key=m"),
            Value::Null,
            "READ",
        ),
        (
            "GET",
            format!("2.0/mlflow/metrics/get-history-bulk-interval?run_ids={run}&metric_key=m"),
            Value::Null,
            "READ",
        ),
        (
            "GET",
            format!("/ajax-api/2.0/mlflow/metrics/get-history-bulk?run_id={run}&metric_key=m"),
            Value::Null,
            "READ",
        ),
        ("GET", format!("2.0/mlflow/artifacts/list?run_id={run}"), Value::Null, "READ"),
        (
            "POST",
            get("2.0/mlflow/experiments/set-experiment-tag"),
            with(&e, json!({ "key": "k", "value": "v" })),
            "EDIT",
        ),
        (
            "POST",
            get("2.0/mlflow/experiments/update"),
            with(&e, json!({ "new_name": "theirs" })),
            "EDIT",
        ),
        ("POST", get("2.0/mlflow/runs/create"), e.clone(), "EDIT"),
        ("POST", get("2.0/mlflow/runs/update"), with(&r, json!({ "status": "FINISHED" })), "EDIT"),
        (
            "POST",
            get("2.0/mlflow/runs/set-tag"),
            with(&r, json!({ "key": "k", "value": "v" })),
            "EDIT",
        ),
        (
            "POST",
            get("2.0/mlflow/runs/log-metric"),
            with(&r, json!({ "key": "m", "value": 1.0, "timestamp": 1 })),
            "EDIT",
        ),
        (
            "POST",
            get("2.0/mlflow/runs/log-parameter"),
            with(&r, json!({ "key": "p", "value": "1" })),
            "EDIT",
        ),
        (
            "POST",
            get("2.0/mlflow/runs/log-batch"),
            with(&r, json!({ "metrics": [{ "key": "m", "value": 2.0, "timestamp": 2 }] })),
            "EDIT",
        ),
        ("POST", get("2.0/mlflow/logged-models"), with(&e, json!({ "name": "m" })), "EDIT"),
        ("POST", get("2.0/mlflow/runs/delete"), r.clone(), "MANAGE"),
        ("POST", get("2.0/mlflow/runs/restore"), r.clone(), "MANAGE"),
        ("POST", get("2.0/mlflow/experiments/delete"), e.clone(), "MANAGE"),
        ("POST", get("2.0/mlflow/experiments/restore"), e, "MANAGE"),
        ("GET", get("2.0/mlflow/webhooks"), Value::Null, "ADMIN"),
        ("DELETE", get("2.0/mlflow/users/delete"), json!({ "username": "root" }), "ADMIN"),
        (
            "PATCH",
            get("2.0/mlflow/users/update-admin"),
            json!({ "username": "ann", "is_admin": true }),
            "ADMIN",
        ),
    ]
}

fn level(permission: &str) -> u8 {
    ["DENY", "NO_PERMISSIONS", "READ", "USE", "EDIT", "MANAGE", "ADMIN"]
        .iter()
        .position(|one| *one == permission)
        .map(|place| if place == 0 { 1 } else { place as u8 })
        .unwrap()
}

#[tokio::test]
async fn each_permission_lets_somebody_do_what_it_says_and_no_more() {
    for (default, granted, effective) in [
        (Permission::Read, None, "READ"),
        (Permission::NoPermissions, None, "NO_PERMISSIONS"),
        (Permission::NoPermissions, Some("READ"), "READ"),
        (Permission::NoPermissions, Some("USE"), "USE"),
        (Permission::NoPermissions, Some("EDIT"), "EDIT"),
        (Permission::NoPermissions, Some("MANAGE"), "MANAGE"),
        (Permission::Edit, Some("READ"), "EDIT"),
        (Permission::Manage, Some("DENY"), "DENY"),
    ] {
        let server = Server::with(auth(default), false).await;
        server.person("ann").await;
        let experiment = server.experiment(ADMIN, "theirs").await;
        let run = server.run(ADMIN, &experiment).await;
        if let Some(granted) = granted {
            server.grant("ann", "experiment", &experiment, granted).await;
        }
        for (method, path, body, needed) in questions(&experiment, &run) {
            let answer = server.ask("ann", method, &path, body.clone()).await;
            let allowed = level(effective) >= level(needed);
            assert_eq!(
                answer.status != 403,
                allowed,
                "{granted:?} over {default:?}: {method} {path} {body}: {answer:?}"
            );
            assert!(!allowed || answer.status == 200, "{method} {path} {body}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn whoever_makes_an_experiment_manages_it() {
    let server = Server::closed().await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    let experiment = server.experiment("ann", "of ann").await;
    let run = server.run("ann", &experiment).await;
    server.refused("bob", "GET", &format!("2.0/mlflow/runs/get?run_id={run}"), Value::Null).await;

    let share = |permission: &str| {
        json!({
            "username": "bob",
            "resource_type": "experiment",
            "resource_id": experiment,
            "permission": permission,
        })
    };
    let (grant, revoke) =
        ("3.0/mlflow/users/permissions/grant", "3.0/mlflow/users/permissions/revoke");
    server.refused("bob", "POST", grant, share("MANAGE")).await;
    server.ok("ann", "POST", grant, share("READ")).await;
    server.ok("bob", "GET", &format!("2.0/mlflow/runs/get?run_id={run}"), Value::Null).await;
    server.refused("bob", "POST", grant, share("MANAGE")).await;
    let twice = server.ask("ann", "POST", grant, share("EDIT")).await;
    assert_eq!(twice.body["error_code"], "RESOURCE_ALREADY_EXISTS");

    let path = format!(
        "3.0/mlflow/users/permissions/get?username=bob&resource_type=experiment&\
         resource_id={experiment}"
    );
    let found = server.ok("bob", "GET", &path, Value::Null).await;
    assert_eq!(found, json!({ "allowed": false, "permission": "READ" }));
    server.refused("ann", "GET", &path, Value::Null).await;
    let found = server.ok(ADMIN, "GET", &path, Value::Null).await;
    assert_eq!(found["permission"], "READ");

    server.ok("ann", "POST", revoke, share("")).await;
    server.refused("bob", "GET", &format!("2.0/mlflow/runs/get?run_id={run}"), Value::Null).await;
    let gone = server.ask("ann", "POST", revoke, share("")).await;
    assert_eq!(gone.body["error_code"], "RESOURCE_DOES_NOT_EXIST");
}

/// What does not exist cannot be told from what may not be seen.
#[tokio::test]
async fn a_run_that_is_not_there_is_refused_like_one_that_may_not_be_seen() {
    let server = Server::closed().await;
    server.person("ann").await;
    let experiment = server.experiment(ADMIN, "theirs").await;
    let run = server.run(ADMIN, &experiment).await;
    for id in [run.as_str(), "00000000000000000000000000000000", "x'y"] {
        let body = json!({ "run_id": id, "key": "k", "value": "v" });
        server.refused("ann", "POST", "2.0/mlflow/runs/set-tag", body).await;
    }
}

/// Metrics can be put on logged models: those of others are not to be written to that way.
#[tokio::test]
async fn a_metric_is_not_put_on_a_model_of_somebody_else() {
    let server = Server::new().await;
    server.person("ann").await;
    let theirs = server.experiment(ADMIN, "theirs").await;
    let body = json!({ "experiment_id": theirs, "name": "m" });
    let made = server.ok(ADMIN, "POST", "2.0/mlflow/logged-models", body).await;
    let model = made["model"]["info"]["model_id"].as_str().unwrap().to_owned();
    let own = server.experiment("ann", "own").await;
    let run = server.run("ann", &own).await;
    let metric = json!({ "key": "m", "value": 1.0, "timestamp": 1, "model_id": model });
    let mut alone = metric.clone();
    alone["run_id"] = json!(run);
    server.refused("ann", "POST", "2.0/mlflow/runs/log-metric", alone).await;
    let batch = json!({ "run_id": run, "metrics": [metric] });
    server.refused("ann", "POST", "2.0/mlflow/runs/log-batch", batch).await;
    let camel = json!({ "key": "m", "value": 1.0, "timestamp": 1, "modelId": model });
    let batch = json!({ "run_id": run, "metrics": [camel] });
    server.refused("ann", "POST", "2.0/mlflow/runs/log-batch", batch).await;
    let inputs = json!({ "run_id": run, "models": [{ "model_id": model }] });
    server.refused("ann", "POST", "2.0/mlflow/runs/log-inputs", inputs).await;
}

#[tokio::test]
async fn people_look_after_themselves_only() {
    let server = Server::new().await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    server.ok("ann", "GET", "2.0/mlflow/users/get?username=ann", Value::Null).await;
    server.refused("ann", "GET", "2.0/mlflow/users/get?username=bob", Value::Null).await;
    server.refused("ann", "GET", "3.0/mlflow/users/roles/list?username=bob", Value::Null).await;
    server
        .refused("ann", "GET", "3.0/mlflow/users/permissions/list?username=bob", Value::Null)
        .await;
    let password = json!({ "username": "bob", "password": "a long new password" });
    server.refused("ann", "PATCH", "2.0/mlflow/users/update-password", password.clone()).await;
    server.refused("ann", "POST", "2.0/mlflow/users/create", password).await;
    let listed = server.ok("ann", "GET", "2.0/mlflow/users/list", Value::Null).await;
    let names: Vec<&str> = listed["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, [ADMIN, "ann", "bob"]);
    assert!(!listed.to_string().contains("argon2"));
    let current = server.ok("ann", "GET", "2.0/mlflow/users/current", Value::Null).await;
    assert_eq!(current["user"]["is_admin"], false);
    assert_eq!(current["is_basic_auth"], true);
}

#[tokio::test]
async fn only_what_is_enforced_can_be_granted() {
    let server = Server::new().await;
    server.person("ann").await;
    for (resource, id, permission) in [
        ("run", "*", "READ"),
        ("experiment", "1", "NO_PERMISSIONS"),
        ("experiment", "1", "OWN"),
        ("experiment", "01", "READ"),
        ("experiment", "one", "READ"),
        ("workspace", "*", "USE"),
    ] {
        let body = json!({
            "username": "ann",
            "resource_type": resource,
            "resource_id": id,
            "permission": permission,
        });
        let answer = server.ask(ADMIN, "POST", "3.0/mlflow/users/permissions/grant", body).await;
        assert_eq!(
            answer.body["error_code"], "INVALID_PARAMETER_VALUE",
            "{resource} {id}: {answer:?}"
        );
    }
}

async fn trace(server: &Server, who: &str, id: &str, experiment: &str) -> u16 {
    let info = json!({
        "trace_id": id,
        "trace_location": {
            "type": "MLFLOW_EXPERIMENT",
            "mlflow_experiment": { "experiment_id": experiment },
        },
        "request_time": "2025-01-01T00:00:00Z",
        "execution_duration": "1s",
        "state": "OK",
    });
    let body = json!({ "trace": { "trace_info": info } });
    server.ask(who, "POST", "3.0/mlflow/traces", body).await.status
}

/// A run and a trace have an old and a new name each: a request that uses both for different things
/// must not have one checked and the other changed.
#[tokio::test]
async fn the_thing_that_counts_is_the_one_that_is_checked() {
    let server = Server::closed().await;
    server.person("ann").await;
    let (hers, theirs) =
        (server.experiment("ann", "hers").await, server.experiment(ADMIN, "theirs").await);
    let (run, secret) = (server.run("ann", &hers).await, server.run(ADMIN, &theirs).await);
    for (old, new) in [(&run, &secret), (&secret, &run)] {
        let body = json!({ "run_uuid": old, "run_id": new, "key": "k", "value": "v" });
        server.refused("ann", "POST", "2.0/mlflow/runs/set-tag", body).await;
        let path = format!("/get-artifact?run_id={new}&run_uuid={old}&path=x");
        server.refused("ann", "GET", &path, Value::Null).await;
    }

    let (own, other) =
        ("tr-11111111111111111111111111111111", "tr-22222222222222222222222222222222");
    assert_eq!(trace(&server, "ann", own, &hers).await, 200);
    assert_eq!(trace(&server, ADMIN, other, &theirs).await, 200);
    assert_eq!(trace(&server, "ann", other, &hers).await, 403);
    assert_eq!(trace(&server, "ann", "tr-3", &theirs).await, 403);
    let tag = |more: Value| {
        let mut body = json!({ "key": "k", "value": "v" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let path = format!("2.0/mlflow/traces/{own}/tags");
    for name in ["trace_id", "traceId"] {
        server.refused("ann", "PATCH", &path, tag(json!({ name: other }))).await;
    }
    server.ok("ann", "PATCH", &path, tag(json!({}))).await;
    for path in [
        format!("3.0/mlflow/traces/get?trace_id={other}"),
        format!("3.0/mlflow/traces/{other}"),
        format!("3.0/mlflow/traces/batchGet?trace_ids={own}&trace_ids={other}"),
        format!("2.0/mlflow/get-trace-artifact?trace_id={own}&request_id={other}"),
        format!("2.0/mlflow/get-trace-artifact?request_id={own}&trace_id={other}"),
        format!("2.0/mlflow/traces?experiment_ids={hers}&experiment_ids={theirs}"),
    ] {
        server.refused("ann", "GET", &path, Value::Null).await;
    }
    let place = |id: &str| json!({ "mlflow_experiment": { "experiment_id": id } });
    let search = "3.0/mlflow/traces/search";
    for places in [json!([place(&hers), place(&theirs)]), json!([]), json!([{}])] {
        server.refused("ann", "POST", search, json!({ "locations": places })).await;
    }
    let found = server.ok("ann", "POST", search, json!({ "locations": [place(&hers)] })).await;
    assert_eq!(found["traces"].as_array().unwrap().len(), 1);
}

/// An evaluation dataset is for experiments: whoever may change all of them may change it.
#[tokio::test]
async fn a_dataset_belongs_to_all_of_its_experiments() {
    let server = Server::closed().await;
    server.person("ann").await;
    let (hers, theirs) =
        (server.experiment("ann", "hers").await, server.experiment(ADMIN, "theirs").await);
    let create = "3.0/mlflow/datasets/create";
    for ids in [json!([theirs]), json!([hers, theirs]), json!([])] {
        let body = json!({ "name": "d", "experiment_ids": ids });
        server.refused("ann", "POST", create, body).await;
    }
    let body = json!({ "name": "d", "experiment_ids": [hers] });
    let made = server.ok("ann", "POST", create, body).await;
    let own = format!("3.0/mlflow/datasets/{}", made["dataset"]["dataset_id"].as_str().unwrap());
    server.ok("ann", "GET", &own, Value::Null).await;
    let add = json!({ "experiment_ids": [theirs] });
    server.refused("ann", "POST", &format!("{own}/add-experiments"), add.clone()).await;
    server.ok(ADMIN, "POST", &format!("{own}/add-experiments"), add).await;
    server.refused("ann", "GET", &own, Value::Null).await;
    server.grant("ann", "experiment", &theirs, "READ").await;
    server.ok("ann", "GET", &own, Value::Null).await;
    server.refused("ann", "DELETE", &own, Value::Null).await;
    server.refused("ann", "POST", "3.0/mlflow/datasets/search", json!({})).await;
}
