//! How much worse a model gets without a feature: its values are dealt to other rows (Breiman 2001,
//! section 10; Fisher, Rudin and Dominici 2019).
//!
//! In: a model, rows that did not train it, and what measures it. Out: for each feature the mean and
//! the deviation of what is lost. Of two features that say the same, neither seems to matter.

use serde::{Deserialize, Serialize};

use crate::random::Random;
use crate::skill::{
    information_coefficient_by_date, r2, rank_information_coefficient_by_date, rmse,
};
use crate::{LearnError, Model, TrainingSet};

/// What measures forecasts; higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The mean over dates of the correlation with outcomes.
    #[default]
    InformationCoefficient,
    /// The mean over dates of the correlation of ranks.
    RankInformationCoefficient,
    /// The share of the outcomes' variance that is explained.
    R2,
    /// Minus the root of the mean squared error.
    Rmse,
}

impl Measure {
    /// The measure of forecasts for the rows of a set; NaN where it is not defined.
    ///
    /// # Errors
    /// [`LearnError::Unpaired`] where forecasts and rows differ in number.
    pub fn of(self, forecasts: &[f64], set: &TrainingSet) -> Result<f64, LearnError> {
        let (dates, y) = (&set.dates, &set.y);
        if forecasts.len() != y.len() {
            return Err(LearnError::Unpaired { left: forecasts.len(), right: y.len() });
        }
        let found = match self {
            Self::InformationCoefficient => {
                information_coefficient_by_date(dates, forecasts, y)?.mean
            }
            Self::RankInformationCoefficient => {
                rank_information_coefficient_by_date(dates, forecasts, y)?.mean
            }
            Self::R2 => r2(forecasts, y),
            Self::Rmse => rmse(forecasts, y).map(|error| -error),
        };
        Ok(found.unwrap_or(f64::NAN))
    }

    /// The name as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::InformationCoefficient => "information_coefficient",
            Self::RankInformationCoefficient => "rank_information_coefficient",
            Self::R2 => "r2",
            Self::Rmse => "rmse",
        }
    }
}

/// What is lost without a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Loss {
    /// The feature.
    pub feature: String,
    /// The mean loss of the measure over the repeats.
    pub mean: f64,
    /// The population standard deviation over the repeats.
    pub deviation: f64,
}

/// The loss of each feature, in the order of the columns, from `repeats` (at least 1) deals each
/// under the seed.
///
/// # Errors
/// Those of [`Model::predict`], and [`LearnError::TooFewRows`] where there is no row.
pub fn permutation_importance(
    model: &Model,
    set: &TrainingSet,
    measure: Measure,
    repeats: usize,
    seed: u64,
) -> Result<Vec<Loss>, LearnError> {
    let (rows, columns) = (set.rows(), set.names.len());
    if rows == 0 {
        return Err(LearnError::TooFewRows { needed: 2, found: 0 });
    }
    let whole = measure.of(&model.predict(&set.x)?, set)?;
    let repeats = repeats.max(1);
    let loss = |(column, name): (usize, &String)| {
        let mut losses = Vec::with_capacity(repeats);
        for repeat in 0..repeats {
            let mut dealt: Vec<usize> = (0..rows).collect();
            Random::part(seed, column * repeats + repeat).shuffle(&mut dealt, rows);
            let mut x = set.x.clone();
            for (row, from) in dealt.into_iter().enumerate() {
                x[row * columns + column] = set.x[from * columns + column];
            }
            losses.push(whole - measure.of(&model.predict(&x)?, set)?);
        }
        let mean = losses.iter().sum::<f64>() / repeats as f64;
        let squares: f64 = losses.iter().map(|loss| (loss - mean).powi(2)).sum();
        let deviation = (squares / repeats as f64).sqrt();
        Ok(Loss { feature: name.clone(), mean, deviation })
    };
    set.names.iter().enumerate().map(loss).collect()
}
