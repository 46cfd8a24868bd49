//! Word lists, such as the negative and the positive words of finance (Loughran and McDonald 2011).

use std::collections::{BTreeMap, HashMap};

/// Words by category. A word may be in several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dictionary {
    categories: Vec<String>,
    /// The categories of each word, by their places.
    of_word: HashMap<String, Vec<usize>>,
}

impl Dictionary {
    /// A dictionary of lists: words of any case by category.
    pub fn new(lists: &BTreeMap<String, Vec<String>>) -> Self {
        let mut dictionary = Self::default();
        for (place, (category, words)) in lists.iter().enumerate() {
            dictionary.categories.push(category.clone());
            for word in words {
                let places = dictionary.of_word.entry(word.to_lowercase()).or_default();
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        dictionary
    }

    /// The categories, in alphabetical order.
    pub fn categories(&self) -> &[String] {
        &self.categories
    }

    /// The share of words in each category; NaN for a text without words.
    pub fn shares(&self, words: &[String]) -> Vec<f64> {
        let mut counts = vec![0usize; self.categories.len()];
        for place in words.iter().filter_map(|word| self.of_word.get(word)).flatten() {
            counts[*place] += 1;
        }
        counts.into_iter().map(|count| count as f64 / words.len() as f64).collect()
    }
}
