//! One regression tree: the split that lowers the squared error most, again and again (Breiman,
//! Friedman, Olshen and Stone 1984, chapter 8).
//!
//! Values are put into bins first. A feature with no more distinct values than bins loses nothing:
//! its splits are those between any two of its values. Where a node has unknown values, both ways
//! are tried for them; where it has none, they will follow the larger child.

use super::TrainingSet;
use crate::random::Random;

/// The code of an unknown value.
const UNKNOWN: u16 = u16::MAX;
/// A split must lower the squared error by more than this share of the node's.
const LEAST_GAIN: f64 = 1e-12;

/// Features in bins.
pub(super) struct Binned {
    rows: usize,
    /// Features × rows.
    codes: Vec<u16>,
    /// For each feature the lowest and the highest value of each bin.
    bins: Vec<Vec<(f32, f32)>>,
}

impl Binned {
    pub(super) fn of(set: &TrainingSet, most: usize) -> Self {
        let mut binned =
            Self { rows: set.rows(), codes: Vec::with_capacity(set.x.len()), bins: Vec::new() };
        for column in 0..set.names.len() {
            let values: Vec<f32> = set.column(column).map(|v| v as f32).collect();
            let bins = bins(&values, most);
            let code = |v: &f32| match v.is_nan() {
                true => UNKNOWN,
                false => bins.partition_point(|(_, high)| high < v) as u16,
            };
            binned.codes.extend(values.iter().map(code));
            binned.bins.push(bins);
        }
        binned
    }

    fn code(&self, feature: usize, row: u32) -> u16 {
        self.codes[feature * self.rows + row as usize]
    }

    pub(super) fn features(&self) -> usize {
        self.bins.len()
    }
}

/// Bins with about equally many rows; equal values share one.
fn bins(values: &[f32], most: usize) -> Vec<(f32, f32)> {
    let mut sorted: Vec<f32> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f32::total_cmp);
    let runs: Vec<&[f32]> = sorted.chunk_by(|a, b| a == b).collect();
    let size = if runs.len() <= most { 1 } else { sorted.len().div_ceil(most) };
    let mut bins: Vec<(f32, f32)> = Vec::new();
    let mut held = usize::MAX;
    for run in runs {
        if held >= size {
            bins.push((run[0], run[0]));
            held = 0;
        }
        bins.last_mut().expect("a bin was just begun").1 = run[0];
        held += run.len();
    }
    bins
}

/// When to stop, and how many features a split may choose from.
pub(super) struct Growth {
    pub depth: usize,
    pub min_leaf: f64,
    pub features: usize,
}

/// A node; children are positions in the tree, whose first node is the root.
pub(super) enum Node {
    Leaf { value: f64 },
    Split { feature: usize, threshold: f32, unknown_left: bool, children: [usize; 2] },
}

/// What a tree is grown from.
pub(super) struct Grower<'a> {
    pub data: &'a Binned,
    pub y: &'a [f64],
    /// How often each row counts.
    pub counts: &'a [f64],
    pub growth: &'a Growth,
}

/// Rows, how often they count together, and the sum of their labels as often.
#[derive(Clone, Copy, Default)]
struct Sum {
    rows: f64,
    count: f64,
    total: f64,
}

impl Sum {
    fn add(&mut self, other: Sum) {
        self.rows += other.rows;
        self.count += other.count;
        self.total += other.total;
    }

    fn less(self, other: Sum) -> Sum {
        Sum {
            rows: self.rows - other.rows,
            count: self.count - other.count,
            total: self.total - other.total,
        }
    }

    /// By how much the sum of squares falls if the labels are replaced by their mean.
    fn explained(self) -> f64 {
        self.total * self.total / self.count
    }
}

/// The best split so far: rows of the bins to `bin` go left.
struct Best {
    explained: f64,
    feature: usize,
    bin: u16,
    threshold: f32,
    unknown_left: bool,
}

