//! Which parameters: every candidate is trained and judged on splits of the training rows.
//!
//! In: a model, lists of values for its parameters, the training rows. Out: every trial with what it
//! scored in every split, in the order in which they were made. Nothing is hidden: how many were
//! tried is what a later test of the winner must know (Bailey and López de Prado 2014).

mod folds;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use folds::{Fold, Splits, folds};

use crate::importance::Measure;
use crate::random::Random;
use crate::{LearnError, Model, ModelSpec, Preparation, TrainingSet, train_prepared};

/// More candidates than this are a mistake.
const MOST: usize = 10_000;

/// What to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The values of each parameter.
    pub parameters: BTreeMap<String, Vec<Value>>,
    /// So many candidates, chosen under the seed; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<usize>,
    /// What the winner is best at.
    #[serde(default)]
    pub by: Measure,
    /// How the training rows are split.
    #[serde(default)]
    pub splits: Splits,
    /// Splits.
    #[serde(default = "three")]
    pub folds: usize,
}

fn three() -> usize {
    3
}

/// One candidate and what it scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// What was tried, in words: `alpha = 10`.
    pub name: String,
    /// The model with these parameters.
    pub spec: ModelSpec,
    /// What it scored in each split; NaN where it could not be trained or measured.
    pub scores: Vec<f64>,
    /// Their mean; NaN if any is.
    pub mean: f64,
}

impl Search {
    /// The candidates, each with what makes it different.
    ///
    /// # Errors
    /// [`LearnError::Search`] where a parameter is unknown, has no values or a value that it
    /// cannot have; and where there are too many candidates or splits that make no sense.
    pub fn candidates(
        &self,
        spec: &ModelSpec,
        seed: u64,
    ) -> Result<Vec<(String, ModelSpec)>, LearnError> {
        let wrong = |problem: String| LearnError::Search { problem };
        if !(2..=50).contains(&self.folds) {
            return Err(wrong(format!("`folds` is {}: it must be 2 to 50", self.folds)));
        }
        let empty = self.parameters.iter().find(|(_, values)| values.is_empty());
        if let Some((name, _)) = empty {
            return Err(wrong(format!("`{name}` has no values to try")));
        }
        let count = self.parameters.values().try_fold(1usize, |n, v| n.checked_mul(v.len()));
        let count = count.filter(|n| (1..=MOST).contains(n) && !self.parameters.is_empty());
        let count = count.ok_or_else(|| {
            wrong(format!("name parameters with 1 to {MOST} combinations of values"))
        })?;
        let mut numbers: Vec<usize> = (0..count).collect();
        if let Some(trials) = self.trials {
            if trials == 0 {
                return Err(wrong("`trials` is 0: try at least one".to_owned()));
            }
            Random::new(seed).shuffle(&mut numbers, trials);
            numbers.truncate(trials);
        }
        numbers.into_iter().map(|number| self.candidate(spec, number)).collect()
    }

    /// The last parameter by name changes fastest.
    fn candidate(
        &self,
        spec: &ModelSpec,
        mut number: usize,
    ) -> Result<(String, ModelSpec), LearnError> {
        let mut written = serde_json::to_value(spec).expect("a specification is plain data");
        let mut words = Vec::new();
        for (name, values) in self.parameters.iter().rev() {
            let value = &values[number % values.len()];
            number /= values.len();
            words.push(format!("{name} = {value}"));
            written[name] = value.clone();
        }
        words.reverse();
        let words = words.join(", ");
        let wrong = |problem: String| LearnError::Search { problem: format!("{words}: {problem}") };
        let spec: ModelSpec = serde_json::from_value(written).map_err(|e| wrong(e.to_string()))?;
        spec.check().map_err(|e| wrong(e.to_string()))?;
        Ok((words, spec))
    }

    /// Trains and judges every candidate. `gap` is how many dates must lie between those that train
    /// and those that judge, so that no label of the one is known only during the other.
    ///
    /// # Errors
    /// Those of [`Search::candidates`]; [`LearnError::TooFewRows`] where the dates do not suffice
    /// for the splits; the error of a candidate's training if no candidate could be trained.
    pub fn run(
        &self,
        prepare: &Preparation,
        spec: &ModelSpec,
        set: &TrainingSet,
        gap: usize,
        seed: u64,
    ) -> Result<Vec<Trial>, LearnError> {
        let candidates = self.candidates(spec, seed)?;
        let folds = folds(&set.dates, self.folds, gap, self.splits)?;
        let split: Vec<(TrainingSet, TrainingSet)> =
            folds.iter().map(|fold| (rows(set, &fold.train), rows(set, &fold.validate))).collect();
        let (mut trials, mut first_error) = (Vec::with_capacity(candidates.len()), None);
        for (name, spec) in candidates {
            let mut scores = Vec::with_capacity(split.len());
            for (training, validation) in &split {
                let score = train_prepared(prepare, &spec, training, seed)
                    .and_then(|file| Model::load(&file)?.predict(&validation.x))
                    .and_then(|forecast| self.by.of(&forecast, validation));
                scores.push(score.unwrap_or_else(|error| {
                    first_error.get_or_insert(error);
                    f64::NAN
                }));
            }
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            trials.push(Trial { name, spec, scores, mean });
        }
        match first_error {
            Some(error) if trials.iter().all(|trial| trial.mean.is_nan()) => Err(error),
            _ => Ok(trials),
        }
    }
}

/// The trial with the highest mean, of equal ones the first; `None` if none could be measured.
pub fn best(trials: &[Trial]) -> Option<&Trial> {
    let measured = trials.iter().filter(|trial| !trial.mean.is_nan());
    measured.reduce(|best, trial| if trial.mean > best.mean { trial } else { best })
}

fn rows(set: &TrainingSet, chosen: &[usize]) -> TrainingSet {
    let columns = set.names.len();
    let row = |row: &usize| set.x[row * columns..(row + 1) * columns].iter().copied();
    TrainingSet {
        names: set.names.clone(),
        x: chosen.iter().flat_map(row).collect(),
        y: chosen.iter().map(|row| set.y[*row]).collect(),
        dates: chosen.iter().map(|row| set.dates[*row]).collect(),
    }
}
