//! Ridge, lasso and elastic net on standardised features: `Imputer → Scaler → LinearRegressor`.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linear::elastic_net::{ElasticNet, ElasticNetParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use super::TrainingSet;
use super::standard::Standard;
use crate::LearnError;
use crate::onnx::write::Graph;

/// The elastic net's interior-point solver stops at this relative duality gap.
const GAP: f64 = 1e-9;
const MAX_STEPS: usize = 500;
/// An interior point is never on the boundary: a standardised weight below this is zero.
const ZERO_WEIGHT: f64 = 1e-6;

fn failed(model: &'static str, error: impl ToString) -> LearnError {
    LearnError::Solver { model, reason: error.to_string() }
}

pub(super) fn ridge(set: &TrainingSet, alpha: f64, graph: Graph) -> Result<Vec<u8>, LearnError> {
    let (rows, columns) = (set.rows(), set.names.len());
    if rows <= columns {
        return Err(LearnError::TooFewRows { needed: columns + 1, found: rows });
    }
    let data = Standard::of(set);
    let parameters = RidgeRegressionParameters::default().with_alpha(alpha).with_normalize(false);
    let fitted = RidgeRegression::fit(&data.matrix()?, &data.y, parameters);
    let fitted = fitted.map_err(|e| failed("ridge", e))?;
    let weights: Vec<f64> = fitted.coefficients().iterator(0).copied().collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(failed("ridge", "the features are collinear: raise `alpha`"));
    }
    Ok(data.linear(graph, weights.into_iter()))
}

/// The solver minimises `‖y - Xw‖² + n·a·r·‖w‖₁ + n·a·(1 - r)·‖w‖²`; ours times `2n` is
/// `‖y - Xw‖² + 2n·alpha·l1_ratio·‖w‖₁ + n·alpha·(1 - l1_ratio)·‖w‖²`, hence `a` and `r` below.
pub(super) fn elastic_net(
    set: &TrainingSet,
    alpha: f64,
    l1_ratio: f64,
    graph: Graph,
) -> Result<Vec<u8>, LearnError> {
    let data = Standard::of(set);
    if data.y_scale == 0.0 {
        return Ok(data.constant(graph));
    }
    let parameters = ElasticNetParameters {
        alpha: alpha * (1.0 + l1_ratio),
        l1_ratio: 2.0 * l1_ratio / (1.0 + l1_ratio),
        normalize: false,
        tol: GAP,
        max_iter: MAX_STEPS,
    };
    let fitted = ElasticNet::fit(&data.matrix()?, &data.y, parameters);
    let fitted = fitted.map_err(|e| failed("elastic net", e))?;
    let weights: Vec<f64> = fitted.coefficients().iterator(0).copied().collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(failed("elastic net", "it did not converge: change `alpha`"));
    }
    let sparse = |w: f64| if w.abs() < ZERO_WEIGHT { 0.0 } else { w };
    Ok(data.linear(graph, weights.into_iter().map(sparse)))
}
