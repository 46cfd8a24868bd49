//! The page that is scraped.

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::prometheus_text;
use ring::hmac;

use crate::access::Secret;
use crate::app::App;

/// Where the numbers are.
pub const METRICS: &str = "/metrics";

/// All numbers, as text.
pub async fn metrics(State(app): State<App>) -> Response {
    page(&app)
}

/// The page itself.
pub fn page(app: &App) -> Response {
    let mut response = app.meters().text().into_response();
    let kind = HeaderValue::from_static(prometheus_text::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// Whether a request shows the token that opens this page and nothing else.
pub fn is_opened(token: Option<&Secret>, headers: &HeaderMap) -> bool {
    let Some(token) = token else { return false };
    let shown = headers.get(AUTHORIZATION).and_then(|shown| shown.to_str().ok());
    let shown = shown.and_then(|shown| shown.split_once(' '));
    let Some((_, shown)) = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")) else {
        return false;
    };
    // Compared by their hashes under a key: how long it takes tells nothing of the token.
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.expose().as_bytes());
    let tag = hmac::sign(&key, token.expose().as_bytes());
    hmac::verify(&key, shown.trim().as_bytes(), tag.as_ref()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_opens_the_page() {
        let token = Secret::new("s3cret");
        let opened = |token: Option<&Secret>, shown: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(shown).unwrap());
            is_opened(token, &headers)
        };
        assert!(opened(Some(&token), "Bearer s3cret"));
        assert!(opened(Some(&token), "bearer s3cret"));
        for shown in ["Bearer s3cret2", "Bearer ", "s3cret", "Basic s3cret", "Bearer S3CRET"] {
            assert!(!opened(Some(&token), shown), "{shown}");
        }
        assert!(!opened(None, "Bearer s3cret"));
        assert!(!is_opened(Some(&token), &HeaderMap::new()));
    }
}
