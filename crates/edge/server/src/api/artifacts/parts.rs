//! Uploads in parts: a client sends many parts of a large file at once.
//!
//! S3 takes the parts at signed addresses. For a folder they come to this server, at addresses that
//! it makes from how it was reached itself; the upload's id in them is a secret of its client. The
//! headers by which the client proved who it is go back to it with the addresses, since it sends the
//! parts with none of its own.

use std::time::Duration;

use artifacts::{ArtifactPath, Part, Store};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, ETAG, HOST, HeaderValue};
use axum::response::Response;
use catalog::{CatalogError, Code};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::door::Door;
use super::path::{below, file, parse, scoped};
use super::proxy::limited;
use super::refusal::{Refusal, said, unsupported};
use crate::app::App;
use crate::ask::WORKSPACE_HEADER;
use crate::error::ApiError;
use crate::fields::{Fields, missing};
use crate::reply::{Answer, json, nothing};

/// How long the signed addresses of the parts hold: a large file takes its time.
const VALID: Duration = Duration::from_secs(3_600);

/// The largest request that names parts.
const REQUEST: usize = 16 << 20;

/// Where parts come to.
const TAKE: &str = "/api/2.0/mlflow-artifacts/mpu/part";

/// All but the unreserved characters of RFC 3986, and the slash.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Whether clients can send files in parts. Into a folder only if it is known how they reach this
/// server.
pub(crate) fn offers_uploads(app: &App, headers: &HeaderMap) -> bool {
    let store = app.artifacts();
    app.options().serve_artifacts
        && store.offers_uploads()
        && (store.offers_urls() || base(headers).is_some())
}

/// Whether clients can read files from the store itself: from S3.
pub(crate) fn offers_downloads(app: &App) -> bool {
    let store = app.artifacts();
    app.options().serve_artifacts && store.offers_uploads() && store.offers_urls()
}

pub(super) async fn create(door: Door) -> Answer {
    let (headers, app, workspace) =
        (door.headers.clone(), door.app.clone(), door.workspace.clone());
    let asked = Asked::read(door).await?;
    let n_parts = asked.fields.opt_int("num_parts")?.unwrap_or(1);
    let n_parts = usize::try_from(n_parts)
        .map_err(|_| CatalogError::invalid("num_parts must be a positive number"))?;
    let base = match app.artifacts().offers_urls() {
        true => None,
        false => Some(base(&headers).ok_or_else(|| unsupported(UPLOAD))?),
    };
    let upload = app.artifacts().create_upload(&asked.path, n_parts, VALID).await.map_err(said)?;
    let urls = match base {
        None => upload.urls,
        Some(base) => {
            let path = utf8_percent_encode(asked.path.as_str(), ENCODED).to_string();
            let id = &upload.id;
            let url = |number| format!("{base}{TAKE}/{path}?upload_id={id}&part_number={number}");
            (1..=n_parts).map(url).collect()
        }
    };
    let own = if app.artifacts().offers_urls() { Map::new() } else { proof(&headers, &workspace) };
    let credential = |(number, url): (usize, String)| {
        let mut credential = json!({ "url": url, "part_number": number });
        if !own.is_empty() {
            credential["headers"] = Value::Object(own.clone());
        }
        credential
    };
    let credentials: Vec<Value> = (1..).zip(urls).map(credential).collect();
    Ok(json(&json!({ "upload_id": upload.id, "credentials": credentials })))
}

