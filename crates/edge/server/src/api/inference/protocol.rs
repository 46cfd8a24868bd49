//! Inference over REST, in the words of the Open Inference Protocol.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use serving::oip::{InferRequest, InferResponse};
use serving::{Arranged, ServingError, Tensor};

use super::call::Call;
use super::loaded::Loaded;
use super::lookup;
use super::predict::{Choice, Given, predict};
use super::record::Circumstances;
use super::refusal::Refusal;
use crate::app::App;
use crate::reply;

/// How many bytes of a body are JSON, where raw tensors follow.
static HEADER_LENGTH: HeaderName = HeaderName::from_static("inference-header-content-length");

pub(super) async fn infer(State(app): State<App>, request: Request) -> Response {
    let answer = match Call::read(&app, request).await {
        Ok(call) => answer(&call).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| refusal.inference())
}

async fn answer(call: &Call) -> Result<Response, Refusal> {
    let app = &call.app;
    let reference = call.reference()?;
    let line = app.inference().line(app, &call.workspace, &reference).await?;
    let choice = Choice::of(line);
    let header = match call.header(HEADER_LENGTH.as_str()) {
        None => None,
        Some(text) => Some(text.trim().parse().map_err(|_| {
            Refusal::invalid(format!("{HEADER_LENGTH} must be a number of bytes, not '{text}'"))
        })?),
    };
    let asked = InferRequest::read(&call.body, header, &app.options().serving.limits)?;
    let circumstances = call.circumstances(asked.id.as_deref());
    let given = infer_with(app, &choice, &asked, circumstances, call.began).await?;
    let written = Instant::now();
    let response = respond(&given, &asked)?;
    let (body, header) = response.write(&asked.outputs, asked.binary);
    given.count(written);
    let mut answer = match header {
        None => reply::bytes(body),
        Some(length) => {
            let mut answer = body.into_response();
            let binary = HeaderValue::from_static("application/octet-stream");
            answer.headers_mut().insert(CONTENT_TYPE, binary);
            answer.headers_mut().insert(HEADER_LENGTH.clone(), HeaderValue::from(length));
            answer
        }
    };
    super::scoring::mark(&mut answer, &given, &[]);
    Ok(answer)
}

/// Predicts for a request of the protocol, whatever brought it.
pub(super) async fn infer_with(
    app: &App,
    choice: &Choice,
    asked: &InferRequest,
    circumstances: Circumstances,
    began: Instant,
) -> Result<Given, Refusal> {
    let loaded = choice.loaded();
    let servable = loaded.batcher()?.servable();
    let arranged = match loaded.features.is_some() && servable.names_entities(&asked.inputs) {
        true => of_entities(app, loaded, &asked.inputs).await,
        false => servable.arrange_tensors(&asked.inputs).map_err(Refusal::from),
    };
    let arranged = arranged.inspect_err(|_| {
        loaded.statistics.failed(began.elapsed(), false);
    })?;
    let mut given = predict(app, choice, &arranged, circumstances, began).await?;
    given.withhold()?;
    Ok(given)
}

/// The rows of a model for tensors that name entities, each a column.
async fn of_entities(app: &App, loaded: &Loaded, inputs: &[Tensor]) -> Result<Arranged, Refusal> {
    let columns = inputs.iter().map(|input| Ok((input.name.clone(), input.column()?)));
    let columns = columns.collect::<Result<Vec<_>, ServingError>>()?;
    let arranged = lookup::arrange(app, loaded, columns).await?;
    match arranged.extra.first() {
        None => Ok(Arranged { as_records: false, ..arranged }),
        Some(name) => Err(Refusal::invalid(format!(
            "unexpected inference input '{name}': it is no column of the model, no join key of its \
             features, and no request data of them"
        ))),
    }
}

/// The answer in the words of the protocol.
pub(super) fn respond(given: &Given, asked: &InferRequest) -> Result<InferResponse, Refusal> {
    let mut parameters = Map::new();
    if let Some(first) = given.marks.first() {
        parameters.insert("prediction_id".to_owned(), Value::from(first.id.to_string()));
    }
    let invalid: Vec<String> =
        given.invalid().map(|(row, kept)| format!("{row}: {}", kept.flags)).collect();
    if !invalid.is_empty() {
        parameters.insert("invalid".to_owned(), Value::from(invalid.join("; ")));
    }
    if let Some(troubles) = given.troubles(usize::MAX) {
        parameters.insert("features".to_owned(), Value::from(troubles));
    }
    let mut response = InferResponse {
        model_name: given.loaded.name.clone(),
        model_version: given.loaded.version.clone(),
        id: asked.id.clone(),
        parameters,
        outputs: given.predicted.outputs.clone(),
    };
    response.select(&asked.outputs)?;
    Ok(response)
}
