//! The rule by which a challenger becomes champion.
//!
//! A sentence comes in: `always`, or `metric op bar` where `op` is one of `>`, `>=`, `<`, `<=` and
//! the bar is a number, `champion`, or `champion` plus or minus a number. Held against the metrics of
//! both, it gives a [`Verdict`] with its reason. A [`PromotionRule`] knows which metrics this house
//! measures; a [`Gate`] takes any metric, for models that were trained elsewhere.

mod gate;
mod words;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use words::Words;

pub use gate::Gate;

use crate::{Metrics, PolicyError};

/// The metrics that a rule can name. A `_ratio` is the mean of a coefficient over its deviation.
pub const METRICS: &[&str] = &[
    "information_coefficient",
    "rank_information_coefficient",
    "information_coefficient_ratio",
    "rank_information_coefficient_ratio",
    "rmse",
    "r2",
];

/// When a challenger is promoted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PromotionRule(Rule);

#[derive(Debug, Clone, PartialEq)]
enum Rule {
    Always,
    Compare { metric: String, op: Op, bar: Bar },
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Op {
    Above,
    AtLeast,
    Below,
    AtMost,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bar {
    Number(f64),
    /// The champion's metric and a margin.
    Champion(f64),
}

/// What came of holding a rule against two sets of metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether the challenger becomes champion.
    pub promote: bool,
    /// Why, as a sentence: `information_coefficient 0.031 > champion 0.024`.
    pub reason: String,
}

impl PromotionRule {
    /// Reads a rule; the error says where it stopped and what would have fitted.
    pub fn parse(source: &str) -> Result<Self, PolicyError> {
        let mut words = Words::of(source);
        let rule = match words.next() {
            Some((_, "always")) => Rule::Always,
            Some((_, metric)) if METRICS.contains(&metric) => {
                Rule::Compare { metric: metric.to_owned(), op: words.op()?, bar: words.bar()? }
            }
            word => {
                let expected = format!("`always` or a metric ({})", METRICS.join(", "));
                return Err(words.unexpected(word, &expected, METRICS));
            }
        };
        match words.next() {
            None => Ok(Self(rule)),
            word => Err(words.unexpected(word, "the end of the rule", &[])),
        }
    }

    /// Holds the rule against the metrics of a challenger and of the champion, if there is one.
    ///
    /// The challenger's metric must be known. Where the champion has none, or there is no champion,
    /// there is no bar and the challenger is promoted.
    pub fn decide(&self, challenger: &Metrics, champion: Option<&Metrics>) -> Verdict {
        self.0.decide(challenger, champion)
    }
}

impl Rule {
    fn decide(&self, challenger: &Metrics, champion: Option<&Metrics>) -> Verdict {
        let Self::Compare { metric, op, bar } = self else {
            return verdict(true, "every challenger is promoted".to_owned());
        };
        let Some(value) = known(challenger, metric) else {
            return verdict(false, format!("the challenger has no {metric}"));
        };
        let held = champion.and_then(|champion| known(champion, metric));
        let (limit, bar) = match (bar, champion.is_some(), held) {
            (Bar::Number(number), ..) => (*number, number.to_string()),
            (Bar::Champion(margin), _, Some(held)) => {
                (held + margin, champion_in_words(value, held, *margin))
            }
            (_, true, None) => {
                let reason = format!("{metric} {}, the champion has none", short(value));
                return verdict(true, reason);
            }
            (_, false, None) => {
                let reason = format!("{metric} {}, there is no champion yet", short(value));
                return verdict(true, reason);
            }
        };
        let promote = op.holds(value, limit);
        let not = if promote { "" } else { "is not " };
        let value = if close(value, limit) { value.to_string() } else { short(value) };
        verdict(promote, format!("{metric} {value} {not}{op} {bar}"))
    }
}

fn verdict(promote: bool, reason: String) -> Verdict {
    Verdict { promote, reason }
}

fn known(metrics: &Metrics, name: &str) -> Option<f64> {
    metrics.get(name).copied().filter(|value| value.is_finite())
}

fn champion_in_words(value: f64, held: f64, margin: f64) -> String {
    let text = if close(value, held + margin) { held.to_string() } else { short(held) };
    format!("champion {text}{}", margin_in_words(margin))
}

fn margin_in_words(margin: f64) -> String {
    match margin {
        m if m > 0.0 => format!(" + {m}"),
        m if m < 0.0 => format!(" - {}", -m),
        _ => String::new(),
    }
}

/// Whether four digits do not tell two numbers apart, so that all of them must be shown.
fn close(a: f64, b: f64) -> bool {
    a != b && short(a) == short(b)
}

/// Four significant digits, no trailing noughts.
fn short(value: f64) -> String {
    let rounded: f64 =
        format!("{value:.3e}").parse().expect("what was printed as a number reads as one");
    rounded.to_string()
}

impl Op {
    fn holds(self, value: f64, limit: f64) -> bool {
        match self {
            Op::Above => value > limit,
            Op::AtLeast => value >= limit,
            Op::Below => value < limit,
            Op::AtMost => value <= limit,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Op::Above => ">",
            Op::AtLeast => ">=",
            Op::Below => "<",
            Op::AtMost => "<=",
        })
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Compare { metric, op, bar } = self else { return f.write_str("always") };
        let metric = words::written(metric);
        match bar {
            Bar::Number(number) => write!(f, "{metric} {op} {number}"),
            Bar::Champion(margin) => {
                write!(f, "{metric} {op} champion{}", margin_in_words(*margin))
            }
        }
    }
}

