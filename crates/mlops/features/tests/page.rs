//! The reference page in the documentation is the one that the table of operators renders.

use std::{env, fs};

/// Set `UPDATE_DOCS=1` to write the page.
#[test]
fn the_page_of_operators_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/operators.md");
    let page = features::markdown();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/operators.md is old: run the tests with UPDATE_DOCS=1");
}

#[test]
fn every_operator_is_documented() {
    for operator in features::operators() {
        let parts = [operator.name, operator.signature, operator.doc, operator.window];
        assert!(parts.iter().all(|part| !part.is_empty()), "{operator:?}");
        assert!(operator.doc.ends_with('.'), "{operator:?}");
    }
}
