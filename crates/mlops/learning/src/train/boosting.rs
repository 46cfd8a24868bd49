//! Gradient-boosted trees.
//!
//! The file is one `TreeEnsembleRegressor`. The trainer splits at `x < t` with `t` in `f64`; the
//! file holds `f32`. For every `f32` x, `x < t` says the same as `x < t'` with t' the smallest
//! `f32` that is not below t, so rounding thresholds up never moves a row to the other side.

use std::collections::HashSet;

use forust_ml::gradientbooster::{GradientBooster, GrowPolicy, MissingNodeTreatment};
use forust_ml::objective::ObjectiveType;
use forust_ml::sampler::SampleMethod;
use forust_ml::{Matrix, tree::Tree};

use super::TrainingSet;
use super::ensemble::{Ensemble, Split};
use crate::onnx::write::Graph;
use crate::{LearnError, ModelSpec};

pub(super) fn boost(
    spec: &ModelSpec,
    set: &TrainingSet,
    seed: u64,
    graph: Graph,
) -> Result<Vec<u8>, LearnError> {
    let fitted = fit(spec, set, seed)?;
    let mut ensemble = Ensemble::default();
    fitted.trees.iter().for_each(|tree| push(&mut ensemble, tree));
    Ok(ensemble.file(graph, fitted.base_score as f32))
}

fn push(ensemble: &mut Ensemble, tree: &Tree) {
    ensemble.begin_tree();
    for node in &tree.nodes {
        if node.is_leaf {
            ensemble.leaf(node.num, node.weight_value);
        } else {
            let split = Split {
                feature: node.split_feature,
                mode: "BRANCH_LT",
                threshold: not_below(node.split_value),
                children: [node.left_child, node.right_child],
                unknown_is_true: node.missing_node == node.left_child,
            };
            ensemble.split(node.num, &split);
        }
    }
}

fn fit(spec: &ModelSpec, set: &TrainingSet, seed: u64) -> Result<GradientBooster, LearnError> {
    let failed = |reason: String| LearnError::Solver { model: "gradient-boosting", reason };
    let mut booster = booster(spec, set.names.len(), seed).map_err(&failed)?;
    let columns: Vec<f64> = (0..set.names.len()).flat_map(|c| set.column(c)).collect();
    let data = Matrix::new(&columns, set.rows(), set.names.len());
    let weights = vec![1.0; set.rows()];
    let fitted = booster.fit(&data, &set.y, &weights, None);
    fitted.map_err(|e| failed(e.to_string()))?;
    let mut weights = (booster.trees.iter()).flat_map(|t| t.nodes.iter().map(|n| n.weight_value));
    if !weights.all(f32::is_finite) {
        return Err(failed("a leaf has no rows: raise `l2`".to_owned()));
    }
    Ok(booster)
}

/// One thread, so that sums always run in the same order.
fn booster(spec: &ModelSpec, columns: usize, seed: u64) -> Result<GradientBooster, String> {
    let ModelSpec::GradientBoosting {
        trees,
        depth,
        learning_rate,
        min_leaf_weight,
        l2,
        bins,
        row_sample,
        column_sample,
    } = *spec
    else {
        return Err("the specification is not of trees".to_owned());
    };
    // The trainer rounds the number of features down, to none if it may.
    let sampled_columns = (columns as f64 * column_sample).max(1.0).floor();
    let column_sample = ((sampled_columns + 0.5) / columns as f64).min(1.0);
    let sampled = row_sample < 1.0;
    let method = if sampled { SampleMethod::Random } else { SampleMethod::None };
    GradientBooster::new(
        ObjectiveType::SquaredLoss,
        trees,
        learning_rate as f32,
        depth,
        usize::MAX,
        0.0,
        l2 as f32,
        0.0,
        0.0,
        min_leaf_weight as f32,
        0.0,
        bins,
        false,
        false,
        None,
        row_sample as f32,
        0.2,
        0.1,
        column_sample,
        seed,
        f64::NAN,
        false,
        method,
        GrowPolicy::DepthWise,
        None,
        None,
        true,
        HashSet::new(),
        MissingNodeTreatment::AssignToParent,
        0,
        false,
    )
    .map_err(|e| e.to_string())
}

