//! Searches show what may be read.

use serde_json::{Value, json};

use crate::kit::{ADMIN, Server};

fn column(answer: &Value, list: &str, key: &str) -> Vec<String> {
    let items = answer[list].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item[key].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn pages_of_experiments_are_filled_with_what_may_be_read() {
    let server = Server::closed().await;
    server.person("ann").await;
    for number in 0..30 {
        let id = server.experiment(ADMIN, &format!("e{number:02}")).await;
        if number % 5 == 0 {
            server.grant("ann", "experiment", &id, "READ").await;
        }
    }
    let (mut seen, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let body = json!({ "max_results": 4, "order_by": ["name ASC"], "page_token": token });
        let page = server.ok("ann", "POST", "2.0/mlflow/experiments/search", body).await;
        let names = column(&page, "experiments", "name");
        assert!(names.len() <= 4);
        seen.extend(names);
        pages += 1;
        match page["next_page_token"].as_str() {
            Some(next) if pages < 20 => token = next.to_owned(),
            _ => break,
        }
    }
    assert_eq!(seen, ["e00", "e05", "e10", "e15", "e20", "e25"]);
    assert!(pages <= 3, "{pages} pages for two");

    let path = "2.0/mlflow/experiments/search?max_results=100&filter=name%20LIKE%20'e1%25'";
    let found = server.ok("ann", "GET", path, Value::Null).await;
    let mut names = column(&found, "experiments", "name");
    names.sort();
    assert_eq!(names, ["e10", "e15"]);
    let all = server.ok(ADMIN, "GET", path, Value::Null).await;
    assert_eq!(column(&all, "experiments", "name").len(), 10);
}

#[tokio::test]
async fn runs_and_logged_models_are_looked_for_where_one_may_read() {
    let server = Server::closed().await;
    server.person("ann").await;
    let (hers, theirs) =
        (server.experiment("ann", "hers").await, server.experiment(ADMIN, "theirs").await);
    let own = server.run("ann", &hers).await;
    server.run(ADMIN, &theirs).await;
    for experiment in [&hers, &theirs] {
        let body = json!({ "experiment_id": experiment, "name": "m" });
        server.ok(ADMIN, "POST", "2.0/mlflow/logged-models", body).await;
    }
    for path in ["2.0/mlflow/runs/search", "2.0/mlflow/logged-models/search"] {
        let list = if path.contains("runs") { "runs" } else { "models" };
        for ids in [json!([hers, theirs]), json!([theirs, hers]), json!([hers])] {
            for field in ["experiment_ids", "experimentIds"] {
                let body = json!({ field: ids });
                let found = server.ok("ann", "POST", path, body).await;
                assert_eq!(found[list].as_array().unwrap().len(), 1, "{path} {field} {ids}");
            }
        }
        let none = server.ok("ann", "POST", path, json!({ "experiment_ids": [theirs] })).await;
        assert_eq!(none, json!({}), "{path}");
        let both = json!({ "experiment_ids": [hers], "experimentIds": [theirs] });
        let found = server.ok("ann", "POST", path, both).await;
        assert!(!found.to_string().contains(&format!("\"experiment_id\":\"{theirs}\"")));
    }
    let found = server
        .ok("ann", "POST", "2.0/mlflow/runs/search", json!({ "experiment_ids": [hers] }))
        .await;
    assert_eq!(found["runs"][0]["info"]["run_id"], own);
    server
        .refused(
            "ann",
            "POST",
            "2.0/mlflow/experiments/search-datasets",
            json!({ "experiment_ids": [hers, theirs] }),
        )
        .await;
}

#[tokio::test]
async fn a_denial_hides_what_everybody_else_sees() {
    let server = Server::new().await;
    server.person("ann").await;
    let hidden = server.experiment(ADMIN, "hidden").await;
    server.experiment(ADMIN, "shown").await;
    server.grant("ann", "experiment", &hidden, "DENY").await;
    let found = server
        .ok("ann", "POST", "2.0/mlflow/experiments/search", json!({ "max_results": 10 }))
        .await;
    assert_eq!(column(&found, "experiments", "name"), ["shown", "Default"]);
}

#[tokio::test]
async fn models_and_versions_are_shown_to_whom_they_were_granted() {
    let server = Server::closed().await;
    server.person("ann").await;
    let prompt = json!([{ "key": "mlflow.prompt.is_prompt", "value": "true" }]);
    for name in ["a", "b"] {
        server.model(ADMIN, name).await;
        let body = json!({ "name": name, "source": "s3://elsewhere/x" });
        server.ok(ADMIN, "POST", "2.0/mlflow/model-versions/create", body).await;
    }
    for name in ["p", "q"] {
        let body = json!({ "name": name, "tags": prompt });
        server.ok(ADMIN, "POST", "2.0/mlflow/registered-models/create", body).await;
    }
    server.grant("ann", "registered_model", "b", "READ").await;
    server.grant("ann", "prompt", "q", "READ").await;
    // A grant on a model is none on a prompt of that name.
    server.grant("ann", "registered_model", "p", "READ").await;

    let path = "2.0/mlflow/registered-models/search?max_results=10";
    let mut names =
        column(&server.ok("ann", "GET", path, Value::Null).await, "registered_models", "name");
    let prompts = format!("{path}&filter=tags.%60mlflow.prompt.is_prompt%60%20%3D%20'true'");
    names.extend(column(
        &server.ok("ann", "GET", &prompts, Value::Null).await,
        "registered_models",
        "name",
    ));
    names.sort();
    names.dedup();
    assert_eq!(names, ["b", "q"]);
    let path = "2.0/mlflow/model-versions/search?max_results=10";
    let found = server.ok("ann", "GET", path, Value::Null).await;
    assert_eq!(column(&found, "model_versions", "name"), ["b"]);
    server.refused("ann", "GET", "2.0/mlflow/registered-models/get?name=a", Value::Null).await;
    server.ok("ann", "GET", "2.0/mlflow/registered-models/get?name=b", Value::Null).await;
    server.refused("ann", "GET", "2.0/mlflow/registered-models/get?name=p", Value::Null).await;
    server.ok("ann", "GET", "2.0/mlflow/registered-models/get?name=q", Value::Null).await;
}
