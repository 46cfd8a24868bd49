//! Operators that work element by element, with broadcasting.
//!
//! Real arithmetic runs in `f64` and is rounded to the element type: for the four operations and
//! the square root of `f32` that gives the correctly rounded result.

use super::{Call, Kernel, kernel, strides, through_f64};
use crate::onnx::Fault;
use crate::onnx::attributes::Attributes;
use crate::onnx::tensor::{Data, Tensor};

pub(super) fn unary(f: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Result<Kernel, Fault> {
    kernel(move |call| {
        let x = call.input(0)?;
        let data = match x.data() {
            Data::F32(v) => Data::F32(v.iter().map(|x| f(f64::from(*x)) as f32).collect()),
            data => through_f64(data, |v| v.iter().map(|x| f(*x)).collect())?,
        };
        Tensor::new(x.dims().to_vec(), data)
    })
}

pub(super) fn arithmetic(
    real: impl Fn(f64, f64) -> f64 + Copy + Send + Sync + 'static,
    whole: fn(i64, i64) -> Option<i64>,
) -> Result<Kernel, Fault> {
    kernel(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let (dims, [sa, sb]) = stretched(call, [a, b])?;
        let n = call.size(&dims)?;
        let data = match (a.data(), b.data()) {
            (Data::F32(a), Data::F32(b)) => Data::F32(zip(n, (a, &sa), (b, &sb), |a, b| {
                real(f64::from(a), f64::from(b)) as f32
            })),
            (Data::F64(a), Data::F64(b)) => Data::F64(zip(n, (a, &sa), (b, &sb), real)),
            (Data::I64(a), Data::I64(b)) => {
                let made: Option<Vec<i64>> =
                    zip(n, (a, &sa), (b, &sb), whole).into_iter().collect();
                Data::I64(made.ok_or("integer overflow or division by zero")?)
            }
            _ => return Err("its inputs must have the same numeric type".into()),
        };
        Tensor::new(dims, data)
    })
}

pub(super) fn compare(test: fn(f64, f64) -> bool) -> Result<Kernel, Fault> {
    kernel(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let (dims, [sa, sb]) = stretched(call, [a, b])?;
        let n = call.size(&dims)?;
        let (a, b) = (numbers(a)?, numbers(b)?);
        Tensor::new(dims, Data::Bool(zip(n, (&a, &sa), (&b, &sb), test)))
    })
}

pub(super) fn logical(test: fn(bool, bool) -> bool) -> Result<Kernel, Fault> {
    kernel(move |call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let (dims, [sa, sb]) = stretched(call, [a, b])?;
        let n = call.size(&dims)?;
        let data = zip(n, (a.bool()?, &sa), (b.bool()?, &sb), test);
        Tensor::new(dims, Data::Bool(data))
    })
}

pub(super) fn not() -> Result<Kernel, Fault> {
    kernel(|call| {
        let x = call.input(0)?;
        let data = Data::Bool(x.bool()?.iter().map(|b| !b).collect());
        Tensor::new(x.dims().to_vec(), data)
    })
}

pub(super) fn is_nan() -> Result<Kernel, Fault> {
    kernel(|call| {
        let x = call.input(0)?;
        let data = Data::Bool(numbers(x)?.iter().map(|v| v.is_nan()).collect());
        Tensor::new(x.dims().to_vec(), data)
    })
}

/// The base and the exponent may have different types; the result has that of the base.
pub(super) fn power() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (a, b) = (call.input(0)?, call.input(1)?);
        let (dims, [sa, sb]) = stretched(call, [a, b])?;
        let n = call.size(&dims)?;
        let exponents = numbers(b)?;
        let data = through_f64(a.data(), |a| zip(n, (a, &sa), (&exponents, &sb), f64::powf))?;
        Tensor::new(dims, data)
    })
}

/// Any number of inputs of one type, joined from left to right.
pub(super) fn fold(join: fn(f64, f64) -> f64) -> Result<Kernel, Fault> {
    kernel(move |call| {
        let inputs = call.all()?;
        let mut sum = inputs[0].clone();
        for next in &inputs[1..] {
            let (dims, [sa, sb]) = stretched(call, [&sum, *next])?;
            let n = call.size(&dims)?;
            let right = numbers(next)?;
            let data = through_f64(sum.data(), |a| zip(n, (a, &sa), (&right, &sb), join))?;
            sum = Tensor::new(dims, data)?;
        }
        Ok(sum)
    })
}

/// `Where`: the second input where the first is true, else the third.
pub(super) fn choose() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (c, a, b) = (call.input(0)?, call.input(1)?, call.input(2)?);
        let (dims, [sc, sa, sb]) = stretched(call, [c, a, b])?;
        let n = call.size(&dims)?;
        let c = c.bool()?;
        let from_a = (0..n).map(|i| c[sc.at(i)]);
        let (left, right) = (pick(a, n, &sa), pick(b, n, &sb));
        Tensor::new(dims, merged(from_a, left, right)?)
    })
}

fn pick(tensor: &Tensor, n: usize, stretch: &Stretch) -> Data {
    tensor.data().pick((0..n).map(|i| stretch.at(i)))
}

