//! Regressors and classifiers made of trees: base values, labels and transforms of the scores.

use std::sync::Arc;

use super::linear::class_labels;
use super::trees::{Aggregate, Ensemble, Scores};
use super::{Kernel, kernel};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};
use crate::onnx::transform::{Transform, logistic};

const MAX_TARGETS: i64 = 1 << 16;

pub(super) fn regressor(attributes: &Attributes) -> Result<Kernel, Fault> {
    let targets = attributes.int("n_targets", 1);
    if !(1..=MAX_TARGETS).contains(&targets) {
        return Err(format!("{targets} targets").into());
    }
    let targets = targets as usize;
    let aggregate = match attributes.text("aggregate_function", "SUM").as_str() {
        "SUM" => Aggregate::Sum,
        "AVERAGE" => Aggregate::Average,
        "MIN" => Aggregate::Min,
        "MAX" => Aggregate::Max,
        other => return Err(format!("aggregate function `{other}` is not known").into()),
    };
    let transform = Transform::parse(&attributes.text("post_transform", "NONE"))?;
    let base = base_values(attributes, targets)?;
    let ensemble = Ensemble::new(attributes, "target", targets)?;
    if targets == 1 {
        return kernel(move |call| {
            let mut scores = ensemble.single(call, aggregate)?;
            let finish = |s: &mut f32| *s = transform.apply_to_one(*s + base[0]);
            scores.iter_mut().for_each(finish);
            Tensor::new(vec![scores.len(), 1], Data::F32(scores))
        });
    }
    // As in onnxruntime, a sum over no leaf at all stays 0, whatever the base value.
    let only_seen = matches!(aggregate, Aggregate::Sum | Aggregate::Average);
    kernel(move |call| {
        let Scores { mut values, seen } = ensemble.several(call, aggregate)?;
        let rows = values.chunks_exact_mut(targets);
        for (row, seen) in rows.zip(seen.chunks_exact(targets)) {
            for ((score, base), seen) in row.iter_mut().zip(&base).zip(seen) {
                *score += if *seen || !only_seen { *base } else { 0.0 };
            }
            transform.apply(row);
        }
        Tensor::new(vec![values.len() / targets, targets], Data::F32(values))
    })
}

fn base_values(attributes: &Attributes, targets: usize) -> Result<Vec<f32>, Fault> {
    match attributes.floats("base_values") {
        [] => Ok(vec![0.0; targets]),
        v if v.len() == targets => Ok(v.to_vec()),
        v => Err(format!("{} base values for {targets} targets", v.len()).into()),
    }
}

/// What a classifier needs beside its trees.
struct Classes {
    labels: Data,
    base: Vec<f32>,
    transform: Transform,
    /// Two classes of which only one has weights.
    one_sided: bool,
    all_positive: bool,
}

pub(super) fn classifier(attributes: &Attributes) -> Result<Kernel, Fault> {
    let labels = class_labels(attributes, "classlabels_int64s");
    let targets = labels.len();
    if targets < 2 {
        return Err(format!("{targets} classes").into());
    }
    let base = attributes.floats("base_values").to_vec();
    if !(base.is_empty() || base.len() == targets || (targets == 2 && base.len() == 1)) {
        return Err(format!("{} base values for {targets} classes", base.len()).into());
    }
    let ensemble = Ensemble::new(attributes, "class", targets)?;
    let first = attributes.ints("class_ids").first().copied();
    let classes = Classes {
        labels,
        base,
        transform: Transform::parse(&attributes.text("post_transform", "NONE"))?,
        one_sided: targets == 2 && attributes.ints("class_ids").iter().all(|c| Some(*c) == first),
        all_positive: attributes.floats("class_weights").iter().all(|w| *w >= 0.0),
    };
    Ok(Arc::new(move |call| {
        let mut scores = ensemble.several(call, Aggregate::Sum)?;
        let rows = scores.values.len() / targets;
        let pairs =
            (scores.values.chunks_exact_mut(targets)).zip(scores.seen.chunks_exact_mut(targets));
        let chosen: Vec<usize> = pairs.map(|(row, seen)| classes.decide(row, seen)).collect();
        let label = Tensor::new(vec![rows], classes.labels.pick(chosen.into_iter()))?;
        let scores = Tensor::new(vec![rows, targets], Data::F32(scores.values))?;
        Ok(vec![label, scores])
    }))
}

impl Classes {
    /// Makes a row's scores final; returns the chosen class.
    fn decide(&self, row: &mut [f32], seen: &mut [bool]) -> usize {
        match row {
            [first, second] => {
                let (scores, chosen) = self.decide_two([*first, *second], [seen[0], seen[1]]);
                [*first, *second] = scores;
                chosen
            }
            _ => {
                for (k, base) in self.base.iter().enumerate() {
                    row[k] += base;
                    seen[k] = true;
                }
                let wins = |k: usize, b: usize| seen[k] && (!seen[b] || row[k] > row[b]);
                let best = (1..row.len()).fold(0, |b, k| if wins(k, b) { k } else { b });
                self.transform.apply(row);
                best
            }
        }
    }

    /// Two classes. The specification is silent about how one score becomes two and what base
    /// values mean then; this is what onnxruntime does, but for the labels of a two-sided vote: it
    /// gives 1 and 0 whatever the labels are called.
    fn decide_two(&self, [mut first, mut second]: [f32; 2], seen: [bool; 2]) -> ([f32; 2], usize) {
        match self.base[..] {
            [_, base] if seen[1] => {
                second = base + first;
                first = -second;
            }
            [base] | [base, _] => first += base,
            _ => {}
        }
        if !seen[0] {
            first = 0.0;
        }
        let weight = if seen[1] { second } else { first };
        let cut = if self.one_sided && self.all_positive { 0.5 } else { 0.0 };
        let chosen = usize::from(weight > cut);
        if !seen[1] && self.base.len() < 2 {
            return (self.split(first), chosen);
        }
        let mut scores = [first, second];
        self.transform.apply(&mut scores);
        (scores, chosen)
    }

    /// The one score of two classes as two columns.
    fn split(&self, score: f32) -> [f32; 2] {
        match self.transform {
            Transform::Logistic => [logistic(-score), logistic(score)],
            _ if self.one_sided && self.all_positive => [1.0 - score, score],
            _ => [-score, score],
        }
    }
}
