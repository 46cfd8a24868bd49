//! Gerber statistics: correlation as a count of joint moves.
//!
//! In come returns, out come volatilities (over `T`) times a correlation that only looks at days on
//! which symbols moved by more than a threshold, and there only at the direction. Large outliers
//! and small noise weigh no more than any other day.

use serde::{Deserialize, Serialize};

use super::{centred, require_moving};
use crate::{Matrix, Returns, RiskError, dense};

/// What the joint moves in one direction, less those in opposite directions, are divided by.
///
/// Gerber, Markowitz, Ernst, Miao, Javid and Sargen 2022, "The Gerber statistic", Journal of
/// Portfolio Management 48(3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GerberStatistic {
    /// The joint moves (Gerber 0). Often not positive semidefinite.
    JointMoves,
    /// The days on which at least one of the two moved (Gerber 1). Nearly always semidefinite.
    #[default]
    AnyMove,
    /// The geometric mean of the moves of each (Gerber 2). Positive semidefinite.
    OwnMoves,
}

/// The covariance, not repaired. A symbol that never moves is an error.
pub(super) fn gerber(
    returns: &Returns,
    statistic: GerberStatistic,
    threshold: f64,
) -> Result<Matrix, RiskError> {
    if !(threshold > 0.0 && threshold < 1.0) {
        let must = "between 0 and 1, such as 0.5";
        return Err(RiskError::Parameter { name: "threshold", found: threshold, must });
    }
    let (rows, cols) = (returns.rows(), returns.cols());
    let covariance = dense::gram(&centred(returns), rows, cols).scaled(1.0 / rows as f64);
    require_moving(returns, &covariance)?;
    let sigma: Vec<f64> = covariance.diag().map(f64::sqrt).collect();
    let moves: Vec<f64> = returns
        .as_slice()
        .iter()
        .zip(sigma.iter().cycle())
        .map(|(value, sigma)| match *value {
            up if up >= threshold * sigma => 1.0,
            down if down <= -threshold * sigma => -1.0,
            _ => 0.0,
        })
        .collect();
    let sizes: Vec<f64> = moves.iter().map(|step| step.abs()).collect();
    let net = dense::gram(&moves, rows, cols);
    let joint = dense::gram(&sizes, rows, cols);
    let correlation = |row: usize, col: usize| {
        let (own, other) = (joint.at(row, row), joint.at(col, col));
        let over = match statistic {
            GerberStatistic::JointMoves => joint.at(row, col),
            GerberStatistic::AnyMove => own + other - joint.at(row, col),
            GerberStatistic::OwnMoves => (own * other).sqrt(),
        };
        if over > 0.0 { net.at(row, col) / over } else { 0.0 }
    };
    Ok(Matrix::from_fn(cols, |row, col| correlation(row, col) * sigma[row] * sigma[col]))
}
