//! Whether a prediction can be right, and what is done with one that cannot.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Flag, Flags, Prediction, Value};

/// An interval with its ends. One that is not given is open.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// The least that is allowed.
    pub low: Option<f64>,
    /// The most that is allowed.
    pub high: Option<f64>,
}

impl Bounds {
    /// Both ends.
    pub fn between(low: f64, high: f64) -> Self {
        Self { low: Some(low), high: Some(high) }
    }

    /// Whether a number is inside; NaN is not.
    pub fn has(&self, number: f64) -> bool {
        !number.is_nan()
            && self.low.is_none_or(|low| number >= low)
            && self.high.is_none_or(|high| number <= high)
    }
}

/// What is held against each prediction of a model, and which faults keep it from the caller.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Check {
    /// The range of outputs, by name; `*` is for those that have no range of their own.
    pub outputs: BTreeMap<String, Bounds>,
    /// What the model saw of each numeric feature in training.
    pub numbers: BTreeMap<String, Bounds>,
    /// What it saw of each text.
    pub texts: BTreeMap<String, BTreeSet<String>>,
    /// A prediction with any of these flags is withheld; the others are flagged and given.
    pub withhold: Flags,
}

impl Check {
    /// Sets the flags of a prediction that this check finds, and [`Flag::Withheld`] if the policy
    /// wants that. Flags that are set already count as well: a stale feature can withhold.
    pub fn apply(&self, prediction: &mut Prediction) {
        let found = self.find(prediction);
        for flag in found {
            prediction.flags.set(flag);
        }
        if prediction.flags.any_of(&self.withhold) {
            prediction.flags.set(Flag::Withheld);
        }
    }

    fn find(&self, prediction: &Prediction) -> Vec<Flag> {
        let mut found = Vec::new();
        for (name, output) in prediction.output_names.iter().zip(&prediction.outputs) {
            let range = self.outputs.get(name).or_else(|| self.outputs.get("*"));
            if !output.is_finite() {
                found.push(Flag::NotFinite);
            } else if range.is_some_and(|range| !range.has(*output)) {
                found.push(Flag::OutOfRange);
            }
        }
        for (name, value) in prediction.feature_names.iter().zip(&prediction.features) {
            match value {
                Value::Missing => found.push(Flag::MissingFeature),
                Value::Number(number) if number.is_nan() => found.push(Flag::MissingFeature),
                Value::Number(number) => {
                    if self.numbers.get(name).is_some_and(|seen| !seen.has(*number)) {
                        found.push(Flag::OutOfDomain);
                    }
                }
                Value::Text(text) => {
                    if self.texts.get(name).is_some_and(|seen| !seen.contains(&**text)) {
                        found.push(Flag::OutOfDomain);
                    }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_fault_is_flagged_and_the_policy_withholds() {
        let check = Check {
            outputs: [("y".to_owned(), Bounds::between(-1.0, 1.0))].into(),
            numbers: [("x".to_owned(), Bounds { low: Some(0.0), high: None })].into(),
            texts: [("sector".to_owned(), ["tech".to_owned()].into())].into(),
            withhold: [Flag::NotFinite, Flag::StaleFeature].into_iter().collect(),
        };
        for (x, sector, y, before, expected) in [
            (1.0, "tech", 0.5, None, ""),
            (0.0, "tech", -1.0, None, ""),
            (1.0, "tech", 1.5, None, "out_of_range"),
            (1.0, "tech", f64::NAN, None, "not_finite withheld"),
            (1.0, "tech", f64::INFINITY, None, "not_finite withheld"),
            (-0.1, "tech", 0.0, None, "out_of_domain"),
            (1.0, "banks", 0.0, None, "out_of_domain"),
            (f64::NAN, "tech", 0.0, None, "missing_feature"),
            (1.0, "tech", 0.0, Some(Flag::StaleFeature), "stale_feature withheld"),
        ] {
            let names =
                |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Arc<[String]>>();
            let mut one = Prediction::new(
                types::Timestamp::default(),
                Arc::default(),
                names(&["x", "sector"]),
                vec![x.into(), sector.into()],
                names(&["y"]),
                vec![y],
            );
            one.flags = before.into_iter().collect();
            check.apply(&mut one);
            assert_eq!(one.flags.to_string(), expected, "{x} {sector} {y}");
        }
    }
}