impl fmt::Display for PromotionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PromotionRule {
    type Err = PolicyError;
    fn from_str(source: &str) -> Result<Self, Self::Err> {
        Self::parse(source)
    }
}

impl TryFrom<String> for PromotionRule {
    type Error = PolicyError;
    fn try_from(source: String) -> Result<Self, Self::Error> {
        Self::parse(&source)
    }
}

impl From<PromotionRule> for String {
    fn from(rule: PromotionRule) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_and_write_the_same() {
        for (source, canonical) in [
            ("always", "always"),
            ("information_coefficient > champion", "information_coefficient > champion"),
            (
                "  rank_information_coefficient>champion+.01 ",
                "rank_information_coefficient > champion + 0.01",
            ),
            ("rmse <= champion - 1e-3", "rmse <= champion - 0.001"),
            ("information_coefficient >= 0.02", "information_coefficient >= 0.02"),
            ("r2 > -0.5", "r2 > -0.5"),
        ] {
            let rule = PromotionRule::parse(source).unwrap();
            assert_eq!(rule.to_string(), canonical);
            assert_eq!(PromotionRule::parse(canonical).unwrap(), rule);
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<PromotionRule>(&json).unwrap(), rule);
        }
    }

    #[test]
    fn errors_say_where_and_what_was_expected() {
        let metrics = METRICS.join(", ");
        for (source, column, rest) in [
            ("", 1, format!("`always` or a metric ({metrics}), found nothing")),
            (
                "information_coeficient > champion",
                1,
                format!(
                    "`always` or a metric ({metrics}), found `information_coeficient`, did you \
                     mean `information_coefficient`?"
                ),
            ),
            ("rmse = champion", 6, "`>`, `>=`, `<` or `<=`, found `=`".into()),
            ("rmse <", 7, "`champion` or a number, found nothing".into()),
            (
                "rmse < champoin",
                8,
                "`champion` or a number, found `champoin`, did you mean `champion`?".into(),
            ),
            ("rmse < champion * 2", 17, "`+`, `-` or the end of the rule, found `*`".into()),
            ("rmse < champion - x", 19, "a number, found `x`".into()),
            ("rmse < inf", 8, "`champion` or a number, found `inf`".into()),
            ("always and ever", 8, "the end of the rule, found `and`".into()),
            ("é > 1", 1, format!("`always` or a metric ({metrics}), found `é`")),
        ] {
            let error = PromotionRule::parse(source).unwrap_err().to_string();
            assert_eq!(error, format!("`{source}`, column {column}: expected {rest}"));
        }
    }

    #[test]
    fn a_verdict_gives_its_reason() {
        let ic = |value: f64| Metrics::from([("information_coefficient".to_owned(), value)]);
        let none = Metrics::new();
        let better = "information_coefficient > champion";
        let margin = "information_coefficient > champion + 0.01";
        for (rule, challenger, champion, promote, reason) in [
            (
                better,
                ic(0.031),
                Some(ic(0.024)),
                true,
                "information_coefficient 0.031 > champion 0.024",
            ),
            (
                better,
                ic(0.024),
                Some(ic(0.024)),
                false,
                "information_coefficient 0.024 is not > champion 0.024",
            ),
            (
                better,
                ic(0.024_000_1),
                Some(ic(0.024)),
                true,
                "information_coefficient 0.0240001 > champion 0.024",
            ),
            (
                margin,
                ic(0.031_23),
                Some(ic(0.024_19)),
                false,
                "information_coefficient 0.03123 is not > champion 0.02419 + 0.01",
            ),
            (
                better,
                ic(-0.5),
                None,
                true,
                "information_coefficient -0.5, there is no champion yet",
            ),
            (
                better,
                ic(0.01),
                Some(ic(f64::NAN)),
                true,
                "information_coefficient 0.01, the champion has none",
            ),
            (better, ic(f64::NAN), None, false, "the challenger has no information_coefficient"),
            (better, none, Some(ic(0.1)), false, "the challenger has no information_coefficient"),
            (
                "information_coefficient >= 0.02",
                ic(0.02),
                None,
                true,
                "information_coefficient 0.02 >= 0.02",
            ),
            (
                "information_coefficient < 0.02",
                ic(0.03),
                Some(ic(0.9)),
                false,
                "information_coefficient 0.03 is not < 0.02",
            ),
            ("always", Metrics::new(), Some(ic(1.0)), true, "every challenger is promoted"),
        ] {
            let verdict =
                PromotionRule::parse(rule).unwrap().decide(&challenger, champion.as_ref());
            assert_eq!((verdict.promote, verdict.reason.as_str()), (promote, reason), "{rule}");
        }
    }
}