pub(super) async fn take(door: Door) -> Result<Response, Refusal> {
    door.must_serve()?;
    let path = scoped(&door.app, &door.workspace, file(door.path()?)?)?;
    let id = door.fields.text("upload_id")?.to_owned();
    let number = u32::try_from(door.fields.int("part_number")?)
        .map_err(|_| CatalogError::invalid("the number of a part must be between 1 and 10000"))?;
    let limit = door.app.options().artifact_limit;
    let body = limited(door.body, &door.headers, limit);
    let etag = door.app.artifacts().put_part(&path, &id, number, body).await?;
    let mut response = nothing();
    if let Ok(etag) = HeaderValue::try_from(format!("\"{etag}\"")) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

pub(super) async fn complete(door: Door) -> Answer {
    let store = door.app.artifacts().clone();
    let asked = Asked::read(door).await?;
    if !asked.fields.has("parts") {
        return Err(missing("parts").into());
    }
    let part = |fields: &Fields| {
        let number = u32::try_from(fields.int("part_number")?)
            .map_err(|_| CatalogError::invalid("part_number must be between 1 and 10000"))?;
        Ok(Part { number, etag: fields.opt_text("etag")?.unwrap_or_default().to_owned() })
    };
    let parts: Vec<Part> =
        asked.fields.objects("parts")?.iter().map(part).collect::<Result<_, CatalogError>>()?;
    let id = asked.fields.opt_text("upload_id")?.unwrap_or_default();
    store.complete_upload(&asked.path, id, parts).await.map_err(said)?;
    Ok(nothing())
}

pub(super) async fn abort(door: Door) -> Answer {
    let store = door.app.artifacts().clone();
    let asked = Asked::read(door).await?;
    let id = asked.fields.opt_text("upload_id")?.unwrap_or_default();
    store.abort_upload(&asked.path, id).await.map_err(said)?;
    Ok(nothing())
}

/// How clients of uploads in parts are told that there are none.
const UPLOAD: &str = "Multipart upload";

/// What is asked of an upload in parts.
struct Asked {
    path: ArtifactPath,
    fields: Fields,
}

impl Asked {
    /// The path names the folder, and the field `path` the file on the client's disk, whose name the
    /// artifact has.
    async fn read(door: Door) -> Result<Self, ApiError> {
        door.must_serve()?;
        let folder = scoped(&door.app, &door.workspace, parse(door.path()?)?)?;
        must_offer(door.app.artifacts())?;
        let body = axum::body::to_bytes(door.body, REQUEST).await.map_err(|error| {
            CatalogError::new(Code::BadRequest, format!("the request cannot be read: {error}"))
        })?;
        let fields = Fields::of_json(&body)?;
        let name = fields.text("path")?.rsplit(['/', '\\']).next().unwrap_or_default();
        let path = below(&folder, &file(name)?)?;
        Ok(Self { path, fields })
    }
}

fn must_offer(store: &Store) -> Result<(), ApiError> {
    if store.offers_uploads() { Ok(()) } else { Err(unsupported(UPLOAD)) }
}

/// What proves who the client is, and the workspace that it works in.
fn proof(headers: &HeaderMap, workspace: &str) -> Map<String, Value> {
    let mut own = Map::new();
    if let Some(proof) = headers.get(AUTHORIZATION).and_then(|proof| proof.to_str().ok()) {
        own.insert("Authorization".to_owned(), proof.into());
    }
    if headers.contains_key(WORKSPACE_HEADER) {
        own.insert(WORKSPACE_HEADER.to_owned(), workspace.into());
    }
    own
}

/// The address at which the client reached this server. A proxy in between must have said how it was
/// reached itself; if it did not say all, the address is not known.
fn base(headers: &HeaderMap) -> Option<String> {
    let header = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.split(',').next().unwrap_or_default().trim().to_owned())
    };
    let told = ["via", "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
    let (scheme, host) = if told.iter().any(|name| headers.contains_key(*name)) {
        let host = header("x-forwarded-host").or_else(|| header(HOST.as_str()));
        (header("x-forwarded-proto")?, host?)
    } else {
        ("http".to_owned(), header(HOST.as_str())?)
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
    let known =
        matches!(scheme.as_str(), "http" | "https") && !host.is_empty() && host.chars().all(plain);
    let prefix = header("x-forwarded-prefix").unwrap_or_default();
    let prefix = prefix.trim_end_matches('/');
    let inside = prefix.is_empty() || prefix.starts_with('/');
    (known && inside).then(|| format!("{scheme}://{host}{prefix}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_this_server_is_what_its_client_used() {
        for (given, expected) in [
            (vec![("host", "a:5000")], Some("http://a:5000")),
            (
                vec![("host", "a"), ("x-forwarded-proto", "https"), ("x-forwarded-for", "1.2.3.4")],
                Some("https://a"),
            ),
            (
                vec![
                    ("host", "inside"),
                    ("x-forwarded-proto", "https"),
                    ("x-forwarded-host", "out, in"),
                    ("x-forwarded-prefix", "/mlflow/"),
                ],
                Some("https://out/mlflow"),
            ),
            (vec![("host", "a"), ("x-forwarded-for", "1.2.3.4")], None),
            (vec![("host", "a"), ("via", "1.1 proxy")], None),
            (vec![("host", "a/b")], None),
            (vec![], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &given {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(base(&headers).as_deref(), expected, "{given:?}");
        }
    }
}
