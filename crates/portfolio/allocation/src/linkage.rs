//! Agglomerative clustering of assets: distances to an order of leaves.
//!
//! In: the distances between `n` assets. Out: their tree, whose leaves are in the order in which a
//! drawing would list them. Single linkage follows Prim's minimum spanning tree, the others the chain of nearest
//! neighbours with Lance and Williams's updates (Müllner, 2011, "Modern hierarchical,
//! agglomerative clustering algorithms"), so all cost n². Ties and the sides of a merge are
//! settled as SciPy's `linkage` and `leaves_list` settle them: the lower index first, the smaller
//! cluster number to the left, no optimal leaf ordering.

use crate::objective::Linkage;

/// Two clusters, by one leaf of each, joined at a distance.
#[derive(Debug, Clone, Copy)]
struct Merge {
    a: usize,
    b: usize,
    distance: f64,
}

/// The joined clusters, nearest first. Numbers below `n` are assets, number `n + i` is what the
/// `i`-th join made; the lower number stands to the left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    pub n: usize,
    pub joins: Vec<(usize, usize)>,
    /// The distance of each join.
    pub distances: Vec<f64>,
}

/// The tree of the assets. `distances` is a full `n × n` matrix, row by row.
pub(crate) fn tree(distances: Vec<f64>, n: usize, linkage: Linkage) -> Tree {
    let mut merges = match linkage {
        Linkage::Single => spanning_tree(&distances, n),
        _ => nearest_neighbour_chain(distances, n, linkage),
    };
    merges.sort_by(|x, y| x.distance.total_cmp(&y.distance));
    let distances = merges.iter().map(|merge| merge.distance).collect();
    Tree { n, joins: numbered(&merges, n), distances }
}

/// Numbers the clusters in the order of the sorted merges.
fn numbered(merges: &[Merge], n: usize) -> Vec<(usize, usize)> {
    let mut parent: Vec<usize> = (0..2 * n).collect();
    let top = |parent: &mut Vec<usize>, mut node: usize| {
        while parent[node] != node {
            parent[node] = parent[parent[node]];
            node = parent[node];
        }
        node
    };
    let numbers = n..;
    merges
        .iter()
        .zip(numbers)
        .map(|(merge, number)| {
            let (x, y) = (top(&mut parent, merge.a), top(&mut parent, merge.b));
            (parent[x], parent[y]) = (number, number);
            (x.min(y), x.max(y))
        })
        .collect()
}

impl Tree {
    /// The number of the whole.
    pub(crate) fn root(&self) -> usize {
        self.n + self.joins.len() - 1
    }

    /// The assets under a cluster, from left to right.
    pub(crate) fn leaves(&self, cluster: usize) -> Vec<usize> {
        let mut leaves = Vec::new();
        let mut open = vec![cluster];
        while let Some(node) = open.pop() {
            match node.checked_sub(self.n) {
                None => leaves.push(node),
                Some(join) => {
                    let (left, right) = self.joins[join];
                    open.extend([right, left]);
                }
            }
        }
        leaves
    }

    /// The clusters that stand once all but the last `k − 1` joins are made.
    pub(crate) fn cut(&self, k: usize) -> Vec<usize> {
        let first_undone = self.n + self.n.saturating_sub(k);
        let mut open = vec![self.root()];
        let mut clusters = Vec::with_capacity(k);
        while let Some(node) = open.pop() {
            match node.checked_sub(self.n) {
                Some(join) if node >= first_undone => {
                    let (left, right) = self.joins[join];
                    open.extend([right, left]);
                }
                _ => clusters.push(node),
            }
        }
        clusters
    }
}

/// Prim's algorithm from the first leaf: each newly reached leaf is joined to the one before it,
/// which lies in the same cluster as its true neighbour once the merges are sorted.
fn spanning_tree(distances: &[f64], n: usize) -> Vec<Merge> {
    let mut nearest = vec![f64::INFINITY; n];
    let mut reached = vec![false; n];
    let mut merges = Vec::with_capacity(n.saturating_sub(1));
    let mut last = 0;
    for _ in 1..n {
        reached[last] = true;
        let mut next = (f64::INFINITY, last);
        for leaf in (0..n).filter(|leaf| !reached[*leaf]) {
            nearest[leaf] = nearest[leaf].min(distances[last * n + leaf]);
            if nearest[leaf] < next.0 {
                next = (nearest[leaf], leaf);
            }
        }
        merges.push(Merge { a: last, b: next.1, distance: next.0 });
        last = next.1;
    }
    merges
}