fn merged(from_a: impl Iterator<Item = bool>, a: Data, b: Data) -> Result<Data, Fault> {
    fn join<T>(from_a: impl Iterator<Item = bool>, a: Vec<T>, b: Vec<T>) -> Vec<T> {
        let pairs = a.into_iter().zip(b);
        pairs.zip(from_a).map(|((a, b), c)| if c { a } else { b }).collect()
    }
    Ok(match (a, b) {
        (Data::F32(a), Data::F32(b)) => Data::F32(join(from_a, a, b)),
        (Data::F64(a), Data::F64(b)) => Data::F64(join(from_a, a, b)),
        (Data::I64(a), Data::I64(b)) => Data::I64(join(from_a, a, b)),
        (Data::Bool(a), Data::Bool(b)) => Data::Bool(join(from_a, a, b)),
        (Data::Text(a), Data::Text(b)) => Data::Text(join(from_a, a, b)),
        _ => return Err("its two branches must have the same type".into()),
    })
}

/// Bounds are attributes in old operator sets and inputs in new ones.
pub(super) fn clip(attributes: &Attributes) -> Result<Kernel, Fault> {
    let low = f64::from(attributes.float("min", f32::NEG_INFINITY));
    let high = f64::from(attributes.float("max", f32::INFINITY));
    kernel(move |call| {
        let bound = |index, default| match call.optional(index) {
            Some(t) => Ok::<f64, Fault>(numbers(t)?[0]),
            None => Ok(default),
        };
        let (low, high) = (bound(1, low)?, bound(2, high)?);
        let clipped = |v: &f64| {
            if *v < low {
                low.min(high)
            } else if *v > high {
                high
            } else {
                *v
            }
        };
        let x = call.input(0)?;
        let data = through_f64(x.data(), |v| v.iter().map(clipped).collect())?;
        Tensor::new(x.dims().to_vec(), data)
    })
}

pub(super) fn cast(attributes: &Attributes) -> Result<Kernel, Fault> {
    let to = attributes.int("to", 0);
    if !matches!(to, 1..=9 | 11) {
        return Err(format!("element type {to} is not supported").into());
    }
    kernel(move |call| {
        let x = call.input(0)?;
        Tensor::new(x.dims().to_vec(), cast_data(x.data(), to)?)
    })
}

/// `CastLike`: the first input with the element type of the second.
pub(super) fn cast_like() -> Result<Kernel, Fault> {
    kernel(|call| {
        let (x, like) = (call.input(0)?, call.input(1)?);
        let to = match like.data() {
            Data::F32(_) => 1,
            Data::F64(_) => 11,
            Data::I64(_) => 7,
            Data::Bool(_) => 9,
            Data::Text(_) => 8,
        };
        Tensor::new(x.dims().to_vec(), cast_data(x.data(), to)?)
    })
}

/// The remainder: with `fmod` it has the sign of the dividend, else of the divisor.
pub(super) fn modulo(attributes: &Attributes) -> Result<Kernel, Fault> {
    if attributes.int("fmod", 0) != 0 {
        return arithmetic(|a, b| a % b, i64::checked_rem);
    }
    let floored = |a: i64, b: i64| match a.checked_rem(b)? {
        r if r != 0 && (r < 0) != (b < 0) => Some(r + b),
        r => Some(r),
    };
    let real = |a: f64, b: f64| match a % b {
        r if r != 0.0 && (r < 0.0) != (b < 0.0) => r + b,
        r => r,
    };
    arithmetic(real, floored)
}

fn cast_data(data: &Data, to: i64) -> Result<Data, Fault> {
    let parse = |s: &String| s.trim().parse::<f64>().map_err(|_| format!("`{s}` is not a number"));
    Ok(match (data, to) {
        (Data::F32(_), 1) | (Data::F64(_), 11) | (Data::Bool(_), 9) | (Data::Text(_), 8) => {
            data.clone()
        }
        (Data::I64(_), 2..=7) => data.clone(),
        (Data::Text(v), _) => {
            cast_data(&Data::F64(v.iter().map(parse).collect::<Result<_, _>>()?), to)?
        }
        (Data::I64(v), 8) => Data::Text(v.iter().map(i64::to_string).collect()),
        (_, 8) => return Err("only integers can be cast to string".into()),
        (Data::F64(v), 1) => Data::F32(v.iter().map(|x| *x as f32).collect()),
        (Data::F64(v), 9) => Data::Bool(v.iter().map(|x| *x != 0.0).collect()),
        (Data::F64(v), _) => Data::I64(v.iter().map(|x| *x as i64).collect()),
        (Data::F32(v), 11) => Data::F64(v.iter().map(|x| f64::from(*x)).collect()),
        (Data::F32(v), 9) => Data::Bool(v.iter().map(|x| *x != 0.0).collect()),
        (Data::F32(v), _) => Data::I64(v.iter().map(|x| *x as i64).collect()),
        (Data::I64(v), 1) => Data::F32(v.iter().map(|x| *x as f32).collect()),
        (Data::I64(v), 11) => Data::F64(v.iter().map(|x| *x as f64).collect()),
        (Data::I64(v), _) => Data::Bool(v.iter().map(|x| *x != 0).collect()),
        (Data::Bool(v), _) => cast_data(&Data::I64(v.iter().map(|b| i64::from(*b)).collect()), to)?,
    })
}

