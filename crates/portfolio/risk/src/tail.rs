//! Historical tail risk: how bad the worst days of a window were.
//!
//! In come returns of one portfolio in any order, out comes a loss as a positive fraction. No
//! distribution is assumed, so nothing worse than the worst day can come out.

use crate::RiskError;
use crate::measure::RANK_TOLERANCE;

/// The loss that the worst `tail` of the returns reaches or exceeds: the `⌈tail · T⌉`-th worst
/// return with its sign turned. `tail` is 0.05 for the usual 95 % value at risk.
///
/// Fails if there are no returns, one is not finite, or `tail` is not between 0 and 1.
pub fn value_at_risk(returns: &[f64], tail: f64) -> Result<f64, RiskError> {
    let worst = sorted(returns, tail)?;
    Ok(-worst[rank(returns.len(), tail)])
}

/// The mean loss in the worst `tail` of the returns, the return at the border counted in part
/// (Rockafellar and Uryasev 2002, "Conditional value-at-risk for general loss distributions",
/// proposition 8). Also called expected shortfall.
///
/// Fails as [`value_at_risk`] does.
pub fn conditional_value_at_risk(returns: &[f64], tail: f64) -> Result<f64, RiskError> {
    let worst = sorted(returns, tail)?;
    let rank = rank(returns.len(), tail);
    let count = tail * returns.len() as f64;
    let whole: f64 = worst[..rank].iter().sum();
    Ok(-(whole + (count - rank as f64) * worst[rank]) / count)
}

/// The place of the border return, from 0, worst first.
fn rank(len: usize, tail: f64) -> usize {
    // A product such as 0.07 * 100 may lie above its whole number by rounding.
    (((tail - RANK_TOLERANCE) * len as f64).ceil() as usize).clamp(1, len) - 1
}

fn sorted(returns: &[f64], tail: f64) -> Result<Vec<f64>, RiskError> {
    if !(tail > 0.0 && tail < 1.0) {
        return Err(RiskError::Parameter {
            name: "tail",
            found: tail,
            must: "between 0 and 1, such as 0.05",
        });
    }
    crate::covariance::require_rows("a tail", returns.len(), 1)?;
    crate::moments::check_len("returns", returns, returns.len())?;
    let mut sorted = returns.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_ranks_are_met_whatever_the_rounding() {
        // Losses of 100 % down to 1 %: the k-th worst is 1.01 - k / 100, the mean of the worst k
        // is 1.005 - k / 200.
        let returns: Vec<f64> = (1..=100).map(|k| -f64::from(k) / 100.0).collect();
        for k in 1..100 {
            let (tail, k) = (f64::from(k) / 100.0, f64::from(k));
            let border = value_at_risk(&returns, tail).unwrap();
            assert!((border - (1.01 - k / 100.0)).abs() < 1e-12, "{tail}: {border}");
            let mean = conditional_value_at_risk(&returns, tail).unwrap();
            assert!((mean - (1.005 - k / 200.0)).abs() < 1e-12, "{tail}: {mean}");
        }
    }
}
