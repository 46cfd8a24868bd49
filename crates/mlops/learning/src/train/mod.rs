//! Training: rows of features and their labels to the bytes of a model file.
//!
//! Features are rounded to `f32` first, because that is what the file will be given when it
//! forecasts: a split or a mean then has the same meaning on both sides.

mod bayes;
mod boosting;
mod cart;
mod classes;
mod ensemble;
mod forest;
mod linear;
mod logistic;
mod neighbours;
mod network;
pub(crate) mod standard;

use types::Date;

use crate::prepare::Preparation;
use crate::{LearnError, ModelSpec};
use forest::Forest;
use network::Network;

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
    pub(crate) fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        let values = self.x.iter().skip(column).step_by(self.names.len());
        values.map(|x| f64::from(*x as f32))
    }
}

/// Trains a model and returns its ONNX file: rows of `f32` features in, one forecast each out.
///
/// The same specification, set and seed give the same bytes; only forests, boosted trees that
/// sample and networks use the seed. Cost: linear models and naive Bayes are linear in the rows and
/// at most quadratic in the features; trees are linear in trees × depth × rows × features; a
/// network is linear in epochs × rows × weights; neighbours cost nothing to train, and rows ×
/// features for each forecast.
///
/// # Errors
/// [`LearnError::Parameter`], [`LearnError::Shape`], [`LearnError::TooFewRows`],
/// [`LearnError::NotFinite`] for what is given, [`LearnError::Solver`] where the solver fails.
pub fn train(spec: &ModelSpec, set: &TrainingSet, seed: u64) -> Result<Vec<u8>, LearnError> {
    train_prepared(&Preparation::default(), spec, set, seed)
}

/// [`train`] with something in front of the model, in the same file.
///
/// # Errors
/// As [`train`], and [`LearnError::Preparation`] where what stands in front cannot be made of the
/// features that there are.
pub fn train_prepared(
    prepare: &Preparation,
    spec: &ModelSpec,
    set: &TrainingSet,
    seed: u64,
) -> Result<Vec<u8>, LearnError> {
    spec.check()?;
    prepare.check()?;
    set.check()?;
    let (graph, set) = prepare.apply(set)?;
    let set = &set;
    match spec {
        ModelSpec::Ridge { alpha } => linear::ridge(set, *alpha, graph),
        ModelSpec::Lasso { alpha } => linear::elastic_net(set, *alpha, 1.0, graph),
        ModelSpec::ElasticNet { alpha, l1_ratio } => {
            linear::elastic_net(set, *alpha, *l1_ratio, graph)
        }
        ModelSpec::Logistic { alpha, quantiles } => {
            logistic::logistic(set, *alpha, *quantiles, graph)
        }
        ModelSpec::NaiveBayes { smoothing, quantiles } => {
            bayes::naive_bayes(set, *smoothing, *quantiles, graph)
        }
        ModelSpec::NearestNeighbours { neighbours } => {
            neighbours::nearest_neighbours(set, *neighbours, graph)
        }
        ModelSpec::RandomForest { trees, depth, min_leaf, column_sample, bootstrap, bins } => {
            let forest = Forest {
                trees: *trees,
                depth: *depth,
                min_leaf: *min_leaf,
                column_sample: *column_sample,
                bootstrap: *bootstrap,
                bins: usize::from(*bins),
            };
            Ok(forest.file(set, seed, graph))
        }
        ModelSpec::GradientBoosting { .. } => boosting::boost(spec, set, seed, graph),
        ModelSpec::Network { hidden, activation, epochs, batch, learning_rate, l2 } => {
            let network = Network {
                hidden,
                activation: *activation,
                epochs: *epochs,
                batch: *batch,
                learning_rate: *learning_rate,
                l2: *l2,
            };
            network.file(set, seed, graph)
        }
    }
}
