//! Signatures with certificates, as the package `model-signing` 1.1.1 wrote and judged them.
//!
//! `data/certificates` was made by `openssl` and that package: a root, an authority that it issued,
//! and signers with certificates of that authority. What is expected is what `model_signing verify
//! certificate --certificate_chain root.pem` said.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use signing::{Sha256, SigningError, Trust};

const ROOT: &str = include_str!("data/certificates/root.pem");
const OTHER_ROOT: &str = include_str!("data/certificates/other_root.pem");
/// For digital signatures and for signing code.
const LEAF: &str = include_str!("data/certificates/leaf.sig");
/// For signing code, without a key usage.
const CODE: &str = include_str!("data/certificates/code.sig");
/// For digital signatures, with a key of P-384.
const WIDE: &str = include_str!("data/certificates/wide.sig");
/// For agreeing on keys, for servers.
const AGREE: &str = include_str!("data/certificates/agree.sig");
/// For nothing in particular.
const PLAIN: &str = include_str!("data/certificates/plain.sig");

fn open(file: &str) -> Result<signing::Signed, SigningError> {
    signing::open(file.as_bytes(), &Trust::from_pem(ROOT).expect("a root"))
}

fn changed(file: &str, change: impl Fn(&mut Value)) -> String {
    let mut bundle: Value = serde_json::from_str(file).expect("JSON");
    change(&mut bundle);
    bundle.to_string()
}

fn refused(file: &str, why: &str) {
    match open(file) {
        Err(SigningError::Certificate(what)) => assert!(what.contains(why), "{what}"),
        other => panic!("{why}: {other:?}"),
    }
}

#[test]
fn certificates_for_signing_are_accepted() {
    for file in [LEAF, CODE, WIDE] {
        let signed = open(file).expect("it holds");
        assert_eq!(signed.manifest.model(), "churn");
        let bundle: Value = serde_json::from_str(file).expect("JSON");
        let chain = &bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
        let own = chain[0]["rawBytes"].as_str().expect("a certificate");
        let own = BASE64_STANDARD.decode(own).expect("base64");
        assert_eq!(signed.by, Sha256::of(&own).to_string());
    }
    // Several roots in one file.
    let both = Trust::from_pem(&[OTHER_ROOT, ROOT].concat()).expect("two roots");
    assert!(signing::open(LEAF.as_bytes(), &both).is_ok());
}

#[test]
fn certificates_for_something_else_are_refused() {
    refused(AGREE, "not for signing");
    refused(PLAIN, "not for signing");
}

#[test]
fn a_certificate_must_lead_to_a_root() {
    // The other root has the same name and another key.
    let other = Trust::from_pem(OTHER_ROOT).expect("a root");
    for trust in [other, Trust::default()] {
        let error = signing::open(LEAF.as_bytes(), &trust).expect_err("not trusted");
        assert!(matches!(error, SigningError::Certificate(_)), "{error}");
    }
    let chain = |bundle: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        let place = &mut bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
        change(place.as_array_mut().expect("a list"));
    };
    refused(&changed(LEAF, |bundle| chain(bundle, &|all| all.truncate(1))), "no root");
    refused(&changed(LEAF, |bundle| chain(bundle, &Vec::clear)), "there is none");
    // The authority itself signs no models.
    let authority = changed(LEAF, |bundle| chain(bundle, &|all| drop(all.remove(0))));
    assert!(matches!(open(&authority), Err(SigningError::Certificate(_))));
}

#[test]
fn what_was_signed_belongs_to_the_certificate() {
    let other: Value = serde_json::from_str(CODE).expect("JSON");
    let swapped = changed(LEAF, |bundle| {
        let wide: Value = serde_json::from_str(WIDE).expect("JSON");
        bundle["dsseEnvelope"]["signatures"] = wide["dsseEnvelope"]["signatures"].clone();
    });
    assert_eq!(open(&swapped), Err(SigningError::Forged));
    let payload = changed(LEAF, |bundle| {
        bundle["dsseEnvelope"]["payload"] = json!(BASE64_STANDARD.encode("{}"));
    });
    assert_eq!(open(&payload), Err(SigningError::Forged));
    // Both certificates are for one key, so that either tells of its signatures.
    let same_key = changed(LEAF, |bundle| {
        bundle["verificationMaterial"] = other["verificationMaterial"].clone();
    });
    assert!(open(&same_key).is_ok());
}

#[test]
fn what_is_no_certificate_is_told() {
    let block = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = Trust::from_pem(block).expect_err("no certificate").to_string();
    assert!(error.contains("no certificate"), "{error}");
}