/// The smallest `f32` that is not below a threshold.
fn not_below(threshold: f64) -> f32 {
    let rounded = threshold as f32;
    if f64::from(rounded) < threshold { rounded.next_up() } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;

    fn set(rows: usize) -> TrainingSet {
        let noise = |i: usize| ((i * 7919 + 13) % 1009) as f64 / 1009.0 - 0.5;
        let date = types::parse_date("2020-01-02").unwrap();
        let x: Vec<f64> = (0..rows * 8)
            .map(|i| if i % 17 == 5 { f64::NAN } else { noise(i * i + 3 * i) })
            .collect();
        let known = |v: f64| if v.is_nan() { 0.2 } else { v };
        let y = x.chunks_exact(8).enumerate();
        let y = y.map(|(i, r)| known(r[0]) * known(r[1]) + 0.5 * known(r[2]) + 0.1 * noise(i));
        TrainingSet {
            names: (0..8).map(|i| format!("f{i}")).collect(),
            y: y.collect(),
            x,
            dates: vec![date; rows],
        }
    }

    fn spec() -> ModelSpec {
        serde_json::from_str(
            r#"{"kind": "gradient-boosting", "row_sample": 0.8, "column_sample": 0.6}"#,
        )
        .unwrap()
    }

    /// The file forecasts what the trainer itself predicts, but for the sums in `f32`.
    #[test]
    fn file_agrees_with_the_trainer() {
        let (set, spec) = (set(1500), spec());
        let booster = fit(&spec, &set, 3).unwrap();
        let columns: Vec<f64> = (0..8).flat_map(|c| set.column(c)).collect();
        let own = booster.predict(&Matrix::new(&columns, 1500, 8), false);
        let file = Model::load(&boost(&spec, &set, 3, Graph::new(&set.names)).unwrap()).unwrap();
        let ours = file.predict(&set.x).unwrap();
        let gap = own.iter().zip(&ours).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(gap < 1e-6, "{gap:e}");
    }

    #[test]
    fn same_seed_same_bytes() {
        let (set, spec) = (set(800), spec());
        let bytes = boost(&spec, &set, 3, Graph::new(&set.names)).unwrap();
        assert_eq!(bytes, boost(&spec, &set, 3, Graph::new(&set.names)).unwrap());
        assert_ne!(bytes, boost(&spec, &set, 4, Graph::new(&set.names)).unwrap());
    }

    proptest::proptest! {
        /// Small and odd training sets end in a file that forecasts numbers, or in an error.
        #[test]
        fn odd_sets_are_survived(
            rows in 2usize..12,
            columns in 1usize..4,
            values in proptest::collection::vec(-3i8..4, 60),
            (depth, min_leaf_weight, bins) in (1usize..5, 0u8..4, 2u16..9),
            (l2, row_sample, column_sample) in (0u8..2, 0.01f64..1.0, 0.01f64..1.0),
        ) {
            // -3 stands for an unknown value.
            let value = |i: usize| if values[i] == -3 { f64::NAN } else { f64::from(values[i]) };
            let set = TrainingSet {
                names: (0..columns).map(|c| format!("f{c}")).collect(),
                x: (0..rows * columns).map(value).collect(),
                y: (0..rows).map(|i| f64::from(values[59 - i]) * 0.01).collect(),
                dates: vec![types::parse_date("2020-01-02").unwrap(); rows],
            };
            let spec = ModelSpec::GradientBoosting {
                trees: 5,
                depth,
                learning_rate: 0.3,
                min_leaf_weight: f64::from(min_leaf_weight),
                l2: f64::from(l2),
                bins,
                row_sample,
                column_sample,
            };
            if let Ok(bytes) = boost(&spec, &set, 1, Graph::new(&set.names)) {
                let forecast = Model::load(&bytes).unwrap().predict(&set.x).unwrap();
                proptest::prop_assert!(forecast.iter().all(|f| f.is_finite()));
            }
        }
    }

    #[test]
    fn thresholds_round_up() {
        assert_eq!(not_below(0.5), 0.5);
        assert_eq!(not_below(0.1), 0.1f32);
        assert_eq!(not_below(0.3), 0.3f32);
        assert!(f64::from(not_below(0.7)) >= 0.7);
        assert_eq!(not_below(f64::MAX), f32::INFINITY);
    }
}
