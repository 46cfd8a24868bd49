//! Signatures that bring the certificate of their key along: who signed is said by whoever issued it.
//!
//! The rules are those of the package `model-signing`. The certificates must lead to a root that is
//! trusted, as of the day on which that of the signer began to hold, for a signature outlives its
//! certificate; and the signer's must be for signing: the key usage `digitalSignature`, or the
//! extended one `codeSigning`. Whether a certificate was withdrawn is not asked.

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, ExtendedKeyUsageValidator, KeyPurposeIdIter, ring};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage};

use crate::error::SigningError;
use crate::sha256::Sha256;

/// The extended usage "signing of downloadable executable code" (RFC 5280, 4.2.1.12).
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";

/// How the certificates themselves may be signed.
static CHAIN: &[&dyn SignatureVerificationAlgorithm] = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
];

/// How a statement may be signed: with the digest that belongs to the curve.
static STATEMENT: &[&dyn SignatureVerificationAlgorithm] =
    &[ring::ECDSA_P256_SHA256, ring::ECDSA_P384_SHA384];

/// A certificate that is trusted to issue others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Root(TrustAnchor<'static>);

impl Root {
    /// Reads the certificates of a PEM file.
    pub(crate) fn all(text: &str) -> Result<Vec<Self>, SigningError> {
        let refused = |why: String| SigningError::Key { wanted: "certificate", why };
        let root = |der: CertificateDer<'_>| {
            let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|e| refused(e.to_string()));
            anchor.map(|anchor| Self(anchor.to_owned()))
        };
        CertificateDer::pem_slice_iter(text.as_bytes())
            .map(|der| root(der.map_err(|error| refused(error.to_string()))?))
            .collect()
    }
}

/// Checks a signature by the first of these certificates, which the others lead to a root; gives the
/// SHA-256 of that certificate.
pub(crate) fn signer(
    chain: &[Vec<u8>],
    roots: &[Root],
    message: &[u8],
    signature: &[u8],
) -> Result<String, SigningError> {
    let Some((own, others)) = chain.split_first() else {
        return Err(untrusted("there is none"));
    };
    let details = Certificate::from_der(own).map_err(|error| untrusted(&error.to_string()))?;
    let der = CertificateDer::from(own.as_slice());
    let leaf = EndEntityCert::try_from(&der).map_err(|error| untrusted(&error.to_string()))?;
    let others: Vec<CertificateDer<'_>> =
        others.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let anchors: Vec<TrustAnchor<'_>> = roots.iter().map(|root| root.0.clone()).collect();
    let began = details.tbs_certificate().validity().not_before.to_unix_duration();
    let began = UnixTime::since_unix_epoch(began);
    leaf.verify_for_usage(CHAIN, &anchors, &others, began, AnyUsage, None, None).map_err(
        |error| match error {
            Error::UnknownIssuer => untrusted("no root that is trusted issued it"),
            error => untrusted(&error.to_string()),
        },
    )?;
    if !is_for_signing(&details) {
        return Err(untrusted("it is not for signing"));
    }
    let accepts = |way: &&'static dyn SignatureVerificationAlgorithm| {
        leaf.verify_signature(*way, message, signature).is_ok()
    };
    match STATEMENT.iter().any(accepts) {
        true => Ok(Sha256::of(own).to_string()),
        false => Err(SigningError::Forged),
    }
}

fn is_for_signing(certificate: &Certificate) -> bool {
    let certificate = certificate.tbs_certificate();
    let usage = certificate.get_extension::<KeyUsage>();
    let extended = certificate.get_extension::<ExtendedKeyUsage>();
    matches!(usage, Ok(Some((_, usage))) if usage.digital_signature())
        || matches!(extended, Ok(Some((_, ExtendedKeyUsage(purposes))))
            if purposes.iter().any(|purpose| purpose.to_string() == CODE_SIGNING))
}

fn untrusted(why: &str) -> SigningError {
    SigningError::Certificate(why.to_owned())
}

/// The usage is looked at by [`is_for_signing`].
struct AnyUsage;

impl ExtendedKeyUsageValidator for AnyUsage {
    fn validate(&self, _: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        Ok(())
    }
}
