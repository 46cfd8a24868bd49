//! Ridge and elastic net on imputed and standardised features.
//!
//! The file is `Imputer → Scaler → LinearRegressor`: an unknown feature becomes its training mean,
//! which the scaler turns into 0, so that it says nothing.

use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::elastic_net::{ElasticNet, ElasticNetParameters};
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

use super::TrainingSet;
use crate::LearnError;
use crate::onnx::write::{INPUT, OUTPUT, Value, file, node};

/// The elastic net's interior-point solver stops at this relative duality gap.
const GAP: f64 = 1e-9;
const MAX_STEPS: usize = 500;
/// An interior point is never on the boundary: a standardised weight below this is zero.
const ZERO_WEIGHT: f64 = 1e-6;

/// The training rows as the linear models see them.
struct Standard {
    /// Of each feature, as the file holds them.
    mean: Vec<f32>,
    /// One over the standard deviation; 1 for a constant feature.
    scale: Vec<f32>,
    /// Rows × features: mean 0, deviation 1, unknown values 0.
    x: DenseMatrix<f64>,
    y_mean: f64,
    /// The standard deviation of the label; 0 if it is constant.
    y_scale: f64,
    /// The standardised label; zeros if it is constant.
    y: Vec<f64>,
}

impl Standard {
    fn of(set: &TrainingSet) -> Result<Self, LearnError> {
        let (rows, columns) = (set.rows(), set.names.len());
        let mut x = Vec::with_capacity(set.x.len());
        let (mut mean, mut scale) = (Vec::new(), Vec::new());
        for column in 0..columns {
            let (m, s) = mean_and_deviation(set.column(column));
            let (m, s) = (m as f32, if s > 0.0 { (1.0 / s) as f32 } else { 1.0 });
            x.extend(set.column(column).map(|v| standard(v, m, s)));
            mean.push(m);
            scale.push(s);
        }
        let (y_mean, y_scale) = mean_and_deviation(set.y.iter().copied());
        let unit = if y_scale > 0.0 { y_scale } else { 1.0 };
        let y = set.y.iter().map(|y| (y - y_mean) / unit).collect();
        let x = DenseMatrix::new(rows, columns, x, true).map_err(|e| failed("linear", e))?;
        Ok(Self { mean, scale, x, y_mean, y_scale, y })
    }

    /// The file of a model with weights per standard deviation of each feature and of the label.
    fn file(&self, set: &TrainingSet, weights: impl Iterator<Item = f64>) -> Vec<u8> {
        let weights = weights.map(|w| (w * self.y_scale) as f32).collect();
        let nodes = vec![
            node(
                "Imputer",
                INPUT,
                "known",
                vec![
                    ("imputed_value_floats", Value::Floats(self.mean.clone())),
                    ("replaced_value_float", Value::Float(f32::NAN)),
                ],
            ),
            node(
                "Scaler",
                "known",
                "standard",
                vec![
                    ("offset", Value::Floats(self.mean.clone())),
                    ("scale", Value::Floats(self.scale.clone())),
                ],
            ),
            node(
                "LinearRegressor",
                "standard",
                OUTPUT,
                vec![
                    ("coefficients", Value::Floats(weights)),
                    ("intercepts", Value::Floats(vec![self.y_mean as f32])),
                    ("targets", Value::Int(1)),
                    ("post_transform", Value::Text("NONE")),
                ],
            ),
        ];
        file(&set.names, nodes)
    }
}

/// Mean and population standard deviation of the known values; 0 and 0 if none is known.
fn mean_and_deviation(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let known: Vec<f64> = values.filter(|v| !v.is_nan()).collect();
    let n = known.len().max(1) as f64;
    let mean = known.iter().sum::<f64>() / n;
    let variance = known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    // A constant column leaves rounding errors behind, never a spread that is worth dividing by.
    let noise = 1e-7 * mean.abs();
    (mean, if variance.sqrt() > noise { variance.sqrt() } else { 0.0 })
}

fn standard(value: f64, mean: f32, scale: f32) -> f64 {
    if value.is_nan() { 0.0 } else { (value - f64::from(mean)) * f64::from(scale) }
}

fn failed(model: &'static str, error: impl ToString) -> LearnError {
    LearnError::Solver { model, reason: error.to_string() }
}

pub(super) fn ridge(set: &TrainingSet, alpha: f64) -> Result<Vec<u8>, LearnError> {
    let (rows, columns) = (set.rows(), set.names.len());
    if rows <= columns {
        return Err(LearnError::TooFewRows { needed: columns + 1, found: rows });
    }
    let data = Standard::of(set)?;
    let parameters = RidgeRegressionParameters::default().with_alpha(alpha).with_normalize(false);
    let fitted = RidgeRegression::fit(&data.x, &data.y, parameters);
    let fitted = fitted.map_err(|e| failed("ridge", e))?;
    let weights: Vec<f64> = fitted.coefficients().iterator(0).copied().collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(failed("ridge", "the features are collinear: raise `alpha`"));
    }
    Ok(data.file(set, weights.into_iter()))
}

/// The solver minimises `‖y - Xw‖² + n·a·r·‖w‖₁ + n·a·(1 - r)·‖w‖²`; ours times `2n` is
/// `‖y - Xw‖² + 2n·alpha·l1_ratio·‖w‖₁ + n·alpha·(1 - l1_ratio)·‖w‖²`, hence `a` and `r` below.
pub(super) fn elastic_net(
    set: &TrainingSet,
    alpha: f64,
    l1_ratio: f64,
) -> Result<Vec<u8>, LearnError> {
    let data = Standard::of(set)?;
    if data.y_scale == 0.0 {
        return Ok(data.file(set, set.names.iter().map(|_| 0.0)));
    }
    let parameters = ElasticNetParameters {
        alpha: alpha * (1.0 + l1_ratio),
        l1_ratio: 2.0 * l1_ratio / (1.0 + l1_ratio),
        normalize: false,
        tol: GAP,
        max_iter: MAX_STEPS,
    };
    let fitted = ElasticNet::fit(&data.x, &data.y, parameters);
    let fitted = fitted.map_err(|e| failed("elastic net", e))?;
    let weights: Vec<f64> = fitted.coefficients().iterator(0).copied().collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(failed("elastic net", "it did not converge: change `alpha`"));
    }
    let sparse = |w: f64| if w.abs() < ZERO_WEIGHT { 0.0 } else { w };
    Ok(data.file(set, weights.into_iter().map(sparse)))
}
