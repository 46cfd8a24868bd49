//! Random forests: trees on rows drawn with replacement, each split choosing from a few features
//! (Breiman 2001, "Random Forests"); the forecast is the trees' mean.

use super::TrainingSet;
use super::cart::{Binned, Grower, Growth, Node};
use super::ensemble::{Ensemble, Split};
use super::standard::mean_and_deviation;
use crate::onnx::write::Graph;
use crate::random::Random;

/// The parameters of a forest.
pub(super) struct Forest {
    pub trees: usize,
    pub depth: usize,
    pub min_leaf: usize,
    pub column_sample: f64,
    pub bootstrap: bool,
    pub bins: usize,
}

impl Forest {
    pub(super) fn file(&self, set: &TrainingSet, seed: u64, graph: Graph) -> Vec<u8> {
        let (mean, _) = mean_and_deviation(set.y.iter().copied());
        let mut ensemble = Ensemble::default();
        for tree in self.grow(set, mean, seed) {
            ensemble.begin_tree();
            for (id, node) in tree.iter().enumerate() {
                match node {
                    Node::Leaf { value } => ensemble.leaf(id, (value / self.trees as f64) as f32),
                    Node::Split { feature, threshold, unknown_left, children } => {
                        let split = Split {
                            feature: *feature,
                            mode: "BRANCH_LEQ",
                            threshold: *threshold,
                            children: *children,
                            unknown_is_true: *unknown_left,
                        };
                        ensemble.split(id, &split);
                    }
                }
            }
        }
        ensemble.file(graph, mean as f32)
    }

    /// The trees on labels less their mean, so that sums of squares keep their digits.
    fn grow(&self, set: &TrainingSet, mean: f64, seed: u64) -> Vec<Vec<Node>> {
        let y: Vec<f64> = set.y.iter().map(|y| y - mean).collect();
        let data = Binned::of(set, self.bins);
        let share = (data.features() as f64 * self.column_sample).round() as usize;
        let growth =
            Growth { depth: self.depth, min_leaf: self.min_leaf as f64, features: share.max(1) };
        let tree = |number: usize| {
            let mut random = Random::part(seed, number);
            let counts = self.counts(set.rows(), &mut random);
            let grower = Grower { data: &data, y: &y, counts: &counts, growth: &growth };
            grower.grow(&mut random)
        };
        (0..self.trees).map(tree).collect()
    }

    /// How often each row was drawn.
    fn counts(&self, rows: usize, random: &mut Random) -> Vec<f64> {
        if !self.bootstrap {
            return vec![1.0; rows];
        }
        let mut counts = vec![0.0; rows];
        (0..rows).for_each(|_| counts[random.below(rows)] += 1.0);
        counts
    }
}
