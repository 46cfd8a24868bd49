//! Rules that values of a feature must keep, as sentences.
//!
//! `not null`, `>= 0`, `> 0`, `<= 1`, `< 1`, `between 0 and 1` (both ends count), `in (a, b)`,
//! `unique`. A missing value, or one that is not a number where a number is due, breaks `not null`
//! and no other rule.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::ValueKind;

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    text: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    NotNull,
    Unique,
    /// Lower and upper end, and whether each counts.
    Range {
        low: (f64, bool),
        high: (f64, bool),
    },
    OneOf(Vec<String>),
}

/// A value as rules see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// None, or not a number.
    Null,
    /// A number; a truth is 1 or 0.
    Number(f64),
    /// A whole number: a moment, or one that may not fit a float.
    Whole(i64),
    /// Text.
    Text(&'a str),
}

impl Rule {
    /// The sentence.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Why the rule cannot hold values of a type, if it cannot.
    pub fn objection(&self, kind: ValueKind) -> Option<String> {
        let range = matches!(self.test, Test::Range { .. });
        (range && !kind.is_number())
            .then(|| format!("the rule `{}` holds numbers, and the type is {kind}", self.text))
    }

    /// Whether a value keeps the rule; `unique` is kept by every value alone.
    fn holds(&self, cell: Cell<'_>) -> bool {
        match (&self.test, cell) {
            (Test::NotNull, cell) => cell != Cell::Null,
            (Test::Unique, _) | (_, Cell::Null) => true,
            (Test::Range { low, high }, Cell::Number(x)) => within(x, *low, *high),
            (Test::Range { low, high }, Cell::Whole(x)) => within(x as f64, *low, *high),
            (Test::Range { .. }, Cell::Text(_)) => false,
            (Test::OneOf(known), Cell::Text(text)) => known.iter().any(|word| word == text),
            (Test::OneOf(known), Cell::Number(x)) => known.iter().any(|word| word.parse() == Ok(x)),
            (Test::OneOf(known), Cell::Whole(x)) => known.iter().any(|word| word.parse() == Ok(x)),
        }
    }
}

fn within(x: f64, (low, low_counts): (f64, bool), (high, high_counts): (f64, bool)) -> bool {
    (x > low || (low_counts && x == low)) && (x < high || (high_counts && x == high))
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let refuse = || {
            format!(
                "`{text}` is not a rule: use `not null`, `unique`, `between 0 and 1`, `>= 0`, \
                 `in (a, b)`"
            )
        };
        let number = |text: &str| {
            text.trim().parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(refuse)
        };
        let below = (f64::NEG_INFINITY, true);
        let above = (f64::INFINITY, true);
        let test = if words == "not null" {
            Test::NotNull
        } else if words == "unique" {
            Test::Unique
        } else if let Some(rest) = words.strip_prefix("between ") {
            let (low, high) = rest.split_once(" and ").ok_or_else(refuse)?;
            let (low, high) = (number(low)?, number(high)?);
            if low > high {
                return Err(format!("`{text}` holds nothing: {low} is more than {high}"));
            }
            Test::Range { low: (low, true), high: (high, true) }
        } else if let Some(rest) = words.strip_prefix(">=") {
            Test::Range { low: (number(rest)?, true), high: above }
        } else if let Some(rest) = words.strip_prefix('>') {
            Test::Range { low: (number(rest)?, false), high: above }
        } else if let Some(rest) = words.strip_prefix("<=") {
            Test::Range { low: below, high: (number(rest)?, true) }
        } else if let Some(rest) = words.strip_prefix('<') {
            Test::Range { low: below, high: (number(rest)?, false) }
        } else if let Some(rest) = words.strip_prefix("in") {
            let list = rest.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            let list = list.ok_or_else(refuse)?.split(',').map(str::trim);
            let known: Vec<String> = list.map(str::to_owned).collect();
            if known.iter().any(String::is_empty) {
                return Err(refuse());
            }
            Test::OneOf(known)
        } else {
            return Err(refuse());
        };
        Ok(Self { text: words, test })
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The rule.
    pub rule: String,
    /// How many values broke it.
    pub rows: u64,
    /// The first of them, counted from nought.
    pub first_row: u64,
    /// What stood there.
    pub example: String,
}

/// Holds the values of one feature against its rules, one after another.
#[derive(Debug, Clone)]
pub struct Checker<'a> {
    rules: &'a [Rule],
    broken: BTreeMap<usize, Broken>,
    seen: Option<HashSet<String>>,
    row: u64,
}

impl<'a> Checker<'a> {
    /// No value was seen yet. `unique` keeps every value that it has seen.
    pub fn new(rules: &'a [Rule]) -> Self {
        let unique = rules.iter().any(|rule| rule.test == Test::Unique);
        Self { rules, broken: BTreeMap::new(), seen: unique.then(HashSet::new), row: 0 }
    }

    /// Sees the next value.
    pub fn see(&mut self, cell: Cell<'_>) {
        let repeated = match &mut self.seen {
            Some(seen) if cell != Cell::Null => !seen.insert(shown(cell)),
            _ => false,
        };
        for (index, rule) in self.rules.iter().enumerate() {
            let kept = if rule.test == Test::Unique { !repeated } else { rule.holds(cell) };
            if !kept {
                let row = self.row;
                let broken = self.broken.entry(index).or_insert_with(|| Broken {
                    rule: rule.text.clone(),
                    rows: 0,
                    first_row: row,
                    example: shown(cell),
                });
                broken.rows += 1;
            }
        }
        self.row += 1;
    }

    /// Passes over a row that has no value to see.
    pub fn skip(&mut self) {
        self.row += 1;
    }

    /// The rules that were broken, in their order.
    pub fn broken(self) -> Vec<Broken> {
        self.broken.into_values().collect()
    }
}

fn shown(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Number(x) => x.to_string(),
        Cell::Whole(x) => x.to_string(),
        Cell::Text(text) => text.to_owned(),
    }
}
