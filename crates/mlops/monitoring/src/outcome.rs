//! Predictions held against what came true: the skill of each day, and its course.

use serde::{Deserialize, Serialize};
use types::Date;

use crate::MonitoringError;

/// How one day's predictions fared, once their outcomes are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DaySkill {
    /// The day of the prediction.
    pub as_of: Date,
    /// Symbols with a finite prediction and a finite outcome.
    pub pairs: usize,
    /// Pearson's correlation across symbols: the information coefficient. `None` with fewer than
    /// three pairs, or where either side is constant.
    pub information_coefficient: Option<f64>,
    /// The slope of outcomes on predictions, 1 when predictions are calibrated: below 1 they are
    /// too bold. `None` as above.
    pub slope: Option<f64>,
    /// The mean of outcome less prediction.
    pub bias: Option<f64>,
}

impl DaySkill {
    /// From one prediction and one outcome for each symbol; NaN where there is none.
    pub fn of(as_of: Date, predicted: &[f64], realised: &[f64]) -> Result<Self, MonitoringError> {
        if predicted.len() != realised.len() {
            return Err(MonitoringError::Unpaired {
                predicted: predicted.len(),
                realised: realised.len(),
            });
        }
        let both = predicted.iter().copied().zip(realised.iter().copied());
        let pairs: Vec<_> = both.filter(|(p, r)| p.is_finite() && r.is_finite()).collect();
        let n = pairs.len() as f64;
        let (mp, mr) =
            pairs.iter().fold((0.0, 0.0), |(p, r), pair| (p + pair.0 / n, r + pair.1 / n));
        let sum = |term: fn(f64, f64) -> f64| {
            let terms = pairs.iter().map(|(p, r)| term(p - mp, r - mr));
            terms.sum::<f64>()
        };
        let (pp, rr, pr) = (sum(|p, _| p * p), sum(|_, r| r * r), sum(|p, r| p * r));
        // Compared as they are: the mean of equal numbers may differ from them in the last bit.
        let varied = pairs.len() > 2
            && pairs.iter().any(|pair| pair.0 != pairs[0].0)
            && pairs.iter().any(|pair| pair.1 != pairs[0].1);
        Ok(Self {
            as_of,
            pairs: pairs.len(),
            information_coefficient: varied.then(|| (pr / (pp * rr).sqrt()).clamp(-1.0, 1.0)),
            slope: varied.then(|| pr / pp),
            bias: (!pairs.is_empty()).then_some(mr - mp),
        })
    }
}

/// The mean information coefficient of the last `window` days that have one, and their number.
pub fn mean_information_coefficient(days: &[DaySkill], window: usize) -> Option<(f64, usize)> {
    let known = days.iter().rev().filter_map(|d| d.information_coefficient);
    let last: Vec<f64> = known.take(window).collect();
    (!last.is_empty()).then(|| (last.iter().sum::<f64>() / last.len() as f64, last.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(predicted: &[f64], realised: &[f64]) -> DaySkill {
        let as_of = types::parse_date("2020-01-31").unwrap();
        DaySkill::of(as_of, predicted, realised).unwrap()
    }

    /// Anscombe (1973), "Graphs in Statistical Analysis", first set: r = 0.816, y = 3 + 0.5 x.
    #[test]
    fn skill_is_correlation_and_slope() {
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        let skill = day(&x, &y);
        assert!((skill.information_coefficient.unwrap() - 0.816).abs() < 5e-4);
        assert!((skill.slope.unwrap() - 0.500).abs() < 5e-4);
        assert!((skill.bias.unwrap() - (7.50 - 9.0)).abs() < 1e-2);
    }

    #[test]
    fn what_cannot_be_measured_is_none() {
        let constant = day(&[0.1; 4], &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!((constant.information_coefficient, constant.pairs), (None, 4));
        let nothing = day(&[f64::NAN; 3], &[1.0; 3]);
        assert_eq!((nothing.pairs, nothing.bias), (0, None));
        assert_eq!(mean_information_coefficient(std::slice::from_ref(&nothing), 5), None);
        let good = day(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]);
        let bad = day(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]);
        let course = [bad.clone(), good.clone(), nothing, good];
        assert_eq!(mean_information_coefficient(&course, 2), Some((1.0, 2)));
        let (mean, days) = mean_information_coefficient(&course, 9).unwrap();
        assert!((mean - 1.0 / 3.0).abs() < 1e-12 && days == 3);
        assert!(DaySkill::of(bad.as_of, &[1.0], &[]).is_err());
    }
}
