//! Constraints as sentences.
//!
//! In: `weight <= 15%`. Out: a [`Constraint`] that says the same to the optimiser and still
//! carries the sentence, so that certificates and conflicts are told in the user's own words.
//! Does not know the assets: names are looked up when a problem is set.
//!
//! | sentence | meaning, with `w` the weights as fractions of net asset value |
//! |---|---|
//! | `long only` | every `w_i >= 0` |
//! | `fully invested` | `Σ w_i = 1` |
//! | `weight <= 15%`, `weight >= -5%` | for every asset |
//! | `weight(AAPL) >= 2%` | for one asset; also `==` |
//! | `group(energy) <= 25%` | the sum over the group; also `>=`, `==` |
//! | `budget == 100%`, `net >= 90%` | `Σ w_i` (two words for one quantity) |
//! | `cash >= 1%` | `1 − Σ w_i` |
//! | `gross <= 130%` | `Σ abs(w_i)` |
//! | `turnover <= 30%` | `Σ abs(w_i − previous_i) / 2`: one-way turnover |
//!
//! `gross` and `turnover` take `<=` alone: at least so much is not convex. One-way turnover counts
//! the named assets and not cash; replacing the whole of a fully invested portfolio is 100 %.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use types::Symbol;

use crate::sentence::{Cursor, ParseError, closest};

/// What a constraint bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// The weight of one asset, or of each asset.
    Weight(Option<Symbol>),
    /// The sum of the weights of a group.
    Group(String),
    /// The sum of all weights.
    Net,
    /// What the weights leave of 1.
    Cash,
    /// The sum of the absolute weights.
    Gross,
    /// Half the sum of the absolute changes of weight.
    Turnover,
}

/// On which side of the bound the quantity stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
    /// `==`
    Equal,
}

/// One sentence that the weights must fulfil.
#[derive(Debug, Clone, PartialEq)]
pub struct Constraint {
    text: String,
    pub(crate) quantity: Quantity,
    pub(crate) relation: Relation,
    pub(crate) bound: f64,
}

const WORDS: [&str; 9] = [
    "long only",
    "fully invested",
    "weight",
    "group",
    "net",
    "budget",
    "cash",
    "gross",
    "turnover",
];

impl Constraint {
    /// The quantity that is bounded.
    pub fn quantity(&self) -> &Quantity {
        &self.quantity
    }

    /// The side of the bound.
    pub fn relation(&self) -> Relation {
        self.relation
    }

    /// The bound as a fraction.
    pub fn bound(&self) -> f64 {
        self.bound
    }

    /// The sentence as it was given, without blanks around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn known(text: &str) -> Self {
        text.parse().expect("a sentence of our own is well formed")
    }
}

impl FromStr for Constraint {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let text = text.trim();
        let mut cursor = Cursor::new("constraint", text);
        let (quantity, relation, bound) = match fixed_phrase(&mut cursor) {
            Some(meaning) => meaning,
            None => {
                let quantity = quantity(&mut cursor)?;
                let relation = relation(&mut cursor, &quantity)?;
                (quantity, relation, cursor.amount()?)
            }
        };
        cursor.finish()?;
        Ok(Self { text: text.to_owned(), quantity, relation, bound })
    }
}

fn fixed_phrase(cursor: &mut Cursor<'_>) -> Option<(Quantity, Relation, f64)> {
    let mut ahead = *cursor;
    let meaning = if ahead.take_word("long") {
        ahead.take("-");
        let known = ahead.take_word("only");
        known.then_some((Quantity::Weight(None), Relation::AtLeast, 0.0))?
    } else {
        let known = ahead.take_word("fully") && ahead.take_word("invested");
        known.then_some((Quantity::Net, Relation::Equal, 1.0))?
    };
    *cursor = ahead;
    Some(meaning)
}

