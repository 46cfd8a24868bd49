//! Tree ensembles of `ai.onnx.ml`: reading and checking them, and joining what the leaves say.
//!
//! Sums are made in `f32` in the order of the trees, as onnxruntime makes them.

use std::collections::{HashMap, HashSet};

use super::Call;
use super::walk::{Forest, Mode, Written};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::Data;

const ONLY_FLOAT: &str = "export the model with float inputs";

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// A forest with what its leaves say.
pub(super) struct Ensemble {
    forest: Forest,
    trees: usize,
    /// The features that the trees read are below this.
    features: usize,
    targets: usize,
    /// For several targets: where a leaf's votes lie.
    spans: Vec<(u32, u32)>,
    votes: Vec<Vote>,
}

/// Scores of rows × targets, and which of them any leaf gave.
pub(super) struct Scores {
    pub values: Vec<f32>,
    pub seen: Vec<bool>,
}

impl Ensemble {
    /// `prefix` is `target` or `class`; both name the weights of leaves in the same way.
    pub(super) fn new(
        attributes: &Attributes,
        prefix: &str,
        targets: usize,
    ) -> Result<Self, Fault> {
        let names = ["nodes_values_as_tensor", "base_values_as_tensor"];
        attributes.refuse(&names, ONLY_FLOAT)?;
        attributes.refuse(&[&format!("{prefix}_weights_as_tensor")], ONLY_FLOAT)?;
        let places = places(attributes)?;
        let (mut written, roots) = written(attributes, &places)?;
        let weights = weights(attributes, prefix, targets, &places)?;
        let (spans, votes) = match targets {
            1 => (Vec::new(), Vec::new()),
            _ => grouped(&mut written, &weights),
        };
        if targets == 1 {
            summed(&mut written, &weights);
        }
        let forest = laid_out(&written, &roots)?;
        let features = written.iter().map(|w| w.feature as usize + 1).max();
        Ok(Self {
            forest,
            trees: roots.len(),
            features: features.unwrap_or(1),
            targets,
            spans,
            votes,
        })
    }

    fn rows(&self, call: &Call) -> Result<(usize, usize), Fault> {
        let x = call.input(0)?;
        if matches!(x.data(), Data::F64(_)) {
            return Err(format!("double inputs are not supported: {ONLY_FLOAT}").into());
        }
        let (rows, columns) = x.rows_columns()?;
        if columns < self.features {
            return Err(format!("it reads {} features, found {columns}", self.features).into());
        }
        call.size(&[rows, self.targets + 1])?;
        Ok((rows, columns))
    }

    /// One score for each row.
    pub(super) fn single(&self, call: &Call, aggregate: Aggregate) -> Result<Vec<f32>, Fault> {
        let (rows, columns) = self.rows(call)?;
        let x = call.input(0)?.to_f32()?;
        let start = match aggregate {
            Aggregate::Min => f32::INFINITY,
            Aggregate::Max => f32::NEG_INFINITY,
            _ => 0.0,
        };
        let mut scores = vec![start; rows];
        let weight = f32::from_bits;
        match aggregate {
            Aggregate::Min => {
                (self.forest).visit(&x, columns, |row, w| scores[row] = scores[row].min(weight(w)))
            }
            Aggregate::Max => {
                (self.forest).visit(&x, columns, |row, w| scores[row] = scores[row].max(weight(w)))
            }
            _ => self.forest.visit(&x, columns, |row, w| scores[row] += weight(w)),
        }
        if aggregate == Aggregate::Average {
            scores.iter_mut().for_each(|s| *s /= self.trees as f32);
        }
        Ok(scores)
    }

