//! Spans: one for the log, so that what goes wrong below a request names it, and one for traces that
//! are sent elsewhere. The second kind has a target of its own, which nobody listens to unless it was
//! asked for; then it costs nothing.

use axum::http::HeaderMap;
use database::Dialect;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of spans that are sent elsewhere.
pub const SENT: &str = "trimtab::sent";

/// The span of a request, for what is logged below it, down to errors alone.
pub fn logged(id: &str) -> Span {
    tracing::error_span!(target: "trimtab::request", "request", id)
}

/// The span of a request, to be sent. If the client traces as well, it belongs below the client's.
pub fn sent(headers: &HeaderMap, id: &str, method: &'static str, route: &str) -> Span {
    let span = tracing::info_span!(
        target: "trimtab::sent",
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        enduser.id = Empty,
        request.id = id,
    );
    if !span.is_disabled() {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // It fails where no layer sends spans; then there is nothing to belong to.
        let _ = span.set_parent(parent);
    }
    span
}

/// How the request ended.
pub fn ended(span: &Span, status: u16, user: Option<&str>) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", status);
    if let Some(user) = user {
        span.record("enduser.id", user);
    }
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of statements that are run as one transaction.
pub fn statements(dialect: Dialect, operation: &'static str) -> Span {
    tracing::info_span!(
        target: "trimtab::sent",
        "transaction",
        otel.name = operation,
        otel.kind = "client",
        db.operation.name = operation,
        db.system.name = match dialect {
            Dialect::Sqlite => "sqlite",
            Dialect::Postgres => "postgresql",
        },
    )
}
