//! Signed addresses.
//!
//! The cloud's own client signs an address for a key. S3 lets an address carry more: the number of
//! a part, or the name under which a browser saves the file. The client cannot sign those, so they
//! are added here and the address is signed again, by Signature Version 4 ("Authenticating
//! Requests: Using Query Parameters", Amazon S3 API Reference).

use std::time::Duration;

use http::Method;
use object_store::aws::{AmazonS3, AwsCredential};
use object_store::path::Path as Key;
use object_store::signer::Signer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};
use url::{Position, Url};

use super::Remote;
use crate::Result;
use crate::error::ArtifactError;
use crate::path::ArtifactPath;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const SIGNATURE: &str = "X-Amz-Signature";

/// The verbs that addresses are signed for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    Get,
    Put,
}

impl Remote {
    /// An address at which the object can be read.
    pub(crate) async fn presigned_get(
        &self,
        path: &ArtifactPath,
        valid: Duration,
    ) -> Result<String> {
        let Some(s3) = &self.s3 else { return self.presigned(path, Verb::Get, valid).await };
        let name = utf8_percent_encode(path.name().unwrap_or_default(), RESERVED);
        let disposition = format!("attachment; filename*=UTF-8''{name}");
        let extra = [("response-content-disposition", disposition.as_str())];
        let signed = presign_s3(s3, &self.key(path)?, Verb::Get, valid, &extra).await;
        signed.map_err(|error| ArtifactError::remote(path, error))
    }

    /// An address at which the object can be written.
    pub(crate) async fn presigned_put(
        &self,
        path: &ArtifactPath,
        valid: Duration,
    ) -> Result<String> {
        self.presigned(path, Verb::Put, valid).await
    }

    async fn presigned(&self, path: &ArtifactPath, verb: Verb, valid: Duration) -> Result<String> {
        let signed = self.signer.signed_url(verb.method(), &self.key(path)?, valid).await;
        Ok(signed.map_err(|error| ArtifactError::remote(path, error))?.into())
    }
}

impl Verb {
    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Put => Method::PUT,
        }
    }
}

/// An address of S3 with more in it than its client would sign.
pub(super) async fn presign_s3(
    s3: &AmazonS3,
    key: &Key,
    verb: Verb,
    valid: Duration,
    extra: &[(&str, &str)],
) -> object_store::Result<String> {
    loop {
        let signed = s3.signed_url(verb.method(), key, valid).await?;
        let credential = s3.credentials().get_credential().await?;
        // The credential may have been renewed between the two calls.
        if value(&signed, "X-Amz-Credential").starts_with(&format!("{}/", credential.key_id)) {
            return Ok(sign_again(verb, signed, extra, &credential).into());
        }
    }
}

/// Signs an address that was signed before, with more in it.
fn sign_again(verb: Verb, signed: Url, extra: &[(&str, &str)], with: &AwsCredential) -> Url {
    let mut pairs: Vec<(String, String)> = signed
        .query_pairs()
        .filter(|(name, _)| name != SIGNATURE)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    pairs.sort_unstable();
    let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    let signature = signature(verb, &signed, &query, with);
    let mut url = signed;
    url.set_query(Some(&format!("{query}&{SIGNATURE}={signature}")));
    url
}

/// The signature of a canonical request whose only signed header is `host`.
fn signature(verb: Verb, url: &Url, query: &str, with: &AwsCredential) -> String {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let request = format!(
        "{}\n{}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD",
        verb.method(),
        url.path()
    );
    let hash = hex(digest::digest(&digest::SHA256, request.as_bytes()).as_ref());
    let (credential, date) = (value(url, "X-Amz-Credential"), value(url, "X-Amz-Date"));
    // What follows the key's id: date, region, service, and the word `aws4_request`.
    let scope = credential.split_once('/').map_or("", |(_, scope)| scope);
    let key = scope.split('/').fold(format!("AWS4{}", with.secret_key).into_bytes(), mac);
    hex(&mac(key, &format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}")))
}

fn mac(key: Vec<u8>, text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The value of a query parameter; empty if there is none.
fn value(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(candidate, _)| candidate == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIAL: &str = "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request";

    fn signed(path: &str, extra: &[(&str, &str)], verb: Verb) -> String {
        let url = format!(
            "https://examplebucket.s3.amazonaws.com/{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256\
             &X-Amz-Credential={CREDENTIAL}&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400\
             &X-Amz-SignedHeaders=host&X-Amz-Signature=stale"
        );
        let with = AwsCredential {
            key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            token: None,
        };
        let url = Url::parse(&url).expect("a URL");
        value(&sign_again(verb, url, extra, &with), SIGNATURE)
    }

    #[test]
    fn signatures_are_those_of_others() {
        // The example of "Authenticating Requests: Using Query Parameters", Amazon S3 API
        // Reference.
        assert_eq!(
            signed("test.txt", &[], Verb::Get),
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
        );
        // generate_presigned_url of botocore 1.44.8, with its clock set to 2013-05-24.
        assert_eq!(
            signed(
                "a%20b/50%25.bin",
                &[("partNumber", "2"), ("uploadId", "id+with/odd=signs")],
                Verb::Put
            ),
            "e68aa5ed2a6dda72b49b27559f56bd3109765544c3887cae7154a31d0469b0a5"
        );
        let name = "attachment; filename*=UTF-8''50%25.csv";
        assert_eq!(
            signed("test.txt", &[("response-content-disposition", name)], Verb::Get),
            "d5dc6094d23b404d5f42907b660e3c7bd545b97cecf008f2e8823a0dbbb87348"
        );
    }
}