    /// Several scores for each row.
    pub(super) fn several(&self, call: &Call, aggregate: Aggregate) -> Result<Scores, Fault> {
        let (rows, columns) = self.rows(call)?;
        let x = call.input(0)?.to_f32()?;
        let mut scores = Scores {
            values: vec![0.0; rows * self.targets],
            seen: vec![false; rows * self.targets],
        };
        let join: fn(f32, f32) -> f32 = match aggregate {
            Aggregate::Min => f32::min,
            Aggregate::Max => f32::max,
            _ => |a, b| a + b,
        };
        self.forest.visit(&x, columns, |row, leaf| {
            let (start, end) = self.spans[leaf as usize];
            for (_, target, weight) in &self.votes[start as usize..end as usize] {
                let at = row * self.targets + *target as usize;
                let so_far = scores.seen[at].then_some(scores.values[at]);
                scores.values[at] = so_far.map_or(*weight, |s| join(s, *weight));
                scores.seen[at] = true;
            }
        });
        if aggregate == Aggregate::Average {
            scores.values.iter_mut().for_each(|s| *s /= self.trees as f32);
        }
        Ok(scores)
    }
}

/// The nodes of a regressor with one target, whose leaves have their weight as payload, and the
/// roots of its trees.
pub(crate) fn single_trees(attributes: &Attributes) -> Result<(Vec<Written>, Vec<u32>), Fault> {
    let places = places(attributes)?;
    let (mut nodes, roots) = written(attributes, &places)?;
    summed(&mut nodes, &weights(attributes, "target", 1, &places)?);
    laid_out(&nodes, &roots)?;
    Ok((nodes, roots))
}

fn summed(written: &mut [Written], weights: &[Vote]) {
    let mut sums = vec![0.0f32; written.len()];
    weights.iter().for_each(|(node, _, weight)| sums[*node] += weight);
    written.iter_mut().zip(sums).for_each(|(w, sum)| w.payload = sum.to_bits());
}

fn laid_out(written: &[Written], roots: &[u32]) -> Result<Forest, Fault> {
    let forest = Forest::new(written, roots);
    if forest.len() != written.len() {
        return Err("its trees have cycles or nodes that no root leads to".into());
    }
    Ok(forest)
}

/// The leaf that votes, the target and the weight.
type Vote = (usize, u32, f32);

type Places = HashMap<(i64, i64), usize>;

/// Where the node of a tree id and a node id lies.
fn places(attributes: &Attributes) -> Result<Places, Fault> {
    let trees = attributes.ints("nodes_treeids");
    let ids = attributes.ints("nodes_nodeids");
    if trees.is_empty() || trees.len() != ids.len() {
        return Err("it needs as many `nodes_treeids` as `nodes_nodeids`".into());
    }
    let keys = trees.iter().copied().zip(ids.iter().copied());
    let places: Places = keys.enumerate().map(|(at, key)| (key, at)).collect();
    if places.len() != trees.len() {
        return Err("a tree has two nodes with the same id".into());
    }
    Ok(places)
}

/// The nodes in the order of the file, and the roots of the trees.
fn written(attributes: &Attributes, places: &Places) -> Result<(Vec<Written>, Vec<u32>), Fault> {
    let trees = attributes.ints("nodes_treeids");
    let n = trees.len();
    let column = |name: &str, values: &[i64]| match values.len() == n {
        true => Ok(()),
        false => Err(Fault::from(format!("{} `{name}` for {n} nodes", values.len()))),
    };
    let (features, modes) = (attributes.ints("nodes_featureids"), attributes.texts("nodes_modes"));
    let (yes, no) = (attributes.ints("nodes_truenodeids"), attributes.ints("nodes_falsenodeids"));
    let nan = attributes.ints("nodes_missing_value_tracks_true");
    let values = attributes.floats("nodes_values");
    column("nodes_featureids", features)?;
    column("nodes_truenodeids", yes)?;
    column("nodes_falsenodeids", no)?;
    if modes.len() != n || values.len() != n || !(nan.is_empty() || nan.len() == n) {
        return Err(
            "every node needs a mode, a value and, if any has, a missing-value track".into()
        );
    }
    let mut has_parent = vec![false; n];
    let mut nodes = Vec::with_capacity(n);
    for i in 0..n {
        let mode = mode(&modes[i])?;
        let mut children = (0, 0);
        if mode != Mode::Leaf {
            let mut child = |id: i64| child(places, &mut has_parent, (trees[i], id));
            children = (child(yes[i])?, child(no[i])?);
        }
        nodes.push(Written {
            mode,
            feature: if mode == Mode::Leaf { 0 } else { feature(features[i])? },
            threshold: values[i],
            nan_is_true: nan.get(i).is_some_and(|t| *t != 0),
            children,
            payload: 0,
        });
    }
    let roots: Vec<u32> = (0..n).filter(|i| !has_parent[*i]).map(|i| i as u32).collect();
    let mut rooted = HashSet::new();
    if !roots.iter().all(|r| rooted.insert(trees[*r as usize])) {
        return Err("a tree has two roots".into());
    }
    Ok((nodes, roots))
}

