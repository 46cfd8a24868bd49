//! The home folder as another process, a crash or a bad disk meets it.

use std::fs;
use std::path::Path;

use journal::{Because, Draft, Kind, Spine, SpineError};
use store::{Home, StoreError};
use types::{Digest, Timestamp, close_of, parse_date};

fn at() -> Timestamp {
    close_of(parse_date("2020-01-31").expect("a date"))
}

fn filled(dir: &Path) -> Home {
    let mut home = Home::open(dir).unwrap();
    home.append(vec![Draft::observed(at(), "panel", b"marker-of-the-panel".to_vec())]).unwrap();
    let big = vec![7; 200_000];
    let model = Draft::fact(Kind::Trained, at(), "model", Because::of("panel"), big);
    let order = Draft::fact(Kind::Placed, at(), "order", Because::of("model"), b"{}".to_vec());
    home.append(vec![model, order]).unwrap();
    home.sync().unwrap();
    home
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let before = filled(dir.path()).records().to_vec();
    let home = Home::open(dir.path()).unwrap();
    assert_eq!(home.records(), before);
    assert_eq!(home.verify_payloads().unwrap(), 3);
    let model = home.record(&"model".into()).unwrap();
    assert_eq!(home.payload(&model.digest).unwrap().len(), 200_000);
}

#[test]
fn a_batch_with_a_bad_fact_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut home = filled(dir.path());
    let good = Draft::observed(at(), "late", vec![]);
    let bad = Draft::fact(Kind::Placed, at(), "orphan", Because::of("nobody"), vec![]);
    assert!(matches!(home.append(vec![good, bad]), Err(SpineError::UnknownCause { .. })));
    drop(home);
    assert_eq!(Home::open(dir.path()).unwrap().records().len(), 3);
}

#[test]
fn one_process_writes_others_read() {
    let dir = tempfile::tempdir().unwrap();
    let writer = filled(dir.path());
    let error = Home::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::InUse { pid: Some(pid), .. } if pid == std::process::id()));
    let mut reader = Home::read(dir.path()).unwrap();
    assert_eq!(reader.records(), writer.records());
    let late = Draft::observed(at(), "late", vec![]);
    assert!(matches!(reader.append(vec![late]), Err(SpineError::Medium(_))));
    assert!(matches!(Home::read(Path::new("nowhere")), Err(StoreError::Absent(_))));
}

#[test]
fn a_flipped_byte_in_a_record_names_the_record() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path()));
    // `order` is the only record whose cause is `model`: change the cause's name in the file.
    flip(&dir.path().join("trimtab.db"), b"placedmodel", 6);
    let error = Home::open(dir.path()).unwrap_err();
    assert!(matches!(&error, StoreError::Broken { broken, .. } if broken.seq == 2), "{error}");
}

#[test]
fn a_flipped_byte_in_a_payload_is_found() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path()));
    flip(&dir.path().join("trimtab.db"), b"marker-of-the-panel", 3);
    let home = Home::open(dir.path()).unwrap();
    let error = home.verify_payloads().unwrap_err();
    let digest = Digest::of(b"marker-of-the-panel");
    assert!(matches!(error, SpineError::Object { digest: d, .. } if d == digest), "{error}");
}

#[test]
fn a_missing_or_changed_large_object_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let home = filled(dir.path());
    let digest = home.record(&"model".into()).unwrap().digest.to_string();
    let path = dir.path().join("objects").join(&digest[..2]).join(&digest[2..]);
    fs::write(&path, b"something else").unwrap();
    assert!(home.verify_payloads().unwrap_err().to_string().contains("altered"));
    fs::remove_file(&path).unwrap();
    assert!(matches!(home.verify_payloads(), Err(SpineError::Object { .. })));
}

fn flip(path: &Path, needle: &[u8], offset: usize) {
    let mut bytes = fs::read(path).unwrap();
    let place = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .expect("the text is in the file");
    bytes[place + offset] ^= 1;
    fs::write(path, bytes).unwrap();
}
