//! `/get-online-features`: the newest values of features.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::Response;
use feature_online::{Columns, Question, Wanted};
use serde::Deserialize;

use super::refusal::Refusal;
use super::wire;
use crate::app::App;
use crate::reply::bytes;

#[derive(Deserialize)]
struct Body {
    entities: Columns,
    #[serde(default)]
    features: Option<Vec<String>>,
    #[serde(default)]
    feature_service: Option<String>,
    #[serde(default)]
    full_feature_names: bool,
    #[serde(default)]
    include_feature_view_version_metadata: bool,
}

pub async fn get_online_features(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let serving = super::serving(&app)?;
    let asked: Body = super::body(body)?;
    let wanted = match asked.feature_service.filter(|name| !name.is_empty()) {
        Some(name) => Wanted::Service(name),
        None => Wanted::Features(asked.features.unwrap_or_default()),
    };
    let question =
        Question { wanted, columns: asked.entities, full_names: asked.full_feature_names };
    let with_versions = asked.include_feature_view_version_metadata;
    let is_soon = question.columns.rows().is_some_and(|rows| serving.is_soon(rows));
    let work = move || {
        let answer = serving.answer(&question)?;
        let versions = match with_versions {
            true => serving.versions(&answer.views)?,
            false => Vec::new(),
        };
        let statuses = answer.columns.iter().flat_map(|column| &column.statuses);
        Ok((wire::write(&answer, &versions), wire::count(statuses)))
    };
    let (written, counted) = if is_soon { work()? } else { super::apart(work).await? };
    app.meters().features().read(&counted);
    Ok(bytes(written))
}
