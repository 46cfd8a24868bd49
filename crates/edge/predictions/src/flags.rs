//! What is to be known about a prediction beside its value: words of a closed list.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What is to be known about a prediction beside its value. A closed list; in the log a flag is its
/// place in it, so that new ones come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// An output is not a number, or infinite.
    NotFinite,
    /// An output is outside the range that was set for it.
    OutOfRange,
    /// A feature is outside what the model saw in training, or a text that it did not see.
    OutOfDomain,
    /// A feature was not known.
    MissingFeature,
    /// A feature was older than its time to live.
    StaleFeature,
    /// The outputs were not given to the caller.
    Withheld,
    /// Nothing is known of the entity: a feature has no row of it.
    UnknownEntity,
    /// The answer could not be taken apart into numbers.
    NotRead,
}

impl Flag {
    /// All of them, in the order in which they are written.
    pub const ALL: [Flag; 8] = [
        Self::NotFinite,
        Self::OutOfRange,
        Self::OutOfDomain,
        Self::UnknownEntity,
        Self::MissingFeature,
        Self::StaleFeature,
        Self::NotRead,
        Self::Withheld,
    ];

    /// The word in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFinite => "not_finite",
            Self::OutOfRange => "out_of_range",
            Self::OutOfDomain => "out_of_domain",
            Self::MissingFeature => "missing_feature",
            Self::StaleFeature => "stale_feature",
            Self::Withheld => "withheld",
            Self::UnknownEntity => "unknown_entity",
            Self::NotRead => "not_read",
        }
    }
}

/// Some flags. Written as their words with spaces between them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flags(BTreeSet<Flag>);

impl Flags {
    /// None.
    pub fn none() -> Self {
        Self::default()
    }

    /// Sets one.
    pub fn set(&mut self, flag: Flag) {
        self.0.insert(flag);
    }

    /// Whether it is set.
    pub fn has(&self, flag: Flag) -> bool {
        self.0.contains(&flag)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any of these is set.
    pub fn any_of(&self, others: &Flags) -> bool {
        others.0.iter().any(|flag| self.has(*flag))
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        Self(flags.into_iter().collect())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = Flag::ALL.iter().filter(|flag| self.has(**flag));
        let words: Vec<&str> = set.map(|flag| flag.as_str()).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What older logs hold must stay what it was: a flag is written as its place in the list.
    #[test]
    fn flags_keep_their_places_in_the_log() {
        let places = [
            Flag::NotFinite,
            Flag::OutOfRange,
            Flag::OutOfDomain,
            Flag::MissingFeature,
            Flag::StaleFeature,
            Flag::Withheld,
            Flag::UnknownEntity,
            Flag::NotRead,
        ];
        assert_eq!(places.len(), Flag::ALL.len());
        for (place, flag) in places.into_iter().enumerate() {
            assert_eq!(postcard::to_extend(&flag, Vec::new()).unwrap(), [place as u8], "{flag:?}");
        }
    }

    #[test]
    fn flags_are_words_in_one_order() {
        let all: Flags = Flag::ALL.into_iter().collect();
        let words = "not_finite out_of_range out_of_domain unknown_entity missing_feature \
                     stale_feature not_read withheld";
        assert_eq!(all.to_string(), words);
    }
}
