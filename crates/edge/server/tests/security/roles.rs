//! Roles: what a role permits, and who may change one.

use serde_json::{Value, json};

use crate::kit::{ADMIN, Server};

async fn role(server: &Server, who: &str, name: &str) -> i64 {
    let body = json!({ "name": name, "workspace": "default", "description": "d" });
    let made = server.ok(who, "POST", "3.0/mlflow/roles/create", body).await;
    made["role"]["id"].as_i64().unwrap()
}

async fn permit(
    server: &Server,
    role: i64,
    resource: &str,
    pattern: &str,
    permission: &str,
) -> i64 {
    let body = json!({
        "role_id": role,
        "resource_type": resource,
        "resource_pattern": pattern,
        "permission": permission,
    });
    let added = server.ok(ADMIN, "POST", "3.0/mlflow/roles/permissions/add", body).await;
    added["role_permission"]["id"].as_i64().unwrap()
}

#[tokio::test]
async fn a_role_permits_those_who_have_it() {
    let server = Server::closed().await;
    server.person("ann").await;
    let experiment = server.experiment(ADMIN, "theirs").await;
    let tag = json!({ "experiment_id": experiment, "key": "k", "value": "v" });
    let set_tag = "2.0/mlflow/experiments/set-experiment-tag";
    let id = role(&server, ADMIN, "editors").await;
    let permission = permit(&server, id, "experiment", "*", "EDIT").await;
    server.refused("ann", "POST", set_tag, tag.clone()).await;
    let assign = json!({ "username": "ann", "role_id": id });
    let made = server.ok(ADMIN, "POST", "3.0/mlflow/roles/assign", assign.clone()).await;
    assert_eq!(made["assignment"]["role_id"], id);
    server.ok("ann", "POST", set_tag, tag.clone()).await;

    let body = json!({ "role_permission_id": permission, "permission": "READ" });
    server.ok(ADMIN, "PATCH", "3.0/mlflow/roles/permissions/update", body).await;
    server.refused("ann", "POST", set_tag, tag.clone()).await;
    let body = json!({ "role_permission_id": permission });
    server.ok(ADMIN, "DELETE", "3.0/mlflow/roles/permissions/remove", body).await;
    let get = format!("2.0/mlflow/experiments/get?experiment_id={experiment}");
    server.refused("ann", "GET", &get, Value::Null).await;

    let listed =
        server.ok("ann", "GET", "3.0/mlflow/users/roles/list?username=ann", Value::Null).await;
    assert_eq!(listed["roles"][0]["name"], "editors");
    let users = format!("3.0/mlflow/roles/users/list?role_id={id}");
    assert_eq!(server.ok(ADMIN, "GET", &users, Value::Null).await["assignments"][0]["role_id"], id);
    server.ok(ADMIN, "DELETE", "3.0/mlflow/roles/unassign", assign).await;
    let listed =
        server.ok("ann", "GET", "3.0/mlflow/users/roles/list?username=ann", Value::Null).await;
    assert_eq!(listed["roles"], json!([]));
    server.ok(ADMIN, "DELETE", "3.0/mlflow/roles/delete", json!({ "role_id": id })).await;
    let gone =
        server.ask(ADMIN, "GET", &format!("3.0/mlflow/roles/get?role_id={id}"), Value::Null).await;
    assert_eq!(gone.body["error_code"], "RESOURCE_DOES_NOT_EXIST");
}

#[tokio::test]
async fn whoever_manages_the_workspace_manages_its_roles_and_no_others() {
    let server = Server::closed().await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    let managers = role(&server, ADMIN, "managers").await;
    permit(&server, managers, "workspace", "*", "MANAGE").await;
    let create = json!({ "name": "readers", "workspace": "default" });
    server.refused("ann", "POST", "3.0/mlflow/roles/create", create).await;
    let assign = json!({ "username": "ann", "role_id": managers });
    server.refused("ann", "POST", "3.0/mlflow/roles/assign", assign.clone()).await;
    server.ok(ADMIN, "POST", "3.0/mlflow/roles/assign", assign).await;

    let readers = role(&server, "ann", "readers").await;
    let body = json!({ "username": "bob", "role_id": readers });
    server.ok("ann", "POST", "3.0/mlflow/roles/assign", body).await;
    let experiment = server.experiment(ADMIN, "theirs").await;
    let tag = json!({ "experiment_id": experiment, "key": "k", "value": "v" });
    server.ok("ann", "POST", "2.0/mlflow/experiments/set-experiment-tag", tag).await;
    // She can make accounts, but nobody an administrator.
    let body = json!({ "username": "eve", "password": "a long enough password" });
    server.ok("ann", "POST", "2.0/mlflow/users/create", body).await;
    let body = json!({ "username": "ann", "is_admin": true });
    server.refused("ann", "PATCH", "2.0/mlflow/users/update-admin", body).await;

    server.ok("bob", "GET", &format!("3.0/mlflow/roles/get?role_id={readers}"), Value::Null).await;
    server.refused("bob", "DELETE", "3.0/mlflow/roles/delete", json!({ "role_id": readers })).await;
    server.ok("bob", "GET", "3.0/mlflow/roles/list?workspace=default", Value::Null).await;
    server.refused("bob", "GET", "3.0/mlflow/roles/list", Value::Null).await;
    server.refused("ann", "GET", "3.0/mlflow/roles/list", Value::Null).await;
    // A request does not name one workspace for the check and another for the deed.
    for body in [
        json!({ "role_id": readers, "workspace": "other", "name": "x" }),
        json!({ "role_id": readers, "role_permission_id": 1, "name": "x" }),
    ] {
        let answer = server.ask("ann", "POST", "3.0/mlflow/roles/create", body).await;
        assert!([400, 403].contains(&answer.status), "{answer:?}");
    }
}

#[tokio::test]
async fn the_role_of_a_single_person_stays_theirs() {
    let server = Server::closed().await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    server.experiment("ann", "hers").await;
    let held = server.ok("ann", "GET", "3.0/mlflow/users/current/permissions", Value::Null).await;
    let own = &held["permissions"][0];
    assert_eq!(
        (&own["resource_type"], &own["permission"]),
        (&json!("experiment"), &json!("MANAGE"))
    );
    assert!(own["role_name"].as_str().unwrap().starts_with("__user_"));
    let body = json!({ "username": "bob", "role_id": own["role_id"] });
    assert_eq!(server.ask(ADMIN, "POST", "3.0/mlflow/roles/assign", body).await.status, 400);
    let body = json!({ "role_id": own["role_id"], "name": "ours" });
    assert_eq!(server.ask(ADMIN, "PATCH", "3.0/mlflow/roles/update", body).await.status, 400);
    let body = json!({ "name": "__user_7__", "workspace": "default" });
    assert_eq!(server.ask(ADMIN, "POST", "3.0/mlflow/roles/create", body).await.status, 400);
}
