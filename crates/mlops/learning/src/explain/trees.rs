//! Shapley values of trees (Lundberg, Erion and Lee 2018, "Consistent Individualized Feature
//! Attribution for Tree Ensembles", algorithm 2).
//!
//! The algorithm walks from the root to every leaf and keeps, for each feature on the way, the share
//! of the background rows that come through if the feature is not known (`zero`) and whether the
//! row itself comes through if it is (`one`), with the number of feature sets of each size that lead
//! there (`weight`). Where no background row has come, unknown features follow the row.

use crate::LearnError;
use crate::onnx::ops::{Mode, Written};

const DEEPEST: usize = 256;

/// Trees whose leaves add up.
pub(super) struct Trees {
    nodes: Vec<Written>,
    roots: Vec<u32>,
    /// What the sum of leaves is multiplied by.
    share: f64,
    base: f64,
}

/// A feature on the way to a leaf.
#[derive(Clone, Copy)]
struct Step {
    feature: usize,
    zero: f64,
    one: f64,
    weight: f64,
}

/// One row in one tree.
struct Walk<'a> {
    trees: &'a Trees,
    covers: &'a [f64],
    row: &'a [f64],
    values: &'a mut [f64],
}

impl Trees {
    pub(super) fn new(
        nodes: Vec<Written>,
        roots: Vec<u32>,
        share: f64,
        base: f64,
        columns: usize,
    ) -> Result<Self, LearnError> {
        let inner = || nodes.iter().filter(|node| node.mode != Mode::Leaf);
        if let Some(node) = inner().find(|node| node.feature as usize >= columns) {
            let problem = format!("its trees read feature {} of {columns}", node.feature);
            return Err(LearnError::Explanation { problem });
        }
        let mut level = roots.clone();
        for _ in 0..=DEEPEST {
            let inner =
                level.iter().map(|at| &nodes[*at as usize]).filter(|n| n.mode != Mode::Leaf);
            level = inner.flat_map(|n| [n.children.0, n.children.1]).collect();
        }
        if !level.is_empty() {
            let problem = format!("its trees have more than {DEEPEST} levels");
            return Err(LearnError::Explanation { problem });
        }
        Ok(Self { nodes, roots, share, base })
    }

    pub(super) fn explain(&self, background: &[f64], x: &[f64], columns: usize) -> (f64, Vec<f64>) {
        let covers = self.covers(background, columns);
        let expected: f64 = self.roots.iter().map(|root| self.expected(*root, &covers)).sum();
        let mut values = vec![0.0; x.len()];
        for (row, values) in x.chunks_exact(columns).zip(values.chunks_exact_mut(columns)) {
            for root in &self.roots {
                let mut walk = Walk { trees: self, covers: &covers, row, values };
                walk.visit(
                    *root,
                    &[],
                    Step { feature: usize::MAX, zero: 1.0, one: 1.0, weight: 0.0 },
                );
            }
            values.iter_mut().for_each(|v| *v *= self.share);
        }
        (self.base + self.share * expected, values)
    }

    /// How many background rows come to each node.
    fn covers(&self, background: &[f64], columns: usize) -> Vec<f64> {
        let mut covers = vec![0.0; self.nodes.len()];
        for row in background.chunks_exact(columns) {
            for root in &self.roots {
                let mut at = *root as usize;
                covers[at] += 1.0;
                while self.nodes[at].mode != Mode::Leaf {
                    at = self.next(at, row).0 as usize;
                    covers[at] += 1.0;
                }
            }
        }
        covers
    }

    /// The child that the row goes to, and the other one.
    fn next(&self, at: usize, row: &[f64]) -> (u32, u32) {
        let node = &self.nodes[at];
        let (v, t) = (row[node.feature as usize] as f32, node.threshold);
        let is_true = match node.mode {
            Mode::LessOrEqual => v <= t,
            Mode::Less => v < t,
            Mode::GreaterOrEqual => v >= t,
            Mode::Greater => v > t,
            Mode::Equal => v == t,
            Mode::NotEqual => v != t,
            Mode::Leaf => true,
        };
        let (yes, no) = node.children;
        if is_true || (v.is_nan() && node.nan_is_true) { (yes, no) } else { (no, yes) }
    }

