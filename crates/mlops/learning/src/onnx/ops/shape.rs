//! Operators that move elements without changing them.

use super::elementwise::{broadcast, stretch};
use super::{Call, Kernel, axes, axis, kernel, strides};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

pub(super) fn shape() -> Result<Kernel, Fault> {
    kernel(|call| {
        let dims: Vec<i64> = call.input(0)?.dims().iter().map(|d| *d as i64).collect();
        Tensor::new(vec![dims.len()], Data::I64(dims))
    })
}

pub(super) fn constant(attributes: &Attributes) -> Result<Kernel, Fault> {
    let vector = |n: usize, data| Tensor::new(vec![n], data);
    let value = if let Some(tensor) = attributes.tensor("value")? {
        tensor
    } else if attributes.has("value_float") {
        Tensor::new(vec![], Data::F32(vec![attributes.float("value_float", 0.0)]))?
    } else if attributes.has("value_int") {
        Tensor::new(vec![], Data::I64(vec![attributes.int("value_int", 0)]))?
    } else if attributes.has("value_floats") {
        let v = attributes.floats("value_floats");
        vector(v.len(), Data::F32(v.to_vec()))?
    } else if attributes.has("value_ints") {
        let v = attributes.ints("value_ints");
        vector(v.len(), Data::I64(v.to_vec()))?
    } else {
        return Err("it has no value of a supported type".into());
    };
    kernel(move |_| Ok(value.clone()))
}

pub(super) fn constant_of_shape(attributes: &Attributes) -> Result<Kernel, Fault> {
    let value = attributes.tensor("value")?;
    let value = value.map_or(Data::F32(vec![0.0]), |t| t.into_parts().1);
    kernel(move |call| {
        let dims = dimensions(call.input(0)?.i64()?)?;
        let n = call.size(&dims)?;
        Tensor::new(dims, value.pick(std::iter::repeat_n(0, n)))
    })
}

fn dimensions(given: &[i64]) -> Result<Vec<usize>, Fault> {
    let whole = |d: &i64| usize::try_from(*d).map_err(|_| format!("dimension {d}").into());
    given.iter().map(whole).collect()
}

pub(super) fn expand(_: &Attributes) -> Result<Kernel, Fault> {
    kernel(|call| {
        let x = call.input(0)?;
        let dims = broadcast(x.dims(), &dimensions(call.input(1)?.i64()?)?)?;
        let n = call.size(&dims)?;
        let data = stretch(x, &dims, n);
        Tensor::new(dims, data)
    })
}

/// `0` keeps a dimension (unless `allowzero`), one `-1` takes what is left.
pub(super) fn reshape(attributes: &Attributes) -> Result<Kernel, Fault> {
    let zero_is_zero = attributes.int("allowzero", 0) != 0;
    kernel(move |call| {
        let (x, shape) = (call.input(0)?, call.input(1)?.i64()?);
        let known = |(i, d): (usize, &i64)| match d {
            -1 => Ok(None),
            0 if !zero_is_zero => match x.dims().get(i) {
                Some(d) => Ok(Some(*d)),
                None => Err(Fault::from(format!("there is no dimension {i} to keep"))),
            },
            d => Ok(Some(dimensions(&[*d])?[0])),
        };
        let dims: Vec<Option<usize>> =
            shape.iter().enumerate().map(known).collect::<Result<_, _>>()?;
        let product = |n: usize, d: &usize| n.checked_mul(*d).ok_or("too many elements");
        let rest = dims.iter().flatten().try_fold(1, product)?.max(1);
        let dims = dims.iter().map(|d| d.unwrap_or(x.len() / rest)).collect();
        Tensor::new(dims, x.data().clone())
    })
}

pub(super) fn flatten(attributes: &Attributes) -> Result<Kernel, Fault> {
    let at = attributes.int("axis", 1);
    kernel(move |call| {
        let x = call.input(0)?;
        let rank = x.dims().len();
        let at = axis(at, rank + 1)?;
        let (before, after) = x.dims().split_at(at);
        let dims = vec![before.iter().product(), after.iter().product()];
        Tensor::new(dims, x.data().clone())
    })
}

pub(super) fn squeeze(attributes: &Attributes) -> Result<Kernel, Fault> {
    let given = attributes.ints("axes").to_vec();
    kernel(move |call| {
        let x = call.input(0)?;
        let rank = x.dims().len();
        let gone: Vec<usize> = match axes(call, &given, 1)? {
            Some(axes) => axes.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?,
            None => (0..rank).filter(|d| x.dims()[*d] == 1).collect(),
        };
        let kept = (0..rank).filter(|d| !gone.contains(d)).map(|d| x.dims()[d]);
        Tensor::new(kept.collect(), x.data().clone())
    })
}

