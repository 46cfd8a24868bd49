//! A file on its way to the client, as a stream: all of it, or the part that is asked for.

use std::ops::Range;

use artifacts::{ArtifactError, ArtifactPath, Store};
use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue,
    IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use catalog::CatalogError;

use super::refusal::Refusal;
use super::{header, kind};

/// The answer to a request for a file.
pub(super) async fn file(
    store: &Store,
    path: &ArtifactPath,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    let part = part(store, path, asked).await?;
    let whole = part.is_none();
    let download = match store.get(path, part).await {
        Ok(download) => download,
        Err(ArtifactError::Missing { .. }) => return Err(absent(store, path).await),
        Err(error) => return Err(error.into()),
    };
    let name = path.name().unwrap_or_default();
    let (range, size) = (download.range, download.size);
    let mut response = Response::new(Body::from_stream(download.stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind::of(name)));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_DISPOSITION, header::attachment(name));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    if !whole {
        let sent = format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1));
        headers.insert(CONTENT_RANGE, HeaderValue::try_from(sent).expect("digits are a header"));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// Nothing is there; or a folder, which cannot be sent.
async fn absent(store: &Store, path: &ArtifactPath) -> Refusal {
    match store.list(path).await {
        Ok(entries) if !entries.is_empty() => CatalogError::invalid(format!(
            "Artifact path refers to a directory, not a file: '{path}'"
        ))
        .into(),
        _ => ArtifactError::Missing { path: path.clone() }.into(),
    }
}

/// The part that is asked for. One that depends on what the client has already is not given: nothing
/// here tells two versions of a file apart.
async fn part(
    store: &Store,
    path: &ArtifactPath,
    asked: &HeaderMap,
) -> Result<Option<Range<u64>>, Refusal> {
    let range = asked.get(RANGE).and_then(|value| value.to_str().ok());
    let Some((first, last)) = range.and_then(read_range) else { return Ok(None) };
    if asked.contains_key(IF_RANGE) {
        return Ok(None);
    }
    match (first, last) {
        (Some(first), last) => {
            Ok(Some(first..last.map_or(u64::MAX, |last| last.saturating_add(1))))
        }
        (None, last) => {
            let size = match store.head(path).await {
                Ok(head) => head.size,
                Err(ArtifactError::Missing { .. }) => return Err(absent(store, path).await),
                Err(error) => return Err(error.into()),
            };
            let first = size - last.unwrap_or_default().min(size);
            Ok(Some(first..size))
        }
    }
}

/// Reads `bytes=FIRST-LAST`, either of which may be missing. What cannot be read is as if it were not
/// there (RFC 9110, section 14.2), and so are several parts at once.
fn read_range(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        text if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok().map(Some),
        _ => None,
    };
    let (first, last) = (number(first)?, number(last)?);
    match (first, last) {
        (None, None) => None,
        (Some(first), Some(last)) if last < first => None,
        range => Some(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        for (text, range) in [
            ("bytes=0-4", Some((Some(0), Some(4)))),
            ("bytes=5-", Some((Some(5), None))),
            ("bytes=-3", Some((None, Some(3)))),
            ("bytes=4-2", None),
            ("bytes=-", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("lines=0-4", None),
        ] {
            assert_eq!(read_range(text), range, "{text}");
        }
    }
}
