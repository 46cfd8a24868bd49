//! Training: rows of features and their labels to the bytes of a model file.
//!
//! Features are rounded to `f32` first, because that is what the file will be given when it
//! forecasts: a split or a mean then has the same meaning on both sides.

mod boosting;
mod linear;

use types::Date;

use crate::{LearnError, ModelSpec};

/// Rows to learn from.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingSet {
    /// The features' names, in the order of the columns.
    pub names: Vec<String>,
    /// Rows × names, row by row; NaN where unknown.
    pub x: Vec<f64>,
    /// One label for each row; all known.
    pub y: Vec<f64>,
    /// One date for each row: rows of one date form a cross-section.
    pub dates: Vec<Date>,
}

impl TrainingSet {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.y.len()
    }

    fn check(&self) -> Result<(), LearnError> {
        let (rows, columns) = (self.dates.len(), self.names.len());
        let fits = |what, expected, found| match expected == found && found > 0 {
            true => Ok(()),
            false => Err(LearnError::Shape { what, rows, columns, expected, found }),
        };
        if rows < 2 {
            return Err(LearnError::TooFewRows { needed: 2, found: rows });
        }
        fits("labels", rows, self.y.len())?;
        fits("feature values", rows * columns, self.x.len())?;
        self.check_finite()
    }

    fn check_finite(&self) -> Result<(), LearnError> {
        let bad =
            |what: &str, row, value| LearnError::NotFinite { what: what.to_owned(), row, value };
        if let Some(row) = self.y.iter().position(|y| !y.is_finite()) {
            return Err(bad("label", row, self.y[row]));
        }
        let columns = self.names.len();
        match self.x.iter().position(|x| (*x as f32).is_infinite()) {
            None => Ok(()),
            Some(i) => {
                let what = format!("feature `{}`", self.names[i % columns]);
                Err(bad(&what, i / columns, self.x[i]))
            }
        }
    }

    /// One column as the model file will be given it.
    fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        let values = self.x.iter().skip(column).step_by(self.names.len());
        values.map(|x| f64::from(*x as f32))
    }
}

/// Trains a model and returns its ONNX file: rows of `f32` features in, one forecast each out.
///
/// The same specification, set and seed give the same bytes. The linear models do not use the
/// seed. Cost: ridge and elastic net are linear in the rows and quadratic in the features; trees
/// are linear in trees × depth × rows × features.
///
/// # Errors
/// [`LearnError::Parameter`], [`LearnError::Shape`], [`LearnError::TooFewRows`],
/// [`LearnError::NotFinite`] for what is given, [`LearnError::Solver`] where the solver fails.
pub fn train(spec: &ModelSpec, set: &TrainingSet, seed: u64) -> Result<Vec<u8>, LearnError> {
    spec.check()?;
    set.check()?;
    match *spec {
        ModelSpec::Ridge { alpha } => linear::ridge(set, alpha),
        ModelSpec::ElasticNet { alpha, l1_ratio } => linear::elastic_net(set, alpha, l1_ratio),
        ModelSpec::GradientBoosting { .. } => boosting::boost(spec, set, seed),
    }
}
