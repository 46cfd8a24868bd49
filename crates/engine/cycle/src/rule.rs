//! When a portfolio is rebalanced: by the calendar, by drift from its target, or by a change of
//! the forecast.
//!
//! In comes a rule as a sentence and, each day, what there is to look at; out comes the reason to
//! rebalance, or none. Cash-flow-first rebalancing is not a rule of when but of how
//! ([`crate::invest`]).

use std::str::FromStr;

use crate::mandate::nearest;
use crate::{Period, Today};

/// A rule that can call for a rebalance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// On every trading day.
    Daily,
    /// On the last trading day of a period.
    EndOf(Period),
    /// When a weight is further than this from its target (fraction of net asset value).
    Drift(f64),
    /// When one minus the rank correlation of today's forecast with the one last acted on is more
    /// than this.
    ForecastChanged(f64),
}

/// A sentence that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a rule for rebalancing{}: expected {EXPECTED}", hint(suggestion))]
pub struct RuleError {
    given: String,
    suggestion: Option<String>,
}

const EXPECTED: &str = "`daily`, `week end`, `month end`, `quarter end`, `year end`, `drift > 5%` \
                        or `forecast changed > 20%`";
const PLAIN: [&str; 5] = ["daily", "week end", "month end", "quarter end", "year end"];

fn hint(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or(String::new(), |near| format!(" (did you mean `{near}`?)"))
}

impl FromStr for Rule {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<Self, RuleError> {
        let sentence = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let fraction = |rest: &str| {
            let number = rest.trim().strip_prefix('>')?.trim().strip_suffix('%')?;
            number.trim().parse().ok().filter(|percent| *percent > 0.0).map(|p: f64| p / 100.0)
        };
        let rule = match sentence.as_str() {
            "daily" => Some(Rule::Daily),
            "week end" => Some(Rule::EndOf(Period::Week)),
            "month end" => Some(Rule::EndOf(Period::Month)),
            "quarter end" => Some(Rule::EndOf(Period::Quarter)),
            "year end" => Some(Rule::EndOf(Period::Year)),
            "forecast changed" => Some(Rule::ForecastChanged(0.2)),
            other => {
                other.strip_prefix("drift").and_then(fraction).map(Rule::Drift).or_else(|| {
                    other
                        .strip_prefix("forecast changed")
                        .and_then(fraction)
                        .map(Rule::ForecastChanged)
                })
            }
        };
        rule.ok_or_else(|| RuleError {
            given: text.to_owned(),
            suggestion: nearest(&sentence, PLAIN).map(str::to_owned),
        })
    }
}

/// What a rule looks at on a day.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The day.
    pub today: Today,
    /// Weights now, by column.
    pub weights: &'a [f64],
    /// Weights that were aimed at, by column; empty before the first decision.
    pub target: &'a [f64],
}

impl Rule {
    /// Whether the calendar alone decides.
    pub fn is_calendar(&self) -> bool {
        matches!(self, Rule::Daily | Rule::EndOf(_))
    }

    /// Whether the rule needs to look at something else than the calendar.
    pub fn wants_forecast(&self) -> bool {
        matches!(self, Rule::ForecastChanged(_))
    }

    /// The reason to rebalance today, if this rule gives one without a forecast.
    pub fn fires(&self, look: &Look<'_>) -> Option<String> {
        match self {
            Rule::Daily => Some("daily".to_owned()),
            Rule::EndOf(period) => look.today.ends(*period).then(|| format!("{period} end")),
            Rule::Drift(band) => drift(look.weights, look.target)
                .filter(|drift| drift > band)
                .map(|drift| format!("drift {:.2}% > {}%", drift * 100.0, band * 100.0)),
            Rule::ForecastChanged(_) => None,
        }
    }

    /// The reason to rebalance, given the rank correlation of today's forecast with the one last
    /// acted on.
    pub fn fires_on_forecast(&self, rank_correlation: f64) -> Option<String> {
        match self {
            Rule::ForecastChanged(most) if 1.0 - rank_correlation > *most => Some(format!(
                "forecast changed {:.0}% > {:.0}%",
                (1.0 - rank_correlation) * 100.0,
                most * 100.0
            )),
            _ => None,
        }
    }
}

/// The largest distance of a weight from its target.
fn drift(weights: &[f64], target: &[f64]) -> Option<f64> {
    weights.iter().zip(target).map(|(held, wanted)| (held - wanted).abs()).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::parse_date;

    fn look(day: &str, next: &str, weights: &'static [f64]) -> Look<'static> {
        let today =
            Today { day: parse_date(day).unwrap(), next: parse_date(next).unwrap(), before: None };
        Look { today, weights, target: &[0.5, 0.5] }
    }

    /// 2021-12-31 was a Friday, 2022-01-03 the trading day after it.
    #[test]
    fn rules_fire_when_they_should() {
        let year_end = look("2021-12-31", "2022-01-03", &[0.5, 0.5]);
        let midweek = look("2022-01-04", "2022-01-05", &[0.56, 0.44]);
        for (rule, at_year_end, at_midweek) in [
            ("daily", true, true),
            ("week end", true, false),
            ("month  end", true, false),
            ("quarter end", true, false),
            ("year end", true, false),
            ("drift > 5%", false, true),
            ("drift > 7%", false, false),
            ("forecast changed", false, false),
        ] {
            let parsed: Rule = rule.parse().unwrap();
            assert_eq!(parsed.fires(&year_end).is_some(), at_year_end, "{rule}");
            assert_eq!(parsed.fires(&midweek).is_some(), at_midweek, "{rule}");
        }
        let changed: Rule = "forecast changed > 30%".parse().unwrap();
        assert_eq!(changed.fires_on_forecast(0.75), None);
        assert_eq!(changed.fires_on_forecast(0.5).unwrap(), "forecast changed 50% > 30%");
    }

    #[test]
    fn what_is_no_rule_gets_a_suggestion() {
        let error = "month ends".parse::<Rule>().unwrap_err().to_string();
        assert!(error.contains("did you mean `month end`?"), "{error}");
        for bad in ["drift > 5", "drift > -5%", "", "drift"] {
            assert!(bad.parse::<Rule>().is_err(), "{bad}");
        }
    }
}
