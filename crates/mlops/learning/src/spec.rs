//! What to train: the kind of model and its parameters, as a mandate writes them.

use serde::{Deserialize, Serialize};

use crate::LearnError;

/// A kind of model with its parameters; every parameter has a default.
///
/// Linear models see features that are imputed with their training mean and standardised, so their
/// penalties have no unit. Trees see features as they are and learn where unknown values go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Least squares with a quadratic penalty: minimises `‖y - Xw‖² + alpha·‖w‖²` (Hoerl and
    /// Kennard 1970), the intercept free.
    Ridge {
        /// The strength of the penalty; it weighs against a sum over rows.
        #[serde(default = "one")]
        alpha: f64,
    },
    /// Least squares with an absolute and a quadratic penalty: minimises
    /// `‖y - Xw‖²/2n + alpha·l1_ratio·‖w‖₁ + alpha·(1 - l1_ratio)/2·‖w‖²` (Zou and Hastie 2005) for
    /// a standardised label, the intercept free.
    #[serde(rename = "elastic-net")]
    ElasticNet {
        /// The strength of the penalty; at 1 and an `l1_ratio` of 1 nothing is learned.
        #[serde(default = "default_alpha")]
        alpha: f64,
        /// How much of the penalty is absolute, from 0 to 1.
        #[serde(default = "half")]
        l1_ratio: f64,
    },
    /// Gradient-boosted regression trees on the squared error (Friedman 2001), with histograms.
    #[serde(rename = "gradient-boosting")]
    GradientBoosting {
        /// Trees, one after the other.
        #[serde(default = "default_trees")]
        trees: usize,
        /// Levels of splits in a tree.
        #[serde(default = "default_depth")]
        depth: usize,
        /// How much of each tree's advice is taken.
        #[serde(default = "default_learning_rate")]
        learning_rate: f64,
        /// Training rows that a leaf needs at least.
        #[serde(default = "default_min_leaf_weight")]
        min_leaf_weight: f64,
        /// A quadratic penalty on leaves, in rows.
        #[serde(default = "one")]
        l2: f64,
        /// Bins per feature; fewer are faster and smoother.
        #[serde(default = "default_bins")]
        bins: u16,
        /// The share of rows that each tree sees, chosen under the seed.
        #[serde(default = "one")]
        row_sample: f64,
        /// The share of features that each tree sees, chosen under the seed.
        #[serde(default = "one")]
        column_sample: f64,
    },
}

fn one() -> f64 {
    1.0
}
fn half() -> f64 {
    0.5
}
fn default_alpha() -> f64 {
    0.01
}
fn default_trees() -> usize {
    100
}
fn default_depth() -> usize {
    3
}
fn default_learning_rate() -> f64 {
    0.05
}
fn default_min_leaf_weight() -> f64 {
    20.0
}
fn default_bins() -> u16 {
    64
}

impl ModelSpec {
    /// The name of the kind as it is written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ridge { .. } => "ridge",
            Self::ElasticNet { .. } => "elastic-net",
            Self::GradientBoosting { .. } => "gradient-boosting",
        }
    }

    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// [`LearnError::Parameter`] with the parameter, its value and its range.
    pub fn check(&self) -> Result<(), LearnError> {
        match *self {
            Self::Ridge { alpha } => within("alpha", alpha, NON_NEGATIVE),
            Self::ElasticNet { alpha, l1_ratio } => {
                within("alpha", alpha, NON_NEGATIVE)?;
                within("l1_ratio", l1_ratio, (0.0, 1.0, "must lie between 0 and 1"))
            }
            Self::GradientBoosting {
                trees,
                depth,
                learning_rate,
                min_leaf_weight,
                l2,
                bins,
                row_sample,
                column_sample,
            } => {
                within("trees", trees as f64, (1.0, 1e5, "must lie between 1 and 100000"))?;
                within("depth", depth as f64, (1.0, 16.0, "must lie between 1 and 16"))?;
                within("learning_rate", learning_rate, FRACTION)?;
                within("min_leaf_weight", min_leaf_weight, NON_NEGATIVE)?;
                within("l2", l2, NON_NEGATIVE)?;
                within("bins", f64::from(bins), (2.0, 4096.0, "must lie between 2 and 4096"))?;
                within("row_sample", row_sample, FRACTION)?;
                within("column_sample", column_sample, FRACTION)
            }
        }
    }
}

type Bounds = (f64, f64, &'static str);
const NON_NEGATIVE: Bounds = (0.0, f64::MAX, "must not be negative");
const FRACTION: Bounds = (1e-6, 1.0, "must be above 0 and at most 1");

fn within(name: &'static str, value: f64, (low, high, expected): Bounds) -> Result<(), LearnError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(LearnError::Parameter { name, value, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ModelSpec, String> {
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    #[test]
    fn parameters_have_defaults_and_unknown_ones_are_refused() {
        let ridge = parse(r#"{"kind": "ridge"}"#).unwrap();
        assert_eq!(ridge, ModelSpec::Ridge { alpha: 1.0 });
        let trees = parse(r#"{"kind": "gradient-boosting", "trees": 7}"#).unwrap();
        assert!(matches!(trees, ModelSpec::GradientBoosting { trees: 7, depth: 3, .. }));
        let net = parse(r#"{"kind": "elastic-net", "l1ratio": 1}"#).unwrap_err();
        assert!(net.contains("unknown field `l1ratio`"), "{net}");
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        let error = ModelSpec::Ridge { alpha: -1.0 }.check().unwrap_err();
        assert_eq!(error.to_string(), "model parameter `alpha` is -1: must not be negative");
        let nan = ModelSpec::Ridge { alpha: f64::NAN };
        assert!(nan.check().is_err());
    }
}