pub(super) fn unsqueeze(attributes: &Attributes) -> Result<Kernel, Fault> {
    let given = attributes.ints("axes").to_vec();
    kernel(move |call| {
        let x = call.input(0)?;
        let new = axes(call, &given, 1)?.ok_or("it has no axes")?;
        let rank = x.dims().len() + new.len();
        let new: Vec<usize> = new.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?;
        let mut old = x.dims().iter().copied();
        let dims = (0..rank).map(|d| if new.contains(&d) { Some(1) } else { old.next() });
        let dims: Option<Vec<usize>> = dims.collect();
        Tensor::new(dims.ok_or("its axes repeat")?, x.data().clone())
    })
}

pub(super) fn transpose(attributes: &Attributes) -> Result<Kernel, Fault> {
    let given = attributes.ints("perm").to_vec();
    kernel(move |call| {
        let x = call.input(0)?;
        let rank = x.dims().len();
        let order: Vec<usize> = if given.is_empty() {
            (0..rank).rev().collect()
        } else {
            given.iter().map(|a| axis(*a, rank)).collect::<Result<_, _>>()?
        };
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if sorted.iter().copied().ne(0..rank) {
            return Err(format!("{order:?} does not name each of {rank} dimensions once").into());
        }
        let steps = strides(x.dims());
        let dims: Vec<usize> = order.iter().map(|d| x.dims()[*d]).collect();
        let places: Vec<(usize, usize, usize)> = (strides(&dims).into_iter())
            .zip(&order)
            .map(|(s, d)| (s, x.dims()[*d], steps[*d]))
            .collect();
        let at = |i: usize| places.iter().map(|(s, d, o)| (i / s % d) * o).sum();
        Tensor::new(dims, x.data().pick((0..x.len()).map(at)))
    })
}

pub(super) fn concat(attributes: &Attributes) -> Result<Kernel, Fault> {
    let along = attributes.int("axis", 1);
    kernel(move |call| {
        let parts = call.all()?;
        let along = axis(along, parts[0].dims().len())?;
        let mut dims = parts[0].dims().to_vec();
        for part in &parts[1..] {
            let fits = part.dims().len() == dims.len()
                && (0..dims.len()).all(|d| d == along || part.dims()[d] == dims[d]);
            if !fits {
                return Err(format!("{:?} does not join {dims:?}", part.dims()).into());
            }
            dims[along] += part.dims()[along];
        }
        let n = call.size(&dims)?;
        let blocks = dims[..along].iter().product();
        let data = joined(&parts, blocks, n)?;
        Tensor::new(dims, data)
    })
}

/// Block by block, one piece of each part.
fn joined(parts: &[&Tensor], blocks: usize, n: usize) -> Result<Data, Fault> {
    fn join<'a, T: Clone + 'a>(parts: &[&'a [T]], blocks: usize, n: usize) -> Vec<T> {
        let mut out = Vec::with_capacity(n);
        for block in 0..blocks {
            for part in parts {
                let size = part.len() / blocks;
                out.extend_from_slice(&part[block * size..(block + 1) * size]);
            }
        }
        out
    }
    fn all<'a, T>(
        parts: &[&'a Tensor],
        get: impl Fn(&'a Data) -> Option<&'a [T]>,
    ) -> Result<Vec<&'a [T]>, Fault> {
        let found: Option<Vec<&[T]>> = parts.iter().map(|p| get(p.data())).collect();
        found.ok_or_else(|| "its inputs must have the same type".into())
    }
    macro_rules! of {
        ($kind:ident) => {
            Data::$kind(join(
                &all(parts, |d| match d {
                    Data::$kind(v) => Some(v.as_slice()),
                    _ => None,
                })?,
                blocks,
                n,
            ))
        };
    }
    Ok(match parts[0].data() {
        Data::F32(_) => of!(F32),
        Data::F64(_) => of!(F64),
        Data::I64(_) => of!(I64),
        Data::Bool(_) => of!(Bool),
        Data::Text(_) => of!(Text),
    })
}

pub(super) fn gather(attributes: &Attributes) -> Result<Kernel, Fault> {
    let along = attributes.int("axis", 0);
    kernel(move |call| {
        let (x, wanted) = (call.input(0)?, call.input(1)?);
        let along = axis(along, x.dims().len())?;
        let count = x.dims()[along];
        let picked: Vec<usize> =
            (wanted.i64()?.iter()).map(|i| axis(*i, count)).collect::<Result<_, _>>()?;
        let (before, after) = (&x.dims()[..along], &x.dims()[along + 1..]);
        let dims = [before, wanted.dims(), after].concat();
        call.size(&dims)?;
        let tail: usize = after.iter().product();
        let blocks = 0..before.iter().product();
        let starts = blocks.flat_map(|b| picked.iter().map(move |i| (b * count + i) * tail));
        let indices = starts.flat_map(|s| s..s + tail);
        Tensor::new(dims, x.data().pick(indices))
    })
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
