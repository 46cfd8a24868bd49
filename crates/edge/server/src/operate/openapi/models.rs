//! Logged models, and the registry.

use super::words::Row;

/// Logged models.
#[rustfmt::skip]
pub const LOGGED_MODELS: &[Row] = &[
    ("POST", "2.0/mlflow/logged-models", "createLoggedModel", "Makes a logged model", "experiment_id!: str, name: str, model_type: str, source_run_id: str, params: []Tag, tags: []Tag", "model: LoggedModel"),
    ("POST", "2.0/mlflow/logged-models/search", "searchLoggedModels", "Searches logged models", "experiment_ids: []str, filter: str, datasets: []OnDataset, max_results: int, order_by: []ModelOrder, page_token: str", "models: []LoggedModel, next_page_token: str"),
    ("GET", "2.0/mlflow/logged-models/{model_id}", "getLoggedModel", "Shows a logged model", "", "model: LoggedModel"),
    ("PATCH", "2.0/mlflow/logged-models/{model_id}", "finalizeLoggedModel", "Says that a logged model is ready, or failed", "status!: enum LoggedModelStatus", "model: LoggedModel"),
    ("DELETE", "2.0/mlflow/logged-models/{model_id}", "deleteLoggedModel", "Deletes a logged model", "", ""),
    ("PATCH", "2.0/mlflow/logged-models/{model_id}/tags", "setLoggedModelTags", "Sets tags of a logged model", "tags: []Tag", "model: LoggedModel"),
    ("DELETE", "2.0/mlflow/logged-models/{model_id}/tags/{tag_key}", "deleteLoggedModelTag", "Deletes a tag of a logged model", "", ""),
    ("POST", "2.0/mlflow/logged-models/{model_id}/params", "logLoggedModelParams", "Logs parameters of a logged model", "params: []Tag", ""),
];

/// The registry as the protocol has it.
#[rustfmt::skip]
pub const REGISTRY: &[Row] = &[
    ("POST", "2.0/mlflow/registered-models/create", "createRegisteredModel", "Makes a registered model, or a prompt", "name!: str, tags: []Tag, description: str", "registered_model: RegisteredModel"),
    ("POST", "2.0/mlflow/registered-models/rename", "renameRegisteredModel", "Renames a registered model", "name!: str, new_name: str", "registered_model: RegisteredModel"),
    ("PATCH", "2.0/mlflow/registered-models/update", "updateRegisteredModel", "Describes a registered model", "name!: str, description: str", "registered_model: RegisteredModel"),
    ("DELETE", "2.0/mlflow/registered-models/delete", "deleteRegisteredModel", "Deletes a registered model with its versions", "name!: str", ""),
    ("GET", "2.0/mlflow/registered-models/get", "getRegisteredModel", "Shows a registered model", "name!: str", "registered_model: RegisteredModel"),
    ("GET", "2.0/mlflow/registered-models/search", "searchRegisteredModels", "Searches registered models", "filter: str, max_results: int, order_by: []str, page_token: str", "registered_models: []RegisteredModel, next_page_token: str"),
    ("GET", "2.0/mlflow/registered-models/get-latest-versions", "getLatestVersionsByQuery", "Gives the newest version of each stage", "name!: str, stages: []str", "model_versions: []ModelVersion"),
    ("POST", "2.0/mlflow/registered-models/get-latest-versions", "getLatestVersions", "Gives the newest version of each stage", "name!: str, stages: []str", "model_versions: []ModelVersion"),
    ("POST", "2.0/mlflow/registered-models/set-tag", "setRegisteredModelTag", "Sets a tag of a registered model", "name!: str, key!: str, value!: str", ""),
    ("DELETE", "2.0/mlflow/registered-models/delete-tag", "deleteRegisteredModelTag", "Deletes a tag of a registered model", "name!: str, key!: str", ""),
    ("POST", "2.0/mlflow/registered-models/alias", "setAlias", "Has an alias mean a version", "name!: str, alias!: str, version!: str", ""),
    ("DELETE", "2.0/mlflow/registered-models/alias", "deleteAlias", "Deletes an alias", "name!: str, alias!: str", ""),
    ("GET", "2.0/mlflow/registered-models/alias", "getVersionByAlias", "Shows the version that an alias means", "name!: str, alias!: str", "model_version: ModelVersion"),
    ("POST", "2.0/mlflow/model-versions/create", "createModelVersion", "Registers a version of a model", "name!: str, source!: str, run_id: str, tags: []Tag, run_link: str, description: str, model_id: str", "model_version: ModelVersion"),
    ("PATCH", "2.0/mlflow/model-versions/update", "updateModelVersion", "Describes a version", "name!: str, version!: str, description: str", "model_version: ModelVersion"),
    ("POST", "2.0/mlflow/model-versions/transition-stage", "transitionStage", "Moves a version to a stage", "name!: str, version!: str, stage!: str, archive_existing_versions!: bool", "model_version: ModelVersion"),
    ("DELETE", "2.0/mlflow/model-versions/delete", "deleteModelVersion", "Deletes a version", "name!: str, version!: str", ""),
    ("GET", "2.0/mlflow/model-versions/get", "getModelVersion", "Shows a version", "name!: str, version!: str", "model_version: ModelVersion"),
    ("GET", "2.0/mlflow/model-versions/search", "searchModelVersions", "Searches versions", "filter: str, max_results: int, order_by: []str, page_token: str", "model_versions: []ModelVersion, next_page_token: str"),
    ("GET", "2.0/mlflow/model-versions/get-download-uri", "getDownloadUri", "Says where the artifacts of a version are", "name!: str, version!: str", "artifact_uri: str"),
    ("POST", "2.0/mlflow/model-versions/set-tag", "setModelVersionTag", "Sets a tag of a version", "name!: str, version!: str, key!: str, value!: str", ""),
    ("DELETE", "2.0/mlflow/model-versions/delete-tag", "deleteModelVersionTag", "Deletes a tag of a version", "name!: str, version!: str, key!: str", ""),
];

