//! `/push` and `/write-to-online-store`: rows of a push source or of a view.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use feature_online::{Columns, Pushed, ServingError, Target, Whereto};
use serde::Deserialize;

use super::refusal::Refusal;
use crate::app::App;
use crate::reply::bytes;

#[derive(Deserialize)]
struct PushBody {
    push_source_name: String,
    df: Columns,
    #[serde(default)]
    to: Option<String>,
}

#[derive(Deserialize)]
struct WriteBody {
    feature_view_name: String,
    df: Columns,
}

pub async fn push(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let asked: PushBody = super::body(body)?;
    let to = match asked.to.as_deref().unwrap_or("online") {
        "online" => Whereto::Online,
        "offline" => Whereto::History,
        "online_and_offline" => Whereto::Both,
        other => {
            let message = format!(
                "{other} is not a supported push format. Please specify one of these ['online', \
                 'offline', 'online_and_offline']."
            );
            return Err(ServingError::Asked(message).into());
        }
    };
    let serving = super::serving(&app)?;
    let (source, columns) = (asked.push_source_name, asked.df);
    let pushed = super::apart(move || serving.push(&source, &columns, to)).await?;
    count(&app, &pushed);
    Ok(().into_response())
}

pub async fn write(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let asked: WriteBody = super::body(body)?;
    let serving = super::serving(&app)?;
    let (view, columns) = (Target::View(asked.feature_view_name), asked.df);
    let pushed = super::apart(move || serving.write(&view, &columns)).await?;
    count(&app, &pushed);
    Ok(bytes(b"null".to_vec()))
}

fn count(app: &App, pushed: &[Pushed]) {
    for one in pushed {
        app.meters().features().written(&one.view, one.taken, one.superseded);
    }
}
