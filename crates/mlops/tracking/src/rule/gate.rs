//! A rule about any metric: what a version must have measured before an alias may move to it.
//!
//! It reads as a [`PromotionRule`](super::PromotionRule) does, `rmse < champion` or `accuracy >= 0.9`.
//! A metric whose name is more than letters, digits, `_` and `.` stands in backticks:
//! `` `val/loss` <= champion - 0.01 ``.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::words::Words;
use super::{Rule, Verdict};
use crate::{Metrics, PolicyError};

/// When an alias may move to a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gate(Rule);

impl Gate {
    /// Reads a gate; the error says where it stopped and what would have fitted.
    pub fn parse(source: &str) -> Result<Self, PolicyError> {
        let mut words = Words::of(source);
        let rule = if source.trim() == "always" {
            words.next();
            Rule::Always
        } else {
            let metric = words.metric()?.to_owned();
            Rule::Compare { metric, op: words.op()?, bar: words.bar()? }
        };
        match words.next() {
            None => Ok(Self(rule)),
            word => Err(words.unexpected(word, "the end of the rule", &[])),
        }
    }

    /// Holds the gate against the metrics of the version that would get the alias, and of the one
    /// that has it, which a gate calls `champion`. As
    /// [`PromotionRule::decide`](super::PromotionRule::decide).
    pub fn decide(&self, challenger: &Metrics, champion: Option<&Metrics>) -> Verdict {
        self.0.decide(challenger, champion)
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Gate {
    type Err = PolicyError;
    fn from_str(source: &str) -> Result<Self, Self::Err> {
        Self::parse(source)
    }
}

impl TryFrom<String> for Gate {
    type Error = PolicyError;
    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl From<Gate> for String {
    fn from(gate: Gate) -> Self {
        gate.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_names_any_metric() {
        for (source, canonical) in [
            ("rmse < champion", "rmse < champion"),
            ("accuracy>=.9", "accuracy >= 0.9"),
            ("`val/loss` <= champion - 0.01", "`val/loss` <= champion - 0.01"),
            ("`f1.macro` > 0", "f1.macro > 0"),
            ("`always` > 0", "`always` > 0"),
            ("`0.9` > 0", "`0.9` > 0"),
            ("champion > champion", "champion > champion"),
            (" always ", "always"),
        ] {
            let gate = Gate::parse(source).unwrap();
            assert_eq!(gate.to_string(), canonical);
            assert_eq!(Gate::parse(canonical).unwrap(), gate);
            let json = serde_json::to_string(&gate).unwrap();
            assert_eq!(serde_json::from_str::<Gate>(&json).unwrap(), gate);
        }
    }

    #[test]
    fn an_unreadable_gate_says_where() {
        for (source, column, found) in [
            ("", 1, "nothing"),
            ("0.9 < rmse", 1, "`0.9`"),
            ("val/loss < 1", 4, "`/`"),
            ("`open < 1", 1, "``"),
            ("rmse < champion or r2 > 0", 17, "`or`"),
        ] {
            let error = Gate::parse(source).unwrap_err().to_string();
            assert!(error.contains(&format!("column {column}: ")), "{error}");
            assert!(error.contains(&format!("found {found}")), "{error}");
        }
    }

    #[test]
    fn a_gate_decides_as_a_rule_does() {
        let of = |value: f64| Metrics::from([("val/loss".to_owned(), value)]);
        let gate = Gate::parse("`val/loss` < champion").unwrap();
        let verdict = gate.decide(&of(0.5), Some(&of(0.4)));
        assert_eq!(
            (verdict.promote, verdict.reason.as_str()),
            (false, "val/loss 0.5 is not < champion 0.4")
        );
        assert!(gate.decide(&of(0.3), Some(&of(0.4))).promote);
        assert!(gate.decide(&of(0.3), None).promote);
        assert!(!gate.decide(&of(f64::NAN), None).promote);
    }
}
