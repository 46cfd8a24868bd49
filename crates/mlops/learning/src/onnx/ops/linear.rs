//! Linear models of `ai.onnx.ml`.

use std::sync::Arc;

use super::matrix::multiply;
use super::{Call, Kernel, kernel};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};
use crate::onnx::transform::Transform;

/// Features × targets with one intercept for each target.
struct Linear {
    /// Features × targets, so that a product runs over memory in order.
    weights: Vec<f32>,
    intercepts: Vec<f32>,
    features: usize,
    targets: usize,
}

impl Linear {
    fn new(attributes: &Attributes, targets: usize) -> Result<Self, Fault> {
        let given = attributes.floats("coefficients");
        if targets == 0 || given.is_empty() || !given.len().is_multiple_of(targets) {
            return Err(
                format!("{} coefficients do not fill {targets} targets", given.len()).into()
            );
        }
        let features = given.len() / targets;
        let weights = (0..given.len()).map(|i| given[(i % targets) * features + i / targets]);
        let weights = weights.collect();
        let intercepts = match attributes.floats("intercepts") {
            [] => vec![0.0; targets],
            v if v.len() == targets => v.to_vec(),
            v => return Err(format!("{} intercepts for {targets} targets", v.len()).into()),
        };
        Ok(Self { weights, intercepts, features, targets })
    }

    /// Rows × targets.
    fn scores(&self, call: &Call) -> Result<(usize, Vec<f32>), Fault> {
        let x = call.input(0)?;
        let (rows, columns) = x.rows_columns()?;
        if columns != self.features {
            return Err(format!("it takes {} features, found {columns}", self.features).into());
        }
        call.size(&[rows, self.targets + 1])?;
        let mut scores = multiply(&x.to_f32()?, &self.weights, columns, self.targets);
        for row in scores.chunks_exact_mut(self.targets) {
            row.iter_mut().zip(&self.intercepts).for_each(|(s, b)| *s += b);
        }
        Ok((rows, scores))
    }
}

pub(super) fn regressor(attributes: &Attributes) -> Result<Kernel, Fault> {
    let targets = usize::try_from(attributes.int("targets", 1)).unwrap_or(0);
    let linear = Linear::new(attributes, targets)?;
    let transform = Transform::parse(&attributes.text("post_transform", "NONE"))?;
    kernel(move |call| {
        let (rows, mut scores) = linear.scores(call)?;
        if targets == 1 {
            scores.iter_mut().for_each(|s| *s = transform.apply_to_one(*s));
        } else {
            scores.chunks_exact_mut(targets).for_each(|row| transform.apply(row));
        }
        Tensor::new(vec![rows, targets], Data::F32(scores))
    })
}

/// The names of the classes, as numbers or as texts.
pub(super) fn class_labels(attributes: &Attributes, ints: &str) -> Data {
    let texts = attributes.texts("classlabels_strings");
    if texts.is_empty() { Data::I64(attributes.ints(ints).to_vec()) } else { Data::Text(texts) }
}

pub(super) fn classifier(attributes: &Attributes) -> Result<Kernel, Fault> {
    let targets = attributes.floats("intercepts").len();
    let linear = Linear::new(attributes, targets)?;
    let transform = Transform::parse(&attributes.text("post_transform", "NONE"))?;
    let labels = class_labels(attributes, "classlabels_ints");
    let second = targets == 1 && labels.len() == 2;
    if labels.len() != targets && !second {
        return Err(format!("{} labels for {targets} scores", labels.len()).into());
    }
    Ok(Arc::new(move |call| {
        let (rows, mut scores) = linear.scores(call)?;
        let chosen: Vec<usize> = match second {
            true => scores.iter().map(|s| usize::from(*s > 0.0)).collect(),
            false => scores.chunks_exact(targets).map(best).collect(),
        };
        if second {
            scores = scores.iter().flat_map(|s| two_columns(*s, transform)).collect();
        } else if targets == 1 {
            scores.iter_mut().for_each(|s| *s = transform.apply_to_one(*s));
        } else {
            scores.chunks_exact_mut(targets).for_each(|row| transform.apply(row));
        }
        let label = Tensor::new(vec![rows], labels.pick(chosen.into_iter()))?;
        let columns = scores.len() / rows;
        Ok(vec![label, Tensor::new(vec![rows, columns], Data::F32(scores))?])
    }))
}

/// A single score of two classes: the second class has it, the first what is left.
fn two_columns(score: f32, transform: Transform) -> [f32; 2] {
    match transform {
        Transform::Logistic => {
            let p = crate::onnx::transform::logistic(score);
            [1.0 - p, p]
        }
        other => {
            let s = other.apply_to_one(score);
            [1.0 - s, s]
        }
    }
}

/// The first of the largest scores.
fn best(scores: &[f32]) -> usize {
    (1..scores.len()).fold(0, |best, k| if scores[k] > scores[best] { k } else { best })
}