    /// The mean leaf of the background rows.
    fn expected(&self, root: u32, covers: &[f64]) -> f64 {
        let (mut sum, mut open) = (0.0, vec![root as usize]);
        while let Some(at) = open.pop() {
            let node = &self.nodes[at];
            if node.mode == Mode::Leaf {
                sum += covers[at] * leaf(node);
            } else {
                open.extend([node.children.0 as usize, node.children.1 as usize]);
            }
        }
        sum / covers[root as usize]
    }
}

fn leaf(node: &Written) -> f64 {
    f64::from(f32::from_bits(node.payload))
}

impl Walk<'_> {
    fn visit(&mut self, node: u32, before: &[Step], step: Step) {
        let mut path = extended(before, step);
        let at = node as usize;
        let written = &self.trees.nodes[at];
        if written.mode == Mode::Leaf {
            for (place, step) in path.iter().enumerate().skip(1) {
                let weight = unwound_sum(&path, place);
                self.values[step.feature] += weight * (step.one - step.zero) * leaf(written);
            }
            return;
        }
        let feature = written.feature as usize;
        let mut earlier = (1.0, 1.0);
        if let Some(place) = path.iter().position(|s| s.feature == feature) {
            earlier = (path[place].zero, path[place].one);
            path = unwound(&path, place);
        }
        let (hot, cold) = self.trees.next(at, self.row);
        let share = |child: u32, alone: f64| match self.covers[at] {
            0.0 => alone,
            all => self.covers[child as usize] / all,
        };
        let (to_hot, to_cold) = (earlier.0 * share(hot, 1.0), earlier.0 * share(cold, 0.0));
        let onwards = [(hot, to_hot, earlier.1), (cold, to_cold, 0.0)];
        for (child, zero, one) in onwards {
            // Where nobody comes through either way, nothing is given to anyone.
            if zero > 0.0 || one > 0.0 {
                self.visit(child, &path, Step { feature, zero, one, weight: 0.0 });
            }
        }
    }
}

/// The path with one more feature: sets with and without it.
fn extended(path: &[Step], step: Step) -> Vec<Step> {
    let length = path.len();
    let mut longer = path.to_vec();
    longer.push(Step { weight: if length == 0 { 1.0 } else { 0.0 }, ..step });
    let n = (length + 1) as f64;
    for i in (0..length).rev() {
        longer[i + 1].weight += step.one * longer[i].weight * (i + 1) as f64 / n;
        longer[i].weight *= step.zero * (length - i) as f64 / n;
    }
    longer
}

/// The path without one of its features: the reverse of [`extended`].
fn unwound(path: &[Step], place: usize) -> Vec<Step> {
    let last = path.len() - 1;
    let Step { zero, one, .. } = path[place];
    let mut next = path[last].weight;
    let mut shorter = path.to_vec();
    for i in (0..last).rev() {
        if one != 0.0 {
            let kept = shorter[i].weight;
            shorter[i].weight = next * (last + 1) as f64 / ((i + 1) as f64 * one);
            next = kept - shorter[i].weight * zero * (last - i) as f64 / (last + 1) as f64;
        } else {
            shorter[i].weight *= (last + 1) as f64 / (zero * (last - i) as f64);
        }
    }
    for i in place..last {
        let weight = shorter[i].weight;
        shorter[i] = Step { weight, ..shorter[i + 1] };
    }
    shorter.truncate(last);
    shorter
}

/// The sum of the weights of [`unwound`].
fn unwound_sum(path: &[Step], place: usize) -> f64 {
    let last = path.len() - 1;
    let Step { zero, one, .. } = path[place];
    if one == 0.0 && zero == 0.0 {
        return 0.0;
    }
    let (mut next, mut total) = (path[last].weight, 0.0);
    for i in (0..last).rev() {
        if one != 0.0 {
            let weight = next * (last + 1) as f64 / ((i + 1) as f64 * one);
            total += weight;
            next = path[i].weight - weight * zero * (last - i) as f64 / (last + 1) as f64;
        } else {
            total += path[i].weight * (last + 1) as f64 / (zero * (last - i) as f64);
        }
    }
    total
}
