//! Clusters of assets by correlation, and how many of them there are.
//!
//! In: moments and a linkage. Out: the tree of the assets over the distances `√((1 − ρ) / 2)`, the
//! order of its leaves, or a cut into clusters whose number the data choose.

use risk::Matrix;

use crate::Problem;
use crate::linkage::{Tree, tree};
use crate::objective::Linkage;

/// The tree and the distances that it was grown from.
pub(crate) fn grown(problem: &Problem<'_>, linkage: Linkage) -> (Tree, Matrix) {
    let correlation = problem.moments.correlation();
    let n = problem.n_assets();
    let far = |rho: f64| ((1.0 - rho) / 2.0).max(0.0).sqrt();
    let distances = Matrix::from_fn(n, |row, column| far(correlation.at(row, column)));
    (tree(distances.as_slice().to_vec(), n, linkage), distances)
}

/// The leaves from left to right.
pub(crate) fn order(problem: &Problem<'_>, linkage: Linkage) -> Vec<usize> {
    let (tree, _) = grown(problem, linkage);
    match tree.joins.is_empty() {
        true => (0..tree.n).collect(),
        false => tree.leaves(tree.root()),
    }
}

/// The number of clusters at which the gain from one more falls off most: the largest second
/// difference of the within-cluster dispersion, here the sum over clusters of the mean distance of
/// two members (Yue, Wang and Wei, 2009, "Extension of the gap statistic"). At most
/// `max(8, √n)`; two for two assets.
pub(crate) fn number(tree: &Tree, distances: &Matrix) -> usize {
    let n = tree.n;
    if n <= 2 {
        return n;
    }
    let most = n.min(8.max((n as f64).sqrt().round_ties_even() as usize));
    let dispersion: Vec<f64> = (1..=most)
        .map(|k| tree.cut(k).iter().map(|cluster| spread(tree, *cluster, distances)).sum())
        .collect();
    let gaps = dispersion.windows(3).map(|d| d[2] + d[0] - 2.0 * d[1]);
    let mut best = (f64::NEG_INFINITY, 0);
    for (at, gap) in gaps.enumerate() {
        if gap > best.0 {
            best = (gap, at);
        }
    }
    best.1 + 2
}

/// The mean distance between two different members.
fn spread(tree: &Tree, cluster: usize, distances: &Matrix) -> f64 {
    let leaves = tree.leaves(cluster);
    let pairs = leaves.len() * (leaves.len() - 1) / 2;
    let mut sum = 0.0;
    for (at, i) in leaves.iter().enumerate() {
        sum += leaves[..at].iter().map(|j| distances.at(*i, *j)).sum::<f64>();
    }
    if pairs > 0 { sum / pairs as f64 } else { 0.0 }
}
