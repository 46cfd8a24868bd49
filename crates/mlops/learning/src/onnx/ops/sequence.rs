//! Operators that make or repeat sequences: positions of words, running sums, triangular masks.

use super::{Kernel, axis, kernel, strides, through_f64};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

/// `start, start + delta, …` before `limit`.
pub(super) fn range() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (start, limit, delta) = (call.input(0)?, call.input(1)?, call.input(2)?);
        if [start, limit, delta].iter().any(|t| t.len() != 1) {
            return Err("its start, limit and delta must be single numbers".into());
        }
        let room = |count: f64| {
            // A count that is not a number fails as one that is too large.
            let count = if count.is_nan() { f64::INFINITY } else { count.ceil().max(0.0) };
            call.size(&[count as usize])
        };
        let real = |start: f64, limit: f64, delta: f64| {
            let count = room((limit - start) / delta)?;
            Ok::<Vec<f64>, Fault>((0..count).map(|i| start + i as f64 * delta).collect())
        };
        let data = match (start.data(), limit.data(), delta.data()) {
            (Data::F32(s), Data::F32(l), Data::F32(d)) => {
                let made = real(s[0].into(), l[0].into(), d[0].into())?;
                Data::F32(made.into_iter().map(|x| x as f32).collect())
            }
            (Data::F64(s), Data::F64(l), Data::F64(d)) => Data::F64(real(s[0], l[0], d[0])?),
            (Data::I64(s), Data::I64(l), Data::I64(d)) => {
                let (s, l, d) = (i128::from(s[0]), i128::from(l[0]), i128::from(d[0]));
                if d == 0 {
                    return Err("a step of 0 never ends".into());
                }
                let count = call.size(&[((l - s + d - d.signum()) / d).max(0) as usize])?;
                Data::I64((0..count).map(|i| (s + i as i128 * d) as i64).collect())
            }
            _ => return Err("its start, limit and delta must have the same numeric type".into()),
        };
        Tensor::new(vec![data.len()], data)
    })
}

/// Running sums along an axis, without the element itself if `exclusive`, from the end if `reverse`.
pub(super) fn cumulative(attributes: &Attributes) -> Result<Kernel, Fault> {
    let exclusive = attributes.int("exclusive", 0) != 0;
    let reverse = attributes.int("reverse", 0) != 0;
    kernel(move |call| {
        let x = call.input(0)?;
        let along = axis(call.input(1)?.i64()?[0], x.dims().len())?;
        let count = x.dims()[along];
        let after: usize = x.dims()[along + 1..].iter().product();
        call.size(x.dims())?;
        let data = through_f64(x.data(), |v| {
            let mut out = vec![0.0; v.len()];
            for start in (0..v.len()).filter(|i| (i / after).is_multiple_of(count)) {
                let mut sum = 0.0;
                for k in 0..count {
                    let k = if reverse { count - 1 - k } else { k };
                    let i = start + k * after;
                    out[i] = if exclusive { sum } else { sum + v[i] };
                    sum += v[i];
                }
            }
            out
        })?;
        Tensor::new(x.dims().to_vec(), data)
    })
}

/// `Trilu`: what lies on or above a diagonal of the last two dimensions, or on or below it; 0
/// elsewhere.
pub(super) fn triangle(attributes: &Attributes) -> Result<Kernel, Fault> {
    let upper = attributes.int("upper", 1) != 0;
    kernel(move |call| {
        let x = call.input(0)?;
        let diagonal = call.optional(1).map_or(Ok(0), |t| Ok::<i64, Fault>(t.i64()?[0]))?;
        let [.., rows, columns] = x.dims()[..] else {
            return Err("it needs at least two dimensions".into());
        };
        call.size(x.dims())?;
        let stays = |i: usize| {
            let (row, column) = ((i / columns % rows) as i128, (i % columns) as i128);
            let above = column - row - i128::from(diagonal);
            if upper { above >= 0 } else { above <= 0 }
        };
        fn keep<T: Copy + Default>(v: &[T], stays: impl Fn(usize) -> bool) -> Vec<T> {
            let each = |(i, x): (usize, &T)| if stays(i) { *x } else { T::default() };
            v.iter().enumerate().map(each).collect()
        }
        let data = match x.data() {
            Data::F32(v) => Data::F32(keep(v, stays)),
            Data::F64(v) => Data::F64(keep(v, stays)),
            Data::I64(v) => Data::I64(keep(v, stays)),
            Data::Bool(v) => Data::Bool(keep(v, stays)),
            Data::Text(_) => return Err("it needs numbers, found strings".into()),
        };
        Tensor::new(x.dims().to_vec(), data)
    })
}

/// Each dimension repeated so many times.
pub(super) fn tile() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (x, repeats) = (call.input(0)?, call.input(1)?.i64()?);
        if repeats.len() != x.dims().len() {
            let rank = x.dims().len();
            return Err(format!("{} repeats for {rank} dimensions", repeats.len()).into());
        }
        let times = |(d, n): (&usize, &i64)| usize::try_from(*n).ok()?.checked_mul(*d);
        let dims: Option<Vec<usize>> = x.dims().iter().zip(repeats).map(times).collect();
        let dims = dims.ok_or_else(|| format!("it cannot be repeated {repeats:?} times"))?;
        let n = call.size(&dims)?;
        let (own, out) = (strides(x.dims()), strides(&dims));
        let at = |i: usize| -> usize {
            (0..dims.len()).map(|d| i / out[d] % dims[d] % x.dims()[d] * own[d]).sum()
        };
        Tensor::new(dims.clone(), x.data().pick((0..n).map(at)))
    })
}
