//! Operators that look elements up by indices: embeddings, positions, masks.

use super::{Kernel, axis, kernel, strides};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::Tensor;

/// Slices at indices along an axis.
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

/// One element for each index, which lies at the index's own place but for the axis.
pub(super) fn elements(attributes: &Attributes) -> Result<Kernel, Fault> {
    let along = attributes.int("axis", 0);
    kernel(move |call| {
        let (x, wanted) = (call.input(0)?, call.input(1)?);
        let along = axis(along, x.dims().len())?;
        let pairs = || x.dims().iter().zip(wanted.dims()).enumerate();
        let same = x.dims().len() == wanted.dims().len();
        if !same || pairs().any(|(d, (x, wanted))| d != along && wanted > x) {
            let (x, wanted) = (x.dims(), wanted.dims());
            return Err(format!("indices of {wanted:?} do not lie in {x:?}").into());
        }
        call.size(wanted.dims())?;
        let (own, out) = (strides(x.dims()), strides(wanted.dims()));
        let mut sources = Vec::with_capacity(wanted.len());
        for (i, index) in wanted.i64()?.iter().enumerate() {
            let index = axis(*index, x.dims()[along])?;
            let place = |d: usize| if d == along { index } else { i / out[d] % wanted.dims()[d] };
            sources.push((0..out.len()).map(|d| place(d) * own[d]).sum::<usize>());
        }
        Tensor::new(wanted.dims().to_vec(), x.data().pick(sources.into_iter()))
    })
}

/// `GatherND`: the last dimension of the indices holds places in the leading dimensions, after
/// `batch_dims` dimensions that both have.
pub(super) fn nested(attributes: &Attributes) -> Result<Kernel, Fault> {
    let batch = attributes.int("batch_dims", 0);
    kernel(move |call| {
        let (x, wanted) = (call.input(0)?, call.input(1)?);
        let unfit = || format!("indices of {:?} do not lie in {:?}", wanted.dims(), x.dims());
        let batch = usize::try_from(batch).map_err(|_| unfit())?;
        let (depth, lead) = wanted.dims().split_last().ok_or_else(unfit)?;
        let deep = batch.checked_add(*depth).filter(|deep| *deep <= x.dims().len());
        let deep = deep.filter(|_| batch <= lead.len() && lead[..batch] == x.dims()[..batch]);
        let deep = deep.ok_or_else(unfit)?;
        let after = &x.dims()[deep..];
        let dims = [lead, after].concat();
        call.size(&dims)?;
        let own = strides(x.dims());
        let tail: usize = after.iter().product();
        let each: usize = lead[batch..].iter().product();
        let block: usize = x.dims()[batch..].iter().product();
        let mut starts = Vec::with_capacity(wanted.len() / depth);
        for (i, places) in wanted.i64()?.chunks_exact(*depth).enumerate() {
            let mut start = i / each * block;
            for (d, place) in (batch..).zip(places) {
                start += axis(*place, x.dims()[d])? * own[d];
            }
            starts.push(start);
        }
        let indices = starts.into_iter().flat_map(|start| start..start + tail);
        Tensor::new(dims, x.data().pick(indices))
    })
}
