//! How good forecasts are: correlation with what came true, and the size of errors.
//!
//! A pair in which either side is NaN is left out. A measure is `None` where it is not defined:
//! fewer than two pairs, or one side constant.

use types::Date;

use crate::LearnError;

/// Pearson's correlation of forecasts and outcomes (Grinold and Kahn 2000, chapter 4).
pub fn information_coefficient(forecasts: &[f64], outcomes: &[f64]) -> Option<f64> {
    let (a, b) = known_pairs(forecasts, outcomes);
    pearson(&a, &b)
}

/// Spearman's correlation: that of the ranks, with equal values sharing their average rank.
pub fn rank_information_coefficient(forecasts: &[f64], outcomes: &[f64]) -> Option<f64> {
    let (a, b) = known_pairs(forecasts, outcomes);
    pearson(&ranks(&a), &ranks(&b))
}

/// The root of the mean squared error, in the unit of the outcomes.
pub fn rmse(forecasts: &[f64], outcomes: &[f64]) -> Option<f64> {
    let (a, b) = known_pairs(forecasts, outcomes);
    (!a.is_empty()).then(|| (squared_error(&a, &b) / a.len() as f64).sqrt())
}

/// One minus the squared error over that of the outcomes' mean; negative if the mean is better.
pub fn r2(forecasts: &[f64], outcomes: &[f64]) -> Option<f64> {
    let (a, b) = known_pairs(forecasts, outcomes);
    let total: f64 = deviations(&b).iter().map(|d| d * d).sum();
    (b.len() > 1 && total > 0.0).then(|| 1.0 - squared_error(&a, &b) / total)
}

/// How forecasts rank a cross-section, date by date.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossSections {
    /// The coefficient of each date on which it is defined, in the order of the dates.
    pub by_date: Vec<(Date, f64)>,
    /// Their mean; `None` if there is none.
    pub mean: Option<f64>,
    /// Their sample standard deviation; `None` below two dates.
    pub deviation: Option<f64>,
    /// Mean over deviation, the information ratio of the coefficient (not annualised).
    pub ratio: Option<f64>,
}

/// [`information_coefficient`] of each date.
///
/// # Errors
/// [`LearnError::Unpaired`] where the three lists differ in length.
pub fn information_coefficient_by_date(
    dates: &[Date],
    forecasts: &[f64],
    outcomes: &[f64],
) -> Result<CrossSections, LearnError> {
    by_date(dates, forecasts, outcomes, information_coefficient)
}

/// [`rank_information_coefficient`] of each date.
///
/// # Errors
/// [`LearnError::Unpaired`] where the three lists differ in length.
pub fn rank_information_coefficient_by_date(
    dates: &[Date],
    forecasts: &[f64],
    outcomes: &[f64],
) -> Result<CrossSections, LearnError> {
    by_date(dates, forecasts, outcomes, rank_information_coefficient)
}

fn by_date(
    dates: &[Date],
    forecasts: &[f64],
    outcomes: &[f64],
    measure: fn(&[f64], &[f64]) -> Option<f64>,
) -> Result<CrossSections, LearnError> {
    let unpaired = |right| LearnError::Unpaired { left: forecasts.len(), right };
    if outcomes.len() != forecasts.len() || dates.len() != forecasts.len() {
        return Err(unpaired(outcomes.len().min(dates.len())));
    }
    let mut order: Vec<usize> = (0..dates.len()).collect();
    order.sort_by_key(|i| dates[*i]);
    let pick = |values: &[f64], rows: &[usize]| rows.iter().map(|i| values[*i]).collect::<Vec<_>>();
    let sections = order.chunk_by(|a, b| dates[*a] == dates[*b]);
    let by_date: Vec<(Date, f64)> = sections
        .filter_map(|rows| {
            let value = measure(&pick(forecasts, rows), &pick(outcomes, rows))?;
            Some((dates[rows[0]], value))
        })
        .collect();
    Ok(summary(by_date))
}

