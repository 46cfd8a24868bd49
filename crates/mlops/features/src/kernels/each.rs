//! Each value alone. Unknown in, unknown out, and what is not finite is unknown.

use std::ops::Range;

use super::{Rows, by_row};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unary {
    Neg,
    Abs,
    Sign,
    Log,
    Exp,
    Sqrt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Max,
    Min,
    Less,
    AtMost,
    Equal,
    Unequal,
    /// Less, and false where one side is unknown.
    Under,
    /// At most, and false where one side is unknown.
    NotOver,
    /// Equal, and false where one side is unknown.
    Same,
    And,
    Or,
}

#[inline]
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

/// 1 or 0, or unknown where either side is.
#[inline]
fn truth(holds: bool, x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if holds {
        1.0
    } else {
        0.0
    }
}

/// 1 or 0, or unknown where both sides are.
#[inline]
fn certain(holds: bool, x: f64, y: f64) -> f64 {
    if x.is_nan() && y.is_nan() {
        f64::NAN
    } else if holds {
        1.0
    } else {
        0.0
    }
}

#[inline]
fn sign(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x.abs()
    }
}

/// The larger, or unknown where either is; for both the first of equal values.
#[inline]
pub(super) fn larger(x: f64, y: f64) -> f64 {
    if y > x || y.is_nan() { y } else { x }
}

/// The smaller, or unknown where either is; for both the first of equal values.
#[inline]
pub(super) fn smaller(x: f64, y: f64) -> f64 {
    if y < x || y.is_nan() { y } else { x }
}

/// IEEE gives 1 for `unknown⁰` and for `1^unknown`; here those are unknown too. A square is a
/// product, which is correctly rounded and much faster.
#[inline]
fn power(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        f64::NAN
    } else if y == 2.0 {
        finite(x * x)
    } else {
        finite(x.powf(y))
    }
}

/// Calls `$call` with the function of each kind, written out once for each: a loop that is handed
/// a closure is compiled for it, and can be vectorised.
macro_rules! dispatch_unary {
    ($kind:expr, $call:ident $(, $argument:expr)*) => {
        match $kind {
            Unary::Neg => $call(|x: f64| -x $(, $argument)*),
            Unary::Abs => $call(f64::abs $(, $argument)*),
            Unary::Sign => $call(sign $(, $argument)*),
            Unary::Log => $call(|x: f64| finite(x.ln()) $(, $argument)*),
            Unary::Exp => $call(|x: f64| finite(x.exp()) $(, $argument)*),
            Unary::Sqrt => $call(f64::sqrt $(, $argument)*),
        }
    };
}

macro_rules! dispatch_binary {
    ($kind:expr, $call:ident $(, $argument:expr)*) => {
        match $kind {
            Binary::Add => $call(|x: f64, y: f64| finite(x + y) $(, $argument)*),
            Binary::Sub => $call(|x: f64, y: f64| finite(x - y) $(, $argument)*),
            Binary::Mul => $call(|x: f64, y: f64| finite(x * y) $(, $argument)*),
            Binary::Div => $call(|x: f64, y: f64| finite(x / y) $(, $argument)*),
            Binary::Pow => $call(power $(, $argument)*),
            Binary::Max => $call(larger $(, $argument)*),
            Binary::Min => $call(smaller $(, $argument)*),
            Binary::Less => $call(|x: f64, y: f64| truth(x < y, x, y) $(, $argument)*),
            Binary::AtMost => $call(|x: f64, y: f64| truth(x <= y, x, y) $(, $argument)*),
            Binary::Equal => $call(|x: f64, y: f64| truth(x == y, x, y) $(, $argument)*),
            Binary::Unequal => $call(|x: f64, y: f64| truth(x != y, x, y) $(, $argument)*),
            Binary::Under => $call(|x: f64, y: f64| certain(x < y, x, y) $(, $argument)*),
            Binary::NotOver => $call(|x: f64, y: f64| certain(x <= y, x, y) $(, $argument)*),
            Binary::Same => $call(|x: f64, y: f64| certain(x == y, x, y) $(, $argument)*),
            Binary::And => $call(|x: f64, y: f64| truth(x != 0.0 && y != 0.0, x, y) $(, $argument)*),
            Binary::Or => $call(|x: f64, y: f64| truth(x != 0.0 || y != 0.0, x, y) $(, $argument)*),
        }
    };
}

/// One value, as the rows compute it.
pub(crate) fn unary(kind: Unary, x: f64) -> f64 {
    fn one(f: impl Fn(f64) -> f64, x: f64) -> f64 {
        f(x)
    }
    dispatch_unary!(kind, one, x)
}

/// One value, as the rows compute it.
pub(crate) fn binary(kind: Binary, x: f64, y: f64) -> f64 {
    fn one(f: impl Fn(f64, f64) -> f64, x: f64, y: f64) -> f64 {
        f(x, y)
    }
    dispatch_binary!(kind, one, x, y)
}

pub(crate) fn unary_rows(kind: Unary, x: Rows, range: Range<i64>) -> Vec<f64> {
    fn rows(f: impl Fn(f64) -> f64, x: Rows, range: Range<i64>) -> Vec<f64> {
        by_row(x.cols, range, |t, out| {
            for (out, x) in out.iter_mut().zip(x.row(t)) {
                *out = f(*x);
            }
        })
    }
    dispatch_unary!(kind, rows, x, range)
}

pub(crate) fn binary_rows(kind: Binary, x: Rows, y: Rows, range: Range<i64>) -> Vec<f64> {
    fn rows(f: impl Fn(f64, f64) -> f64, x: Rows, y: Rows, range: Range<i64>) -> Vec<f64> {
        by_row(x.cols, range, |t, out| {
            for ((out, x), y) in out.iter_mut().zip(x.row(t)).zip(y.row(t)) {
                *out = f(*x, *y);
            }
        })
    }
    dispatch_binary!(kind, rows, x, y, range)
}

/// `x` where the condition is not 0, `y` where it is 0, unknown where it is unknown.
pub(crate) fn choose(condition: Rows, x: Rows, y: Rows, range: Range<i64>) -> Vec<f64> {
    by_row(x.cols, range, |t, out| {
        let sides = x.row(t).iter().zip(y.row(t));
        for ((out, condition), (x, y)) in out.iter_mut().zip(condition.row(t)).zip(sides) {
            *out = if condition.is_nan() {
                f64::NAN
            } else if *condition != 0.0 {
                *x
            } else {
                *y
            };
        }
    })
}
