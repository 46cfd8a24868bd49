//! The signature file: a Sigstore bundle with a DSSE envelope around the statement.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::certificate;
use crate::error::SigningError;
use crate::key::{PublicKey, SigningKey};
use crate::manifest::Manifest;
use crate::sha256::Sha256;
use crate::trust::Trust;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public_key: Option<KeyName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    x509_certificate_chain: Option<Chain>,
    #[serde(default)]
    tlog_entries: Vec<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Chain {
    certificates: Vec<OneCertificate>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OneCertificate {
    raw_bytes: String,
}

#[derive(Serialize, Deserialize)]
struct KeyName {
    #[serde(default)]
    hint: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<OneSignature>,
}

#[derive(Serialize, Deserialize)]
struct OneSignature {
    sig: String,
    #[serde(default)]
    keyid: String,
}

/// What a signature says that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The files that were signed.
    pub manifest: Manifest,
    /// The digest of the statement that was signed.
    pub statement: Sha256,
    /// Who signed it: the [hint](PublicKey::hint) of the key, or the SHA-256 of the certificate.
    pub by: String,
}

impl Manifest {
    /// Signs it; gives the signature file.
    pub fn sign(&self, key: &SigningKey) -> String {
        let statement = self.statement();
        let signature = key.sign(&pre_authentication(statement.as_bytes()));
        let bundle = Bundle {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: Material {
                public_key: Some(KeyName { hint: Some(key.public().hint()) }),
                x509_certificate_chain: None,
                tlog_entries: vec![],
            },
            dsse_envelope: Envelope {
                payload: BASE64_STANDARD.encode(statement),
                payload_type: PAYLOAD_TYPE.to_owned(),
                signatures: vec![OneSignature {
                    sig: BASE64_STANDARD.encode(signature),
                    keyid: String::new(),
                }],
            },
        };
        serde_json::to_string(&bundle).expect("bundles have text keys")
    }
}

/// Opens a signature file that somebody made who is trusted.
///
/// # Errors
/// All of [`SigningError`] but `Key` and `Unsignable`: a signature that does not hold says nothing.
pub fn open(file: &[u8], trust: &Trust) -> Result<Signed, SigningError> {
    let bundle: Bundle = serde_json::from_slice(file).map_err(|error| unread(&error))?;
    if bundle.media_type != MEDIA_TYPE {
        return Err(unread(&format_args!("its media type is `{}`", bundle.media_type)));
    }
    let Envelope { payload, payload_type, signatures } = bundle.dsse_envelope;
    if payload_type != PAYLOAD_TYPE {
        return Err(SigningError::PayloadType { found: payload_type, expected: PAYLOAD_TYPE });
    }
    let [OneSignature { sig, .. }] = <[OneSignature; 1]>::try_from(signatures)
        .map_err(|_| unread(&"it has not exactly one signature"))?;
    let statement = BASE64_STANDARD.decode(payload).map_err(|error| unread(&error))?;
    let signature = BASE64_STANDARD.decode(sig).map_err(|error| unread(&error))?;
    let by = signer(bundle.verification_material, trust, &statement, &signature)?;
    let manifest = Manifest::of_statement(&statement)?;
    Ok(Signed { manifest, statement: Sha256::of(&statement), by })
}

/// Who made a signature, if it holds.
fn signer(
    material: Material,
    trust: &Trust,
    statement: &[u8],
    signature: &[u8],
) -> Result<String, SigningError> {
    let message = pre_authentication(statement);
    match material {
        Material { x509_certificate_chain: Some(chain), .. } => {
            let der = |one: OneCertificate| BASE64_STANDARD.decode(one.raw_bytes);
            let chain: Vec<Vec<u8>> = chain
                .certificates
                .into_iter()
                .map(|one| der(one).map_err(|error| unread(&error)))
                .collect::<Result<_, _>>()?;
            certificate::signer(&chain, &trust.roots, &message, signature)
        }
        Material { public_key: Some(named), .. } => {
            let named = named.hint.unwrap_or_default();
            Ok(key(&named, &trust.keys, &message, signature)?.hint())
        }
        _ => Err(SigningError::Unsupported(
            "without a key and without a chain of certificates; sign it with a key".to_owned(),
        )),
    }
}