fn summary(by_date: Vec<(Date, f64)>) -> CrossSections {
    let values: Vec<f64> = by_date.iter().map(|(_, v)| *v).collect();
    let n = values.len() as f64;
    let mean = (n > 0.0).then(|| values.iter().sum::<f64>() / n);
    let squares: f64 = deviations(&values).iter().map(|d| d * d).sum();
    let deviation = (n > 1.0).then(|| (squares / (n - 1.0)).sqrt());
    let positive = deviation.filter(|d| *d > 0.0);
    CrossSections { by_date, mean, deviation, ratio: mean.zip(positive).map(|(m, d)| m / d) }
}

fn known_pairs(a: &[f64], b: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let pairs = a.iter().copied().zip(b.iter().copied());
    pairs.filter(|(a, b)| !a.is_nan() && !b.is_nan()).unzip()
}

fn deviations(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| v - mean).collect()
}

fn squared_error(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let constant = |v: &[f64]| v.iter().all(|x| *x == v[0]);
    if a.len() < 2 || constant(a) || constant(b) {
        return None;
    }
    let (a, b) = (deviations(a), deviations(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let value = dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt());
    value.is_finite().then(|| value.clamp(-1.0, 1.0))
}

/// Ranks from 1, equal values sharing the average of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = before as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|i| ranks[*i] = rank);
        before += tied.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORECASTS: [f64; 8] = [0.02, -0.01, 0.03, 0.03, 0.0, -0.04, 0.01, 0.015];
    const OUTCOMES: [f64; 8] = [0.01, -0.03, 0.05, 0.02, 0.02, -0.02, -0.01, 0.02];

    fn near(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-14, "{found} is not {expected}");
    }

    /// Expected: scipy 1.17.1 `pearsonr`, `spearmanr`; scikit-learn 1.9.1 `mean_squared_error`,
    /// `r2_score`.
    #[test]
    fn whole_samples() {
        near(information_coefficient(&FORECASTS, &OUTCOMES), 0.7456746024112495);
        near(rank_information_coefficient(&FORECASTS, &OUTCOMES), 0.7608650751944147);
        near(rmse(&FORECASTS, &OUTCOMES), 0.016677080080157915);
        near(r2(&FORECASTS, &OUTCOMES), 0.5315789473684212);
    }

    /// Expected: the same functions on each half, then numpy 2.4.6 `mean` and `std(ddof=1)`. The
    /// rows of the two days are interleaved here.
    #[test]
    fn date_by_date() {
        let day = |d| types::parse_date(d).unwrap();
        let (first, second) = (day("2020-01-02"), day("2020-01-03"));
        let order = [4, 0, 5, 1, 6, 2, 7, 3];
        let dates: Vec<Date> = order.map(|i| if i < 4 { first } else { second }).to_vec();
        let forecasts = order.map(|i| FORECASTS[i]);
        let outcomes = order.map(|i| OUTCOMES[i]);
        let ic = information_coefficient_by_date(&dates, &forecasts, &outcomes).unwrap();
        assert_eq!(ic.by_date[0].0, first);
        near(Some(ic.by_date[0].1), 0.9193464747887766);
        near(Some(ic.by_date[1].1), 0.6721363916685219);
        near(ic.mean, 0.7957414332286492);
        near(ic.deviation, 0.17480392615202217);
        near(ic.ratio, 4.552194282733757);
        let rank = rank_information_coefficient_by_date(&dates, &forecasts, &outcomes).unwrap();
        near(rank.mean, 0.790569415042095);
        near(rank.ratio, 3.5355339059327386);
        assert!(information_coefficient_by_date(&dates[1..], &forecasts, &outcomes).is_err());
    }

    #[test]
    fn undefined_measures_are_absent() {
        let nan = f64::NAN;
        assert_eq!(information_coefficient(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(information_coefficient(&[1.0, nan], &[1.0, 2.0]), None);
        assert_eq!(r2(&[1.0, 2.0], &[3.0, 3.0]), None);
        assert_eq!(rmse(&[], &[]), None);
        let with_gap = rank_information_coefficient(&[1.0, nan, 2.0, 3.0], &[5.0, 0.0, 6.0, 7.0]);
        near(with_gap, 1.0);
    }
}
