//! What the door lets in: no accepted path means a place outside of the store, to anyone.

use std::fs;
use std::io;
use std::path::{Component, Path};

use artifacts::{ArtifactPath, Store};
use futures_util::stream;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

#[test]
fn names_are_taken_as_they_are() {
    let table = [
        ("a", "a"),
        ("1/model/weights.bin", "1/model/weights.bin"),
        ("./a/./b/", "a/b"),
        ("with blank/and  two", "with blank/and  two"),
        ("ünïcødé/日本/🦀", "ünïcødé/日本/🦀"),
        ("50%", "50%"),
        ("a%20b", "a%20b"),
        ("what?#now&then=x+y", "what?#now&then=x+y"),
        ("..a/b../...", "..a/b../..."),
        (".hidden", ".hidden"),
        ("ab:c", "ab:c"),
    ];
    for (text, expected) in table {
        assert_eq!(ArtifactPath::parse(text).expect(text).as_str(), expected);
    }
}

#[test]
fn what_means_another_place_is_refused() {
    // Those of the OWASP Web Security Testing Guide 4.2 ("Testing Directory Traversal File
    // Include"), and what object stores and disks cannot take.
    let table = [
        "",
        ".",
        "./",
        "/",
        "/etc/passwd",
        "..",
        "../x",
        "a/../b",
        "a/..",
        "a//b",
        "a//",
        "//a",
        "..\\x",
        "a\\b",
        "C:/x",
        "c:",
        "C:\\x",
        "./C:x",
        "%2e/c%3a",
        "a\0b",
        "a\nb",
        "\u{7f}",
        "%2e%2e/x",
        "%2e%2e%2fx",
        "..%2fx",
        "%252e%252e%252fx",
        "%25252e%25252e/x",
        "..%5cx",
        "%2e%2e%5cx",
        "..%255c",
        "%2fetc/passwd",
        "a%00b",
        "%43:/x",
        ".%2e/x",
        "%5c%5chost",
        ".trimtab-incoming",
        "a/.trimtab-incoming/file",
        "a/.trimtab%2dincoming",
    ];
    for text in table {
        let refused = ArtifactPath::parse(text);
        assert!(refused.is_err(), "{text:?} was taken as {refused:?}");
    }
    assert!(ArtifactPath::parse(&"n".repeat(256)).is_err());
    assert!(ArtifactPath::parse(&"n".repeat(255)).is_ok());
    assert!(ArtifactPath::parse(&"n/".repeat(513)).is_err());
}

#[test]
fn a_path_knows_its_folder_and_its_name() {
    let path = ArtifactPath::parse("a/b/c").expect("a path");
    let parent = path.parent().expect("a folder");
    assert_eq!((parent.as_str(), path.name()), ("a/b", Some("c")));
    assert_eq!(parent.join("c").expect("a path"), path);
    assert_eq!(path.below(&parent).expect("below").as_str(), "c");
    assert_eq!(path.below(&ArtifactPath::root()).as_ref(), Some(&path));
    assert_eq!(path.below(&ArtifactPath::parse("a/bb").expect("a path")), None);
    assert_eq!(parent.below(&parent), None);
    let top = ArtifactPath::parse("a").expect("a path").parent().expect("the top");
    assert!(top.is_root() && top.parent().is_none() && top.name().is_none());
}

/// Words that attacks are made of.
fn hostile() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        ".",
        "..",
        "/",
        "//",
        "\\",
        "%2e",
        "%2E",
        "%2f",
        "%5c",
        "%25",
        "%252e",
        "%00",
        "%",
        "C:",
        "a",
        "b c",
        "é",
        "\0",
        "\n",
        "~",
        "#",
        "?",
        "%c0%ae",
        "%u002e",
        ".trimtab-incoming",
    ]);
    prop::collection::vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_accepted_path_leaves_the_root(text in prop_oneof![hostile(), any::<String>()]) {
        let Ok(path) = ArtifactPath::parse(&text) else { return Ok(()) };
        let root = Path::new("/srv/store");
        let mut seen = path.as_str().to_owned();
        for _ in 0..16 {
            let place = root.join(&seen);
            prop_assert!(place.starts_with(root), "{seen:?}");
            let below = place.strip_prefix(root).expect("it is below");
            prop_assert!(below.components().all(|part| matches!(part, Component::Normal(_))));
            prop_assert!(!seen.contains(['\\', '\0']), "{seen:?}");
            seen = percent_decode_str(&seen).decode_utf8_lossy().into_owned();
            seen = seen.split('/').filter(|name| *name != ".").collect::<Vec<_>>().join("/");
        }
    }

    #[test]
    fn an_accepted_path_is_read_again_as_itself(text in prop_oneof![hostile(), any::<String>()]) {
        let Ok(path) = ArtifactPath::parse(&text) else { return Ok(()) };
        prop_assert_eq!(ArtifactPath::parse(path.as_str()).expect("again"), path);
    }
}

/// All that is below a folder, without the folders themselves.
fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let places = entries.map(|entry| entry.expect("an entry").path());
    places
        .flat_map(|place| if place.is_dir() { files_below(&place) } else { vec![place] })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn an_accepted_path_is_that_file_on_the_disk(text in hostile()) {
        let Ok(path) = ArtifactPath::parse(&text) else { return Ok(()) };
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("a/b/c/store");
        let store = Store::open(root.to_str().expect("text")).expect("a store");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let chunk = stream::iter([Ok::<_, io::Error>("x".into())]);
        runtime.block_on(store.put(&path, chunk)).expect("it is kept");
        prop_assert_eq!(files_below(folder.path()), [root.join(path.as_str())]);
    }
}
