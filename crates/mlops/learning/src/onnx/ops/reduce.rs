//! Operators that run along axes: reductions, the position of an extreme, softmax.

use super::{Call, Kernel, axes, axis, kernel, strides, through_f64};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

/// What a group of elements becomes.
#[derive(Clone, Copy)]
pub(super) enum Reduction {
    L1,
    L2,
    Max,
    LogSum,
    LogSumExp,
    Mean,
    Min,
    Product,
    Sum,
    SumSquare,
}

impl Reduction {
    fn start(self) -> f64 {
        match self {
            Self::Max | Self::LogSumExp => f64::NEG_INFINITY,
            Self::Min => f64::INFINITY,
            Self::Product => 1.0,
            _ => 0.0,
        }
    }

    fn join(self, so_far: f64, x: f64) -> f64 {
        match self {
            Self::Max if x > so_far || x.is_nan() => x,
            Self::Min if x < so_far || x.is_nan() => x,
            Self::Max | Self::Min => so_far,
            Self::Product => so_far * x,
            Self::L1 => so_far + x.abs(),
            Self::L2 | Self::SumSquare => so_far + x * x,
            Self::LogSumExp => {
                let (low, high) = if x < so_far { (x, so_far) } else { (so_far, x) };
                if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
            }
            Self::Mean | Self::Sum | Self::LogSum => so_far + x,
        }
    }

    fn finish(self, joined: f64, count: usize) -> f64 {
        match self {
            Self::Mean => joined / count as f64,
            Self::L2 => joined.sqrt(),
            Self::LogSum => joined.ln(),
            _ => joined,
        }
    }
}

pub(super) fn reduce(attributes: &Attributes, reduction: Reduction) -> Result<Kernel, Fault> {
    let given = attributes.ints("axes").to_vec();
    let keep = attributes.int("keepdims", 1) != 0;
    let nothing = attributes.int("noop_with_empty_axes", 0) != 0;
    kernel(move |call| {
        let x = call.input(0)?;
        let chosen = axes(call, &given, 1)?;
        if chosen.is_none() && nothing {
            return Ok(x.clone());
        }
        let gone = reduced_axes(chosen, x.dims().len())?;
        let kept: Vec<usize> = masked(x.dims(), &gone, true);
        let data = through_f64(x.data(), |v| reduced(v, x.dims(), &kept, reduction))?;
        let dims = if keep { kept } else { masked(x.dims(), &gone, false) };
        Tensor::new(dims, data)
    })
}

fn reduced_axes(chosen: Option<Vec<i64>>, rank: usize) -> Result<Vec<bool>, Fault> {
    let Some(chosen) = chosen else {
        return Ok(vec![true; rank]);
    };
    let mut gone = vec![false; rank];
    for a in chosen {
        gone[axis(a, rank)?] = true;
    }
    Ok(gone)
}

/// The dimensions with the reduced ones as 1, or without them.
fn masked(dims: &[usize], gone: &[bool], keep: bool) -> Vec<usize> {
    let pairs = dims.iter().zip(gone);
    pairs.filter(|(_, gone)| keep || !**gone).map(|(d, gone)| if *gone { 1 } else { *d }).collect()
}

fn reduced(v: &[f64], dims: &[usize], kept: &[usize], reduction: Reduction) -> Vec<f64> {
    let step = |(kept, stride): (&usize, usize)| if *kept == 1 { 0 } else { stride };
    let out_steps: Vec<usize> = kept.iter().zip(strides(kept)).map(step).collect();
    let places: Vec<(usize, usize, usize)> = (strides(dims).into_iter())
        .zip(dims.iter().copied())
        .zip(out_steps)
        .map(|((s, d), o)| (s, d, o))
        .collect();
    let count: usize = kept.iter().product();
    let mut out = vec![reduction.start(); count];
    for (i, x) in v.iter().enumerate() {
        let at: usize = places.iter().map(|(s, d, o)| (i / s % d) * o).sum();
        out[at] = reduction.join(out[at], *x);
    }
    let each = v.len() / count;
    out.iter().map(|x| reduction.finish(*x, each)).collect()
}

/// The dimensions before, along and after an axis.
fn around(dims: &[usize], axis: usize) -> (usize, usize, usize) {
    let before = dims[..axis].iter().product();
    (before, dims[axis], dims[axis + 1..].iter().product())
}

pub(super) fn arg(attributes: &Attributes, better: fn(f32, f32) -> bool) -> Result<Kernel, Fault> {
    let along = attributes.int("axis", 0);
    let keep = attributes.int("keepdims", 1) != 0;
    let last = attributes.int("select_last_index", 0) != 0;
    kernel(move |call| {
        let x = call.input(0)?;
        let along = axis(along, x.dims().len())?;
        let (before, count, after) = around(x.dims(), along);
        let v = x.to_f32()?;
        let best = |start: usize| {
            let at = |k: usize| v[start + k * after];
            (1..count).fold(0, |best, k| {
                let wins = better(at(k), at(best)) || (last && at(k) == at(best));
                if wins { k } else { best }
            })
        };
        let starts = (0..before).flat_map(|b| (0..after).map(move |a| b * count * after + a));
        let mut dims = x.dims().to_vec();
        dims[along] = 1;
        if !keep {
            dims.remove(along);
        }
        Tensor::new(dims, Data::I64(starts.map(|s| best(s) as i64).collect()))
    })
}

/// Shares, or their logarithms.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Softmax {
    Shares,
    Logarithms,
}

/// Before operator set 13 all dimensions from the axis on form one group.
pub(super) fn softmax(attributes: &Attributes, of: Softmax) -> Result<Kernel, Fault> {
    let grouped = attributes.opset < 13;
    let along = attributes.int("axis", if grouped { 1 } else { -1 });
    kernel(move |call: &Call| {
        let x = call.input(0)?;
        let along = axis(along, x.dims().len())?;
        let (before, count, after) = around(x.dims(), along);
        let (count, after) = if grouped { (count * after, 1) } else { (count, after) };
        let data = through_f64(x.data(), |v| {
            let mut out = v.to_vec();
            for start in (0..before).flat_map(|b| (0..after).map(move |a| b * count * after + a)) {
                softmax_group(&mut out[start..], count, after, of);
            }
            out
        })?;
        Tensor::new(x.dims().to_vec(), data)
    })
}

fn softmax_group(v: &mut [f64], count: usize, step: usize, of: Softmax) {
    let group = || (0..count).map(move |k| k * step);
    let top = group().fold(f64::NEG_INFINITY, |m, i| m.max(v[i]));
    let sum: f64 = group().map(|i| (v[i] - top).exp()).sum();
    for i in group() {
        v[i] = match of {
            Softmax::Shares => (v[i] - top).exp() / sum,
            Softmax::Logarithms => v[i] - top - sum.ln(),
        };
    }
}
