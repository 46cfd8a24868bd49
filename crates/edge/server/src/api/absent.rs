//! What the protocol has and this server does not offer: said as such, with 501.

use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Response};
use catalog::{CatalogError, Code};

use crate::error::ApiError;

/// The first words of the paths, below `/api` and `/ajax-api`, with what stands behind them.
const ABSENT: [(&str, &str); 16] = [
    ("3.0/mlflow/gateway", "the gateway to language models"),
    ("2.0/mlflow/gateway-proxy", "the gateway to language models"),
    ("3.0/mlflow/scorers", "judges"),
    ("3.0/mlflow/scorer", "judges"),
    ("3.0/mlflow/genai", "judges"),
    ("3.0/mlflow/issues", "the detection of issues"),
    ("3.0/mlflow/label-schemas", "label schemas"),
    ("3.0/mlflow/review-queues", "review queues"),
    ("3.0/mlflow/prompt-optimization", "the optimisation of prompts"),
    ("3.0/mlflow/jobs", "jobs"),
    ("3.0/mlflow/demo", "the demonstration"),
    ("3.0/mlflow/mcp-servers", "the registry of MCP servers"),
    ("3.0/mlflow/skills", "the registry of skills"),
    ("3.0/mlflow/assistant", "the assistant"),
    ("2.0/mlflow/unified-traces", "traces in Databricks tables"),
    ("2.0/mlflow/runs/create-promptlab-run", "the prompt laboratory"),
];

/// Answers what has no endpoint: 501 if the protocol has one, 404 if nobody has.
pub async fn absent(uri: Uri) -> Response {
    let path = uri.path();
    let below = ["/api/", "/ajax-api/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    let begins = |word: &str| {
        below
            .and_then(|below| below.strip_prefix(word))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let known = match path {
        "/graphql" => Some("the queries of MLflow's own web page"),
        _ if path.starts_with("/gateway/") => Some("the gateway to language models"),
        _ => ABSENT.iter().find(|(word, _)| begins(word)).map(|(_, what)| *what),
    };
    match known {
        Some(what) => {
            let message = format!("this server does not offer {what}");
            ApiError(CatalogError::new(Code::NotImplemented, message)).into_response()
        }
        None => not_found(),
    }
}

/// There is no such path.
pub fn not_found() -> Response {
    let page = "<!doctype html><title>404 Not Found</title><h1>Not Found</h1>\
                <p>There is no such path on this server.</p>";
    (StatusCode::NOT_FOUND, Html(page)).into_response()
}