/// The key that made a signature. A hint only says where to look: it is not signed itself.
fn key<'a>(
    named: &str,
    keys: &'a [PublicKey],
    message: &[u8],
    signature: &[u8],
) -> Result<&'a PublicKey, SigningError> {
    let mut candidates =
        keys.iter().filter(|key| named.is_empty() || key.hint() == named).peekable();
    if candidates.peek().is_none() {
        return Err(SigningError::OtherKey { hint: named.to_owned() });
    }
    candidates.find(|key| key.accepts(message, signature)).ok_or(SigningError::Forged)
}

/// What is signed in place of the payload alone (DSSE v1.0, "PAE").
fn pre_authentication(payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

fn unread(why: &dyn std::fmt::Display) -> SigningError {
    SigningError::Format(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../tests/data/key.pem");

    /// RFC 6979, A.2.5: P-256 with SHA-256, messages "sample" and "test"; r and s in hexadecimal.
    #[test]
    fn signatures_are_those_of_the_standard() {
        let key = SigningKey::from_pem(KEY).unwrap();
        for (message, r, s) in [
            (
                "sample",
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
            (
                "test",
                "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
                "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
            ),
        ] {
            let der = key.sign(message.as_bytes());
            let hex: String = der.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(hex.contains(r) && hex.ends_with(s), "{hex}");
            assert!(key.public().accepts(message.as_bytes(), &der));
            assert!(!key.public().accepts(b"other", &der));
        }
    }

    /// The example of the DSSE specification, version 1.0, with the payload type of this format.
    #[test]
    fn the_lengths_are_signed_too() {
        let expected = b"DSSEv1 28 application/vnd.in-toto+json 11 hello world";
        assert_eq!(pre_authentication(b"hello world"), expected);
    }

    /// A statement that was signed by a key that is trusted, and that still cannot be believed.
    #[test]
    fn a_signed_statement_must_agree_with_itself() {
        let key = SigningKey::from_pem(KEY).unwrap();
        let files = [("a", "1"), ("b", "2")];
        let files = files.map(|(name, text)| (name.to_owned(), Sha256::of(text.as_bytes())));
        let manifest = Manifest::new("m", crate::Ignored::default(), files).unwrap();
        let sign = |from: &str, to: &str| {
            let statement = manifest.statement();
            assert!(statement.contains(from), "{from} in {statement}");
            let statement = statement.replace(from, to);
            let file = manifest.sign(&key);
            let mut bundle: Bundle = serde_json::from_str(&file).unwrap();
            let signature = key.sign(&pre_authentication(statement.as_bytes()));
            bundle.dsse_envelope.signatures[0].sig = BASE64_STANDARD.encode(signature);
            bundle.dsse_envelope.payload = BASE64_STANDARD.encode(statement);
            open(serde_json::to_string(&bundle).unwrap().as_bytes(), &key.public().into())
        };
        let (one, two) = (Sha256::of(b"1").to_string(), Sha256::of(b"2").to_string());
        assert!(sign("", "").is_ok());
        assert!(sign("\"m\"", "\"n\"").is_ok(), "the name is for people");
        for (from, to) in [
            (one.as_str(), two.as_str()),
            (one.as_str(), "12"),
            ("\"b\"", "\"a\""),
            ("\"b\"", "\"../b\""),
            ("\"resources\"", "\"others\""),
        ] {
            let error = sign(from, to).expect_err(to);
            assert!(matches!(error, SigningError::Statement(_)), "{from} {to}: {error}");
        }
        for (from, to) in [
            ("\"files\"", "\"shards\""),
            ("\"hash_type\": \"sha256\"", "\"hash_type\": \"blake3\""),
            ("Statement/v1", "Statement/v0.1"),
            ("signature/v1.0", "signature/v2.0"),
            ("\"algorithm\": \"sha256\"", "\"algorithm\": \"blake3\""),
        ] {
            let error = sign(from, to).expect_err(to);
            assert!(matches!(error, SigningError::Unsupported(_)), "{from} {to}: {error}");
        }
    }
}
