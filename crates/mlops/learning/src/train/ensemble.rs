//! Grown trees to one `TreeEnsembleRegressor`: the forecast is the sum of what the leaves say.

use crate::onnx::write::{Graph, OUTPUT, Value};

/// A node with two children.
pub(super) struct Split {
    pub feature: usize,
    /// `BRANCH_LT` or `BRANCH_LEQ`.
    pub mode: &'static str,
    pub threshold: f32,
    /// The nodes where the comparison is true and where it is false.
    pub children: [usize; 2],
    /// Whether an unknown value goes where the comparison is true.
    pub unknown_is_true: bool,
}

/// The columns of a tree ensemble.
#[derive(Default)]
pub(super) struct Ensemble {
    trees: i64,
    tree_ids: Vec<i64>,
    ids: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<&'static str>,
    thresholds: Vec<f32>,
    yes: Vec<i64>,
    no: Vec<i64>,
    nan_is_yes: Vec<i64>,
    leaf_trees: Vec<i64>,
    leaf_ids: Vec<i64>,
    weights: Vec<f32>,
}

impl Ensemble {
    /// The nodes that follow belong to a new tree; its first node is the root.
    pub(super) fn begin_tree(&mut self) {
        self.trees += 1;
    }

    pub(super) fn split(&mut self, id: usize, split: &Split) {
        self.node(id, split.mode, split.feature as i64, split.threshold);
        self.yes.push(split.children[0] as i64);
        self.no.push(split.children[1] as i64);
        self.nan_is_yes.push(i64::from(split.unknown_is_true));
    }

    pub(super) fn leaf(&mut self, id: usize, weight: f32) {
        self.node(id, "LEAF", 0, 0.0);
        self.yes.push(0);
        self.no.push(0);
        self.nan_is_yes.push(0);
        self.leaf_trees.push(self.trees - 1);
        self.leaf_ids.push(id as i64);
        self.weights.push(weight);
    }

    fn node(&mut self, id: usize, mode: &'static str, feature: i64, threshold: f32) {
        self.tree_ids.push(self.trees - 1);
        self.ids.push(id as i64);
        self.modes.push(mode);
        self.features.push(feature);
        self.thresholds.push(threshold);
    }

    /// The file; `base` is added to what the leaves say.
    pub(super) fn file(self, mut graph: Graph, base: f32) -> Vec<u8> {
        let targets = vec![0; self.weights.len()];
        let attributes = vec![
            ("n_targets", Value::Int(1)),
            ("aggregate_function", Value::Text("SUM")),
            ("post_transform", Value::Text("NONE")),
            ("base_values", Value::Floats(vec![base])),
            ("nodes_treeids", Value::Ints(self.tree_ids)),
            ("nodes_nodeids", Value::Ints(self.ids)),
            ("nodes_featureids", Value::Ints(self.features)),
            ("nodes_modes", Value::Texts(self.modes)),
            ("nodes_values", Value::Floats(self.thresholds)),
            ("nodes_truenodeids", Value::Ints(self.yes)),
            ("nodes_falsenodeids", Value::Ints(self.no)),
            ("nodes_missing_value_tracks_true", Value::Ints(self.nan_is_yes)),
            ("target_treeids", Value::Ints(self.leaf_trees)),
            ("target_nodeids", Value::Ints(self.leaf_ids)),
            ("target_ids", Value::Ints(targets)),
            ("target_weights", Value::Floats(self.weights)),
        ];
        let input = graph.input();
        graph.ml("TreeEnsembleRegressor", &input, OUTPUT, attributes);
        graph.finish()
    }
}
