//! Which path is answered by whom.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};

use crate::api;
use crate::app::App;

/// All endpoints.
pub fn router(app: App) -> Router {
    let limit = app.options().body_limit;
    let mut router = Router::new()
        .route("/health", get(api::server::health))
        .route("/version", get(api::server::version));
    for (path, endpoint) in endpoints() {
        for prefix in ["/api", "/ajax-api"] {
            router = router.route(&format!("{prefix}/{path}"), endpoint.clone());
        }
    }
    router
        .layer(DefaultBodyLimit::max(limit))
        .fallback(api::server::not_found)
        .method_not_allowed_fallback(api::server::method_not_allowed)
        .with_state(app)
}

/// The endpoints that stand below `/api` and `/ajax-api`.
fn endpoints() -> Vec<(&'static str, MethodRouter<App>)> {
    [api::server::endpoints(), api::experiments::endpoints(), api::runs::endpoints()]
        .into_iter()
        .flatten()
        .collect()
}

/// A POST endpoint.
pub(crate) fn posted<H, T>(
    path: &'static str,
    handler: H,
) -> (&'static str, MethodRouter<App>)
where
    H: axum::handler::Handler<T, App>,
    T: 'static,
{
    (path, post(handler))
}

/// A GET endpoint.
pub(crate) fn gotten<H, T>(
    path: &'static str,
    handler: H,
) -> (&'static str, MethodRouter<App>)
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
