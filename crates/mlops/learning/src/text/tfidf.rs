//! Weights of terms: how often a document has a term, against how many documents have it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How common each term is in the documents seen so far.
///
/// The weight of a term is `count · (ln((1 + n)/(1 + df)) + 1)` with `n` documents of which `df`
/// have it (Salton and Buckley 1988, with the smoothing of scikit-learn), and a document's weights
/// are divided by their Euclidean length.
#[derive(Debug, Clone, Default)]
pub struct TermWeights {
    documents: usize,
    having: HashMap<String, usize>,
}

impl TermWeights {
    /// Counts one more document.
    pub fn add(&mut self, words: &[String]) {
        self.documents += 1;
        for word in words.iter().collect::<BTreeSet<_>>() {
            *self.having.entry(word.clone()).or_default() += 1;
        }
    }

    /// `ln((1 + n)/(1 + df)) + 1`: 1 for a term that all documents have.
    pub fn inverse_frequency(&self, term: &str) -> f64 {
        let having = self.having.get(term).copied().unwrap_or(0) as f64;
        ((1.0 + self.documents as f64) / (1.0 + having)).ln() + 1.0
    }

    /// The weights of a document's terms, in alphabetical order; terms that no document so far has
    /// are left out.
    pub fn weights(&self, words: &[String]) -> BTreeMap<String, f64> {
        let mut weights = BTreeMap::new();
        for word in words.iter().filter(|word| self.having.contains_key(*word)) {
            *weights.entry(word.clone()).or_insert(0.0) += 1.0;
        }
        weights.iter_mut().for_each(|(term, weight)| *weight *= self.inverse_frequency(term));
        let length = weights.values().map(|w| w * w).sum::<f64>().sqrt();
        weights.values_mut().for_each(|weight| *weight /= length);
        weights
    }
}
