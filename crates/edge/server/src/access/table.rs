//! For each endpoint what it needs. What is not in the table needs an administrator.
//!
//! Paths stand as they do below `/api` and `/ajax-api`; a part of the path that names something is
//! `{}`. Sorted by noun.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::Method;
use catalog::access::Action::{Delete, Manage, Read, Update, Use};

use super::need::{Find, List, Need, People};
use Need::{
    Administrator, CreateExperiment, CreateModel, Filtered, Login, Narrowed, Nothing, On, OnAll,
};

/// What an endpoint needs. `path` is the path as it was routed: `/api/…/{model_id}`.
pub fn need(method: &Method, path: &str) -> Need {
    find(method, path).unwrap_or(Administrator)
}

/// What the table says of an endpoint.
pub fn find(method: &Method, path: &str) -> Option<Need> {
    // Whoever may GET may ask for the HEAD alone.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let below = ["/api/", "/ajax-api/"].iter().find_map(|prefix| path.strip_prefix(prefix));
    let key = without_names(below.unwrap_or(path));
    TABLE.get(&(method.as_str(), key.as_str())).copied()
}

type Table = HashMap<(&'static str, &'static str), Need>;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::new();
    for (method, path, need) in ROWS {
        let twice = table.insert((*method, *path), *need);
        assert!(twice.is_none(), "{method} {path} is in the table twice");
    }
    table
});

/// `a/{x}/b` as `a/{}/b`.
fn without_names(path: &str) -> String {
    let mut key = String::with_capacity(path.len());
    let mut within = false;
    for c in path.chars() {
        if !within || c == '}' {
            key.push(c);
        }
        match c {
            '{' => within = true,
            '}' => within = false,
            _ => {}
        }
    }
    key
}

const GET: &str = "GET";
const POST: &str = "POST";
const PUT: &str = "PUT";
const PATCH: &str = "PATCH";
const DELETE: &str = "DELETE";