/// What this server adds to the registry.
#[rustfmt::skip]
pub const GOVERNANCE: &[Row] = &[
    ("GET", "2.0/trimtab/registry/policy", "getPolicy", "Shows the policy of a model, or of a workspace", "name: str", "from: str, policy: Policy"),
    ("POST", "2.0/trimtab/registry/policy", "setPolicy", "Sets the policy of a model, or of a workspace", "name: str, metadata: str, signature: str, protect: []Protection", "from: str, policy: Policy"),
    ("DELETE", "2.0/trimtab/registry/policy", "deletePolicy", "Takes a policy back", "name: str", "from: str, policy: Policy"),
    ("GET", "2.0/trimtab/registry/approvals", "getApprovals", "Shows who approved of a version for an alias", "name!: str, version!: str, alias: str", "name: str, version: str, alias: str, approvals: []Approval, needed: int, enough: bool"),
    ("POST", "2.0/trimtab/registry/approvals", "approve", "Approves of a version for an alias", "name!: str, version!: str, alias: str, why!: str", "name: str, version: str, alias: str, approvals: []Approval, needed: int, enough: bool"),
    ("POST", "2.0/trimtab/registry/rollback", "rollBack", "Has an alias mean what it meant before", "name!: str, alias: str, why: str", "model_version: ModelVersion"),
    ("GET", "2.0/trimtab/registry/metadata", "getVersionMetadata", "Shows what is known of how a version was made", "name!: str, version!: str", "name: str, version: str, metadata: any, missing: []str"),
    ("GET", "2.0/trimtab/registry/compare", "compareVersions", "Says in what two versions differ", "name!: str, version!: str, with: str", "name: str, version: str, with: str, differences: []any"),
    ("GET", "2.0/trimtab/registry/history", "getHistory", "Lists what happened, newest first, or what was true at a moment", "name: str, version: str, alias: str, at: int, max_results: int, page_token: str", "records: []Happened, aliases: any, next_page_token: str"),
    ("GET", "2.0/trimtab/registry/verify", "verifyHistory", "Holds the history against its own hashes", "", "records: int, head: str"),
    ("GET", "2.0/trimtab/registry/signature", "getSignature", "Says whether the signature of a version holds", "name!: str, version!: str", "demand: str, statement: any, holds: bool, fault: any"),
];