/// Follows nearest neighbours until two clusters are each other's, joins them, and goes on from
/// what is left of the chain. A cluster lives in the slot of its later leaf.
fn nearest_neighbour_chain(mut distances: Vec<f64>, n: usize, linkage: Linkage) -> Vec<Merge> {
    let mut sizes = vec![1_usize; n];
    let mut chain: Vec<usize> = Vec::with_capacity(n);
    let mut merges = Vec::with_capacity(n.saturating_sub(1));
    for _ in 1..n {
        if chain.is_empty() {
            chain.extend(sizes.iter().position(|size| *size > 0));
        }
        let merge = reciprocal_pair(&mut chain, &distances, &sizes);
        merges.push(merge);
        join(&mut distances, &mut sizes, merge, linkage);
    }
    merges
}

/// Grows the chain until its last two are nearest to each other, and takes them off it.
fn reciprocal_pair(chain: &mut Vec<usize>, distances: &[f64], sizes: &[usize]) -> Merge {
    let n = sizes.len();
    loop {
        let tip = chain[chain.len() - 1];
        let before = chain.len().checked_sub(2).map(|at| chain[at]);
        let mut next = match before {
            Some(before) => (distances[tip * n + before], before),
            None => (f64::INFINITY, tip),
        };
        for slot in (0..n).filter(|slot| sizes[*slot] > 0 && *slot != tip) {
            if distances[tip * n + slot] < next.0 {
                next = (distances[tip * n + slot], slot);
            }
        }
        if before == Some(next.1) {
            chain.truncate(chain.len() - 2);
            return Merge { a: tip.min(next.1), b: tip.max(next.1), distance: next.0 };
        }
        chain.push(next.1);
    }
}

/// Moves both clusters into the slot of `b` and updates its distances.
fn join(distances: &mut [f64], sizes: &mut [usize], merge: Merge, linkage: Linkage) {
    let n = sizes.len();
    let Merge { a, b, distance } = merge;
    let (size_a, size_b) = (sizes[a], sizes[b]);
    sizes[a] = 0;
    sizes[b] = size_a + size_b;
    for other in (0..n).filter(|other| *other != b) {
        if sizes[other] == 0 {
            continue;
        }
        let (to_a, to_b) = (distances[other * n + a], distances[other * n + b]);
        let counts = (size_a as f64, size_b as f64, sizes[other] as f64);
        let joined = lance_williams(linkage, (to_a, to_b, distance), counts);
        distances[other * n + b] = joined;
        distances[b * n + other] = joined;
    }
}

/// The distance from a third cluster to the union of two (Lance and Williams, 1967).
fn lance_williams(
    linkage: Linkage,
    (to_a, to_b, between): (f64, f64, f64),
    (a, b, other): (f64, f64, f64),
) -> f64 {
    match linkage {
        Linkage::Single => to_a.min(to_b),
        Linkage::Complete => to_a.max(to_b),
        Linkage::Weighted => 0.5 * (to_a + to_b),
        Linkage::Average => (a * to_a + b * to_b) / (a + b),
        Linkage::Ward => {
            let total = a + b + other;
            let squares = (a + other) / total * to_a * to_a + (b + other) / total * to_b * to_b
                - other / total * between * between;
            squares.max(0.0).sqrt()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve points in the plane: SciPy 1.17.1, `leaves_list(linkage(pdist(x), method))`.
    #[test]
    fn leaves_as_scipy_lists_them() {
        let points: [(f64, f64); 12] = [
            (0.13, -0.13),
            (0.64, 0.1),
            (-0.54, 0.36),
            (1.3, 0.95),
            (-0.7, -1.27),
            (-0.62, 0.04),
            (-2.33, -0.22),
            (-1.25, -0.73),
            (-0.54, -0.32),
            (0.41, 1.04),
            (-0.13, 1.37),
            (-0.67, 0.35),
        ];
        let far = |a: &(f64, f64), b: &(f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
        let rows = points.iter().map(|a| points.iter().map(move |b| far(a, b)));
        let distances: Vec<f64> = rows.flatten().collect();
        for (linkage, order) in [
            (Linkage::Single, [6, 8, 5, 2, 11, 0, 1, 4, 7, 3, 9, 10]),
            (Linkage::Average, [6, 3, 9, 10, 4, 7, 0, 1, 8, 5, 2, 11]),
            (Linkage::Complete, [6, 4, 7, 0, 1, 8, 5, 2, 11, 3, 9, 10]),
            (Linkage::Ward, [6, 4, 7, 3, 9, 10, 0, 1, 8, 5, 2, 11]),
        ] {
            let tree = tree(distances.clone(), 12, linkage);
            assert_eq!(tree.leaves(tree.root()), order, "{linkage}");
        }
    }
}