fn quantity(cursor: &mut Cursor<'_>) -> Result<Quantity, ParseError> {
    let start = cursor.here();
    let word = cursor.word();
    match word.as_str() {
        "weight" => Ok(Quantity::Weight(cursor.parenthesised()?.map(|name| name.into()))),
        "group" => {
            let place = cursor.here();
            let name = cursor.parenthesised()?;
            name.map(|name| Quantity::Group(name.to_owned()))
                .ok_or_else(|| cursor.error_at(place, "`(` and the name of a group", None))
        }
        "net" | "budget" => Ok(Quantity::Net),
        "cash" => Ok(Quantity::Cash),
        "gross" => Ok(Quantity::Gross),
        "turnover" => Ok(Quantity::Turnover),
        other => {
            let words: Vec<String> = WORDS.iter().map(|word| format!("`{word}`")).collect();
            let expected = format!("one of {}", words.join(", "));
            Err(cursor.error_at(start, expected, closest(other, WORDS)))
        }
    }
}

fn relation(cursor: &mut Cursor<'_>, quantity: &Quantity) -> Result<Relation, ParseError> {
    let place = cursor.here();
    let relation = if cursor.take("<=") || cursor.take("≤") {
        Relation::AtMost
    } else if cursor.take(">=") || cursor.take("≥") {
        Relation::AtLeast
    } else if cursor.take("==") || cursor.take("=") {
        Relation::Equal
    } else {
        let meant = [("<", "<="), (">", ">=")]
            .into_iter()
            .find_map(|(found, meant)| cursor.take(found).then(|| meant.to_owned()));
        return Err(cursor.error_at(place, "`<=`, `>=` or `==`", meant));
    };
    let convex_one_way = matches!(quantity, Quantity::Gross | Quantity::Turnover);
    if convex_one_way && relation != Relation::AtMost {
        let expected = "`<=` (a least gross exposure or turnover is not a convex constraint)";
        return Err(cursor.error_at(place, expected, None));
    }
    Ok(relation)
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl Serialize for Constraint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Constraint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences() {
        use Quantity::*;
        use Relation::*;
        for (text, quantity, relation, bound) in [
            ("long only", Weight(None), AtLeast, 0.0),
            (" Long-only ", Weight(None), AtLeast, 0.0),
            ("fully invested", Net, Equal, 1.0),
            ("weight <= 15%", Weight(None), AtMost, 0.15),
            ("weight≥-5%", Weight(None), AtLeast, -0.05),
            ("weight(BRK.B) == 0.02", Weight(Some("BRK.B".into())), Equal, 0.02),
            ("group(real estate) <= 25%", Group("real estate".into()), AtMost, 0.25),
            ("turnover <= 30%", Turnover, AtMost, 0.3),
            ("budget == 100%", Net, Equal, 1.0),
            ("gross <= 130%", Gross, AtMost, 1.3),
            ("cash >= 50bps", Cash, AtLeast, 0.005),
        ] {
            let parsed: Constraint = text.parse().unwrap();
            assert_eq!((&parsed.quantity, parsed.relation), (&quantity, relation), "{text}");
            assert!((parsed.bound - bound).abs() < 1e-15, "{text}");
            assert_eq!(parsed.to_string(), text.trim());
        }
    }

    #[test]
    fn errors_name_the_place_and_the_remedy() {
        for (text, message) in [
            (
                "wieght <= 15%",
                "character 1: expected one of `long only`, `fully invested`, `weight`, `group`, `net`, `budget`, `cash`, `gross`, `turnover`; did you mean `weight`?",
            ),
            ("weight < 15%", "character 8: expected `<=`, `>=` or `==`; did you mean `<=`?"),
            (
                "weight <= 15",
                "character 11: expected an amount such as `15%`, `25bps` or `0.15`; did you mean `15%`?",
            ),
            ("weight <= much", "character 11: expected an amount such as `15%`, `25bps` or `0.15`"),
            ("weight(AAPL <= 2%", "character 8: expected a name and `)`"),
            ("weight() <= 2%", "character 8: expected a name between the parentheses"),
            ("group <= 2%", "character 7: expected `(` and the name of a group"),
            (
                "gross >= 100%",
                "character 7: expected `<=` (a least gross exposure or turnover is not a convex constraint)",
            ),
            ("weight <= 15% daily", "character 15: expected the end of the sentence"),
        ] {
            let error = text.parse::<Constraint>().unwrap_err().to_string();
            assert_eq!(error, format!("constraint `{text}`, {message}"));
        }
    }
}
