//! Passing a scoring request on to a child process, and its answer back.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::call::Call;
use super::forwarded;
use super::loaded::Loaded;
use super::python::Child;
use super::record::{Circumstances, Mark};
use super::refusal::Refusal;

/// How long a child may take over an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Has a child answer a scoring request. What it predicts is logged before it is passed on.
pub(super) async fn invocation(
    call: &Call,
    loaded: &Loaded,
    child: &Child,
    route: &'static str,
) -> Result<Response, Refusal> {
    let away = || Refusal::unavailable("the process that serves this model is being started again");
    if !child.is_ready() {
        return Err(away());
    }
    let kind = call.headers.get(CONTENT_TYPE).cloned();
    let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
    let request = Request::post("/invocations").header(CONTENT_TYPE, kind);
    let answered = exchange(child.address, request, call.body.clone());
    let Ok(Some((status, kind, body))) = tokio::time::timeout(PATIENCE, answered).await else {
        loaded.statistics.failed(call.began.elapsed(), false);
        return Err(away());
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let rows = match status {
        StatusCode::OK => kept(call, loaded, route, &body).await.inspect_err(|_| {
            loaded.statistics.failed(call.began.elapsed(), false);
        })?,
        _ => Vec::new(),
    };
    let whole = call.began.elapsed();
    match status {
        StatusCode::OK => {
            loaded.statistics.forwarded(crate::ask::now().unsigned_abs(), rows.len(), whole);
        }
        _ => loaded.statistics.failed(whole, false),
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    super::scoring::mark_rows(&mut response, &loaded.version, &rows);
    Ok(response)
}

/// What is to be known of the rows of an answer, once they are logged.
async fn kept(
    call: &Call,
    loaded: &Loaded,
    route: &'static str,
    body: &[u8],
) -> Result<Vec<Mark>, Refusal> {
    let circumstances = Circumstances { route, ..call.circumstances(None) };
    let rows = forwarded::rows(loaded, body, &circumstances, call.began.elapsed());
    let (marks, held) = (Mark::of(&rows), forwarded::check(loaded, &rows));
    call.app.log().keep(&call.app, rows).await?;
    loaded.statistics.flagged(marks.iter().filter(|mark| mark.is_invalid()).count());
    held?;
    Ok(marks)
}

/// Whether somebody at an address says that it is well.
pub(super) async fn answers(address: SocketAddr) -> bool {
    let request = Request::get("/ping");
    let asked = exchange(address, request, Bytes::new());
    let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
    matches!(answer, Ok(Some((200, _, _))))
}

/// One request over a connection of its own.
async fn exchange(
    address: SocketAddr,
    request: axum::http::request::Builder,
    body: Bytes,
) -> Option<(u16, Option<HeaderValue>, Bytes)> {
    let stream = TcpStream::connect(address).await.ok()?;
    let _ = stream.set_nodelay(true);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
    let driver = tokio::spawn(connection);
    let request = request.header(HOST, address.to_string()).body(Full::new(body)).ok()?;
    let response = sender.send_request(request).await.ok()?;
    let (status, kind) =
        (response.status().as_u16(), response.headers().get(CONTENT_TYPE).cloned());
    let body = response.into_body().collect().await.ok()?.to_bytes();
    driver.abort();
    Some((status, kind, body))
}
