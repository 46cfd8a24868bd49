//! Headers of a file that is sent.

use axum::http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the characters that RFC 5987 lets stand in a value.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Tells a browser to save the file under its name, never to show it as a page of this server. A name
/// beyond ASCII is said twice: for old clients without what they cannot read, and encoded.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let plain: String = name.chars().filter(char::is_ascii).collect();
    let text = if plain.len() == name.len() {
        format!("attachment; filename={}", quoted(&plain))
    } else {
        let plain = if plain.is_empty() { "download" } else { &plain };
        let encoded = utf8_percent_encode(name, ENCODED);
        format!("attachment; filename={}; filename*=UTF-8''{encoded}", quoted(plain))
    };
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A value as it stands, if it is a token of RFC 9110, or else between quotes.
fn quoted(value: &str) -> String {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if !value.is_empty() && value.chars().all(token) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from the examples of RFC 6266 and RFC 5987, and from MLflow 3.17.2's
    /// `_content_disposition_attachment`.
    #[test]
    fn names_are_told_in_ascii_and_in_full() {
        for (name, header) in [
            ("a.txt", "attachment; filename=a.txt"),
            ("100%.txt", "attachment; filename=100%.txt"),
            ("a b.txt", "attachment; filename=\"a b.txt\""),
            ("a\"b.txt", "attachment; filename=\"a\\\"b.txt\""),
            ("€ rates", "attachment; filename=\" rates\"; filename*=UTF-8''%E2%82%AC%20rates"),
            (
                "日本語",
                "attachment; filename=download; filename*=UTF-8''%E6%97%A5%E6%9C%AC%E8%AA%9E",
            ),
        ] {
            assert_eq!(attachment(name).to_str().unwrap(), header);
        }
    }
}
