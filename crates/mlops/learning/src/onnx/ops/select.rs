//! `TopK`: the largest or smallest elements along an axis, and where they are.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Call, Kernel, axis};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

/// Of equal elements the first comes first; NaN counts as the largest, as in onnxruntime.
pub(super) fn top(attributes: &Attributes) -> Result<Kernel, Fault> {
    let along = attributes.int("axis", -1);
    let largest = attributes.int("largest", 1) != 0;
    Ok(Arc::new(move |call: &Call| {
        let (x, wanted) = (call.input(0)?, call.input(1)?.i64()?);
        let along = axis(along, x.dims().len())?;
        let count = x.dims()[along];
        let k = match wanted {
            [k] => usize::try_from(*k).ok().filter(|k| (1..=count).contains(k)),
            _ => None,
        };
        let k = k.ok_or_else(|| format!("{wanted:?} of {count} elements cannot be picked"))?;
        let mut dims = x.dims().to_vec();
        dims[along] = k;
        let after: usize = x.dims()[along + 1..].iter().product();
        let n = call.size(&dims)?;
        let values: Vec<f64> = match x.data() {
            Data::F64(v) => v.clone(),
            Data::I64(v) if v.iter().any(|v| v.unsigned_abs() > 1 << 53) => {
                return Err("integers beyond 2^53 are not supported".into());
            }
            Data::I64(v) => v.iter().map(|v| *v as f64).collect(),
            _ => x.to_f32()?.iter().map(|v| f64::from(*v)).collect(),
        };
        let (mut places, mut sources) = (vec![0i64; n], vec![0usize; n]);
        let mut order: Vec<usize> = Vec::with_capacity(count);
        for group in 0..x.len() / count {
            let (before, offset) = (group / after, group % after);
            let at = |i: usize| before * count * after + i * after + offset;
            let by = |a: &usize, b: &usize| {
                let order = ordered(values[at(*a)], values[at(*b)]);
                (if largest { order.reverse() } else { order }).then(a.cmp(b))
            };
            order.clear();
            order.extend(0..count);
            if k < count {
                order.select_nth_unstable_by(k - 1, by);
            }
            order[..k].sort_unstable_by(by);
            for (place, i) in order[..k].iter().enumerate() {
                let out = before * k * after + place * after + offset;
                places[out] = *i as i64;
                sources[out] = at(*i);
            }
        }
        let picked = Tensor::new(dims.clone(), x.data().pick(sources.into_iter()))?;
        Ok(vec![picked, Tensor::new(dims, Data::I64(places))?])
    }))
}

fn ordered(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}
