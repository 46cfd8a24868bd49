//! Registered models: who makes one manages it, also under another name, and nobody inherits it.

use serde_json::{Value, json};

use crate::kit::{ADMIN, Server};

const CREATE: &str = "2.0/mlflow/model-versions/create";

#[tokio::test]
async fn what_was_granted_follows_a_new_name_and_ends_with_the_model() {
    let server = Server::closed().await;
    for name in ["ann", "bob"] {
        server.person(name).await;
    }
    server.model("ann", "old").await;
    server.grant("bob", "registered_model", "old", "READ").await;
    let rename = json!({ "name": "old", "new_name": "new" });
    server.refused("bob", "POST", "2.0/mlflow/registered-models/rename", rename.clone()).await;
    server.ok("ann", "POST", "2.0/mlflow/registered-models/rename", rename).await;
    server.ok("bob", "GET", "2.0/mlflow/registered-models/get?name=new", Value::Null).await;
    let delete = json!({ "name": "new" });
    server.refused("bob", "DELETE", "2.0/mlflow/registered-models/delete", delete.clone()).await;
    server.ok("ann", "DELETE", "2.0/mlflow/registered-models/delete", delete).await;
    server.model(ADMIN, "new").await;
    for name in ["ann", "bob"] {
        server.refused(name, "GET", "2.0/mlflow/registered-models/get?name=new", Value::Null).await;
    }
}

#[tokio::test]
async fn a_version_is_made_of_what_its_maker_may_read() {
    let server = Server::closed().await;
    server.person("ann").await;
    let (own, theirs) =
        (server.experiment("ann", "own").await, server.experiment(ADMIN, "theirs").await);
    let (run, secret) = (server.run("ann", &own).await, server.run(ADMIN, &theirs).await);
    server.model("ann", "hers").await;
    server.model(ADMIN, "secret").await;
    let body = json!({ "name": "secret", "source": "s3://elsewhere/x" });
    server.ok(ADMIN, "POST", CREATE, body).await;
    let store = server.app.artifacts().uri().to_owned();

    for source in [
        format!("runs:/{secret}/model"),
        format!("mlflow-artifacts:/{theirs}/{secret}/artifacts/model"),
        format!("mlflow-artifacts://host:80/{theirs}/{secret}/artifacts/model"),
        format!("mlflow-artifacts:/{own}/../{theirs}/{secret}"),
        format!("https://any/api/2.0/mlflow-artifacts/artifacts/{theirs}/{secret}"),
        format!("{store}/{theirs}/{secret}/artifacts"),
        "models:/secret/1".to_owned(),
        "models:/m-none".to_owned(),
        "mlflow-artifacts:/".to_owned(),
    ] {
        let body = json!({ "name": "hers", "source": source });
        server.refused("ann", "POST", CREATE, body).await;
    }
    for field in ["run_id", "runId"] {
        let body = json!({ "name": "hers", "source": "s3://elsewhere/x", field: secret });
        server.refused("ann", "POST", CREATE, body).await;
    }
    server.refused("ann", "POST", CREATE, json!({ "name": "secret", "source": "s3://e/x" })).await;
    let body = json!({
        "name": "hers",
        "source": format!("mlflow-artifacts:/{own}/{run}/artifacts/model"),
        "run_id": run,
    });
    server.ok("ann", "POST", CREATE, body).await;
}

/// Runs write, and this server reads, where their experiment says.
#[tokio::test]
async fn an_experiment_is_not_made_over_the_artifacts_of_another() {
    let server = Server::new().await;
    server.person("ann").await;
    let theirs = server.experiment(ADMIN, "theirs").await;
    let run = server.run(ADMIN, &theirs).await;
    let store = server.app.artifacts().uri().to_owned();
    let create = "2.0/mlflow/experiments/create";
    for location in [
        format!("mlflow-artifacts:/{theirs}/{run}/artifacts"),
        format!("mlflow-artifacts:/{theirs}"),
        "mlflow-artifacts:/".to_owned(),
        "mlflow-artifacts:/99999".to_owned(),
        format!("{store}/{theirs}"),
        store.clone(),
        format!("https://any/api/2.0/mlflow-artifacts/artifacts/{theirs}"),
    ] {
        let body = json!({ "name": location, "artifact_location": location });
        server.refused("ann", "POST", create, body).await;
    }
    let body = json!({ "name": "far", "artifact_location": "s3://bucket/prefix" });
    server.ok("ann", "POST", create, body).await;
}
