//! What is served, and whether it can answer.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use learning::Port;
use serde_json::{Value, json};
use serving::Datatype;

use super::call::Call;
use super::line::Line;
use super::loaded::Loaded;
use super::refusal::Refusal;
use crate::app::App;
use crate::ask::DEFAULT_WORKSPACE;
use crate::reply;

/// The extensions of the protocol that are offered.
pub(super) const EXTENSIONS: [&str; 3] = ["binary_tensor_data", "statistics", "model_repository"];

/// The name of this server in the protocol.
pub(super) const NAME: &str = "trimtab";

pub(super) async fn server() -> Response {
    let version = env!("CARGO_PKG_VERSION");
    reply::json(&json!({ "name": NAME, "version": version, "extensions": EXTENSIONS }))
}

pub(super) async fn live() -> Response {
    reply::json(&json!({ "live": true }))
}

/// Ready is a server whose default model can answer.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let ready = is_ready(&app).await;
    let mut response = reply::json(&json!({ "ready": ready }));
    if !ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    response
}

/// Whether the default model can answer, if there is one.
pub(super) async fn is_ready(app: &App) -> bool {
    match app.options().serving.model.clone() {
        None => true,
        Some(model) => app.inference().line(app, DEFAULT_WORKSPACE, &model).await.is_ok(),
    }
}

pub(super) async fn model(State(app): State<App>, request: Request) -> Response {
    match line(&app, request).await {
        Ok((call, line)) => {
            let name = &line.first.name;
            reply::json(&told(&line, versions(&call.app, &call.workspace, name).await))
        }
        Err(refusal) => refusal.inference(),
    }
}

pub(super) async fn model_ready(
    State(app): State<App>,
    Path(_): Path<Vec<(String, String)>>,
    request: Request,
) -> Response {
    match line(&app, request).await {
        Ok((_, line)) => reply::json(&json!({ "name": line.first.name, "ready": true })),
        Err(refusal) => {
            let mut response = refusal.inference();
            if refusal.status == StatusCode::NOT_FOUND {
                *response.status_mut() = StatusCode::BAD_REQUEST;
            }
            response.into_response()
        }
    }
}

async fn line(app: &App, request: Request) -> Result<(Call, std::sync::Arc<Line>), Refusal> {
    let call = Call::read(app, request).await?;
    let line = app.inference().line(app, &call.workspace, &call.reference()?).await?;
    Ok((call, line))
}

/// The versions of a model that are served now.
pub(super) async fn versions(app: &App, workspace: &str, name: &str) -> Vec<String> {
    let slots = app.inference().of_model(workspace, name);
    let lines = slots.iter().filter_map(|slot| slot.line());
    let mut versions: Vec<String> = lines
        .flat_map(|line| {
            let second = line.second.as_ref().map(|second| second.loaded.version.clone());
            [Some(line.first.version.clone()), second]
        })
        .flatten()
        .collect();
    versions.sort_by_key(|version| version.parse::<u64>().unwrap_or(u64::MAX));
    versions.dedup();
    versions
}

fn told(line: &Line, versions: Vec<String>) -> Value {
    let loaded = &line.first;
    let mut told = json!({
        "name": loaded.name,
        "versions": versions,
        "platform": loaded.platform(),
        "inputs": tensors(loaded, true),
        "outputs": tensors(loaded, false),
    });
    let parameters = json!({
        "version": loaded.version,
        "run_id": loaded.run,
        "digest": loaded.servable().map(|servable| servable.digest().to_string()),
        "features": loaded.servable().map(|servable| servable.features()),
        "looked_up": loaded.features.as_ref().map(ToString::to_string),
    });
    told["parameters"] = parameters;
    told
}

fn tensors(loaded: &Loaded, inputs: bool) -> Vec<Value> {
    ports(loaded, inputs)
        .into_iter()
        .map(|(name, datatype, shape)| {
            json!({ "name": name, "datatype": datatype.word(), "shape": shape })
        })
        .collect()
}

/// Inputs or outputs: name, datatype, shape with −1 for what is open.
pub(super) fn ports(loaded: &Loaded, inputs: bool) -> Vec<(String, Datatype, Vec<i64>)> {
    let Some(servable) = loaded.servable() else { return Vec::new() };
    let ports = if inputs { servable.inputs() } else { servable.outputs() };
    let shape = |port: &Port| {
        // Rows are open, whatever the file was exported with.
        let rest = port.dims.get(1..).unwrap_or(&[]);
        let rest = rest.iter().map(|dim| dim.map_or(-1, |dim| i64::try_from(dim).unwrap_or(-1)));
        std::iter::once(-1).chain(rest).collect()
    };
    ports.iter().map(|port| (port.name.clone(), Datatype::of_port(port), shape(port))).collect()
}
