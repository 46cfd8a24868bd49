//! Documents to numbers: weights of terms and tone, as they could be known when each was published.
//!
//! In: documents with the days on which they became known, terms, and a dictionary of word lists.
//! Out: a row of numbers for each document. What a number needs from other documents (how common a
//! term is, what was said before) it takes from those known by then, never from later ones.
//!
//! It knows no language: words are runs of letters, digits and `_`, in lower case, and nothing is
//! brought back to a stem. Sentence embeddings are made of tokens ([`Encoder`]); who cuts a text into
//! the tokens of a model stands elsewhere.

mod dictionary;
mod embedding;
mod measure;
mod tfidf;

pub use dictionary::Dictionary;
pub use embedding::{Encoder, Pooling, Tokens, embedded};
pub use measure::{Document, Measures, TextSpec, measure};
pub use tfidf::TermWeights;

/// The words of a text in lower case: runs of at least two letters, digits or `_`, as
/// scikit-learn's vectorisers take them.
///
/// ```
/// let words: Vec<String> = learning::text::words("Growth was 2% in Q3; I doubt it.").collect();
/// assert_eq!(words, ["growth", "was", "in", "q3", "doubt", "it"]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = String> {
    let runs = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let long = runs.filter(|run| run.chars().nth(1).is_some());
    long.map(str::to_lowercase)
}
