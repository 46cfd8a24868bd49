//! The room against the package `model-signing` 1.1.1, and against what somebody might change.
//!
//! `data/package_1.1.1.sig` was written by that package, with the key in `data/key.pem`, for the
//! folder of [`files`]. That key is the one of RFC 6979, appendix A.2.5: no secret.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use signing::{Difference, GIT_PATHS, Ignored, Manifest, PublicKey, Sha256, SigningKey};
use signing::{SIGNATURE_FILE, SigningError, Trust};

const KEY: &str = include_str!("data/key.pem");
const KEY_SEC1: &str = include_str!("data/key_sec1.pem");
const PUBLIC: &str = include_str!("data/public.pem");
const OTHER: &str = include_str!("data/other_public.pem");
const OF_PACKAGE: &str = include_str!("data/package_1.1.1.sig");

fn files() -> Vec<(String, Sha256)> {
    let of = |(name, text): (&str, &str)| (name.to_owned(), Sha256::of(text.as_bytes()));
    [
        ("MLmodel", "flavors: {}\n"),
        ("code.txt", "note\n"),
        ("code/model.py", "a = 1\n"),
        ("empty", ""),
        ("größe.txt", "ü"),
        (".git/HEAD", "ref"),
        ("model.sig", "whatever"),
    ]
    .map(of)
    .to_vec()
}

fn manifest() -> Manifest {
    let ignored = Ignored::new(GIT_PATHS.into_iter().chain([SIGNATURE_FILE]));
    Manifest::new("churn", ignored, files()).expect("the files can be signed")
}

fn key() -> SigningKey {
    SigningKey::from_pem(KEY).expect("a key")
}

fn public() -> PublicKey {
    PublicKey::from_pem(PUBLIC).expect("a key")
}

fn open(file: &str) -> Result<signing::Signed, SigningError> {
    signing::open(file.as_bytes(), &public().into())
}

