//! Workspaces: what is in one is not seen from another. Expected answers from MLflow 3.17.2,
//! `server/handlers.py` and `store/workspace/sqlalchemy_store.py`.

use serde_json::{Value, json};
use server::{Permission, Security};

use crate::kit::{ADMIN, Server, auth, request};

const ALL: &str = "3.0/mlflow/workspaces";

async fn two(permission: Permission) -> Server {
    let server = Server::with(auth(permission), true).await;
    for name in ["team-a", "team-b"] {
        server.ok(ADMIN, "POST", ALL, json!({ "name": name })).await;
    }
    server
}

async fn experiment(server: &Server, workspace: &str, who: &str, name: &str) -> String {
    let path = "2.0/mlflow/experiments/create";
    let made = server.ask_in(workspace, who, "POST", path, json!({ "name": name })).await;
    assert_eq!(made.status, 200, "{made:?}");
    made.body["experiment_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn workspaces_are_made_shown_changed_and_deleted() {
    let server = Server::with(auth(Permission::Read), true).await;
    let body = json!({ "name": "team-a", "description": "ours" });
    let made = server.ask(ADMIN, "POST", ALL, body.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.body, json!({ "workspace": body }));
    let twice = server.ask(ADMIN, "POST", ALL, body).await;
    assert_eq!(twice.body["error_code"], "RESOURCE_ALREADY_EXISTS");
    for bad in ["", "a", "A-b", "-ab", "ab-", "a_b", "api", "default", &"a".repeat(64)] {
        let answer = server.ask(ADMIN, "POST", ALL, json!({ "name": bad })).await;
        assert_eq!(answer.body["error_code"], "INVALID_PARAMETER_VALUE", "{bad}");
    }
    let listed = server.ok(ADMIN, "GET", ALL, Value::Null).await;
    let names: Vec<&Value> =
        listed["workspaces"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["default", "team-a"]);

    let one = format!("{ALL}/team-a");
    let root = json!({ "default_artifact_root": "s3://bucket/a" });
    let changed = server.ok(ADMIN, "PATCH", &one, root).await;
    assert_eq!(changed["workspace"]["description"], "ours");
    assert_eq!(changed["workspace"]["default_artifact_root"], "s3://bucket/a");
    let id = experiment(&server, "team-a", ADMIN, "rooted").await;
    let get = format!("2.0/mlflow/experiments/get?experiment_id={id}");
    let found = server.ask_in("team-a", ADMIN, "GET", &get, Value::Null).await;
    assert_eq!(found.body["experiment"]["artifact_location"], format!("s3://bucket/a/{id}"));
    let cleared = server.ok(ADMIN, "PATCH", &one, json!({ "default_artifact_root": "" })).await;
    assert_eq!(cleared["workspace"].get("default_artifact_root"), None);
    assert_eq!(server.ask(ADMIN, "PATCH", &one, json!({})).await.status, 400);
    let missing = server.ask(ADMIN, "GET", &format!("{ALL}/none"), Value::Null).await;
    assert_eq!(missing.body["error_code"], "RESOURCE_DOES_NOT_EXIST");

    let default = server.ask(ADMIN, "DELETE", &format!("{ALL}/default"), Value::Null).await;
    assert_eq!(default.body["error_code"], "INVALID_PARAMETER_VALUE");
    let held = server.ask(ADMIN, "DELETE", &one, Value::Null).await;
    assert_eq!(held.body["error_code"], "INVALID_STATE");
    let whole = format!("{one}?mode=CASCADE");
    assert_eq!(server.ask(ADMIN, "DELETE", &whole, Value::Null).await.status, 204);
    assert_eq!(server.ask(ADMIN, "GET", &one, Value::Null).await.status, 404);
}

#[tokio::test]
async fn nothing_is_seen_from_another_workspace() {
    let server = two(Permission::Read).await;
    let id = experiment(&server, "team-a", ADMIN, "same").await;
    let other = experiment(&server, "team-b", ADMIN, "same").await;
    assert_ne!(id, other);
    let get = format!("2.0/mlflow/experiments/get?experiment_id={id}");
    let found = server.ask_in("team-a", ADMIN, "GET", &get, Value::Null).await;
    assert_eq!(found.body["experiment"]["workspace"], "team-a");
    for elsewhere in ["", "default", "team-b"] {
        let answer = server.ask_in(elsewhere, ADMIN, "GET", &get, Value::Null).await;
        assert_eq!(answer.status, 404, "{elsewhere}");
    }
    let unknown = server.ask_in("none", ADMIN, "GET", &get, Value::Null).await;
    assert_eq!(unknown.body["error_code"], "RESOURCE_DOES_NOT_EXIST");
}

#[tokio::test]
async fn a_workspace_is_closed_to_those_who_were_not_let_in() {
    let server = two(Permission::Read).await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    let id = experiment(&server, "team-a", ADMIN, "e").await;
    let body = json!({ "name": "members", "workspace": "team-a" });
    let role = server.ok(ADMIN, "POST", "3.0/mlflow/roles/create", body).await;
    let role = role["role"]["id"].as_i64().unwrap();
    let body = json!({ "role_id": role, "resource_type": "workspace", "resource_pattern": "*", "permission": "USE" });
    server.ok(ADMIN, "POST", "3.0/mlflow/roles/permissions/add", body).await;
    let body = json!({ "username": "ann", "role_id": role });
    server.ok(ADMIN, "POST", "3.0/mlflow/roles/assign", body).await;

    let get = format!("2.0/mlflow/experiments/get?experiment_id={id}");
    let create = ("POST", "2.0/mlflow/experiments/create");
    assert_eq!(server.ask_in("team-a", "ann", "GET", &get, Value::Null).await.status, 200);
    let own = experiment(&server, "team-a", "ann", "hers").await;
    let delete = json!({ "experiment_id": own });
    let answer =
        server.ask_in("team-a", "ann", "POST", "2.0/mlflow/experiments/delete", delete).await;
    assert_eq!(answer.status, 200);
    let delete = json!({ "experiment_id": id });
    let answer =
        server.ask_in("team-a", "ann", "POST", "2.0/mlflow/experiments/delete", delete).await;
    assert_eq!(answer.status, 403);
    for (workspace, who) in [("team-a", "bob"), ("team-b", "ann"), ("default", "ann")] {
        let answer = server.ask_in(workspace, who, "GET", &get, Value::Null).await;
        assert_eq!(answer.status, 403, "{who} in {workspace}");
        let answer =
            server.ask_in(workspace, who, create.0, create.1, json!({ "name": "x" })).await;
        assert_eq!(answer.status, 403, "{who} in {workspace}");
    }
    let seen = server.ok("ann", "GET", ALL, Value::Null).await;
    assert_eq!(seen["workspaces"].as_array().unwrap().len(), 1);
    assert_eq!(server.ok("bob", "GET", ALL, Value::Null).await, json!({}));
    server.ok("ann", "GET", &format!("{ALL}/team-a"), Value::Null).await;
    server.refused("ann", "GET", &format!("{ALL}/team-b"), Value::Null).await;
    server.refused("ann", "POST", ALL, json!({ "name": "team-c" })).await;
    server.refused("ann", "DELETE", &format!("{ALL}/team-a"), Value::Null).await;
}

#[tokio::test]
async fn what_becomes_of_the_contents_is_said_when_a_workspace_is_deleted() {
    let server = two(Permission::Read).await;
    let id = experiment(&server, "team-a", ADMIN, "kept").await;
    let run = server
        .ask_in("team-a", ADMIN, "POST", "2.0/mlflow/runs/create", json!({ "experiment_id": id }))
        .await;
    let run = run.body["run"]["info"]["run_id"].as_str().unwrap().to_owned();
    let delete = |mode: &str| format!("{ALL}/team-a{mode}");
    let answer = server.ask(ADMIN, "DELETE", &delete(""), Value::Null).await;
    assert_eq!(answer.body["error_code"], "INVALID_STATE");
    assert_eq!(server.ask(ADMIN, "DELETE", &delete("?mode=ALL"), Value::Null).await.status, 400);

    experiment(&server, "default", ADMIN, "kept").await;
    let answer = server.ask(ADMIN, "DELETE", &delete("?mode=SET_DEFAULT"), Value::Null).await;
    assert_eq!(answer.body["error_code"], "INVALID_STATE", "{answer:?}");
    let rename = json!({ "experiment_id": id, "new_name": "moved" });
    server.ask_in("team-a", ADMIN, "POST", "2.0/mlflow/experiments/update", rename).await;
    let answer = server.ask(ADMIN, "DELETE", &delete("?mode=SET_DEFAULT"), Value::Null).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    server.ok(ADMIN, "GET", &format!("2.0/mlflow/runs/get?run_id={run}"), Value::Null).await;

    let id = experiment(&server, "team-b", ADMIN, "lost").await;
    let gone = format!("{ALL}/team-b?mode=CASCADE");
    assert_eq!(server.ask(ADMIN, "DELETE", &gone, Value::Null).await.status, 204);
    server.ok(ADMIN, "POST", ALL, json!({ "name": "team-b" })).await;
    let get = format!("2.0/mlflow/experiments/get?experiment_id={id}");
    assert_eq!(server.ask_in("team-b", ADMIN, "GET", &get, Value::Null).await.status, 404);
}

#[tokio::test]
async fn without_workspaces_there_is_one() {
    let server = Server::with(Security::default(), false).await;
    assert_ne!(server.send(request("GET", "/api/3.0/mlflow/workspaces", None)).await.status, 200);
    let mut elsewhere = request("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", None);
    elsewhere.headers_mut().insert("x-mlflow-workspace", "team-a".parse().unwrap());
    assert_eq!(server.send(elsewhere).await.status, 400);
}
