//! Hierarchical equal risk contribution.
//!
//! Two steps (Raffinot, 2018, "The Hierarchical Equal Risk Contribution Portfolio"): cut the tree of
//! the assets into clusters, and share the weight at each fork above them in inverse proportion to
//! the risks of the two branches, the sums of the risks of their clusters. Within a cluster, assets
//! are held in inverse proportion to their risk. Sentences hold by the [nearest](crate::nearest)
//! weights. Risk is variance, volatility or any measure of the scenarios. Cost: n² for the tree and
//! for the risks.

use types::Target;

use crate::branch_risk::BranchRisk;
use crate::clusters::{grown, number};
use crate::linkage::Tree;
use crate::naive::{long_only_total, moving};
use crate::nearest;
use crate::objective::{Linkage, Measure};
use crate::region::{Region, sentences};
use crate::{AllocationError, Problem};

const METHOD: &str = "hierarchical equal risk";

/// The weights by clusters.
pub(crate) fn allocate(
    problem: &Problem<'_>,
    linkage: Linkage,
    measure: Measure,
) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let (tree, distances) = grown(problem, linkage);
    let mut weights = vec![total; problem.n_assets()];
    if weights.len() > 1 {
        let clusters = tree.cut(number(&tree, &distances));
        let risk = BranchRisk::new(problem, METHOD, measure)?;
        let mut sharing = Sharing { risk, tree: &tree, clusters, weights };
        sharing.share(tree.root(), total)?;
        weights = sharing.weights;
    }
    nearest::target(region, METHOD, weights)
}

struct Sharing<'a> {
    risk: BranchRisk<'a>,
    tree: &'a Tree,
    clusters: Vec<usize>,
    weights: Vec<f64>,
}

impl Sharing<'_> {
    /// Shares `weight` under `node`, and gives the sum of the risks of the clusters there.
    fn share(&mut self, node: usize, weight: f64) -> Result<f64, AllocationError> {
        if self.clusters.contains(&node) {
            return self.within(node, weight);
        }
        let (left, right) = self.tree.joins[node - self.tree.n];
        let risks = (self.share(left, weight)?, self.share(right, weight)?);
        let sum = risks.0 + risks.1;
        // Two hedges without any risk are as good as each other.
        let parts = if sum > 0.0 { (risks.1 / sum, risks.0 / sum) } else { (0.5, 0.5) };
        for (branch, part) in [(left, parts.0), (right, parts.1)] {
            for leaf in self.tree.leaves(branch) {
                self.weights[leaf] *= part;
            }
        }
        Ok(sum)
    }

    /// Inverse risk within a cluster; the risk of the cluster held so.
    fn within(&mut self, cluster: usize, weight: f64) -> Result<f64, AllocationError> {
        let leaves = self.tree.leaves(cluster);
        let (parts, risk) = self.risk.of(&leaves)?;
        for (leaf, part) in leaves.iter().zip(&parts) {
            self.weights[*leaf] = weight * part;
        }
        Ok(risk)
    }
}
