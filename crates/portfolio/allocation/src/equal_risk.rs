//! Hierarchical equal risk contribution.
//!
//! Two steps (Raffinot, 2018, "The Hierarchical Equal Risk Contribution Portfolio"): cut the tree of
//! the assets into clusters, and share the weight at each fork above them in inverse proportion to
//! the risks of the two branches, the sums of the risks of their clusters. Within a cluster, assets
//! are held in inverse proportion to their risk. Sentences hold by the [nearest](crate::nearest)
//! weights. Cost: n² for the tree and for the risks.

use types::Target;

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
        let mut sharing = Sharing { problem, measure, tree: &tree, clusters, weights };
        sharing.share(tree.root(), total);
        weights = sharing.weights;
    }
    nearest::target(region, METHOD, weights)
}

struct Sharing<'a> {
    problem: &'a Problem<'a>,
    measure: Measure,
    tree: &'a Tree,
    clusters: Vec<usize>,
    weights: Vec<f64>,
}

impl Sharing<'_> {
    /// Shares `weight` under `node`, and gives the sum of the risks of the clusters there.
    fn share(&mut self, node: usize, weight: f64) -> f64 {
        if self.clusters.contains(&node) {
            return self.within(node, weight);
        }
        let (left, right) = self.tree.joins[node - self.tree.n];
        let risks = (self.share(left, weight), self.share(right, weight));
        let sum = risks.0 + risks.1;
        for (branch, part) in [(left, risks.1 / sum), (right, risks.0 / sum)] {
            for leaf in self.tree.leaves(branch) {
                self.weights[leaf] *= part;
            }
        }
        sum
    }

    /// Inverse risk within a cluster; the risk of the cluster held so.
    fn within(&mut self, cluster: usize, weight: f64) -> f64 {
        let leaves = self.tree.leaves(cluster);
        let sigma = &self.problem.moments.covariance;
        let of = |variance: f64| match self.measure {
            Measure::Variance => variance,
            Measure::Volatility => variance.max(0.0).sqrt(),
        };
        let inverse: Vec<f64> = leaves.iter().map(|i| of(sigma.at(*i, *i)).recip()).collect();
        let total: f64 = inverse.iter().sum();
        let mut variance = 0.0;
        for (i, a) in leaves.iter().zip(&inverse) {
            let row = sigma.row(*i);
            variance += a * leaves.iter().zip(&inverse).map(|(j, b)| b * row[*j]).sum::<f64>();
        }
        for (leaf, inverse) in leaves.iter().zip(&inverse) {
            self.weights[*leaf] = weight * inverse / total;
        }
        of(variance / (total * total))
    }
}