impl Grower<'_> {
    pub(super) fn grow(&self, random: &mut Random) -> Vec<Node> {
        let rows: Vec<u32> =
            (0..self.data.rows as u32).filter(|r| self.counts[*r as usize] > 0.0).collect();
        let mut nodes = Vec::new();
        self.node(rows, 0, random, &mut nodes);
        nodes
    }

    fn node(&self, rows: Vec<u32>, depth: usize, random: &mut Random, nodes: &mut Vec<Node>) {
        let sum = self.sum(&rows);
        let at = nodes.len();
        nodes.push(Node::Leaf { value: sum.total / sum.count });
        if depth == self.growth.depth || sum.rows < 2.0 * self.growth.min_leaf {
            return;
        }
        let Some(best) = self.best(&rows, sum, random) else { return };
        let goes_left = |row: &u32| match self.data.code(best.feature, *row) {
            UNKNOWN => best.unknown_left,
            code => code <= best.bin,
        };
        let (left, right): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(goes_left);
        let first = nodes.len();
        self.node(left, depth + 1, random, nodes);
        let second = nodes.len();
        self.node(right, depth + 1, random, nodes);
        nodes[at] = Node::Split {
            feature: best.feature,
            threshold: best.threshold,
            unknown_left: best.unknown_left,
            children: [first, second],
        };
    }

    fn sum(&self, rows: &[u32]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(self.of_row(*row)));
        sum
    }

    fn of_row(&self, row: u32) -> Sum {
        let count = self.counts[row as usize];
        Sum { rows: 1.0, count, total: count * self.y[row as usize] }
    }

    fn best(&self, rows: &[u32], all: Sum, random: &mut Random) -> Option<Best> {
        let mut features: Vec<usize> = (0..self.data.features()).collect();
        if self.growth.features < features.len() {
            random.shuffle(&mut features, self.growth.features);
            features.truncate(self.growth.features);
        }
        let squares: f64 = rows
            .iter()
            .map(|r| self.counts[*r as usize] * self.y[*r as usize] * self.y[*r as usize])
            .sum();
        let least = all.explained() + LEAST_GAIN * squares;
        let mut best = None;
        for feature in features {
            self.best_of(feature, rows, all, least, &mut best);
        }
        best
    }

    /// Tries the splits of one feature: between any two bins that the node has, unknown values to
    /// either side, and unknown values against all others.
    fn best_of(&self, feature: usize, rows: &[u32], all: Sum, least: f64, best: &mut Option<Best>) {
        let bins = &self.data.bins[feature];
        let mut sums = vec![Sum::default(); bins.len()];
        let mut unknown = Sum::default();
        for row in rows {
            let of_row = self.of_row(*row);
            match self.data.code(feature, *row) {
                UNKNOWN => unknown.add(of_row),
                code => sums[code as usize].add(of_row),
            }
        }
        let present: Vec<usize> = (0..bins.len()).filter(|b| sums[*b].count > 0.0).collect();
        let mut left = Sum::default();
        for (at, bin) in present.iter().enumerate() {
            left.add(sums[*bin]);
            let next = present.get(at + 1);
            let threshold = next.map_or(f32::INFINITY, |next| between(bins[*bin].1, bins[*next].0));
            for unknown_left in [false, true] {
                let mut left = left;
                if unknown_left {
                    left.add(unknown);
                }
                let right = all.less(left);
                let is_new = !unknown_left || (unknown.count > 0.0 && next.is_some());
                let is_whole = left.rows.min(right.rows) >= self.growth.min_leaf;
                if !(is_new && is_whole) {
                    continue;
                }
                let explained = left.explained() + right.explained();
                if explained > best.as_ref().map_or(least, |b| b.explained) {
                    let heavier = unknown.count == 0.0 && left.count > right.count;
                    let unknown_left = unknown_left || heavier;
                    let bin = *bin as u16;
                    *best = Some(Best { explained, feature, bin, threshold, unknown_left });
                }
            }
        }
    }
}

/// A threshold that puts `low` left and `high` right, in the middle if `f32` has such a number.
fn between(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_part_neighbours() {
        assert_eq!(between(1.0, 2.0), 1.5);
        assert_eq!(between(1.0, 1.0f32.next_up()), 1.0);
        assert_eq!(between(-f32::MAX, f32::MAX), 0.0);
    }

    #[test]
    fn bins_hold_equal_values_together() {
        let values = [3.0, 1.0, f32::NAN, 1.0, 2.0];
        assert_eq!(bins(&values, 3), [(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
        let many: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let four = bins(&many, 4);
        assert_eq!(four, [(0.0, 24.0), (25.0, 49.0), (50.0, 74.0), (75.0, 99.0)]);
    }
}