fn child(places: &Places, has_parent: &mut [bool], key: (i64, i64)) -> Result<u32, Fault> {
    let (tree, id) = key;
    let Some(at) = places.get(&key) else {
        return Err(format!("tree {tree} has no node {id}").into());
    };
    if std::mem::replace(&mut has_parent[*at], true) {
        return Err(format!("node {id} of tree {tree} has two parents").into());
    }
    Ok(*at as u32)
}

fn mode(name: &str) -> Result<Mode, Fault> {
    Ok(match name {
        "BRANCH_LEQ" => Mode::LessOrEqual,
        "BRANCH_LT" => Mode::Less,
        "BRANCH_GTE" => Mode::GreaterOrEqual,
        "BRANCH_GT" => Mode::Greater,
        "BRANCH_EQ" => Mode::Equal,
        "BRANCH_NEQ" => Mode::NotEqual,
        "LEAF" => Mode::Leaf,
        other => return Err(format!("node mode `{other}` is not known").into()),
    })
}

fn feature(id: i64) -> Result<u32, Fault> {
    let known = u32::try_from(id).ok().filter(|f| *f < 1 << 24);
    known.ok_or_else(|| format!("feature {id} is out of range").into())
}

fn weights(
    attributes: &Attributes,
    prefix: &str,
    targets: usize,
    places: &Places,
) -> Result<Vec<Vote>, Fault> {
    let ints = |name: &str| attributes.ints(&format!("{prefix}_{name}")).to_vec();
    let (trees, nodes, ids) = (ints("treeids"), ints("nodeids"), ints("ids"));
    let weights = attributes.floats(&format!("{prefix}_weights"));
    if [trees.len(), nodes.len(), ids.len()] != [weights.len(); 3] {
        return Err(format!("every {prefix} weight needs a tree, a node and an id").into());
    }
    let vote = |i: usize| {
        let key = (trees[i], nodes[i]);
        let at = (places.get(&key)).ok_or_else(|| format!("no node {key:?} for a weight"))?;
        let target = usize::try_from(ids[i]).ok().filter(|t| *t < targets);
        let target = target.ok_or_else(|| format!("{prefix} {} of {targets}", ids[i]))?;
        Ok((*at, target as u32, weights[i]))
    };
    (0..weights.len()).map(vote).collect()
}

/// Votes sorted by leaf, and each leaf's span of them; its payload becomes the span's number.
fn grouped(written: &mut [Written], weights: &[Vote]) -> (Vec<(u32, u32)>, Vec<Vote>) {
    let mut sorted = weights.to_vec();
    sorted.sort_by_key(|(node, _, _)| *node);
    let mut spans = Vec::with_capacity(written.len());
    let mut start = 0;
    for (at, node) in written.iter_mut().enumerate() {
        let rest = &sorted[start..];
        let end = start + rest.partition_point(|(n, _, _)| *n <= at);
        node.payload = spans.len() as u32;
        spans.push((start as u32, end as u32));
        start = end;
    }
    (spans, sorted)
}
