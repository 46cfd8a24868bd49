//! Recent feature rows held against those of the training.

use serde::{Deserialize, Serialize};

use crate::ks::{ks_p_value, ks_statistic};
use crate::psi::{psi, psi_by_chance};
use crate::reference::{check_rows, counts, known_sorted};
use crate::{FeatureReference, MonitoringError, Reference};

/// How far one feature has moved. Every number is finite; what cannot be compared is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureDrift {
    /// The feature.
    pub feature: String,
    /// Training rows.
    pub rows_training: u64,
    /// Recent rows.
    pub rows_recent: u64,
    /// The share of training rows without a value.
    pub missing_training: f64,
    /// The share of recent rows without a value.
    pub missing_recent: f64,
    /// The population stability index over the deciles of the training and a bin for missing
    /// values. So a feature that vanished, appeared, or left the one value it had is a large number.
    pub psi: f64,
    /// What the index would be by chance alone if rows were independent. They are not quite, so
    /// this is a lower bound of the noise; an index near it says nothing.
    pub psi_by_chance: f64,
    /// The Kolmogorov–Smirnov distance of the known values, within 0.001. `None` if the training or
    /// the recent rows have none.
    pub ks: Option<f64>,
    /// Its asymptotic p-value.
    pub ks_p: Option<f64>,
}

/// The drift of each feature: recent rows × `names`, row by row, the names in the order of the
/// training. Neither the order of rows nor a restart changes a bit of it.
pub fn drift(
    reference: &Reference,
    names: &[String],
    recent: &[f64],
) -> Result<Vec<FeatureDrift>, MonitoringError> {
    if !reference.names().eq(names.iter().map(String::as_str)) {
        return Err(MonitoringError::OtherFeatures {
            recent: names.join(", "),
            training: reference.names().collect::<Vec<_>>().join(", "),
        });
    }
    check_rows(names.len(), recent, "recent")?;
    let column = |col| recent.iter().skip(col).step_by(names.len()).copied();
    Ok(reference
        .features
        .iter()
        .enumerate()
        .map(|(col, feature)| compare(feature, column(col)))
        .collect())
}

fn compare(training: &FeatureReference, recent: impl Iterator<Item = f64>) -> FeatureDrift {
    let (known, missing) = known_sorted(recent);
    let mut before = training.counts.clone();
    before.push(training.missing);
    let mut now = counts(&training.edges, &known);
    now.push(missing);
    let rows_recent = known.len() as u64 + missing;
    let ks = ks_statistic(&training.sample, &known);
    FeatureDrift {
        feature: training.name.clone(),
        rows_training: training.known + training.missing,
        rows_recent,
        missing_training: training.missing_rate(),
        missing_recent: missing as f64 / rows_recent as f64,
        psi: psi(&before, &now),
        psi_by_chance: psi_by_chance(&before, &now),
        ks,
        ks_p: ks.map(|d| ks_p_value(d, training.known, known.len() as u64)),
    }
}
