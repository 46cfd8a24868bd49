//! How much one feature alone says about the label, on the training rows that know it.

use serde::{Deserialize, Serialize};

use crate::TrainingSet;
use crate::skill::information_coefficient;

/// Neighbours that the mutual information is estimated with.
const NEIGHBOURS: usize = 3;

/// What makes a feature good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// The absolute correlation with the label.
    #[default]
    Correlation,
    /// The F statistic of a regression of the label on the feature, `ρ²/(1 - ρ²)·(n - 2)`: it
    /// counts how many rows know the feature.
    FTest,
    /// The mutual information with the label in nats, from the three nearest rows (Kraskov,
    /// Stögbauer and Grassberger 2004, equation 8): it sees bent relations too.
    MutualInformation,
}

/// The score of each feature, higher is better; negative infinity where none can be given.
pub fn scores(set: &TrainingSet, by: Criterion) -> Vec<f64> {
    let score = |column: usize| {
        let pairs: Vec<(f64, f64)> =
            set.column(column).zip(set.y.iter().copied()).filter(|(x, _)| !x.is_nan()).collect();
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let found = match by {
            Criterion::Correlation => information_coefficient(&x, &y).map(f64::abs),
            Criterion::FTest => {
                information_coefficient(&x, &y).and_then(|r| f_statistic(r, x.len()))
            }
            Criterion::MutualInformation => mutual_information(&x, &y),
        };
        found.unwrap_or(f64::NEG_INFINITY)
    };
    (0..set.names.len()).map(score).collect()
}

fn f_statistic(correlation: f64, rows: usize) -> Option<f64> {
    let freedom = rows.checked_sub(2).filter(|f| *f > 0)? as f64;
    let explained = correlation * correlation;
    Some(if explained < 1.0 { explained / (1.0 - explained) * freedom } else { f64::INFINITY })
}

/// In the plane of both, scaled to deviation 1, with the larger of the two distances. Equal values
/// break the estimate's assumption of densities and only make it coarser.
fn mutual_information(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len();
    if n <= NEIGHBOURS {
        return None;
    }
    let (x, y) = (scaled(x)?, scaled(y)?);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| x[*a].total_cmp(&x[*b]));
    let (by_x, across): (Vec<f64>, Vec<f64>) = order.iter().map(|i| (x[*i], y[*i])).unzip();
    let mut by_y = y;
    by_y.sort_by(f64::total_cmp);
    let digammas = digammas(n);
    let mut sum = 0.0;
    for i in 0..n {
        // Counts are of rows strictly nearer than the neighbour, and of the row itself.
        let radius = neighbour_distance(&by_x, &across, i).next_down();
        sum +=
            digammas[within(&by_x, by_x[i], radius)] + digammas[within(&by_y, across[i], radius)];
    }
    Some((digammas[n] + digammas[NEIGHBOURS] - sum / n as f64).max(0.0))
}

fn scaled(values: &[f64]) -> Option<Vec<f64>> {
    let (_, deviation) = crate::train::standard::mean_and_deviation(values.iter().copied());
    (deviation > 0.0).then(|| values.iter().map(|v| v / deviation).collect())
}

/// The distance to the third nearest row. Rows are sorted by x: those whose x alone is farther than
/// the third so far cannot be nearer.
fn neighbour_distance(x: &[f64], y: &[f64], at: usize) -> f64 {
    let mut nearest = [f64::INFINITY; NEIGHBOURS];
    let (mut left, mut right) = (at, at + 1);
    loop {
        let gap = |row: Option<usize>| row.map_or(f64::INFINITY, |row| (x[row] - x[at]).abs());
        let before = left.checked_sub(1);
        let after = (right < x.len()).then_some(right);
        let row = if gap(before) <= gap(after) { before } else { after };
        let Some(row) = row.filter(|row| gap(Some(*row)) < nearest[NEIGHBOURS - 1]) else {
            return nearest[NEIGHBOURS - 1];
        };
        if row < at {
            left -= 1
        } else {
            right += 1
        }
        let mut distance = gap(Some(row)).max((y[row] - y[at]).abs());
        for held in &mut nearest {
            if distance < *held {
                std::mem::swap(held, &mut distance);
            }
        }
    }
}

/// How many sorted values lie within `radius` of `centre`.
fn within(sorted: &[f64], centre: f64, radius: f64) -> usize {
    let low = sorted.partition_point(|v| centre - v > radius);
    let high = sorted.partition_point(|v| v - centre <= radius);
    high.saturating_sub(low).max(1)
}

/// ψ(1) to ψ(n) by ψ(k + 1) = ψ(k) + 1/k; the first place is not used.
fn digammas(n: usize) -> Vec<f64> {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let mut values = vec![f64::NAN, -EULER];
    (1..n).for_each(|k| values.push(values[k] + 1.0 / k as f64));
    values
}
