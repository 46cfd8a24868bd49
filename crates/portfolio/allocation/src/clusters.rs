//! Clusters of assets by correlation, and how many of them there are.
//!
//! In: moments and a linkage. Out: the tree of the assets over the distances `√((1 − ρ) / 2)`, the
//! order of its leaves, or a cut into clusters whose number the data choose.

use risk::{Matrix, Moments};
use serde::Serialize;

use crate::Problem;
use crate::linkage::{Tree, tree};
use crate::objective::Linkage;

/// The tree of assets by correlation, as hierarchical methods grow it.
///
/// Clusters below `n`, the number of assets, are single assets; cluster `n + i` is what the `i`-th
/// join made.
#[derive(Debug, Clone, PartialEq)]
pub struct Dendrogram {
    /// The joins, nearest first.
    pub joins: Vec<Join>,
    /// The assets in the order in which a drawing lists them.
    pub order: Vec<usize>,
    /// For each asset, the number of its cluster from nought on, at the cut that nested clusters and
    /// hierarchical equal risk make (Yue, Wang and Wei, 2009).
    pub clusters: Vec<usize>,
}

/// Two clusters that are joined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Join {
    /// The cluster to the left.
    pub left: usize,
    /// The cluster to the right.
    pub right: usize,
    /// How far apart they are, in the linkage's sense of `√((1 − ρ) / 2)`.
    pub distance: f64,
}

/// The tree of the assets over the distances `√((1 − ρ) / 2)`.
pub fn dendrogram(moments: &Moments, linkage: Linkage) -> Dendrogram {
    let (tree, distances) = grown_from(moments, linkage);
    if tree.joins.is_empty() {
        let order: Vec<usize> = (0..tree.n).collect();
        return Dendrogram { joins: Vec::new(), clusters: vec![0; tree.n], order };
    }
    let mut clusters = vec![0; tree.n];
    for (label, cluster) in tree.cut(number(&tree, &distances)).into_iter().enumerate() {
        for leaf in tree.leaves(cluster) {
            clusters[leaf] = label;
        }
    }
    let joins = tree.joins.iter().zip(&tree.distances);
    Dendrogram {
        joins: joins.map(|(&(left, right), &distance)| Join { left, right, distance }).collect(),
        order: tree.leaves(tree.root()),
        clusters,
    }
}

/// The tree and the distances that it was grown from.
pub(crate) fn grown(problem: &Problem<'_>, linkage: Linkage) -> (Tree, Matrix) {
    grown_from(problem.moments, linkage)
}

fn grown_from(moments: &Moments, linkage: Linkage) -> (Tree, Matrix) {
    let correlation = moments.correlation();
    let n = moments.symbols.len();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pairs of correlation 0.98 and 0.5 between strangers of correlation nought: distances
    /// `√((1 − ρ) / 2)` are 0.1, 0.5 and `√½`.
    #[test]
    fn pairs_are_joined_first() {
        let covariance = Matrix::from_fn(4, |i, j| match (i.min(j), i.max(j)) {
            (i, j) if i == j => 1.0,
            (0, 2) => 0.98,
            (1, 3) => 0.5,
            _ => 0.0,
        });
        let symbols: Vec<types::Symbol> = ["A", "B", "C", "D"].map(Into::into).to_vec();
        let moments = Moments::new(symbols.into(), vec![0.0; 4], covariance, 100).unwrap();
        let tree = dendrogram(&moments, Linkage::Single);
        let pairs: Vec<(usize, usize)> = tree.joins.iter().map(|j| (j.left, j.right)).collect();
        assert_eq!(pairs, [(0, 2), (1, 3), (4, 5)]);
        for (join, distance) in tree.joins.iter().zip([0.1, 0.5, 0.5_f64.sqrt()]) {
            assert!((join.distance - distance).abs() < 1e-12, "{join:?}");
        }
        assert_eq!(tree.order, [0, 2, 1, 3]);
        assert_eq!(tree.clusters[0], tree.clusters[2]);
        assert_ne!(tree.clusters[0], tree.clusters[1]);
    }
}
