//! The outermost layer: each request gets an id, is counted and timed, and leaves one line.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::bytes::counted;
use super::{page, request_id, spans};
use crate::app::App;

/// The route of requests that no route fits.
const NOWHERE: &str = "unmatched";

/// Below these routes bodies are artifacts.
const ARTIFACTS: [&str; 2] = ["/mlflow-artifacts/artifacts/{", "/mlflow-artifacts/mpu/part/{"];

/// Who asked, as the layers within find out.
#[derive(Debug, Clone, Default)]
pub struct Who(Arc<OnceLock<String>>);

impl Who {
    /// It is known who sent this request.
    pub fn tell(request: &Request, user: &str) {
        if let Some(who) = request.extensions().get::<Self>() {
            who.0.get_or_init(|| user.to_owned());
        }
    }
}

/// The layer.
pub async fn watch(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let _at_hand = app.meters().begin();
    let id = request_id::of(request.headers());
    let method = word(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or(NOWHERE, MatchedPath::as_str);
    let who = Who::default();
    request.extensions_mut().insert(who.clone());
    let sent = spans::sent(request.headers(), request_id::text(&id), method, route);
    let within = spans::logged(request_id::text(&id));
    let answer = answer(&app, route, request, next).instrument(within).instrument(sent.clone());
    let mut response = answer.await;
    let (status, user) = (response.status().as_u16(), who.0.get().map(String::as_str));
    let seconds = began.elapsed().as_secs_f64();
    app.meters().answered(route, method, status, seconds);
    spans::ended(&sent, status, user);
    line(request_id::text(&id), method, route, status, seconds, user);
    response.headers_mut().insert(request_id::HEADER, id);
    response
}

async fn answer(app: &App, route: &str, request: Request, next: Next) -> Response {
    if route == page::METRICS && opens(app, request.headers()) {
        return page::page(app);
    }
    if !is_artifact(route) {
        return next.run(request).await;
    }
    let meters = app.meters();
    let request = request.map(|body| counted(body, meters.received()));
    next.run(request).await.map(|body| counted(body, meters.sent()))
}

/// Whether bodies of this route are artifacts, which pass through and are not kept in memory.
pub fn is_artifact(route: &str) -> bool {
    ARTIFACTS.iter().any(|part| route.contains(part))
}

fn opens(app: &App, headers: &HeaderMap) -> bool {
    page::is_opened(app.options().metrics_token.as_ref(), headers)
}

/// What is asked for is not offered: no fault of the server.
const NOT_OFFERED: u16 = 501;

/// One line. What is wrong with the server itself is a warning.
fn line(id: &str, method: &str, route: &str, status: u16, seconds: f64, user: Option<&str>) {
    let ms = (seconds * 1e6).round() / 1e3;
    if status >= 500 && status != NOT_OFFERED {
        tracing::warn!(target: "trimtab::request", id, method, route, status, ms, user, "failed");
    } else {
        tracing::info!(target: "trimtab::request", id, method, route, status, ms, user, "answered");
    }
}

/// The method; whatever is made up counts as one.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
