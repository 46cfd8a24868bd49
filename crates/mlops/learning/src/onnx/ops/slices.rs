//! Operators that cut pieces out of tensors.

use std::sync::Arc;

use super::{Call, Kernel, axes, axis, kernel, strides};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::Tensor;

/// Pieces along an axis: of sizes that are given, else as many as the node has outputs, of which
/// the last may be smaller.
pub(super) fn split(attributes: &Attributes) -> Result<Kernel, Fault> {
    let along = attributes.int("axis", 0);
    let old = attributes.ints("split").to_vec();
    let outputs = attributes.outputs;
    Ok(Arc::new(move |call: &Call| {
        let x = call.input(0)?;
        let along = axis(along, x.dims().len())?;
        let count = x.dims()[along];
        let sizes = match axes(call, &old, 1)? {
            Some(given) => {
                let size = |n: &i64| usize::try_from(*n).ok().filter(|n| *n <= count);
                let sizes: Option<Vec<usize>> = given.iter().map(size).collect();
                sizes.ok_or_else(|| format!("{given:?} are not sizes of pieces of {count}"))?
            }
            None => {
                let each = count.div_ceil(outputs.max(1));
                let starts = (0..outputs).map(|i| (i * each).min(count));
                starts.map(|start| each.min(count - start)).collect()
            }
        };
        if sizes.len() != outputs || sizes.iter().sum::<usize>() != count {
            return Err(format!("{sizes:?} are not {outputs} pieces of {count}").into());
        }
        call.size(x.dims())?;
        let mut picked: Vec<Vec<usize>> = x.dims().iter().map(|d| (0..*d).collect()).collect();
        let mut start = 0;
        let mut pieces = Vec::with_capacity(outputs);
        for size in sizes {
            picked[along] = (start..start + size).collect();
            start += size;
            pieces.push(cut(call, x, &picked)?);
        }
        Ok(pieces)
    }))
}

/// Starts, ends, axes and steps are inputs since operator set 10, attributes before.
pub(super) fn slice(attributes: &Attributes) -> Result<Kernel, Fault> {
    let old = [attributes.ints("starts"), attributes.ints("ends")].map(<[i64]>::to_vec);
    let old_axes = attributes.ints("axes").to_vec();
    kernel(move |call| {
        let x = call.input(0)?;
        let bounds = |index: usize, old: &[i64]| match call.optional(index) {
            Some(t) => Ok::<_, Fault>(t.i64()?.to_vec()),
            None => Ok(old.to_vec()),
        };
        let (starts, ends) = (bounds(1, &old[0])?, bounds(2, &old[1])?);
        let along = axes(call, &old_axes, 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
        let steps = bounds(4, &vec![1; starts.len()])?;
        if [ends.len(), along.len(), steps.len()] != [starts.len(); 3] {
            return Err("starts, ends, axes and steps must have the same length".into());
        }
        let mut picked: Vec<Vec<usize>> = x.dims().iter().map(|d| (0..*d).collect()).collect();
        for i in 0..starts.len() {
            let d = axis(along[i], x.dims().len())?;
            picked[d] = span(starts[i], ends[i], steps[i], x.dims()[d])?;
        }
        cut(call, x, &picked)
    })
}

/// The indices from `start` to before `end`, both counted from the end where negative.
fn span(start: i64, end: i64, step: i64, count: usize) -> Result<Vec<usize>, Fault> {
    let count = count as i64;
    let clamp =
        |i: i64, low, high| (if i < 0 { i.saturating_add(count) } else { i }).clamp(low, high);
    let (start, end) = match step {
        0 => return Err("a step of 0 never ends".into()),
        s if s > 0 => (clamp(start, 0, count), clamp(end, 0, count)),
        _ => (clamp(start, 0, count - 1), clamp(end, -1, count - 1)),
    };
    let next = |i: &i64| i.checked_add(step);
    let inside = |i: &i64| if step > 0 { *i < end } else { *i > end };
    let indices = std::iter::successors(Some(start), next).take_while(inside);
    Ok(indices.map(|i| i as usize).collect())
}

fn cut(call: &Call, x: &Tensor, picked: &[Vec<usize>]) -> Result<Tensor, Fault> {
    let dims: Vec<usize> = picked.iter().map(Vec::len).collect();
    let n = call.size(&dims)?;
    let (own, out) = (strides(x.dims()), strides(&dims));
    let at = |i: usize| -> usize {
        (0..dims.len()).map(|d| picked[d][i / out[d] % dims[d]] * own[d]).sum()
    };
    Tensor::new(dims.clone(), x.data().pick((0..n).map(at)))
}
