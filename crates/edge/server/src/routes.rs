//! Which path is answered by whom.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use crate::access;
use crate::api;
use crate::app::App;
use crate::intake::{self, Intake};
use crate::operate;

/// All endpoints.
pub fn router(app: App) -> Router {
    let limit = app.options().body_limit;
    let intake = Intake::new(app.options().patience.client, limit);
    let mut router = Router::new();
    for (path, endpoint) in all() {
        router = router.route(&path, endpoint);
    }
    router
        .layer(from_fn_with_state(app.clone(), access::layer))
        .layer(DefaultBodyLimit::max(limit))
        .fallback(api::absent::absent)
        .method_not_allowed_fallback(api::server::method_not_allowed)
        .layer(from_fn_with_state(intake, intake::layer))
        .layer(from_fn_with_state(app.clone(), access::browsers))
        .layer(from_fn_with_state(app.clone(), operate::watch))
        .with_state(app)
}

/// All endpoints with their whole paths.
pub(crate) fn all() -> Vec<(String, MethodRouter<App>)> {
    let mut all = vec![
        ("/health".to_owned(), get(operate::health)),
        ("/version".to_owned(), get(api::server::version)),
        ("/metrics".to_owned(), get(operate::metrics)),
        ("/openapi.json".to_owned(), get(operate::openapi)),
    ];
    for (path, endpoint) in endpoints() {
        for prefix in ["/api", "/ajax-api"] {
            all.push((format!("{prefix}/{path}"), endpoint.clone()));
        }
    }
    let pages = [
        api::artifacts::pages(),
        api::features::pages(),
        api::inference::pages(),
        api::inputs::pages(),
        api::otlp::pages(),
    ];
    for (path, endpoint) in pages.into_iter().flatten() {
        all.push((path.to_owned(), endpoint));
    }
    all
}

/// The endpoints that stand below `/api` and `/ajax-api`.
fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    [
        api::server::endpoints(),
        api::artifacts::endpoints(),
        api::assessments::endpoints(),
        api::eval_datasets::endpoints(),
        api::experiments::endpoints(),
        api::features::endpoints(),
        api::inputs::endpoints(),
        api::logged_models::endpoints(),
        api::registry::endpoints(),
        api::runs::endpoints(),
        api::signing::endpoints(),
        api::traces::endpoints(),
        api::webhooks::endpoints(),
        api::workspaces::endpoints(),
        api::permissions::endpoints(),
        api::roles::endpoints(),
        api::tokens::endpoints(),
        api::users::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A POST endpoint.
pub(crate) fn posted<H, T>(path: &'static str, handler: H) -> (&'static str, MethodRouter<App>)
where
    H: axum::handler::Handler<T, App>,
    T: 'static,
{
    (path, post(handler))
}

/// A GET endpoint.
pub(crate) fn gotten<H, T>(path: &'static str, handler: H) -> (&'static str, MethodRouter<App>)
where
    H: axum::handler::Handler<T, App>,
    T: 'static,
{
    (path, get(handler))
}

/// An endpoint that answers GET and POST alike.
pub(crate) fn on_get_and_post<H, T>(handler: H) -> MethodRouter<App>
where
    H: axum::handler::Handler<T, App>,
    T: 'static,
{
    get(handler.clone()).post(handler)
}
