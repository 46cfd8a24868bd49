//! Gaussian naive Bayes on standardised features.
//!
//! The logarithm of a class's density is a polynomial of second degree in each feature, so the file
//! is two products, of the features and of their squares, and a softmax. It computes in `f64`: with
//! many features the logarithms are large and their differences small.

use super::TrainingSet;
use super::classes::Classes;
use super::standard::{STANDARD, Standard};
use crate::LearnError;
use crate::onnx::write::{DOUBLE, Graph, Value};

/// Coefficients of `log P(class) + log density(features | class)`.
struct LogDensity {
    /// Features × classes, of the squares.
    quadratic: Vec<f64>,
    /// Features × classes.
    linear: Vec<f64>,
    /// One for each class.
    constant: Vec<f64>,
}

pub(super) fn naive_bayes(
    set: &TrainingSet,
    smoothing: f64,
    quantiles: Option<usize>,
    mut graph: Graph,
) -> Result<Vec<u8>, LearnError> {
    let (data, classes) = (Standard::of(set), Classes::of(set, quantiles)?);
    if classes.len() < 2 {
        return Ok(data.constant(graph));
    }
    let density = fit(&data, &classes, smoothing)?;
    data.write(&mut graph);
    let dims = [data.columns, classes.len()];
    graph.doubles("quadratic", &dims, density.quadratic);
    graph.doubles("linear", &dims, density.linear);
    graph.doubles("constant", &[classes.len()], density.constant);
    let to = vec![("to", Value::Int(i64::from(DOUBLE)))];
    graph.ai("Cast", &[STANDARD], &["precise"], to);
    graph.ai("Mul", &["precise", "precise"], &["squares"], vec![]);
    graph.ai("Gemm", &["squares", "quadratic", "constant"], &["of_squares"], vec![]);
    graph.ai("Gemm", &["precise", "linear", "of_squares"], &["scores"], vec![]);
    Ok(classes.file(graph, "scores", DOUBLE))
}

fn fit(data: &Standard, classes: &Classes, smoothing: f64) -> Result<LogDensity, LearnError> {
    let k = classes.len();
    let n = data.rows as f64;
    let mut constant: Vec<f64> = classes.counts.iter().map(|c| (*c as f64 / n).ln()).collect();
    let moments: Vec<Vec<(f64, f64)>> =
        (0..data.columns).map(|c| by_class(data.column(c), classes)).collect();
    let largest = (0..data.columns).map(|c| variance(data.column(c))).fold(0.0, f64::max);
    let (mut quadratic, mut linear) = (Vec::new(), Vec::new());
    for class_moments in &moments {
        for (class, (mean, variance)) in class_moments.iter().enumerate() {
            let variance = variance + smoothing * largest;
            if variance <= 0.0 {
                return Err(LearnError::Solver {
                    model: "naive-bayes",
                    reason: "a feature does not vary within a class: raise `smoothing`".to_owned(),
                });
            }
            quadratic.push(-0.5 / variance);
            linear.push(mean / variance);
            constant[class] -= 0.5 * mean * mean / variance;
            constant[class] -= 0.5 * (std::f64::consts::TAU * variance).ln();
        }
    }
    debug_assert_eq!(linear.len(), data.columns * k);
    Ok(LogDensity { quadratic, linear, constant })
}

/// The mean and the variance of one feature in each class.
fn by_class(values: &[f64], classes: &Classes) -> Vec<(f64, f64)> {
    let mut means = vec![0.0; classes.len()];
    let rows = || values.iter().zip(&classes.of_row);
    rows().for_each(|(v, class)| means[*class] += v / classes.counts[*class] as f64);
    let mut variances = vec![0.0; classes.len()];
    for (v, class) in rows() {
        variances[*class] += (v - means[*class]).powi(2) / classes.counts[*class] as f64;
    }
    means.into_iter().zip(variances).collect()
}

fn variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n
}
