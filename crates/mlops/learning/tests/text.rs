//! Weights of terms against scikit-learn 1.9.1's `TfidfVectorizer`, by
//! `conformance/learning/generate.py`; tone and change by hand; and that nothing looks ahead.

mod common;

use std::collections::BTreeMap;

use common::{expected, numbers};
use learning::text::{Dictionary, Document, TermWeights, TextSpec, measure, words};
use proptest::prelude::*;
use types::{Date, parse_date};

fn day(number: usize) -> Date {
    parse_date("2020-01-01").unwrap().iter_days().nth(number).unwrap()
}

fn texts(value: &serde_json::Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn weights_are_scikit_learns() {
    let all = expected();
    let case = &all["texts"];
    let (documents, terms) = (texts(&case["documents"]), texts(&case["terms"]));
    let split: Vec<Vec<String>> = documents.iter().map(|text| words(text).collect()).collect();
    let mut frequencies = TermWeights::default();
    split.iter().for_each(|words| frequencies.add(words));
    let idf = numbers(&case["idf"]);
    for (term, idf) in terms.iter().zip(idf) {
        assert!((frequencies.inverse_frequency(term) - idf).abs() < 1e-14, "{term}");
    }
    let weights = numbers(&case["weights"]);
    for (words, row) in split.iter().zip(weights.chunks_exact(terms.len())) {
        let found = frequencies.weights(words);
        for (term, expected) in terms.iter().zip(row) {
            let found = found.get(term).copied().unwrap_or(0.0);
            assert!((found - expected).abs() < 1e-14, "{term}: {found} is not {expected}");
        }
    }
}

/// Each document is weighed with what was known by then: scikit-learn fitted on the documents up to
/// it, of which the last is transformed.
#[test]
fn weights_know_no_later_document() {
    let all = expected();
    let case = &all["texts"];
    let (documents, terms) = (texts(&case["documents"]), texts(&case["terms"]));
    let given: Vec<Document> = documents
        .iter()
        .enumerate()
        .map(|(number, text)| Document { known: day(number), text })
        .collect();
    let spec = TextSpec { terms: terms.clone(), ..TextSpec::default() };
    let found = measure(&given, &spec).unwrap();
    let rows = found.values.chunks_exact(terms.len() + 2);
    for (row, expected) in rows.zip(numbers(&case["as_known"]).chunks_exact(terms.len())) {
        for (found, expected) in row[2..].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
        }
    }
}

#[test]
fn tone_is_the_share_of_words() {
    let lists = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        let owned = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        pairs.iter().map(|(name, words)| ((*name).to_owned(), owned(words))).collect()
    };
    let dictionary = Dictionary::new(&lists(&[
        ("negative", &["LOSS", "weak", "Loss"]),
        ("uncertainty", &["MAY", "weak"]),
    ]));
    let spec = TextSpec { terms: vec![], dictionary };
    let text = "A weak quarter may bring a loss; the loss may grow.";
    let empty = Document { known: day(0), text: "…" };
    let found = measure(&[Document { known: day(1), text }, empty], &spec).unwrap();
    assert_eq!(found.names, ["text_words", "text_change", "tone_negative", "tone_uncertainty"]);
    assert_eq!(found.known, [day(0), day(1)]);
    assert!(found.values[1..4].iter().all(|v| v.is_nan()), "a text without words has no tone");
    assert_eq!(found.values[4], 9.0);
    assert_eq!(found.values[6..], [3.0 / 9.0, 3.0 / 9.0]);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let refused = |terms: &[&str]| {
        let terms = terms.iter().map(|t| (*t).to_owned()).collect();
        measure(&[], &TextSpec { terms, ..TextSpec::default() }).unwrap_err().to_string()
    };
    for term in ["two words", "Rates", "x", "", "naïve"] {
        assert!(refused(&[term]).contains("is not one word"), "{term}");
    }
    assert!(refused(&["rates", "rates"]).contains("`text_rates` would be there twice"));
    assert!(refused(&["change"]).contains("`text_change`"));
}

proptest! {
    /// Later documents change nothing; the same text twice has not changed; weights are no longer
    /// than one.
    #[test]
    fn numbers_look_back_only(
        texts in prop::collection::vec("[a-d ]{0,12}", 1..8),
        later in "[a-f ]{0,20}",
    ) {
        let terms = vec!["aa".to_owned(), "bb".to_owned(), "cd".to_owned()];
        let spec = TextSpec { terms, ..TextSpec::default() };
        let mut given: Vec<Document> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| Document { known: day(number), text })
            .collect();
        let alone = measure(&given, &spec).unwrap();
        given.push(Document { known: day(50), text: &later });
        given.push(Document { known: day(51), text: &later });
        let both = measure(&given, &spec).unwrap();
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&alone.values), bits(&both.values[..alone.values.len()]));
        let last = &both.values[both.values.len() - 5..];
        prop_assert!(last[1].is_nan() || last[1].abs() < 1e-12);
        for row in both.values.chunks_exact(5) {
            prop_assert!(row[2..].iter().map(|v| v * v).sum::<f64>() <= 1.0 + 1e-12);
        }
    }
}
