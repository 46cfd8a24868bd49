//! Whether a model is better for some than for others: its skill by group.
//!
//! In: forecasts, outcomes and the group of each row (a sector, a size, a year). Out: for each group
//! how many rows, and its measures with intervals of 95 %. The intervals take rows as independent;
//! returns of one day or of overlapping months are not, so that true intervals are wider.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::LearnError;
use crate::skill::{information_coefficient, rmse};

/// The normal distribution has 95 % between minus and plus this.
const WIDTH: f64 = 1.959_963_984_540_054;

/// A number and where it lies with 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// The number.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How good forecasts are in one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupSkill {
    /// The group.
    pub group: String,
    /// Rows with a forecast and an outcome.
    pub rows: usize,
    /// The correlation of forecasts and outcomes, with Fisher's (1921) interval; from four rows on.
    pub correlation: Option<Interval>,
    /// The share of rows whose forecast and outcome have the same sign, with Wilson's (1927)
    /// interval; rows where either is 0 do not count.
    pub hit_rate: Option<Interval>,
    /// The mean of forecast less outcome, with the normal interval; from two rows on.
    pub mean_error: Option<Interval>,
    /// The root of the mean squared error.
    pub rmse: Option<f64>,
}

/// The skill in each group, by name. Pairs in which either side is NaN are left out.
///
/// # Errors
/// [`LearnError::Unpaired`] where the three lists differ in length.
pub fn by_group(
    groups: &[impl AsRef<str>],
    forecasts: &[f64],
    outcomes: &[f64],
) -> Result<Vec<GroupSkill>, LearnError> {
    if groups.len() != forecasts.len() || outcomes.len() != forecasts.len() {
        let right = outcomes.len().min(groups.len());
        return Err(LearnError::Unpaired { left: forecasts.len(), right });
    }
    let mut members: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for ((group, forecast), outcome) in groups.iter().zip(forecasts).zip(outcomes) {
        let pairs = members.entry(group.as_ref()).or_default();
        if !forecast.is_nan() && !outcome.is_nan() {
            pairs.0.push(*forecast);
            pairs.1.push(*outcome);
        }
    }
    let skill = |(group, (forecasts, outcomes)): (&str, (Vec<f64>, Vec<f64>))| GroupSkill {
        group: group.to_owned(),
        rows: forecasts.len(),
        correlation: correlation(&forecasts, &outcomes),
        hit_rate: hit_rate(&forecasts, &outcomes),
        mean_error: mean_error(&forecasts, &outcomes),
        rmse: rmse(&forecasts, &outcomes),
    };
    Ok(members.into_iter().map(skill).collect())
}

fn correlation(forecasts: &[f64], outcomes: &[f64]) -> Option<Interval> {
    let value = information_coefficient(forecasts, outcomes)?;
    let freedom = forecasts.len().checked_sub(3).filter(|f| *f > 0)? as f64;
    let (centre, half) = (value.atanh(), WIDTH / freedom.sqrt());
    Some(Interval { value, low: (centre - half).tanh(), high: (centre + half).tanh() })
}

fn hit_rate(forecasts: &[f64], outcomes: &[f64]) -> Option<Interval> {
    let pairs = forecasts.iter().zip(outcomes).filter(|(f, o)| **f != 0.0 && **o != 0.0);
    let hits: Vec<bool> =
        pairs.map(|(f, o)| f.is_sign_positive() == o.is_sign_positive()).collect();
    if hits.is_empty() {
        return None;
    }
    let n = hits.len() as f64;
    let value = hits.iter().filter(|hit| **hit).count() as f64 / n;
    let square = WIDTH * WIDTH;
    let centre = (value + square / (2.0 * n)) / (1.0 + square / n);
    let spread = (value * (1.0 - value) / n + square / (4.0 * n * n)).sqrt();
    let half = WIDTH * spread / (1.0 + square / n);
    Some(Interval { value, low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

fn mean_error(forecasts: &[f64], outcomes: &[f64]) -> Option<Interval> {
    let errors: Vec<f64> = forecasts.iter().zip(outcomes).map(|(f, o)| f - o).collect();
    let n = errors.len() as f64;
    if errors.len() < 2 {
        return None;
    }
    let value = errors.iter().sum::<f64>() / n;
    let variance = errors.iter().map(|e| (e - value).powi(2)).sum::<f64>() / (n - 1.0);
    let half = WIDTH * (variance / n).sqrt();
    Some(Interval { value, low: value - half, high: value + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<Interval>, expected: [f64; 3]) {
        let found = found.unwrap();
        for (found, expected) in [found.value, found.low, found.high].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }

    /// Expected: scipy 1.17.1 `pearsonr(…).confidence_interval()`,
    /// `binomtest(…).proportion_ci(method="wilson")` and `norm.interval` around the mean error.
    #[test]
    fn intervals_are_scipys() {
        let forecasts = [0.02, -0.01, 0.03, 0.03, 0.0, -0.04, 0.01, 0.015, 0.5, f64::NAN];
        let outcomes = [0.01, -0.03, 0.05, 0.02, 0.02, -0.02, -0.01, 0.02, f64::NAN, 0.5];
        let groups = ["energy"; 10];
        let found = by_group(&groups, &forecasts, &outcomes).unwrap();
        assert_eq!((found.len(), found[0].rows), (1, 8));
        near(found[0].correlation, EXPECTED[0]);
        near(found[0].hit_rate, EXPECTED[1]);
        near(found[0].mean_error, EXPECTED[2]);
    }

    #[test]
    fn groups_are_kept_apart_and_small_ones_say_little() {
        let found = by_group(&["b", "a", "b"], &[1.0, 2.0, 3.0], &[1.0, -2.0, 3.0]).unwrap();
        let names: Vec<&str> = found.iter().map(|g| g.group.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(found[0].hit_rate.unwrap().value, 0.0);
        assert_eq!((found[0].correlation, found[0].mean_error), (None, None));
        assert_eq!(found[1].rmse, Some(0.0));
        assert!(by_group(&["a"], &[1.0, 2.0], &[1.0, 2.0]).is_err());
    }

    const EXPECTED: [[f64; 3]; 3] = [
        [0.7456746024112495, 0.08640238829921877, 0.9507628275443273],
        [0.8571428571428571, 0.4868721707256811, 0.9743203756552565],
        [-0.000625000000000001, -0.012970647958773165, 0.011720647958773164],
    ];
}
