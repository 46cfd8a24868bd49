//! Passing a scoring request on to a child process, and its answer back.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::call::Call;
use super::loaded::Loaded;
use super::python::Child;
use super::refusal::Refusal;

/// How long a child may take over an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Has a child answer a scoring request.
pub(super) async fn invocation(
    call: &Call,
    loaded: &Loaded,
    child: &Child,
) -> Result<Response, Refusal> {
    let away = || Refusal::unavailable("the process that serves this model is being started again");
    if !child.is_ready() {
        return Err(away());
    }
    let kind = call.headers.get(CONTENT_TYPE).cloned();
    let kind = kind.unwrap_or(HeaderValue::from_static("application/json"));
    let request = Request::post("/invocations").header(CONTENT_TYPE, kind);
    let answered = exchange(child.address, request, call.body.clone());
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(Some((status, kind, body))) => {
            let ok = status == 200;
            let whole = call.began.elapsed();
            match ok {
                true => loaded.statistics.forwarded(crate::ask::now().unsigned_abs(), whole),
                false => loaded.statistics.failed(whole, false),
            }
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = axum::http::StatusCode::from_u16(status)
                .unwrap_or(axum::http::StatusCode::BAD_GATEWAY);
            if let Some(kind) = kind {
                response.headers_mut().insert(CONTENT_TYPE, kind);
            }
            if let Ok(version) = HeaderValue::try_from(&loaded.version) {
                response.headers_mut().insert("x-trimtab-model-version", version);
            }
            Ok(response)
        }
        Ok(None) | Err(_) => {
            loaded.statistics.failed(call.began.elapsed(), false);
            Err(away())
        }
    }
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
