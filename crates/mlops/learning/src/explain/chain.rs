//! Files that can be explained exactly: steps that treat each column alone, then one model.

use prost::Message;

use super::trees::Trees;
use crate::onnx::attributes::Attributes;
use crate::onnx::ops::single_trees;
use crate::onnx::proto::{ModelProto, NodeProto};
use crate::onnx::tensor::Tensor;
use crate::{LearnError, Model, Values};

/// What the chain ends in.
pub(super) enum End {
    Linear(Linear),
    Trees(Trees),
}

/// A model behind steps that do not mix columns.
pub(super) struct Chain {
    pub end: End,
    /// The feature that each column of the model is made of.
    pub columns: Vec<usize>,
    /// The steps before the model, if there are any.
    before: Option<Model>,
}

/// One target of a linear model.
pub(super) struct Linear {
    weights: Vec<f64>,
    offset: f64,
}

impl Chain {
    /// The chain of a file; `None` if it is another kind of file.
    pub(super) fn of(file: &[u8]) -> Result<Option<Self>, LearnError> {
        let mut message = ModelProto::decode(file).map_err(|e| LearnError::Malformed {
            problem: format!("it is not an ONNX file ({e})"),
        })?;
        let Some(last) = take_last(&mut message) else { return Ok(None) };
        let features = Model::load(file)?.features();
        let Some(columns) = columns(&message, &last, features) else { return Ok(None) };
        let attributes = Attributes::new(&last, i64::MAX);
        let end = match last.op_type() {
            "LinearRegressor" => linear(&attributes, columns.len()).map(End::Linear),
            "TreeEnsembleRegressor" => trees(&attributes, columns.len())?.map(End::Trees),
            _ => None,
        };
        let Some(end) = end else { return Ok(None) };
        let is_first = message.graph.as_ref().is_some_and(|graph| graph.node.is_empty());
        let before = match is_first {
            true => None,
            false => Some(Model::load(&message.encode_to_vec())?),
        };
        Ok(Some(Self { end, columns, before }))
    }

    /// Rows × columns as the model sees them.
    pub(super) fn before(&self, x: &[f64]) -> Result<Vec<f64>, LearnError> {
        let Some(steps) = &self.before else {
            return Ok(x.iter().map(|v| f64::from(*v as f32)).collect());
        };
        match steps.run(x)?.into_iter().next().map(|output| output.values) {
            Some(Values::Numbers(values)) => Ok(values),
            _ => Ok(Vec::new()),
        }
    }
}

/// Takes the node that makes the forecast out of the graph, whose output becomes its input.
fn take_last(message: &mut ModelProto) -> Option<NodeProto> {
    let graph = message.graph.as_mut()?;
    let output = graph.output.first()?.name().to_owned();
    let at = graph.node.iter().position(|node| node.output.first() == Some(&output))?;
    if at + 1 != graph.node.len() {
        return None;
    }
    let last = graph.node.remove(at);
    graph.output.truncate(1);
    graph.output[0].name = last.input.first().cloned();
    Some(last)
}

/// The feature of each column that reaches the model; `None` where a step may mix columns.
fn columns(message: &ModelProto, last: &NodeProto, features: usize) -> Option<Vec<usize>> {
    let graph = message.graph.as_ref()?;
    let constant = |name: &str| graph.initializer.iter().find(|t| t.name() == name);
    let inputs: Vec<&str> =
        graph.input.iter().map(|i| i.name()).filter(|name| constant(name).is_none()).collect();
    let [mut value] = inputs[..] else { return None };
    let mut columns: Vec<usize> = (0..features).collect();
    for node in &graph.node {
        if node.input.first().map(String::as_str) != Some(value) || node.output.len() != 1 {
            return None;
        }
        let attributes = Attributes::new(node, i64::MAX);
        match node.op_type() {
            "Identity" | "Imputer" | "Scaler" => {}
            "Gather" if attributes.int("axis", 0) != 1 => return None,
            "Gather" | "ArrayFeatureExtractor" => {
                let places = Tensor::try_from(constant(node.input.get(1)?)?).ok()?;
                let place = |p: &i64| columns.get(usize::try_from(*p).ok()?).copied();
                columns = places.i64().ok()?.iter().map(place).collect::<Option<_>>()?;
            }
            _ => return None,
        }
        value = node.output[0].as_str();
    }
    let reads = last.input.first().map(String::as_str) == Some(value);
    reads.then_some(columns)
}

fn trees(attributes: &Attributes, columns: usize) -> Result<Option<Trees>, LearnError> {
    let joined = attributes.text("aggregate_function", "SUM");
    let plain = attributes.int("n_targets", 1) == 1
        && attributes.text("post_transform", "NONE") == "NONE"
        && ["SUM", "AVERAGE"].contains(&joined.as_str());
    if !plain {
        return Ok(None);
    }
    let read = single_trees(attributes);
    let (nodes, roots) = read.map_err(|f| LearnError::Malformed { problem: f.0 })?;
    let share = if joined == "AVERAGE" { 1.0 / roots.len() as f64 } else { 1.0 };
    let base = attributes.floats("base_values").first().map_or(0.0, |b| f64::from(*b));
    Trees::new(nodes, roots, share, base, columns).map(Some)
}

fn linear(attributes: &Attributes, columns: usize) -> Option<Linear> {
    let weights = attributes.floats("coefficients");
    let plain =
        attributes.int("targets", 1) == 1 && attributes.text("post_transform", "NONE") == "NONE";
    let fits = plain && weights.len() == columns;
    fits.then(|| Linear {
        weights: weights.iter().map(|w| f64::from(*w)).collect(),
        offset: attributes.floats("intercepts").first().map_or(0.0, |b| f64::from(*b)),
    })
}

impl Linear {
    pub(super) fn explain(&self, background: &[f64], x: &[f64]) -> (f64, Vec<f64>) {
        let columns = self.weights.len();
        let rows = (background.len() / columns) as f64;
        let mut means = vec![0.0; columns];
        for row in background.chunks_exact(columns) {
            means.iter_mut().zip(row).for_each(|(mean, v)| *mean += v / rows);
        }
        let base: f64 = self.weights.iter().zip(&means).map(|(w, m)| w * m).sum();
        let of_row = |row: &[f64]| -> Vec<f64> {
            let cells = row.iter().zip(&means).zip(&self.weights);
            cells.map(|((v, mean), w)| w * (v - mean)).collect()
        };
        let values = x.chunks_exact(columns).flat_map(of_row).collect();
        (base + self.offset, values)
    }
}
