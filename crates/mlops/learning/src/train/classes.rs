//! A label of returns as classes, and a forecast from the probabilities of classes.
//!
//! A classifier says how probable each class is. What a portfolio needs is an expected return, so
//! the forecast is `Σ P(class)·mean(label of the class)`: with two classes it rises with the
//! probability of the upper one, and it has the unit of the label.

use super::TrainingSet;
use crate::LearnError;
use crate::onnx::write::{DOUBLE, FLOAT, Graph, OUTPUT, Value};

/// The rows' classes, each with at least one row.
pub(super) struct Classes {
    /// The class of each row.
    pub of_row: Vec<usize>,
    /// The mean label of each class; rising.
    pub means: Vec<f64>,
    /// The rows of each class.
    pub counts: Vec<usize>,
}

impl Classes {
    /// Classes by the sign of the label (up is above 0), or as many as `quantiles` says with
    /// equally many rows. Rows of one label share a class, so there can be fewer.
    pub(super) fn of(set: &TrainingSet, quantiles: Option<usize>) -> Result<Self, LearnError> {
        let (y, n) = (&set.y, set.rows());
        let cuts: Vec<f64> = match quantiles {
            None => vec![0f64.next_up()],
            Some(count) if count > n => {
                return Err(LearnError::TooFewRows { needed: count, found: n });
            }
            Some(count) => {
                let mut sorted = y.clone();
                sorted.sort_by(f64::total_cmp);
                (1..count).map(|k| sorted[k * n / count]).collect()
            }
        };
        let raw: Vec<usize> = y.iter().map(|y| cuts.iter().filter(|c| **c <= *y).count()).collect();
        let mut used: Vec<usize> = raw.clone();
        used.sort_unstable();
        used.dedup();
        let of_row: Vec<usize> = raw.iter().map(|c| used.partition_point(|u| u < c)).collect();
        let (mut sums, mut counts) = (vec![0.0; used.len()], vec![0; used.len()]);
        for (class, y) in of_row.iter().zip(y) {
            sums[*class] += y;
            counts[*class] += 1;
        }
        let means = sums.iter().zip(&counts).map(|(sum, count)| sum / *count as f64).collect();
        Ok(Self { of_row, means, counts })
    }

    pub(super) fn len(&self) -> usize {
        self.means.len()
    }

    /// Ends a file whose value `scores` has a logarithm of odds for each class.
    pub(super) fn file(&self, mut graph: Graph, scores: &str, kind: i32) -> Vec<u8> {
        graph.ai("Softmax", &[scores], &["probabilities"], vec![("axis", Value::Int(-1))]);
        let dims = [self.len(), 1];
        if kind == DOUBLE {
            graph.doubles("class_means", &dims, self.means.clone());
            graph.ai("MatMul", &["probabilities", "class_means"], &["expected"], vec![]);
            let to = vec![("to", Value::Int(i64::from(FLOAT)))];
            graph.ai("Cast", &["expected"], &[OUTPUT], to);
        } else {
            graph.floats("class_means", &dims, self.means.iter().map(|m| *m as f32).collect());
            graph.ai("MatMul", &["probabilities", "class_means"], &[OUTPUT], vec![]);
        }
        graph.finish()
    }
}
