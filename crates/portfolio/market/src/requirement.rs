//! What a symbol must have to be held: sentences such as `history >= 252d`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use types::Panel;

use crate::MarketError;

/// What a requirement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Days with a close up to and including the newest one, in rows of the panel.
    History,
    /// The newest close, in currency units.
    Price,
    /// The newest day's volume, in shares.
    Volume,
}

/// A lower bound on one subject. Written and read as a sentence: `history >= 252d`,
/// `price >= 5`, `volume >= 1_000_000`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Requirement {
    /// What is bounded.
    pub subject: Subject,
    /// The least value, in the subject's units.
    pub at_least: f64,
}

impl Requirement {
    /// Whether the symbol in column `col` meets it on the panel's newest day. A field that the panel
    /// lacks, or a value that is not known, does not.
    pub fn is_met(&self, panel: &Panel, col: usize) -> bool {
        let newest = |field: &str| panel.view(field).ok()?.last().map(|row| row[col]);
        match self.subject {
            Subject::History => has_history(panel, col, self.at_least as usize),
            Subject::Price => newest("close").is_some_and(|close| close >= self.at_least),
            Subject::Volume => newest("volume").is_some_and(|volume| volume >= self.at_least),
        }
    }
}

fn has_history(panel: &Panel, col: usize, days: usize) -> bool {
    let Ok(closes) = panel.view("close") else {
        return days == 0;
    };
    let known = (0..closes.rows).rev().filter(|row| !closes.at(*row, col).is_nan());
    known.take(days).count() == days
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::History => write!(f, "history >= {}d", self.at_least),
            Subject::Price => write!(f, "price >= {}", self.at_least),
            Subject::Volume => write!(f, "volume >= {}", self.at_least),
        }
    }
}

impl FromStr for Requirement {
    type Err = MarketError;

    fn from_str(text: &str) -> Result<Self, MarketError> {
        let refuse = |rest: &str, expected: &'static str| MarketError::Requirement {
            text: text.to_owned(),
            position: 1 + text.chars().count() - rest.chars().count(),
            expected,
        };
        let start = text.trim_start();
        let (subject, rest) =
            [("history", Subject::History), ("price", Subject::Price), ("volume", Subject::Volume)]
                .into_iter()
                .find_map(|(word, subject)| Some((subject, start.strip_prefix(word)?)))
                .ok_or_else(|| refuse(start, "`history`, `price` or `volume`"))?;
        let sign = rest.trim_start();
        let value = sign.strip_prefix(">=").ok_or_else(|| refuse(sign, "`>=`"))?.trim();
        let at = &sign[sign.len() - sign[2..].trim_start().len()..];
        let at_least = match subject {
            Subject::History => whole_days(value).ok_or_else(|| refuse(at, "days, such as `252d`")),
            _ => amount(value).ok_or_else(|| refuse(at, "a number that is not negative")),
        }?;
        Ok(Self { subject, at_least })
    }
}

fn whole_days(text: &str) -> Option<f64> {
    let digits = text.strip_suffix('d')?.trim_end();
    digits.parse::<u32>().ok().map(f64::from)
}

fn amount(text: &str) -> Option<f64> {
    let number: f64 = text.replace('_', "").parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}
