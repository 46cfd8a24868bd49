//! Keys: elliptic curve P-256, in PEM, as `openssl` and the package `model-signing` write them.

use std::fmt;

use p256::SecretKey;
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey, LineEnding};

use crate::error::SigningError;
use crate::sha256::Sha256;

/// How a key is made that can be used here.
const HOW: &str = "make one by `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`";

/// A key to sign with. It is not shown.
#[derive(Clone)]
pub struct SigningKey(p256::ecdsa::SigningKey);

impl SigningKey {
    /// Reads a private key: `PRIVATE KEY` (PKCS#8) or `EC PRIVATE KEY` (SEC1), not encrypted.
    ///
    /// # Errors
    /// [`SigningError::Key`] says what is there instead.
    pub fn from_pem(text: &str) -> Result<Self, SigningError> {
        let refused = |why: String| SigningError::Key { wanted: "private key of P-256", why };
        let secret = if let Some(block) = block(text, "PRIVATE KEY") {
            SecretKey::from_pkcs8_pem(block).map_err(|error| error.to_string())
        } else if let Some(block) = block(text, "EC PRIVATE KEY") {
            SecretKey::from_sec1_pem(block).map_err(|error| error.to_string())
        } else {
            return Err(refused(found(text)));
        };
        let secret = secret.map_err(|error| refused(format!("{error}; {HOW}")))?;
        Ok(Self(secret.into()))
    }

    /// The key that checks its signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    /// Signs bytes; the signature is in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: Signature = self.0.sign(message);
        signature.to_der().as_bytes().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().hint())
    }
}

/// A key to check signatures with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a public key, `PUBLIC KEY`.
    ///
    /// # Errors
    /// [`SigningError::Key`] says what is there instead.
    pub fn from_pem(text: &str) -> Result<Self, SigningError> {
        let refused = |why: String| SigningError::Key { wanted: "public key of P-256", why };
        let block = block(text, "PUBLIC KEY").ok_or_else(|| refused(found(text)))?;
        let key = VerifyingKey::from_public_key_pem(block)
            .map_err(|error| refused(format!("{error}; {HOW}")))?;
        Ok(Self(key))
    }

    /// The key in PEM.
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("a key of P-256 has a form in PEM")
    }

    /// By what a signature names its key: the SHA-256 of its PEM, in hexadecimal.
    pub fn hint(&self) -> String {
        Sha256::of(self.to_pem().as_bytes()).to_string()
    }

    /// Whether the signature, in DER, is one of this key of these bytes.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_der(signature)
            .is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

/// The block of that kind: files of `openssl ecparam` have another one before it.
fn block<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let (begin, end) = (format!("-----BEGIN {kind}-----"), format!("-----END {kind}-----"));
    let start = text.find(&begin)?;
    let length = text[start..].find(&end)? + end.len();
    Some(&text[start..start + length])
}

/// What a file holds in place of the key that was looked for.
fn found(text: &str) -> String {
    let kind = text.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----"));
    match kind {
        Some(("ENCRYPTED PRIVATE KEY", _)) => {
            "it is encrypted: decrypt it by `openssl pkcs8 -in FILE -out FILE`".to_owned()
        }
        Some((kind, _)) => format!("there is a `{kind}`"),
        None => "there is no PEM block".to_owned(),
    }
}
