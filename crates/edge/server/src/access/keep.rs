//! Of a list that is answered, only what may be read.
//!
//! The endpoint is asked page by page until the page that was asked for is full or nothing is left,
//! and the token behind it says where to go on.

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use axum::http::{Method, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use catalog::CatalogError;
use catalog::access::{Action, Held, Resource, owners};
use serde_json::{Map, Value};
use tracking::search::page;

use super::denial::Denial;
use super::judge::{Asked, resources};
use super::need::List;
use crate::api::runs::page_offset;
use crate::app::App;
use crate::ask::Ask;
use crate::reply;

/// So many pages of the endpoint are looked at for one page that is answered.
const PAGES: usize = 20;

/// The largest page of the endpoint, in bytes.
const LARGEST: usize = 256 << 20;

/// Answers a search with what may be read.
pub async fn keep(
    app: &App,
    asked: Asked,
    list: List,
    parts: &Parts,
    ask: &Ask,
    next: &Next,
) -> Result<Response, Denial> {
    let token = ask.fields.opt_text("page_token")?.unwrap_or_default();
    let mut offset = page_offset(&ask.fields)?;
    let limit = ask.fields.opt_int("max_results")?.and_then(|max| usize::try_from(max).ok());
    let (mut kept, mut more) = (Vec::new(), None);
    for round in 0..PAGES {
        let token = (round > 0 || !token.is_empty()).then(|| page::create(offset as u64));
        let request = with_token(parts, ask, token)?;
        let response = next.clone().run(request).await;
        if !response.status().is_success() {
            return Ok(response);
        }
        let (items, going_on) = read(response, list).await?;
        let readable = readable(app, &asked, list, &items).await?;
        let full = limit.unwrap_or(items.len().max(1));
        let count = items.len();
        let mut taken = 0;
        for (item, readable) in items.into_iter().zip(readable) {
            if kept.len() >= full {
                break;
            }
            taken += 1;
            if readable {
                kept.push(item);
            }
        }
        offset += taken;
        let rest = taken < count || going_on;
        more = rest.then(|| page::create(offset as u64));
        if !rest || kept.len() >= full {
            break;
        }
    }
    Ok(answer(list, kept, more))
}

fn name(list: List) -> &'static str {
    match list {
        List::Experiments => "experiments",
        List::Models => "registered_models",
        List::Versions => "model_versions",
    }
}

fn answer(list: List, kept: Vec<Value>, more: Option<String>) -> Response {
    let mut body = Map::new();
    if !kept.is_empty() {
        body.insert(name(list).to_owned(), Value::Array(kept));
    }
    if let Some(token) = more {
        body.insert("next_page_token".to_owned(), Value::String(token));
    }
    reply::json(&body)
}

async fn read(response: Response, list: List) -> Result<(Vec<Value>, bool), Denial> {
    let broken = |_| Denial::broken("reading an answer");
    let body = to_bytes(response.into_body(), LARGEST).await.map_err(broken)?;
    let mut body: Map<String, Value> =
        serde_json::from_slice(&body).map_err(|_| Denial::broken("reading an answer"))?;
    let going_on = body.get("next_page_token").is_some_and(|token| token != "");
    match body.remove(name(list)) {
        None => Ok((vec![], going_on)),
        Some(Value::Array(items)) => Ok((items, going_on)),
        Some(_) => Err(Denial::broken("reading an answer")),
    }
}

/// For each item whether it may be read.
async fn readable(
    app: &App,
    asked: &Asked,
    list: List,
    items: &[Value],
) -> Result<Vec<bool>, Denial> {
    let key = if list == List::Experiments { "experiment_id" } else { "name" };
    let keys: Vec<String> = items
        .iter()
        .map(|item| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned())
        .collect();
    let asked = asked.clone();
    let read = app.db().read(move |tx| {
        let on: Vec<(Resource, Option<&[String]>)> =
            resources(list).iter().map(|kind| (*kind, Some(keys.as_slice()))).collect();
        let held = asked.held(tx, &on)?;
        let kinds = match list {
            List::Experiments => vec![],
            List::Models | List::Versions => owners::registered(tx, &asked.workspace, &keys)?,
        };
        let kinds: std::collections::HashMap<String, Resource> = kinds.into_iter().collect();
        let kind = |key: &String| match list {
            List::Experiments => Some(Resource::Experiment),
            _ => kinds.get(key).copied(),
        };
        Ok::<_, CatalogError>(keys.iter().map(|key| reads(&held, kind(key), key)).collect())
    });
    Ok(read.await?)
}

fn reads(held: &Held, kind: Option<Resource>, key: &str) -> bool {
    kind.is_some_and(|kind| held.on(kind, key).allows(Action::Read))
}

/// The request with another page token.
fn with_token(parts: &Parts, ask: &Ask, token: Option<String>) -> Result<Request<Body>, Denial> {
    let Some(token) = token else { return rewritten(parts, ask, &[]) };
    rewritten(parts, ask, &[("page_token", Value::String(token))])
}

/// The request with other values for some fields.
pub fn rewritten(
    parts: &Parts,
    ask: &Ask,
    changes: &[(&str, Value)],
) -> Result<Request<Body>, Denial> {
    let mut request = Request::from_parts(parts.clone(), Body::from(ask.body.clone()));
    if changes.is_empty() {
        return Ok(request);
    }
    let broken = |_| Denial::broken("rewriting a request");
    match parts.uri.query().filter(|query| parts.method == Method::GET && !query.is_empty()) {
        Some(query) => {
            let path = format!("{}?{}", parts.uri.path(), in_query(query, changes));
            *request.uri_mut() = path.parse().map_err(|_| Denial::broken("rewriting a query"))?;
        }
        None => {
            let body = in_body(&ask.body, changes).map_err(broken)?;
            request.headers_mut().remove(CONTENT_LENGTH);
            *request.body_mut() = Body::from(body);
        }
    }
    Ok(request)
}

/// `runIds` and `run_ids` are the same field.
fn same(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    plain(one) == plain(other)
}

fn in_query(query: &str, changes: &[(&str, Value)]) -> String {
    let mut written = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !changes.iter().any(|(changed, _)| same(changed, &name)) {
            written.append_pair(&name, &value);
        }
    }
    for (name, value) in changes {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            written.append_pair(name, value.as_str().unwrap_or(&value.to_string()));
        }
    }
    written.finish()
}

fn in_body(body: &[u8], changes: &[(&str, Value)]) -> serde_json::Result<Vec<u8>> {
    let empty = body.iter().all(u8::is_ascii_whitespace);
    let mut value = if empty { Value::Null } else { serde_json::from_slice(body)? };
    if let Value::String(inner) = &value {
        value = serde_json::from_str(inner)?;
    }
    let mut fields = match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for (name, value) in changes {
        fields.retain(|key, _| !same(key, name));
        fields.insert((*name).to_owned(), value.clone());
    }
    serde_json::to_vec(&fields)
}

/// An answer that lists nothing.
pub fn nothing() -> Response {
    reply::nothing().into_response()
}