#[rustfmt::skip]
const ROWS: &[(&str, &str, Need)] = &[
    // The server itself.
    (GET, "/health", Nothing),
    (GET, "/version", Nothing),
    (GET, "/metrics", Administrator),
    (GET, "/openapi.json", Nothing),
    (GET, "3.0/mlflow/server-info", Nothing),
    // Experiments.
    (POST, "2.0/mlflow/experiments/create", CreateExperiment),
    (GET, "2.0/mlflow/experiments/get", On(Find::Experiment, Read)),
    (GET, "2.0/mlflow/experiments/get-by-name", On(Find::ExperimentName, Read)),
    (GET, "2.0/mlflow/experiments/search", Filtered(List::Experiments)),
    (POST, "2.0/mlflow/experiments/search", Filtered(List::Experiments)),
    (POST, "2.0/mlflow/experiments/update", On(Find::Experiment, Update)),
    (POST, "2.0/mlflow/experiments/delete", On(Find::Experiment, Delete)),
    (POST, "2.0/mlflow/experiments/restore", On(Find::Experiment, Delete)),
    (POST, "2.0/mlflow/experiments/set-experiment-tag", On(Find::Experiment, Update)),
    (POST, "2.0/mlflow/experiments/delete-experiment-tag", On(Find::Experiment, Update)),
    (POST, "2.0/mlflow/experiments/search-datasets", On(Find::Experiments, Read)),
    (POST, "2.0mlflow/experiments/search-datasets", On(Find::Experiments, Read)),
    // Runs.
    (POST, "2.0/mlflow/runs/create", On(Find::ExperimentOrDefault, Update)),
    (GET, "2.0/mlflow/runs/get", On(Find::Run, Read)),
    (POST, "2.0/mlflow/runs/search", Narrowed),
    (POST, "2.0/mlflow/runs/update", On(Find::Run, Update)),
    (POST, "2.0/mlflow/runs/delete", On(Find::Run, Delete)),
    (POST, "2.0/mlflow/runs/restore", On(Find::Run, Delete)),
    (POST, "2.0/mlflow/runs/set-tag", On(Find::Run, Update)),
    (POST, "2.0/mlflow/runs/delete-tag", On(Find::Run, Update)),
    (POST, "2.0/mlflow/runs/log-parameter", On(Find::Run, Update)),
    (POST, "2.0/mlflow/runs/log-model", On(Find::Run, Update)),
    (POST, "2.0/mlflow/runs/log-metric", On(Find::RunAndModels, Update)),
    (POST, "2.0/mlflow/runs/log-batch", On(Find::RunAndModels, Update)),
    (POST, "2.0/mlflow/runs/log-inputs", On(Find::RunAndModels, Update)),
    (POST, "2.0/mlflow/runs/outputs", On(Find::RunAndModels, Update)),
    (GET, "2.0/mlflow/metrics/get-history", On(Find::Run, Read)),
    (GET, "2.0/mlflow/metrics/get-history-bulk", On(Find::RunRepeated, Read)),
    (GET, "2.0/mlflow/metrics/get-history-bulk-interval", On(Find::Runs, Read)),
    (GET, "2.11/mlflow/metrics/get-history-bulk-interval", On(Find::Runs, Read)),
    // Artifacts.
    (GET, "2.0/mlflow/artifacts/list", On(Find::Run, Read)),
    (GET, "/get-artifact", On(Find::RunByQuery, Read)),
    (POST, "2.0/mlflow/artifacts/presigned-download-url", On(Find::Run, Read)),
    (POST, "2.0/mlflow/artifacts/presigned-upload-url", On(Find::RunOrModel, Update)),
    (POST, "2.0/mlflow/upload-artifact", On(Find::RunInQuery, Update)),
    (GET, "2.0/mlflow-artifacts/artifacts", On(Find::ArtifactField, Read)),
    (GET, "2.0/mlflow-artifacts/artifacts/{}", On(Find::ArtifactPath, Read)),
    (PUT, "2.0/mlflow-artifacts/artifacts/{}", On(Find::ArtifactPath, Update)),
    (DELETE, "2.0/mlflow-artifacts/artifacts/{}", On(Find::ArtifactPath, Manage)),
    (GET, "2.0/mlflow-artifacts/presigned/{}", On(Find::ArtifactPath, Read)),
    (POST, "2.0/mlflow-artifacts/mpu/create/{}", On(Find::ArtifactPath, Update)),
    (POST, "2.0/mlflow-artifacts/mpu/complete/{}", On(Find::ArtifactPath, Update)),
    (POST, "2.0/mlflow-artifacts/mpu/abort/{}", On(Find::ArtifactPath, Update)),
    (PUT, "2.0/mlflow-artifacts/mpu/part/{}", On(Find::ArtifactPath, Update)),
    // Logged models.
    (POST, "2.0/mlflow/logged-models", On(Find::Experiment, Update)),
    (POST, "2.0/mlflow/logged-models/search", Narrowed),
    (GET, "2.0/mlflow/logged-models/{}", On(Find::LoggedModel, Read)),
    (PATCH, "2.0/mlflow/logged-models/{}", On(Find::LoggedModel, Update)),
    (DELETE, "2.0/mlflow/logged-models/{}", On(Find::LoggedModel, Delete)),
    (PATCH, "2.0/mlflow/logged-models/{}/tags", On(Find::LoggedModel, Update)),
    (DELETE, "2.0/mlflow/logged-models/{}/tags/{}", On(Find::LoggedModel, Delete)),
    (POST, "2.0/mlflow/logged-models/{}/params", On(Find::LoggedModel, Update)),
    (GET, "2.0/mlflow/logged-models/{}/artifacts/directories", On(Find::LoggedModel, Read)),
    (GET, "2.0/mlflow/logged-models/{}/artifacts/files", On(Find::LoggedModel, Read)),
    // Registered models, prompts, their versions and aliases.
    (POST, "2.0/mlflow/registered-models/create", CreateModel),
    (GET, "2.0/mlflow/registered-models/get", On(Find::Registered, Read)),
    (GET, "2.0/mlflow/registered-models/search", Filtered(List::Models)),
    (PATCH, "2.0/mlflow/registered-models/update", On(Find::Registered, Update)),
    (POST, "2.0/mlflow/registered-models/rename", On(Find::Registered, Update)),
    (DELETE, "2.0/mlflow/registered-models/delete", On(Find::Registered, Delete)),
    (POST, "2.0/mlflow/registered-models/set-tag", On(Find::Registered, Update)),
    (DELETE, "2.0/mlflow/registered-models/delete-tag", On(Find::Registered, Update)),
    (GET, "2.0/mlflow/registered-models/get-latest-versions", On(Find::Registered, Read)),
    (POST, "2.0/mlflow/registered-models/get-latest-versions", On(Find::Registered, Read)),
    (GET, "2.0/mlflow/registered-models/alias", On(Find::Registered, Read)),
    (POST, "2.0/mlflow/registered-models/alias", On(Find::Registered, Update)),
    (DELETE, "2.0/mlflow/registered-models/alias", On(Find::Registered, Delete)),
    (POST, "2.0/mlflow/model-versions/create", On(Find::NewVersion, Update)),
    (GET, "2.0/mlflow/model-versions/get", On(Find::Registered, Read)),
    (GET, "2.0/mlflow/model-versions/search", Filtered(List::Versions)),
    (PATCH, "2.0/mlflow/model-versions/update", On(Find::Registered, Update)),
    (POST, "2.0/mlflow/model-versions/transition-stage", On(Find::Registered, Update)),
    (DELETE, "2.0/mlflow/model-versions/delete", On(Find::Registered, Delete)),
    (POST, "2.0/mlflow/model-versions/set-tag", On(Find::Registered, Update)),
    (DELETE, "2.0/mlflow/model-versions/delete-tag", On(Find::Registered, Delete)),
    (GET, "2.0/mlflow/model-versions/get-download-uri", On(Find::Registered, Read)),
    (GET, "/model-versions/get-artifact", On(Find::RegisteredInQuery, Read)),
    // What this server has beside the protocol.
    (GET, "2.0/trimtab/registry/policy", On(Find::RegisteredOrAll, Read)),
    (POST, "2.0/trimtab/registry/policy", On(Find::RegisteredOrAll, Manage)),
    (DELETE, "2.0/trimtab/registry/policy", On(Find::RegisteredOrAll, Manage)),
    (GET, "2.0/trimtab/registry/approvals", On(Find::Registered, Read)),
    (POST, "2.0/trimtab/registry/approvals", On(Find::Registered, Update)),
    (POST, "2.0/trimtab/registry/rollback", On(Find::Registered, Update)),
    (GET, "2.0/trimtab/registry/metadata", On(Find::Registered, Read)),
    (GET, "2.0/trimtab/registry/signature", On(Find::Registered, Read)),
    (GET, "2.0/trimtab/registry/compare", On(Find::Registered, Read)),
    (GET, "2.0/trimtab/registry/history", On(Find::RegisteredOrAll, Read)),
    (GET, "2.0/trimtab/registry/verify", Administrator),
    // Features online, in Feast's protocol.
    (POST, "/get-online-features", OnAll(Read)),
    (POST, "/push", OnAll(Update)),
    (POST, "/write-to-online-store", OnAll(Update)),
    (POST, "/materialize", OnAll(Update)),
    (POST, "/materialize-incremental", OnAll(Update)),
    (GET, "2.0/trimtab/features/stats", OnAll(Read)),
    // Predictions.
    (GET, "/v2", Nothing),
    (GET, "/v2/health/live", Nothing),
    (GET, "/v2/health/ready", Nothing),
    (GET, "/ping", Nothing),
    (GET, "/v2/models/stats", Login),
    (GET, "/v2/models/{}", On(Find::Served, Read)),
    (GET, "/v2/models/{}/ready", On(Find::Served, Read)),
    (POST, "/v2/models/{}/infer", On(Find::Served, Use)),
    (GET, "/v2/models/{}/stats", On(Find::Served, Read)),
    (GET, "/v2/models/{}/versions/{}", On(Find::Served, Read)),
    (GET, "/v2/models/{}/versions/{}/ready", On(Find::Served, Read)),
    (POST, "/v2/models/{}/versions/{}/infer", On(Find::Served, Use)),
    (GET, "/v2/models/{}/versions/{}/stats", On(Find::Served, Read)),
    (POST, "/v2/repository/index", Login),
    (POST, "/v2/repository/models/{}/load", On(Find::Served, Update)),
    (POST, "/v2/repository/models/{}/unload", On(Find::Served, Update)),
    (POST, "/invocations", On(Find::Served, Use)),
    (POST, "/invocations/{}", On(Find::Served, Use)),
    (POST, "/invocations/{}/{}", On(Find::Served, Use)),
    (POST, "/inference.GRPCInferenceService/{}", Login),
    // Traces.
    (POST, "/v1/traces", On(Find::ExperimentHeader, Update)),
    (GET, "2.0/mlflow/traces", On(Find::Experiments, Read)),
    (POST, "2.0/mlflow/traces", On(Find::Experiment, Update)),
    (PATCH, "2.0/mlflow/traces/{}", On(Find::TraceInPath, Update)),
    (GET, "2.0/mlflow/traces/{}/info", On(Find::TraceInPath, Read)),
    (PATCH, "2.0/mlflow/traces/{}/tags", On(Find::TraceInPath, Update)),
    (DELETE, "2.0/mlflow/traces/{}/tags", On(Find::TraceInPath, Update)),
    (POST, "2.0/mlflow/traces/delete-traces", On(Find::Experiment, Delete)),
    (POST, "2.0/mlflow/traces/link-to-run", On(Find::TracesAndRun, Update)),
    (POST, "2.0/mlflow/traces/link-prompts", On(Find::Trace, Update)),
    (POST, "3.0/mlflow/traces", On(Find::TraceLocation, Update)),
    (GET, "3.0/mlflow/traces/{}", On(Find::TraceInPath, Read)),
    (PATCH, "3.0/mlflow/traces/{}/tags", On(Find::TraceInPath, Update)),
    (DELETE, "3.0/mlflow/traces/{}/tags", On(Find::TraceInPath, Update)),
    (GET, "3.0/mlflow/traces/get", On(Find::Trace, Read)),
    (GET, "3.0/mlflow/traces/batchGet", On(Find::Traces, Read)),
    (POST, "3.0/mlflow/traces/batchGetInfos", On(Find::Traces, Read)),
    (POST, "3.0/mlflow/traces/delete-traces", On(Find::Experiment, Delete)),
    (POST, "3.0/mlflow/traces/search", On(Find::TraceLocations, Read)),
    (POST, "3.0/mlflow/traces/metrics", On(Find::Experiments, Read)),
    (POST, "3.0/mlflow/traces/calculate-filter-correlation", On(Find::Experiments, Read)),
    (POST, "3.0/mlflow/traces/{}/assessments", On(Find::TraceInPath, Update)),
    (GET, "3.0/mlflow/traces/{}/assessments/{}", On(Find::TraceInPath, Read)),
    (PATCH, "3.0/mlflow/traces/{}/assessments/{}", On(Find::TraceInPath, Update)),
    (DELETE, "3.0/mlflow/traces/{}/assessments/{}", On(Find::TraceInPath, Update)),
    (GET, "2.0/mlflow/get-trace-artifact", On(Find::Trace, Read)),
    (GET, "3.0/mlflow/get-trace-artifact", On(Find::Trace, Read)),
    // Evaluation datasets.
    (POST, "3.0/mlflow/datasets/create", On(Find::Experiments, Update)),
    (GET, "3.0/mlflow/datasets/search", On(Find::Experiments, Read)),
    (POST, "3.0/mlflow/datasets/search", On(Find::Experiments, Read)),
    (GET, "3.0/mlflow/datasets/{}", On(Find::Dataset, Read)),
    (DELETE, "3.0/mlflow/datasets/{}", On(Find::Dataset, Delete)),
    (PATCH, "3.0/mlflow/datasets/{}/tags", On(Find::Dataset, Update)),
    (DELETE, "3.0/mlflow/datasets/{}/tags/{}", On(Find::Dataset, Update)),
    (GET, "3.0/mlflow/datasets/{}/records", On(Find::Dataset, Read)),
    (POST, "3.0/mlflow/datasets/{}/records", On(Find::Dataset, Update)),
    (DELETE, "3.0/mlflow/datasets/{}/records", On(Find::Dataset, Update)),
    (GET, "3.0/mlflow/datasets/{}/experiment-ids", On(Find::Dataset, Read)),
    (POST, "3.0/mlflow/datasets/{}/add-experiments", On(Find::DatasetAndExperiments, Update)),
    (POST, "3.0/mlflow/datasets/{}/remove-experiments", On(Find::Dataset, Update)),
    // Webhooks.
    (GET, "2.0/mlflow/webhooks", Administrator),
    (POST, "2.0/mlflow/webhooks", Administrator),
    (GET, "2.0/mlflow/webhooks/{}", Administrator),
    (PATCH, "2.0/mlflow/webhooks/{}", Administrator),
    (DELETE, "2.0/mlflow/webhooks/{}", Administrator),
    (POST, "2.0/mlflow/webhooks/{}/test", Administrator),
    // Workspaces.
    (GET, "3.0/mlflow/workspaces", Login),
    (POST, "3.0/mlflow/workspaces", Administrator),
    (GET, "3.0/mlflow/workspaces/{}", Need::People(People::Workspace)),
    (PATCH, "3.0/mlflow/workspaces/{}", Administrator),
    (DELETE, "3.0/mlflow/workspaces/{}", Administrator),
    // People.
    (POST, "2.0/mlflow/users/create", Need::People(People::Create)),
    (GET, "2.0/mlflow/users/get", Need::People(People::Oneself)),
    (GET, "2.0/mlflow/users/current", Login),
    (GET, "2.0/mlflow/users/list", Need::People(People::List)),
    (PATCH, "2.0/mlflow/users/update-password", Need::People(People::Oneself)),
    (PATCH, "2.0/mlflow/users/update-admin", Administrator),
    (DELETE, "2.0/mlflow/users/delete", Administrator),
    (GET, "3.0/mlflow/users/current/permissions", Login),
    (GET, "3.0/mlflow/users/permissions/list", Need::People(People::Shown)),
    (GET, "3.0/mlflow/users/permissions/get", Need::People(People::ShownOn)),
    (POST, "3.0/mlflow/users/permissions/grant", Need::People(People::Granted)),
    (POST, "3.0/mlflow/users/permissions/revoke", Need::People(People::Granted)),
    (GET, "3.0/mlflow/users/roles/list", Need::People(People::Shown)),
    (GET, "2.0/trimtab/tokens/list", Login),
    (POST, "2.0/trimtab/tokens/create", Login),
    (POST, "2.0/trimtab/tokens/revoke", Login),
    // Roles.
    (POST, "3.0/mlflow/roles/create", Need::People(People::RoleChanged)),
    (GET, "3.0/mlflow/roles/get", Need::People(People::RoleShown)),
    (GET, "3.0/mlflow/roles/list", Need::People(People::RolesListed)),
    (PATCH, "3.0/mlflow/roles/update", Need::People(People::RoleChanged)),
    (DELETE, "3.0/mlflow/roles/delete", Need::People(People::RoleChanged)),
    (POST, "3.0/mlflow/roles/assign", Need::People(People::RoleChanged)),
    (DELETE, "3.0/mlflow/roles/unassign", Need::People(People::RoleChanged)),
    (POST, "3.0/mlflow/roles/permissions/add", Need::People(People::RoleChanged)),
    (DELETE, "3.0/mlflow/roles/permissions/remove", Need::People(People::RoleChanged)),
    (GET, "3.0/mlflow/roles/permissions/list", Need::People(People::RoleShown)),
    (PATCH, "3.0/mlflow/roles/permissions/update", Need::People(People::RoleChanged)),
    (GET, "3.0/mlflow/roles/users/list", Need::People(People::RoleChanged)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_under_both_prefixes_whatever_their_parts_are_called() {
        for path in [
            "/api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}",
            "/ajax-api/2.0/mlflow/logged-models/{a}/tags/{b}",
        ] {
            assert_eq!(need(&Method::DELETE, path), On(Find::LoggedModel, Delete));
            assert_eq!(need(&Method::GET, path), Administrator);
        }
        let path = "/api/2.0/mlflow-artifacts/artifacts/{*path}";
        assert_eq!(need(&Method::HEAD, path), On(Find::ArtifactPath, Read));
        assert_eq!(need(&Method::GET, "/api/9.9/unheard-of"), Administrator);
        assert_eq!(need(&Method::GET, "/health"), Nothing);
    }
}