/// Any numbers or truth values as `f64`.
fn numbers(tensor: &Tensor) -> Result<Vec<f64>, Fault> {
    Ok(match tensor.data() {
        Data::F32(v) => v.iter().map(|x| f64::from(*x)).collect(),
        Data::F64(v) => v.clone(),
        Data::I64(v) => v.iter().map(|x| *x as f64).collect(),
        Data::Bool(v) => v.iter().map(|b| f64::from(u8::from(*b))).collect(),
        Data::Text(_) => return Err("it needs numbers, found strings".into()),
    })
}

fn zip<T: Copy, U>(
    n: usize,
    (a, sa): (&[T], &Stretch),
    (b, sb): (&[T], &Stretch),
    f: impl Fn(T, T) -> U,
) -> Vec<U> {
    use Stretch::{Cycle, Repeat, Same};
    if n == 0 {
        return Vec::new();
    }
    let mut out = Vec::with_capacity(n);
    match (sa, sb) {
        (Same, Same) => out.extend(a.iter().zip(b).map(|(a, b)| f(*a, *b))),
        (Same, Cycle(width)) => {
            for a in a.chunks_exact(*width) {
                out.extend(a.iter().zip(b).map(|(a, b)| f(*a, *b)));
            }
        }
        (Cycle(width), Same) => {
            for b in b.chunks_exact(*width) {
                out.extend(a.iter().zip(b).map(|(a, b)| f(*a, *b)));
            }
        }
        (Same, Repeat(width)) => {
            for (a, b) in a.chunks_exact(*width).zip(b) {
                out.extend(a.iter().map(|a| f(*a, *b)));
            }
        }
        (Repeat(width), Same) => {
            for (a, b) in a.iter().zip(b.chunks_exact(*width)) {
                out.extend(b.iter().map(|b| f(*a, *b)));
            }
        }
        _ => out.extend((0..n).map(|i| f(a[sa.at(i)], b[sb.at(i)]))),
    }
    out
}

/// How an operand's elements are found from an index into the broadcast result.
pub(super) enum Stretch {
    /// The operand has the result's dimensions.
    Same,
    /// It repeats every so many elements: a scalar or a row.
    Cycle(usize),
    /// Each element stands for so many: a column.
    Repeat(usize),
    /// Anything else: the result's strides and dimensions with the operand's stride.
    Strided(Vec<(usize, usize, usize)>),
}

impl Stretch {
    pub(super) fn new(dims: &[usize], out: &[usize]) -> Self {
        let own: Vec<usize> =
            std::iter::repeat_n(1, out.len() - dims.len()).chain(dims.iter().copied()).collect();
        let count: usize = own.iter().product();
        let head = own.iter().zip(out).take_while(|(a, b)| a == b).count();
        let ones = own.iter().take_while(|d| **d == 1).count();
        if head == out.len() {
            Self::Same
        } else if own[ones..] == out[ones..] {
            Self::Cycle(count)
        } else if own[head..].iter().all(|d| *d == 1) {
            Self::Repeat(out[head..].iter().product())
        } else {
            let step = |(own, stride): (&usize, usize)| if *own == 1 { 0 } else { stride };
            let steps = own.iter().zip(strides(&own)).map(step);
            let places = strides(out).into_iter().zip(out.iter().copied());
            Self::Strided(places.zip(steps).map(|((s, d), o)| (s, d, o)).collect())
        }
    }

    pub(super) fn at(&self, i: usize) -> usize {
        match self {
            Self::Same => i,
            Self::Cycle(n) => i % n,
            Self::Repeat(n) => i / n,
            Self::Strided(places) => places.iter().map(|(s, d, o)| (i / s % d) * o).sum(),
        }
    }
}

/// The dimensions that operands broadcast to, and how each is stretched to them.
fn stretched<const N: usize>(
    call: &Call,
    operands: [&Tensor; N],
) -> Result<(Vec<usize>, [Stretch; N]), Fault> {
    let mut dims = Vec::new();
    for operand in operands {
        dims = broadcast(&dims, operand.dims())?;
    }
    call.size(&dims)?;
    let stretches = operands.map(|t| Stretch::new(t.dims(), &dims));
    Ok((dims, stretches))
}

/// The dimensions that two shapes broadcast to, and how a tensor stretches to them.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, Fault> {
    let rank = a.len().max(b.len());
    let at = |dims: &[usize], d: usize| (d + dims.len()).checked_sub(rank).map_or(1, |i| dims[i]);
    (0..rank)
        .map(|d| match (at(a, d), at(b, d)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(format!("{a:?} and {b:?} do not broadcast").into()),
        })
        .collect()
}

/// A tensor's elements stretched to dimensions that it broadcasts to.
pub(super) fn stretch(tensor: &Tensor, dims: &[usize], n: usize) -> Data {
    pick(tensor, n, &Stretch::new(tensor.dims(), dims))
}
