//! `/push` and `/write-to-online-store`: rows of a push source or of a view.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use feature_online::{Columns, Pushed, ServingError, Target};
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
    match asked.to.as_deref().unwrap_or("online") {
        "online" => {}
        "offline" | "online_and_offline" => {
            let message = "rows are pushed to the online store alone: keep history in the files or \
                           tables of the push source's `history`, and push with to='online'";
            return Err(ServingError::Asked(message.to_owned()).into());
        }
        other => {
            let message = format!(
                "{other} is not a supported push format. Please specify one of these ['online', \
                 'offline', 'online_and_offline']."
            );
            return Err(ServingError::Asked(message).into());
        }
    }
    written(&app, Target::Source(asked.push_source_name), asked.df).await?;
    Ok(().into_response())
}

pub async fn write(
    State(app): State<App>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let asked: WriteBody = super::body(body)?;
    written(&app, Target::View(asked.feature_view_name), asked.df).await?;
    Ok(bytes(b"null".to_vec()))
}

async fn written(app: &App, target: Target, columns: Columns) -> Result<(), Refusal> {
    let serving = super::serving(app)?;
    let pushed: Vec<Pushed> = super::apart(move || serving.write(&target, &columns)).await?;
    for Pushed { view, taken, superseded } in pushed {
        app.meters().features().written(&view, taken, superseded);
    }
    Ok(())
}
