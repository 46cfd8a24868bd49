//! Features as all models but trees see them: unknown values become the training mean, and every
//! feature is brought to mean 0 and deviation 1, so that penalties and distances have no unit.
//!
//! In the file that is `Imputer → Scaler`; an unknown feature comes out as 0 and says nothing.

use smartcore::linalg::basic::matrix::DenseMatrix;

use super::TrainingSet;
use crate::LearnError;
use crate::onnx::write::{Graph, OUTPUT, Value};

/// The name of the value that the model reads.
pub(super) const STANDARD: &str = "standard";

/// The training rows, standardised, and how that was done.
pub(crate) struct Standard {
    pub rows: usize,
    pub columns: usize,
    /// Of each feature, as the file holds them.
    mean: Vec<f32>,
    /// One over the standard deviation; 1 for a constant feature.
    scale: Vec<f32>,
    /// Features × rows: mean 0, deviation 1, unknown values 0.
    pub x: Vec<f64>,
    pub y_mean: f64,
    /// The standard deviation of the label; 0 if it is constant.
    pub y_scale: f64,
    /// The standardised label; zeros if it is constant.
    pub y: Vec<f64>,
}

impl Standard {
    pub(crate) fn of(set: &TrainingSet) -> Self {
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
        Self { rows, columns, mean, scale, x, y_mean, y_scale, y }
    }

    /// Rows × features as the fitting library takes them.
    pub(super) fn matrix(&self) -> Result<DenseMatrix<f64>, LearnError> {
        let made = DenseMatrix::new(self.rows, self.columns, self.x.clone(), true);
        made.map_err(|e| LearnError::Solver { model: "standardised", reason: e.to_string() })
    }

    /// One standardised row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = f64> {
        self.x.iter().skip(row).step_by(self.rows).copied()
    }

    /// The values of one feature.
    pub(super) fn column(&self, column: usize) -> &[f64] {
        &self.x[column * self.rows..(column + 1) * self.rows]
    }

    /// Adds the two nodes; what follows reads [`STANDARD`].
    pub(crate) fn write(&self, graph: &mut Graph) {
        self.write_as(graph, "known", STANDARD);
    }

    /// Adds the two nodes under other names.
    pub(crate) fn write_as(&self, graph: &mut Graph, known: &str, standard: &str) {
        let input = graph.input();
        let impute = vec![
            ("imputed_value_floats", Value::Floats(self.mean.clone())),
            ("replaced_value_float", Value::Float(f32::NAN)),
        ];
        graph.ml("Imputer", &input, known, impute);
        let scale = vec![
            ("offset", Value::Floats(self.mean.clone())),
            ("scale", Value::Floats(self.scale.clone())),
        ];
        graph.ml("Scaler", known, standard, scale);
    }

    /// The file of a linear model with weights for each deviation of a feature and of the label.
    pub(super) fn linear(&self, mut graph: Graph, weights: impl Iterator<Item = f64>) -> Vec<u8> {
        let weights = weights.map(|w| (w * self.y_scale) as f32).collect();
        self.write(&mut graph);
        let attributes = vec![
            ("coefficients", Value::Floats(weights)),
            ("intercepts", Value::Floats(vec![self.y_mean as f32])),
            ("targets", Value::Int(1)),
            ("post_transform", Value::Text("NONE")),
        ];
        graph.ml("LinearRegressor", STANDARD, OUTPUT, attributes);
        graph.finish()
    }

    /// The file that always forecasts the mean label: there is nothing to learn.
    pub(super) fn constant(&self, graph: Graph) -> Vec<u8> {
        self.linear(graph, std::iter::repeat_n(0.0, self.columns))
    }
}

/// The mean and the population standard deviation of the known values; 0 and 0 if none is known.
pub(crate) fn mean_and_deviation(values: impl Iterator<Item = f64>) -> (f64, f64) {
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
