//! The risk of a branch of the tree, held in inverse proportion to the risk of its assets.
//!
//! In: what hierarchical methods balance, and the assets of a branch. Out: each asset's part of the
//! branch, and the branch's risk when it is held so: by variance or volatility of the moments, or by
//! any [measure](risk::RiskMeasure) of the scenarios. Knows nothing of trees.

use risk::RiskMeasure;

use crate::objective::Measure;
use crate::scenarios::Scenarios;
use crate::{AllocationError, Problem};

/// What measures branches.
pub(crate) struct BranchRisk<'a> {
    problem: &'a Problem<'a>,
    method: &'static str,
    measure: Measure,
    /// Where the measure reads them.
    scenarios: Option<Scenarios<'a>>,
    /// The risk of each asset alone.
    single: Vec<f64>,
}

impl<'a> BranchRisk<'a> {
    /// The risks of the single assets, all of them positive.
    pub(crate) fn new(
        problem: &'a Problem<'a>,
        method: &'static str,
        measure: Measure,
    ) -> Result<Self, AllocationError> {
        let scenarios = match measure {
            Measure::Of(measure) => Some(Scenarios::of(problem, measure.to_string())?),
            _ => None,
        };
        let mut risk = Self { problem, method, measure, scenarios, single: Vec::new() };
        let n = problem.n_assets();
        let single: Result<Vec<f64>, _> = (0..n).map(|asset| risk.held(&[asset], &[1.0])).collect();
        risk.single = single?;
        Ok(risk)
    }

    /// Each asset's part of the branch, summing to one, and the branch's risk.
    pub(crate) fn of(&self, leaves: &[usize]) -> Result<(Vec<f64>, f64), AllocationError> {
        let inverse: Vec<f64> = leaves.iter().map(|leaf| self.single[*leaf].recip()).collect();
        let total: f64 = inverse.iter().sum();
        let parts: Vec<f64> = inverse.iter().map(|inverse| inverse / total).collect();
        let risk = self.held(leaves, &parts)?;
        Ok((parts, risk))
    }

    /// The risk of these parts.
    fn held(&self, leaves: &[usize], parts: &[f64]) -> Result<f64, AllocationError> {
        let risk = match (self.measure, &self.scenarios) {
            (Measure::Of(measure), Some(scenarios)) => {
                of_scenarios(measure, scenarios, leaves, parts)?
            }
            (Measure::Volatility, _) => self.variance(leaves, parts).max(0.0).sqrt(),
            _ => self.variance(leaves, parts),
        };
        match risk > 0.0 && risk.is_finite() {
            true => Ok(risk),
            // A sum of hedges may have none; that is told by the moments' own methods.
            false if self.scenarios.is_none() => Ok(risk),
            false => {
                let names = leaves.iter().map(|leaf| self.problem.symbol(*leaf).to_string());
                Err(AllocationError::NoBranchRisk {
                    method: self.method,
                    measure: self.measure.to_string(),
                    assets: names.collect::<Vec<_>>().join(", "),
                    value: risk,
                })
            }
        }
    }

    fn variance(&self, leaves: &[usize], parts: &[f64]) -> f64 {
        let sigma = &self.problem.moments.covariance;
        let mut variance = 0.0;
        for (i, a) in leaves.iter().zip(parts) {
            let row = sigma.row(*i);
            variance += a * leaves.iter().zip(parts).map(|(j, b)| b * row[*j]).sum::<f64>();
        }
        variance
    }
}

fn of_scenarios(
    measure: RiskMeasure,
    scenarios: &Scenarios<'_>,
    leaves: &[usize],
    parts: &[f64],
) -> Result<f64, AllocationError> {
    let of_row = |s: usize| {
        let row = scenarios.returns.row(s);
        leaves.iter().zip(parts).map(|(leaf, part)| part * row[*leaf]).sum()
    };
    let returns: Vec<f64> = (0..scenarios.count()).map(of_row).collect();
    Ok(match scenarios.probabilities {
        [] => measure.of(&returns)?,
        given => measure.of_weighted(&returns, given)?,
    })
}
