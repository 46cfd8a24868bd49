//! Operators about dimensions: what they are, other ones for the same elements, joined tensors.

use super::elementwise::{broadcast, stretch};
use super::{Kernel, axes, axis, kernel, strides};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

/// The dimensions, or those from `start` to before `end`, counted from the end where negative.
pub(super) fn shape(attributes: &Attributes) -> Result<Kernel, Fault> {
    let (start, end) = (attributes.int("start", 0), attributes.int("end", i64::MAX));
    kernel(move |call| {
        let dims: Vec<i64> = call.input(0)?.dims().iter().map(|d| *d as i64).collect();
        let rank = dims.len() as i64;
        let place = |i: i64| (if i < 0 { i.saturating_add(rank) } else { i }).clamp(0, rank);
        let (start, end) = (place(start) as usize, place(end) as usize);
        let dims = dims.get(start..end).unwrap_or_default().to_vec();
        Tensor::new(vec![dims.len()], Data::I64(dims))
    })
}

/// How many elements there are.
pub(super) fn size() -> Result<Kernel, Fault> {
    kernel(|call| Tensor::new(vec![], Data::I64(vec![call.input(0)?.len() as i64])))
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
        let at = if at == rank as i64 { rank } else { axis(at, rank)? };
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
