//! Numbers of each document, in the order in which documents became known.

use std::collections::{BTreeMap, BTreeSet};

use types::Date;

use super::{Dictionary, TermWeights, words};
use crate::LearnError;

/// A text and the day on which it became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document<'a> {
    /// The day.
    pub known: Date,
    /// The text.
    pub text: &'a str,
}

/// What is measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextSpec {
    /// Terms whose weights are wanted: single words.
    pub terms: Vec<String>,
    /// Word lists whose shares are wanted.
    pub dictionary: Dictionary,
}

/// Numbers of documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// `text_words`, `text_change`, `text_TERM` for each term, `tone_CATEGORY` for each category.
    pub names: Vec<String>,
    /// The day from which each row was known, rising.
    pub known: Vec<Date>,
    /// Rows × names; NaN where not defined.
    pub values: Vec<f64>,
}

/// Measures documents:
///
/// * `text_words`: how many words it has;
/// * `text_change`: one minus the cosine of its weights and those of the document before (Cohen,
///   Malloy and Nguyen 2020), both with the document frequencies of the later day; NaN for the
///   first and where either has no words;
/// * `text_TERM`: the weight of a term, see [`TermWeights`], over the documents known by then;
/// * `tone_CATEGORY`: the share of its words that are in a list.
///
/// Documents of one day stay in the order that they are given in. Cost: linear in the words.
///
/// # Errors
/// [`LearnError::Text`] where a term is not one word or two numbers would have one name.
pub fn measure(documents: &[Document], spec: &TextSpec) -> Result<Measures, LearnError> {
    let names = names(spec)?;
    let mut order: Vec<&Document> = documents.iter().collect();
    order.sort_by_key(|document| document.known);
    let mut frequencies = TermWeights::default();
    let mut before: Vec<String> = Vec::new();
    let mut measures = Measures { names, known: Vec::new(), values: Vec::new() };
    for document in order {
        let now: Vec<String> = words(document.text).collect();
        frequencies.add(&now);
        let weights = frequencies.weights(&now);
        let earlier = frequencies.weights(&before);
        measures.known.push(document.known);
        measures.values.push(now.len() as f64);
        measures.values.push(change(&weights, &earlier));
        let weight = |term: &String| weights.get(term).copied().unwrap_or(0.0);
        measures.values.extend(spec.terms.iter().map(weight));
        measures.values.extend(spec.dictionary.shares(&now));
        before = now;
    }
    Ok(measures)
}

fn change(now: &BTreeMap<String, f64>, before: &BTreeMap<String, f64>) -> f64 {
    if now.is_empty() || before.is_empty() {
        return f64::NAN;
    }
    let product = |(term, weight): (&String, &f64)| weight * before.get(term).unwrap_or(&0.0);
    1.0 - now.iter().map(product).sum::<f64>().min(1.0)
}

fn names(spec: &TextSpec) -> Result<Vec<String>, LearnError> {
    let mut names = vec!["text_words".to_owned(), "text_change".to_owned()];
    for term in &spec.terms {
        let whole = words(term).next().as_ref() == Some(term);
        let plain = term.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !(whole && plain) {
            let problem = format!("`{term}` is not one word of at least two small letters");
            return Err(LearnError::Text { problem });
        }
        names.push(format!("text_{term}"));
    }
    let categories = spec.dictionary.categories().iter();
    names.extend(categories.map(|category| format!("tone_{category}")));
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(*name)) {
        None => Ok(names),
        Some(twice) => {
            let problem = format!("`{twice}` would be there twice: leave out one of its terms");
            Err(LearnError::Text { problem })
        }
    }
}
