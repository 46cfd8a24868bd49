//! The signature by which a webhook knows that it was us.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::access::Secret;

/// The header with the signature.
pub const SIGNATURE: &str = "x-mlflow-signature";
/// The header with the id of what is told, the same for every attempt.
pub const DELIVERY: &str = "x-mlflow-delivery-id";
/// The header with the time of the attempt, in seconds.
pub const TIMESTAMP: &str = "x-mlflow-timestamp";

/// `v1,` and the HMAC-SHA256 of `ID.TIMESTAMP.BODY` as Base64.
pub fn sign(secret: &Secret, id: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let signed = format!("{id}.{seconds}.{body}");
    format!("v1,{}", STANDARD.encode(hmac::sign(&key, signed.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `_generate_hmac_signature("s3cret-ü", "d-1", "1700000000", '{"a": "ä"}')` of MLflow 3.17.2,
    /// `webhooks/delivery.py`.
    #[test]
    fn signatures_are_those_of_the_protocol() {
        let signature = sign(&Secret::new("s3cret-ü"), "d-1", 1_700_000_000, "{\"a\": \"ä\"}");
        assert_eq!(signature, "v1,sdBu0fWoJXTAJpv7mIjLciRertAq8xamxldMTHC7Gw4=");
    }
}
