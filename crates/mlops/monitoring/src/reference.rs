//! What the features looked like in training: small enough to keep beside the model.
//!
//! Training rows come in; for each feature go out ten quantile bins with their counts, the number of
//! missing values, and at most 500 order statistics for the Kolmogorov–Smirnov test. A value that is
//! not finite is missing.

use serde::{Deserialize, Serialize};

use crate::MonitoringError;

const BINS: usize = 10;
/// With evenly spaced order statistics the distribution function is kept within 0.1 %.
const SAMPLE: usize = 500;

/// One feature in training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureReference {
    /// Its name.
    pub name: String,
    /// How many training rows had a value.
    pub known: u64,
    /// How many had none.
    pub missing: u64,
    /// Upper bounds of the bins, ascending: bin `b` is `(edges[b−1], edges[b]]`, the last is open.
    pub edges: Vec<f64>,
    /// How many values fell into each bin: one more than there are edges.
    pub counts: Vec<u64>,
    /// Evenly spaced order statistics, ascending: all values where there are no more than 500.
    pub sample: Vec<f64>,
}

/// All features of a training, in column order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The features.
    pub features: Vec<FeatureReference>,
}

impl Reference {
    /// From training rows: rows × `names`, row by row.
    pub fn from_training(names: &[String], values: &[f64]) -> Result<Self, MonitoringError> {
        check_rows(names.len(), values, "training")?;
        let features = names
            .iter()
            .enumerate()
            .map(|(col, name)| {
                let column = values.iter().skip(col).step_by(names.len());
                FeatureReference::new(name, column.copied())
            })
            .collect();
        Ok(Self { features })
    }

    /// The names, in column order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.features.iter().map(|feature| feature.name.as_str())
    }
}

impl FeatureReference {
    fn new(name: &str, values: impl Iterator<Item = f64>) -> Self {
        let (sorted, missing) = known_sorted(values);
        let edges = edges(&sorted);
        Self {
            name: name.to_owned(),
            known: sorted.len() as u64,
            missing,
            counts: counts(&edges, &sorted),
            edges,
            sample: thin(&sorted),
        }
    }

    /// The share of training rows without a value.
    pub fn missing_rate(&self) -> f64 {
        self.missing as f64 / (self.known + self.missing) as f64
    }
}

/// Refuses what is not whole rows, or none.
pub(crate) fn check_rows(
    columns: usize,
    values: &[f64],
    what: &'static str,
) -> Result<(), MonitoringError> {
    if values.is_empty() || columns == 0 {
        return Err(MonitoringError::NoRows(what));
    }
    if !values.len().is_multiple_of(columns) {
        return Err(MonitoringError::Shape { values: values.len(), columns });
    }
    Ok(())
}

/// The finite values, ascending, and how many there were besides.
pub(crate) fn known_sorted(values: impl Iterator<Item = f64>) -> (Vec<f64>, u64) {
    let mut missing = 0;
    let mut known: Vec<f64> = values
        .filter(|value| {
            missing += u64::from(!value.is_finite());
            value.is_finite()
        })
        // -0.0 sorts before 0.0 but is the same number.
        .map(|value| value + 0.0)
        .collect();
    known.sort_unstable_by(f64::total_cmp);
    (known, missing)
}

/// How many of the sorted values fall into each bin.
pub(crate) fn counts(edges: &[f64], sorted: &[f64]) -> Vec<u64> {
    let mut below = 0;
    let mut counts = Vec::with_capacity(edges.len() + 1);
    for edge in edges {
        let upto = sorted.partition_point(|value| value <= edge);
        counts.push((upto - below) as u64);
        below = upto;
    }
    counts.push((sorted.len() - below) as u64);
    counts
}

/// The deciles between the ends (quantiles by the inverted distribution function).
///
/// A value that fills more than one decile gets a bin of its own: the largest number below it
/// becomes an edge too. So a feature that was constant in training has the bins "below", "equal"
/// and "above", and any other value is seen.
fn edges(sorted: &[f64]) -> Vec<f64> {
    if sorted.is_empty() {
        return vec![];
    }
    let deciles: Vec<f64> =
        (1..BINS).map(|k| sorted[(sorted.len() * k).div_ceil(BINS) - 1]).collect();
    let repeated = deciles.windows(2).filter(|pair| pair[0] == pair[1]);
    let mut edges: Vec<f64> = repeated.map(|pair| pair[0].next_down()).collect();
    edges.extend(deciles);
    edges.sort_unstable_by(f64::total_cmp);
    edges.dedup();
    edges
}

fn thin(sorted: &[f64]) -> Vec<f64> {
    if sorted.len() <= SAMPLE {
        return sorted.to_vec();
    }
    (0..SAMPLE).map(|i| sorted[(2 * i + 1) * sorted.len() / (2 * SAMPLE)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> FeatureReference {
        FeatureReference::new("f", values.iter().copied())
    }

    #[test]
    fn bins_are_deciles_and_atoms_stand_alone() {
        let even: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(of(&even).counts, [10; 10]);
        assert_eq!(of(&[7.0; 30]).counts, [0, 30, 0]);
        assert_eq!(of(&[7.0; 30]).edges[1], 7.0);
        let binary = [vec![0.0; 40], vec![1.0; 60]].concat();
        assert_eq!(of(&binary).counts, [0, 40, 0, 60, 0]);
        assert_eq!(of(&[5.0]).counts, [0, 1, 0]);
    }

    #[test]
    fn what_is_not_finite_is_missing() {
        let feature = of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.0]);
        assert_eq!((feature.known, feature.missing), (1, 3));
        assert_eq!(feature.missing_rate(), 0.75);
        let none = of(&[f64::NAN]);
        assert_eq!((none.missing_rate(), none.counts), (1.0, vec![0]));
    }

    #[test]
    fn a_large_training_stays_small_and_survives_json_unchanged() {
        let many: Vec<f64> = (0..50_000).map(|i| f64::from(i).sqrt()).collect();
        let reference = Reference::from_training(&["f".to_owned()], &many).unwrap();
        let text = serde_json::to_string(&reference).unwrap();
        assert!(text.len() < 12_000, "{} bytes", text.len());
        assert_eq!(serde_json::from_str::<Reference>(&text).unwrap(), reference);
    }

    #[test]
    fn rows_must_be_whole() {
        let names = ["a".to_owned(), "b".to_owned()];
        let error = Reference::from_training(&names, &[1.0; 3]).unwrap_err();
        assert!(matches!(error, MonitoringError::Shape { .. }));
        let error = Reference::from_training(&names, &[]).unwrap_err();
        assert_eq!(error, MonitoringError::NoRows("training"));
    }
}
