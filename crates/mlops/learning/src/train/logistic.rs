//! Logistic regression on standardised features: `Imputer → Scaler → Gemm → Softmax → MatMul`.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linear::logistic_regression::{
    LogisticRegression, LogisticRegressionParameters, LogisticRegressionSolverName,
};

use super::TrainingSet;
use super::classes::Classes;
use super::standard::{STANDARD, Standard};
use crate::LearnError;
use crate::onnx::write::{FLOAT, Graph};

pub(super) fn logistic(
    set: &TrainingSet,
    alpha: f64,
    quantiles: Option<usize>,
    mut graph: Graph,
) -> Result<Vec<u8>, LearnError> {
    let (data, classes) = (Standard::of(set), Classes::of(set, quantiles)?);
    if classes.len() < 2 {
        return Ok(data.constant(graph));
    }
    let (weights, offsets) = fit(&data, &classes, alpha)?;
    data.write(&mut graph);
    let floats = |v: Vec<f64>| v.into_iter().map(|v| v as f32).collect();
    graph.floats("weights", &[data.columns, classes.len()], floats(weights));
    graph.floats("offsets", &[classes.len()], floats(offsets));
    graph.ai("Gemm", &[STANDARD, "weights", "offsets"], &["scores"], vec![]);
    Ok(classes.file(graph, "scores", FLOAT))
}

/// Features × classes and one offset for each class. With two classes the first has none.
fn fit(data: &Standard, classes: &Classes, alpha: f64) -> Result<(Vec<f64>, Vec<f64>), LearnError> {
    let failed = |reason: String| LearnError::Solver { model: "logistic", reason };
    let y: Vec<u32> = classes.of_row.iter().map(|c| *c as u32).collect();
    let parameters =
        LogisticRegressionParameters { solver: LogisticRegressionSolverName::LBFGS, alpha };
    let fitted = LogisticRegression::fit(&data.matrix()?, &y, parameters);
    let fitted = fitted.map_err(|e| failed(e.to_string()))?;
    let (of_feature, offset) = (fitted.coefficients(), fitted.intercept());
    let k = classes.len();
    let row = |class: usize| if k == 2 { class.checked_sub(1) } else { Some(class) };
    let weight = |feature: usize, class: usize| {
        row(class).map_or(0.0, |row| *of_feature.get((row, feature)))
    };
    let cells = (0..data.columns).flat_map(|feature| (0..k).map(move |class| (feature, class)));
    let weights: Vec<f64> = cells.map(|(feature, class)| weight(feature, class)).collect();
    let offset = |class: usize| row(class).map_or(0.0, |row| *offset.get((row, 0)));
    let offsets: Vec<f64> = (0..k).map(offset).collect();
    if weights.iter().chain(&offsets).any(|w| !w.is_finite()) {
        return Err(failed("it did not converge: raise `alpha`".to_owned()));
    }
    Ok((weights, offsets))
}
