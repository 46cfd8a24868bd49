//! What to train: the kind of model and its parameters, as a mandate writes them.

mod check;
mod defaults;

use serde::{Deserialize, Serialize};

pub(crate) use check::within;
use defaults as by;

/// A kind of model with its parameters; every parameter has a default.
///
/// All models but trees see features that are imputed with their training mean and standardised, so
/// their penalties and distances have no unit. Trees see features as they are and learn where
/// unknown values go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Least squares with a quadratic penalty: minimises `‖y - Xw‖² + alpha·‖w‖²` (Hoerl and
    /// Kennard 1970), the intercept free.
    Ridge {
        /// The strength of the penalty; it weighs against a sum over rows.
        #[serde(default = "by::one")]
        alpha: f64,
    },
    /// Least squares with an absolute penalty: minimises `‖y - Xw‖²/2n + alpha·‖w‖₁` (Tibshirani
    /// 1996) for a standardised label, the intercept free.
    Lasso {
        /// The strength of the penalty; at 1 nothing is learned.
        #[serde(default = "by::alpha")]
        alpha: f64,
    },
    /// Least squares with an absolute and a quadratic penalty: minimises
    /// `‖y - Xw‖²/2n + alpha·l1_ratio·‖w‖₁ + alpha·(1 - l1_ratio)/2·‖w‖²` (Zou and Hastie 2005) for
    /// a standardised label, the intercept free.
    ElasticNet {
        /// The strength of the penalty; at 1 and an `l1_ratio` of 1 nothing is learned.
        #[serde(default = "by::alpha")]
        alpha: f64,
        /// How much of the penalty is absolute, from 0 to 1.
        #[serde(default = "by::half")]
        l1_ratio: f64,
    },
    /// Logistic regression (Cox 1958): minimises `-Σ log P(class of row) + alpha/2·‖w‖²`, the
    /// intercepts free. Forecasts `Σ P(class)·mean(label of the class)`, an expected return.
    Logistic {
        /// The strength of the penalty; it weighs against a sum over rows.
        #[serde(default = "by::one")]
        alpha: f64,
        /// Classes with equally many rows, by the size of the label; absent: its sign.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantiles: Option<usize>,
    },
    /// Gaussian naive Bayes (Hastie, Tibshirani and Friedman 2009, section 6.6.3): features are
    /// independent and normal within a class. Forecasts as `Logistic` does.
    NaiveBayes {
        /// This share of the largest variance is added to every variance.
        #[serde(default = "by::smoothing")]
        smoothing: f64,
        /// Classes with equally many rows, by the size of the label; absent: its sign.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        quantiles: Option<usize>,
    },
    /// The mean label of the nearest training rows (Fix and Hodges 1951) by Euclidean distance.
    NearestNeighbours {
        /// How many rows.
        #[serde(default = "by::neighbours")]
        neighbours: usize,
    },
    /// Trees on rows drawn with replacement, each split choosing from a few features (Breiman
    /// 2001); the forecast is their mean.
    RandomForest {
        /// Trees, each on its own.
        #[serde(default = "by::forest_trees")]
        trees: usize,
        /// Levels of splits in a tree.
        #[serde(default = "by::forest_depth")]
        depth: usize,
        /// Different training rows that a leaf needs at least.
        #[serde(default = "by::min_leaf")]
        min_leaf: usize,
        /// The share of features that each split chooses from, under the seed.
        #[serde(default = "by::third")]
        column_sample: f64,
        /// Whether rows are drawn with replacement, under the seed.
        #[serde(default = "by::yes")]
        bootstrap: bool,
        /// Bins per feature; fewer are faster and smoother.
        #[serde(default = "by::forest_bins")]
        bins: u16,
    },
    /// Gradient-boosted regression trees on the squared error (Friedman 2001), with histograms.
    GradientBoosting {
        /// Trees, one after the other.
        #[serde(default = "by::trees")]
        trees: usize,
        /// Levels of splits in a tree.
        #[serde(default = "by::depth")]
        depth: usize,
        /// How much of each tree's advice is taken.
        #[serde(default = "by::learning_rate")]
        learning_rate: f64,
        /// Training rows that a leaf needs at least.
        #[serde(default = "by::min_leaf_weight")]
        min_leaf_weight: f64,
        /// A quadratic penalty on leaves, in rows.
        #[serde(default = "by::one")]
        l2: f64,
        /// Bins per feature; fewer are faster and smoother.
        #[serde(default = "by::bins")]
        bins: u16,
        /// The share of rows that each tree sees, chosen under the seed.
        #[serde(default = "by::one")]
        row_sample: f64,
        /// The share of features that each tree sees, chosen under the seed.
        #[serde(default = "by::one")]
        column_sample: f64,
    },
    /// A multilayer network on the squared error (Rumelhart, Hinton and Williams 1986), trained
    /// with Adam (Kingma and Ba 2015) in batches that the seed chooses.
    Network {
        /// The size of each hidden layer.
        #[serde(default = "by::hidden")]
        hidden: Vec<usize>,
        /// What hidden layers do to their sums.
        #[serde(default)]
        activation: Activation,
        /// How often every row is seen.
        #[serde(default = "by::epochs")]
        epochs: usize,
        /// Rows in a step.
        #[serde(default = "by::batch")]
        batch: usize,
        /// The size of a step.
        #[serde(default = "by::step")]
        learning_rate: f64,
        /// A quadratic penalty on weights, over the rows of a batch.
        #[serde(default = "by::weight_decay")]
        l2: f64,
    },
}

/// What hidden layers do to their sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(x, 0)`.
    #[default]
    Relu,
    /// The hyperbolic tangent.
    Tanh,
}

impl ModelSpec {
    /// The name of the kind as it is written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ridge { .. } => "ridge",
            Self::Lasso { .. } => "lasso",
            Self::ElasticNet { .. } => "elastic-net",
            Self::Logistic { .. } => "logistic",
            Self::NaiveBayes { .. } => "naive-bayes",
            Self::NearestNeighbours { .. } => "nearest-neighbours",
            Self::RandomForest { .. } => "random-forest",
            Self::GradientBoosting { .. } => "gradient-boosting",
            Self::Network { .. } => "network",
        }
    }
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

    /// Every kind is read under the name that it says it has, and written as it was read.
    #[test]
    fn kinds_are_read_and_written_alike() {
        let kinds = [
            "ridge",
            "lasso",
            "elastic-net",
            "logistic",
            "naive-bayes",
            "nearest-neighbours",
            "random-forest",
            "gradient-boosting",
            "network",
        ];
        for kind in kinds {
            let spec = parse(&format!(r#"{{"kind": "{kind}"}}"#)).unwrap();
            assert_eq!(spec.kind(), kind);
            spec.check().unwrap();
            let written = serde_json::to_string(&spec).unwrap();
            assert_eq!(parse(&written).unwrap(), spec);
        }
    }
}
