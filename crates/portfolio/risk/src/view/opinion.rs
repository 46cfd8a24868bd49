//! Opinion pooling: the probabilities of several people become one.
//!
//! In come probabilities over the same scenarios and how much each opinion counts; out come pooled
//! probabilities. It does not know how the opinions were formed.

use crate::RiskError;
use crate::measure::check_probabilities;

/// `Σ shareᵢ qᵢ`, the mixture: each opinion keeps its own scenarios alive (Stone 1961, "The opinion
/// pool").
///
/// Fails if there is no opinion, they differ in length, or probabilities or shares do not sum to 1.
pub fn pool_linear(opinions: &[Vec<f64>], shares: &[f64]) -> Result<Vec<f64>, RiskError> {
    let scenarios = check(opinions, shares)?;
    Ok((0..scenarios)
        .map(|at| opinions.iter().zip(shares).map(|(opinion, share)| share * opinion[at]).sum())
        .collect())
}

/// `Π qᵢ^shareᵢ`, normalised: the probabilities of least mean relative entropy to the opinions
/// (Genest and Zidek 1986, "Combining probability distributions: a critique and an annotated
/// bibliography"). A scenario that one opinion excludes stays excluded.
///
/// Fails as [`pool_linear`] does, and if no scenario is possible to all.
pub fn pool_logarithmic(opinions: &[Vec<f64>], shares: &[f64]) -> Result<Vec<f64>, RiskError> {
    let scenarios = check(opinions, shares)?;
    let logs: Vec<f64> = (0..scenarios)
        .map(|at| {
            let counted = opinions.iter().zip(shares).filter(|(_, share)| **share > 0.0);
            counted.map(|(opinion, share)| share * opinion[at].ln()).sum()
        })
        .collect();
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return Err(RiskError::NoCommonScenario);
    }
    let mut pooled: Vec<f64> = logs.iter().map(|log| (log - top).exp()).collect();
    let total: f64 = pooled.iter().sum();
    pooled.iter_mut().for_each(|q| *q /= total);
    Ok(pooled)
}

/// Shares that count less the farther an opinion is from the consensus `Σ shareᵢ qᵢ`: each times
/// `e^(−penalty · KL(qᵢ, consensus))`, normalised.
///
/// Fails as [`pool_linear`] does, and if the penalty is negative.
pub fn robust_shares(
    opinions: &[Vec<f64>],
    shares: &[f64],
    penalty: f64,
) -> Result<Vec<f64>, RiskError> {
    let consensus = pool_linear(opinions, shares)?;
    if !(penalty >= 0.0 && penalty.is_finite()) {
        let name = "the penalty of divergence";
        return Err(RiskError::Parameter { name, found: penalty, must: "at least 0" });
    }
    let weigh = |(opinion, share): (&Vec<f64>, &f64)| {
        share * (-penalty * relative_entropy(opinion, &consensus)).exp()
    };
    let mut found: Vec<f64> = opinions.iter().zip(shares).map(weigh).collect();
    let total: f64 = found.iter().sum();
    found.iter_mut().for_each(|share| *share /= total);
    Ok(found)
}

/// `Σ q ln(q/p)`, where `0 ln 0` is 0. Infinite if `q` allows what `p` excludes.
pub(super) fn relative_entropy(q: &[f64], p: &[f64]) -> f64 {
    q.iter().zip(p).filter(|(q, _)| **q > 0.0).map(|(q, p)| q * (q / p).ln()).sum()
}

/// That opinions and shares are probabilities; the number of scenarios.
fn check(opinions: &[Vec<f64>], shares: &[f64]) -> Result<usize, RiskError> {
    let Some(first) = opinions.first() else {
        return Err(RiskError::TooFew { estimator: "opinion pooling", needed: 1, found: 0 });
    };
    check_probabilities(shares, opinions.len())?;
    opinions.iter().try_for_each(|opinion| check_probabilities(opinion, first.len()))?;
    Ok(first.len())
}
