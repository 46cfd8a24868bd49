//! Hierarchical risk parity.
//!
//! Three steps (López de Prado, 2016, "Building Diversified Portfolios that Outperform Out of
//! Sample"): cluster the assets by the distance `√((1 − ρ) / 2)`, list them in the order of the
//! tree's leaves, and halve that list again and again, sharing each part's weight between its
//! halves in inverse proportion to their risk, where a half is held in inverse proportion to the
//! risk of its assets. No matrix is inverted, so a singular covariance is no obstacle.
//!
//! Bounds of single assets are honoured on the way down: the share of a half never leaves what the
//! bounds of its assets can carry. Where other sentences are broken, the [nearest](crate::nearest)
//! weights that keep them all are taken. Risk is variance, volatility or any measure of the
//! scenarios. Cost: n² for the tree and for the risks, and for a measure n log n returns of all
//! scenarios and 2 n of its evaluations.

use types::Target;

use crate::branch_risk::BranchRisk;
use crate::clusters;
use crate::naive::{long_only_total, moving};
use crate::nearest;
use crate::objective::{Linkage, Measure};
use crate::region::{Region, sentences};
use crate::{AllocationError, Problem};

const METHOD: &str = "hierarchical risk parity";

/// The weights by recursive halving.
pub(crate) fn allocate(
    problem: &Problem<'_>,
    linkage: Linkage,
    measure: Measure,
) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let order = clusters::order(problem, linkage);
    let mut weights = vec![0.0; problem.n_assets()];
    let risk = BranchRisk::new(problem, METHOD, measure)?;
    Halving { region: &region, risk }.share(&order, total, &mut weights)?;
    nearest::target(region, METHOD, weights)
}

struct Halving<'a> {
    region: &'a Region<'a>,
    risk: BranchRisk<'a>,
}

impl Halving<'_> {
    /// Shares `weight` among `leaves`.
    fn share(
        &self,
        leaves: &[usize],
        weight: f64,
        weights: &mut [f64],
    ) -> Result<(), AllocationError> {
        if let [leaf] = leaves {
            weights[*leaf] = weight;
            return Ok(());
        }
        let (left, right) = leaves.split_at(leaves.len() / 2);
        let (risk_left, risk_right) = (self.risk.of(left)?.1, self.risk.of(right)?.1);
        // Two hedges without any risk are as good as each other.
        let part = match risk_left + risk_right > 0.0 {
            true => 1.0 - risk_left / (risk_left + risk_right),
            false => 0.5,
        };
        let wanted = weight * part;
        let ((low, high), (other_low, other_high)) = (self.bounds(left), self.bounds(right));
        let share = wanted.min(high.min(weight - other_low)).max(low.max(weight - other_high));
        self.share(left, share, weights)?;
        self.share(right, weight - share, weights)
    }

    /// The least and the most that a part can carry.
    fn bounds(&self, leaves: &[usize]) -> (f64, f64) {
        let least = leaves.iter().map(|i| self.region.lower[*i].max(0.0)).sum();
        let most = leaves.iter().map(|i| self.region.upper[*i]).sum();
        (least, most)
    }
}