fn statement_of(file: &str) -> Value {
    let bundle: Value = serde_json::from_str(file).expect("JSON");
    let payload = bundle["dsseEnvelope"]["payload"].as_str().expect("a payload");
    let payload = BASE64_STANDARD.decode(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

#[test]
fn what_the_package_signed_is_accepted() {
    let signed = open(OF_PACKAGE).expect("the signature holds");
    assert_eq!(signed.manifest.model(), "churn");
    assert_eq!(signed.manifest.differences(files()), []);
    assert_eq!(signed.manifest, manifest());
    assert_eq!(signed.by, public().hint());
    let mut changed = files();
    changed[0].1 = Sha256::of(b"flavors: {} \n");
    changed.remove(1);
    changed.push(("new".to_owned(), Sha256::of(b"")));
    let found = signed.manifest.differences(changed);
    let expected = [
        Difference::Changed("MLmodel".into()),
        Difference::Missing("code.txt".into()),
        Difference::Added("new".into()),
    ];
    for difference in expected {
        assert!(found.contains(&difference), "{found:?}");
    }
    assert_eq!(found.len(), 3);
}

#[test]
fn what_is_signed_here_says_what_the_package_says() {
    let (ours, mut theirs) = (statement_of(&manifest().sign(&key())), statement_of(OF_PACKAGE));
    // The package writes a set, in any order.
    let ignored = theirs["predicate"]["serialization"]["ignore_paths"].as_array_mut();
    ignored.expect("a list").sort_by_key(|path| path.to_string());
    assert_eq!(ours, theirs);
    let bundle = |file: &str| {
        let mut bundle: Value = serde_json::from_str(file).expect("JSON");
        bundle["dsseEnvelope"]["payload"] = Value::Null;
        bundle["dsseEnvelope"]["signatures"][0]["sig"] = Value::Null;
        bundle
    };
    assert_eq!(bundle(&manifest().sign(&key())), bundle(OF_PACKAGE));
}

#[test]
fn the_same_key_and_files_give_the_same_signature() {
    let again = SigningKey::from_pem(KEY_SEC1).expect("the same key as `openssl ecparam` has it");
    assert_eq!(manifest().sign(&key()), manifest().sign(&again));
    assert_eq!(again.public(), public());
    assert_eq!(public().to_pem(), PUBLIC);
    let signed = open(&manifest().sign(&key())).expect("the signature holds");
    assert_eq!(signed.statement, Sha256::of(manifest().statement().as_bytes()));
}

/// What is changed in the file, and the error that comes of it.
#[test]
fn a_signature_that_was_changed_does_not_hold() {
    type Change = fn(&mut Value);
    type Expected = fn(&SigningError) -> bool;
    let payload = |bundle: &mut Value, change: &dyn Fn(&mut Value)| {
        let mut statement = statement_of(&bundle.to_string());
        change(&mut statement);
        let payload = BASE64_STANDARD.encode(statement.to_string());
        bundle["dsseEnvelope"]["payload"] = json!(payload);
    };
    let digest = |bundle: &mut Value| {
        let digest = Sha256::of(b"other").to_string();
        payload(bundle, &|statement| {
            statement["predicate"]["resources"][0]["digest"] = json!(digest);
        });
    };
    let mut bundle: Value = serde_json::from_str(OF_PACKAGE).expect("JSON");
    digest(&mut bundle);
    assert_eq!(open(&bundle.to_string()), Err(SigningError::Forged));

    let rows: [(&str, Change, Expected); 10] = [
        (
            "the payload type",
            |b| b["dsseEnvelope"]["payloadType"] = json!("text/plain"),
            |e| matches!(e, SigningError::PayloadType { found, .. } if found == "text/plain"),
        ),
        (
            "the signature",
            |b| {
                let other = BASE64_STANDARD.encode(b"\x30\x06\x02\x01\x01\x02\x01\x01");
                b["dsseEnvelope"]["signatures"][0]["sig"] = json!(other);
            },
            |e| *e == SigningError::Forged,
        ),
        (
            "a signature that is no DER",
            |b| b["dsseEnvelope"]["signatures"][0]["sig"] = json!("AAAA"),
            |e| *e == SigningError::Forged,
        ),
        (
            "no signature",
            |b| b["dsseEnvelope"]["signatures"] = json!([]),
            |e| matches!(e, SigningError::Format(_)),
        ),
        (
            "a second signature",
            |b| {
                let one = b["dsseEnvelope"]["signatures"][0].clone();
                b["dsseEnvelope"]["signatures"] = json!([one, one]);
            },
            |e| matches!(e, SigningError::Format(_)),
        ),
        (
            "the hint",
            |b| b["verificationMaterial"]["publicKey"]["hint"] = json!("00"),
            |e| matches!(e, SigningError::OtherKey { hint } if hint == "00"),
        ),
        (
            "no certificate in place of a key",
            |b| {
                let none = json!({ "x509CertificateChain": { "certificates": [] } });
                b["verificationMaterial"] = none;
            },
            |e| matches!(e, SigningError::Certificate(_)),
        ),
        (
            "a keyless signature",
            |b| b["verificationMaterial"] = json!({ "certificate": { "rawBytes": "" } }),
            |e| matches!(e, SigningError::Unsupported(_)),
        ),
        (
            "the media type",
            |b| b["mediaType"] = json!("application/json"),
            |e| matches!(e, SigningError::Format(_)),
        ),
        (
            "the envelope",
            |b| b["dsseEnvelope"] = json!({}),
            |e| matches!(e, SigningError::Format(_)),
        ),
    ];
    for (what, change, expected) in rows {
        let mut bundle: Value = serde_json::from_str(OF_PACKAGE).expect("JSON");
        change(&mut bundle);
        let error = open(&bundle.to_string()).expect_err(what);
        assert!(expected(&error), "{what}: {error}");
    }
    for bad in ["", "{}", "[]", &OF_PACKAGE[..200]] {
        assert!(matches!(open(bad), Err(SigningError::Format(_))), "{bad}");
    }
}

#[test]
fn another_key_is_told_from_a_wrong_signature() {
    let other = PublicKey::from_pem(OTHER).expect("a key");
    let other = Trust::from(other);
    let error = signing::open(OF_PACKAGE.as_bytes(), &other).expect_err("another key");
    assert_eq!(error, SigningError::OtherKey { hint: public().hint() });
    let mut keys = other.clone();
    keys.extend(public().into());
    assert!(signing::open(OF_PACKAGE.as_bytes(), &keys).is_ok());
    // Without a hint each key is tried.
    let mut bundle: Value = serde_json::from_str(OF_PACKAGE).expect("JSON");
    bundle["verificationMaterial"]["publicKey"] = json!({});
    assert!(signing::open(bundle.to_string().as_bytes(), &keys).is_ok());
    let wrong = signing::open(bundle.to_string().as_bytes(), &other);
    assert_eq!(wrong, Err(SigningError::Forged));
}

#[test]
fn what_is_no_key_is_told() {
    for (text, why) in [
        ("", "no PEM block"),
        (PUBLIC, "there is a `PUBLIC KEY`"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----",
            "decrypt",
        ),
        ("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----", "make one by"),
    ] {
        let error = SigningKey::from_pem(text).expect_err(text).to_string();
        assert!(error.contains(why), "{error}");
    }
    let error = PublicKey::from_pem(KEY).expect_err("a private key").to_string();
    assert!(error.contains("there is a `PRIVATE KEY`"), "{error}");
}
