//! The id of a request: what the client calls it, or one that is made here.

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header, on the way in and on the way out.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that a client may bring.
const LONGEST: usize = 128;

/// The id of a request. What a client calls it is taken if it is plain enough to stand in a log.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    match headers.get(HEADER) {
        Some(given) if is_plain(given.as_bytes()) => given.clone(),
        _ => fresh(),
    }
}

/// The id as text.
pub fn text(id: &HeaderValue) -> &str {
    id.to_str().unwrap_or_default()
}

fn is_plain(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@".contains(byte);
    (1..=LONGEST).contains(&id.len()) && id.iter().all(plain)
}

fn fresh() -> HeaderValue {
    let id = format!("{:032x}", fastrand::u128(..));
    HeaderValue::from_str(&id).expect("hexadecimal digits may stand in a header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_id_is_kept_and_any_other_replaced() {
        let id = |given: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(given.as_bytes()).unwrap());
            text(&of(&headers)).to_owned()
        };
        for kept in ["a", "0af7651916cd43dd8448eb211c80319c", "web-1:2025/7+x=", &"x".repeat(128)] {
            assert_eq!(id(kept), kept);
        }
        for replaced in ["", "two words", "a\"b", "{x}", "ä", "a\tb", &"x".repeat(129)] {
            let made = id(replaced);
            assert_eq!(made.len(), 32, "{replaced} became {made}");
            assert!(made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        }
        assert_ne!(text(&of(&HeaderMap::new())), text(&of(&HeaderMap::new())));
    }
}
