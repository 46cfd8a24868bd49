//! What browsers must not be made to do: a page of somebody else can send requests to a server that
//! only the one who looks at it can reach.
//!
//! A request must name this server as its host (otherwise a name of somebody else points here), and a
//! change must not come from a page of another origin.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    HOST, ORIGIN, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::denial::Denial;
use super::security::Security;

/// What does not look at the host: those who ask whether the server is well know no name.
const ANY_HOST: [&str; 2] = ["/health", "/version"];

/// Names and addresses of this machine and of private networks, as patterns.
const NEAR: [&str; 9] =
    ["localhost", "127.*", "[::1]", "0.0.0.0", "10.*", "192.168.*", "[fc*", "[fd*", "[fe80:*"];

/// Refuses what a page of somebody else may have sent.
pub fn check(
    security: &Security,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Denial> {
    if !ANY_HOST.contains(&uri.path()) && !host_allowed(&security.allowed_hosts, uri, headers) {
        return Err(Denial::Host);
    }
    let changes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE);
    match headers.get(ORIGIN) {
        Some(origin) if changes && !origin_allowed(&security.allowed_origins, origin) => {
            Err(Denial::Origin)
        }
        _ => Ok(()),
    }
}

/// The answer to a browser that asks whether a page may send a request, if that is what was asked.
pub fn preflight(security: &Security, method: &Method, headers: &HeaderMap) -> Option<Response> {
    let origin = headers.get(ORIGIN)?;
    if method != Method::OPTIONS || !headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        return None;
    }
    let mut response = StatusCode::NO_CONTENT.into_response();
    if origin_allowed(&security.allowed_origins, origin) {
        let answer = response.headers_mut();
        answer.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS"),
        );
        if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
    }
    Some(response)
}

/// Lets the page that sent a request read the answer, if it may, and keeps browsers from guessing
/// what an answer is and from showing it within another's page.
pub fn mark(security: &Security, origin: Option<&HeaderValue>, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    let Some(origin) = origin.filter(|origin| origin_allowed(&security.allowed_origins, origin))
    else {
        return;
    };
    headers.append(VARY, HeaderValue::from_static("Origin"));
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    // Where every page is let in, none may use the password that the browser keeps.
    if !security.allowed_origins.iter().any(|pattern| pattern.trim() == "*") {
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

fn host_allowed(allowed: &[String], uri: &Uri, headers: &HeaderMap) -> bool {
    let mut given = headers.get_all(HOST).iter();
    let host = match (given.next(), given.next(), uri.authority()) {
        (Some(host), None, _) => host.to_str().ok(),
        (None, _, Some(authority)) => Some(authority.as_str()),
        // Every browser names the host: without one, it was none.
        (None, _, None) => return true,
        _ => None,
    };
    let Some(authority) = host.and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let name = authority.host().to_ascii_lowercase();
    if allowed.is_empty() {
        return NEAR.iter().any(|pattern| near(pattern, &name)) || in_172(&name);
    }
    let whole = authority.as_str().to_ascii_lowercase();
    allowed
        .iter()
        .map(|pattern| pattern.trim().to_ascii_lowercase())
        .any(|pattern| fits(&pattern, &name) || fits(&pattern, &whole))
}

/// `10.*` is a pattern of addresses: a name like `10.example.com` must not fit.
fn near(pattern: &str, name: &str) -> bool {
    let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    fits(pattern, name) && (address || !pattern.contains('*'))
}

fn in_172(name: &str) -> bool {
    name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_private())
}

fn origin_allowed(allowed: &[String], origin: &HeaderValue) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let own = origin
        .parse::<Uri>()
        .ok()
        .and_then(|uri| uri.host().map(str::to_ascii_lowercase))
        .is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host.as_str()));
    own || allowed.iter().any(|pattern| fits(pattern.trim(), origin))
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(
        security: &Security,
        method: &Method,
        given: &[(&'static str, &str)],
    ) -> Result<(), Denial> {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(*name, value.parse().unwrap());
        }
        check(security, method, &Uri::from_static("/api/2.0/mlflow/runs/create"), &headers)
    }

    #[test]
    fn only_names_of_this_server_are_answered() {
        let near = Security::default();
        for host in [
            "localhost",
            "localhost:5000",
            "127.0.0.1:5000",
            "[::1]:80",
            "10.1.2.3",
            "172.16.0.1:1",
            "192.168.0.9:5000",
            "LOCALHOST:1",
            "[fd00::1]:5000",
        ] {
            asked(&near, &Method::GET, &[("host", host)]).unwrap();
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "10.evil.example",
            "172.32.0.1",
            "8.8.8.8",
            "localhost.evil.example",
            "",
            "a b",
            "192.168.evil.example:80",
        ] {
            assert_eq!(asked(&near, &Method::GET, &[("host", host)]), Err(Denial::Host), "{host}");
        }
        asked(&near, &Method::GET, &[]).unwrap();
        let named =
            Security { allowed_hosts: vec!["*.corp.example".into(), "m:80".into()], ..near };
        for host in ["a.corp.example", "a.b.corp.example:5000", "m:80", "A.Corp.Example"] {
            asked(&named, &Method::GET, &[("host", host)]).unwrap();
        }
        for host in ["corp.example", "m:81", "m", "localhost", "a.corp.example.evil"] {
            asked(&named, &Method::GET, &[("host", host)]).unwrap_err();
        }
        let any = Security { allowed_hosts: vec!["*".into()], ..Security::default() };
        asked(&any, &Method::GET, &[("host", "evil.example")]).unwrap();
    }

    #[test]
    fn pages_of_others_change_nothing() {
        let security = Security {
            allowed_origins: vec!["https://*.corp.example".into()],
            ..Security::default()
        };
        let from = |method: &Method, origin: &str| {
            asked(&security, method, &[("host", "localhost"), ("origin", origin)])
        };
        for origin in ["http://localhost:3000", "http://127.0.0.1", "https://a.corp.example"] {
            from(&Method::POST, origin).unwrap();
        }
        for origin in [
            "https://evil.example",
            "null",
            "http://localhost.evil.example",
            "http://a.corp.example",
        ] {
            assert_eq!(from(&Method::POST, origin), Err(Denial::Origin), "{origin}");
            assert_eq!(from(&Method::DELETE, origin), Err(Denial::Origin), "{origin}");
            from(&Method::GET, origin).unwrap();
        }
        asked(&security, &Method::POST, &[("host", "localhost")]).unwrap();
    }
}
