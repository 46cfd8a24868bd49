//! Nested clusters.
//!
//! Cut the tree of the assets into clusters, find the minimum variance within each, then the
//! minimum variance among the clusters held so (López de Prado, 2019, "A Robust Estimator of the
//! Efficient Frontier"). Each program sees few, alike assets, where the covariance is told best.
//! Where some lower bound is negative, both programs may hold short positions. Sentences hold by
//! the [nearest](crate::nearest) weights. Cost: n² for the tree, and the programs.

use risk::{Matrix, Moments};
use types::Target;

use crate::clusters::{grown, number};
use crate::naive::{long_only_total, moving};
use crate::nearest;
use crate::objective::Linkage;
use crate::region::{Region, sentences};
use crate::utility::Utility;
use crate::{AllocationError, Constraint, Problem};

const METHOD: &str = "nested clusters";

/// The weights in and among clusters.
pub(crate) fn allocate(problem: &Problem<'_>, linkage: Linkage) -> Result<Target, AllocationError> {
    moving(problem, METHOD)?;
    let region = Region::new(problem, sentences(problem.constraints))?;
    let total = long_only_total(&region)?;
    let n = problem.n_assets();
    if n == 1 {
        return nearest::target(region, METHOD, vec![total]);
    }
    let short = region.lower.iter().any(|lower| *lower < 0.0);
    let (tree, distances) = grown(problem, linkage);
    let clusters: Vec<Vec<usize>> = tree
        .cut(number(&tree, &distances))
        .into_iter()
        .map(|cluster| {
            let mut leaves = tree.leaves(cluster);
            leaves.sort_unstable();
            leaves
        })
        .collect();
    let sigma = &problem.moments.covariance;
    let mut held: Vec<Vec<f64>> = Vec::with_capacity(clusters.len());
    for cluster in &clusters {
        let inner = calmest(problem, cluster, sigma.submatrix(cluster), short)?;
        let mut weights = vec![0.0; n];
        for (asset, weight) in cluster.iter().zip(inner) {
            weights[*asset] = weight;
        }
        held.push(weights);
    }
    let marginal: Vec<Vec<f64>> = held.iter().map(|weights| sigma.mul_vec(weights)).collect();
    let among = Matrix::from_fn(held.len(), |a, b| {
        held[a].iter().zip(&marginal[b]).map(|(w, m)| w * m).sum()
    });
    let first: Vec<usize> = clusters.iter().map(|cluster| cluster[0]).collect();
    let outer = calmest(problem, &first, among, short)?;
    let mut weights = vec![0.0; n];
    for (share, held) in outer.iter().zip(&held) {
        for (weight, part) in weights.iter_mut().zip(held) {
            *weight += total * share * part;
        }
    }
    nearest::target(region, METHOD, weights)
}

/// The minimum variance of `covariance`, whose rows go by the names of `assets`.
fn calmest(
    problem: &Problem<'_>,
    assets: &[usize],
    covariance: Matrix,
    short: bool,
) -> Result<Vec<f64>, AllocationError> {
    if let [_] = assets {
        return Ok(vec![1.0]);
    }
    let moments = Moments {
        symbols: assets.iter().map(|asset| problem.symbol(*asset).clone()).collect(),
        mean: vec![0.0; assets.len()],
        covariance,
        observations: problem.moments.observations,
        shrinkage: None,
        repair: None,
    };
    let long_only = [Constraint::known("long only")];
    let part = Problem {
        constraints: if short { &[] } else { &long_only },
        ..Problem::new(&moments, problem.as_of)
    };
    Ok(Utility::MINIMUM_VARIANCE.maximise(&part)?.weights)
}
