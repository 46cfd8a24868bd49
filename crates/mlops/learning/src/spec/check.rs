//! The ranges of parameters.

use super::ModelSpec;
use crate::LearnError;

impl ModelSpec {
    /// Refuses parameters that make no sense.
    ///
    /// # Errors
    /// [`LearnError::Parameter`] with the parameter, its value and its range.
    pub fn check(&self) -> Result<(), LearnError> {
        match self {
            Self::Ridge { alpha } | Self::Lasso { alpha } => within("alpha", *alpha, NON_NEGATIVE),
            Self::ElasticNet { alpha, l1_ratio } => {
                within("alpha", *alpha, NON_NEGATIVE)?;
                within("l1_ratio", *l1_ratio, (0.0, 1.0, "must lie between 0 and 1"))
            }
            Self::Logistic { alpha, quantiles } => {
                within("alpha", *alpha, (1e-9, f64::MAX, "must be at least 1e-9"))?;
                classes(*quantiles)
            }
            Self::NaiveBayes { smoothing, quantiles } => {
                within("smoothing", *smoothing, NON_NEGATIVE)?;
                classes(*quantiles)
            }
            Self::NearestNeighbours { neighbours } => {
                within("neighbours", *neighbours as f64, (1.0, 1e6, "must be 1 to 1000000"))
            }
            Self::RandomForest { trees, depth, min_leaf, column_sample, bootstrap: _, bins } => {
                shape(*trees, *depth, *bins)?;
                within("min_leaf", *min_leaf as f64, (1.0, 1e9, "must be at least 1"))?;
                within("column_sample", *column_sample, FRACTION)
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
                shape(*trees, *depth, *bins)?;
                within("learning_rate", *learning_rate, FRACTION)?;
                within("min_leaf_weight", *min_leaf_weight, NON_NEGATIVE)?;
                within("l2", *l2, NON_NEGATIVE)?;
                within("row_sample", *row_sample, FRACTION)?;
                within("column_sample", *column_sample, FRACTION)
            }
            Self::Network { hidden, activation: _, epochs, batch, learning_rate, l2 } => {
                layers(hidden)?;
                within("epochs", *epochs as f64, (1.0, 1e5, "must be 1 to 100000"))?;
                within("batch", *batch as f64, (1.0, 1e6, "must be 1 to 1000000"))?;
                within("learning_rate", *learning_rate, FRACTION)?;
                within("l2", *l2, NON_NEGATIVE)
            }
        }
    }
}

type Bounds = (f64, f64, &'static str);
const NON_NEGATIVE: Bounds = (0.0, f64::MAX, "must not be negative");
const FRACTION: Bounds = (1e-6, 1.0, "must be above 0 and at most 1");

pub(crate) fn within(
    name: &'static str,
    value: f64,
    (low, high, expected): Bounds,
) -> Result<(), LearnError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(LearnError::Parameter { name, value, expected })
}

/// The size of an ensemble of trees.
fn shape(trees: usize, depth: usize, bins: u16) -> Result<(), LearnError> {
    within("trees", trees as f64, (1.0, 1e5, "must lie between 1 and 100000"))?;
    within("depth", depth as f64, (1.0, 16.0, "must lie between 1 and 16"))?;
    within("bins", f64::from(bins), (2.0, 4096.0, "must lie between 2 and 4096"))
}

fn classes(quantiles: Option<usize>) -> Result<(), LearnError> {
    let count = quantiles.unwrap_or(2) as f64;
    within("quantiles", count, (2.0, 20.0, "must be 2 to 20, or absent for the label's sign"))
}

fn layers(hidden: &[usize]) -> Result<(), LearnError> {
    const SIZE: Bounds = (1.0, 2048.0, "a layer has 1 to 2048 units");
    within("hidden", hidden.len() as f64, (1.0, 8.0, "must name 1 to 8 layers"))?;
    hidden.iter().try_for_each(|size| within("hidden", *size as f64, SIZE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_out_of_range_are_named() {
        let error = ModelSpec::Ridge { alpha: -1.0 }.check().unwrap_err();
        assert_eq!(error.to_string(), "model parameter `alpha` is -1: must not be negative");
        let nan = ModelSpec::Ridge { alpha: f64::NAN };
        assert!(nan.check().is_err());
    }

    #[test]
    fn every_kind_has_ranges() {
        for (text, says) in [
            (r#"{"kind": "logistic", "alpha": 0}"#, "`alpha` is 0"),
            (r#"{"kind": "logistic", "quantiles": 1}"#, "`quantiles` is 1"),
            (r#"{"kind": "naive-bayes", "smoothing": -1}"#, "`smoothing` is -1"),
            (r#"{"kind": "nearest-neighbours", "neighbours": 0}"#, "`neighbours` is 0"),
            (r#"{"kind": "random-forest", "column_sample": 2}"#, "`column_sample` is 2"),
            (r#"{"kind": "random-forest", "depth": 40}"#, "`depth` is 40"),
            (r#"{"kind": "network", "hidden": []}"#, "`hidden` is 0"),
            (r#"{"kind": "network", "hidden": [8, 0]}"#, "`hidden` is 0"),
            (r#"{"kind": "network", "batch": 0}"#, "`batch` is 0"),
        ] {
            let spec: ModelSpec = serde_json::from_str(text).unwrap();
            let error = spec.check().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
