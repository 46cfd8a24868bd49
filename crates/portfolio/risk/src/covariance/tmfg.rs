//! The triangulated maximally filtered graph: a planar graph of the strongest ties.
//!
//! In come weights between `N` things, none negative, out come its `N − 3` cliques of four and the
//! `N − 4` triangles in which they meet. It begins with the four of the largest weights, and puts
//! one thing after another into the triangle to whose corners it is tied most.
//!
//! Massara, Di Matteo and Aste 2016, "Network filtering for big data: triangulated maximally
//! filtered graph", Journal of Complex Networks 5(2), §2. Costs about `N²`.

use crate::Matrix;

/// The cliques of the graph and the triangles that separate them.
pub(super) struct Graph {
    /// Every four that are all tied to each other, each of them in the order of insertion.
    pub(super) cliques: Vec<[usize; 4]>,
    /// The triangle into which each thing after the fourth was put.
    pub(super) separators: Vec<[usize; 3]>,
}

/// A triangle, and the thing outside that is tied to it most.
struct Face {
    corners: [usize; 3],
    best: Option<(usize, f64)>,
}

/// The graph of `weights`, which has four rows or more.
pub(super) fn graph(weights: &Matrix) -> Graph {
    let first = tetrahedron(weights);
    let [a, b, c, d] = first;
    let mut outside: Vec<usize> = (0..weights.n()).filter(|i| !first.contains(i)).collect();
    let mut faces: Vec<Face> = [[a, b, c], [b, c, d], [a, b, d], [a, c, d]]
        .map(|corners| face(weights, corners, &outside))
        .into();
    let mut graph = Graph { cliques: vec![first], separators: Vec::new() };
    while let Some((at, vertex)) = strongest(&faces) {
        outside.retain(|other| *other != vertex);
        let [a, b, c] = faces[at].corners;
        graph.separators.push([a, b, c]);
        graph.cliques.push([a, b, c, vertex]);
        faces.push(face(weights, [a, c, vertex], &outside));
        faces.push(face(weights, [b, c, vertex], &outside));
        faces[at] = face(weights, [a, b, vertex], &outside);
        for stale in &mut faces {
            if stale.best.is_some_and(|(best, _)| best == vertex) {
                *stale = face(weights, stale.corners, &outside);
            }
        }
    }
    graph
}

/// The four with the largest sums of those weights that are above the mean; of equals, those with
/// the larger sum of all weights.
fn tetrahedron(weights: &Matrix) -> [usize; 4] {
    let n = weights.n();
    let mean = weights.as_slice().iter().sum::<f64>() / (n * n) as f64;
    let strength = |row: usize, above: f64| -> f64 {
        weights.row(row).iter().filter(|weight| **weight > above).sum()
    };
    let strengths: Vec<(f64, f64)> =
        (0..n).map(|row| (strength(row, mean), strength(row, f64::NEG_INFINITY))).collect();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| {
        let (a, b) = (strengths[*a], strengths[*b]);
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    [order[0], order[1], order[2], order[3]]
}

fn face(weights: &Matrix, corners: [usize; 3], outside: &[usize]) -> Face {
    let mut best: Option<(usize, f64)> = None;
    for vertex in outside {
        let gain = corners.iter().map(|corner| weights.at(*vertex, *corner)).sum();
        if best.is_none_or(|(_, most)| gain > most) {
            best = Some((*vertex, gain));
        }
    }
    Face { corners, best }
}

/// The face with the largest gain, and what to put there; the oldest of several.
fn strongest(faces: &[Face]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize, f64)> = None;
    for (at, face) in faces.iter().enumerate() {
        if let Some((vertex, gain)) = face.best
            && best.is_none_or(|(_, _, most)| gain > most)
        {
            best = Some((at, vertex, gain));
        }
    }
    best.map(|(at, vertex, _)| (at, vertex))
}
