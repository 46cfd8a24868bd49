//! `+ - * /`, the comparisons, and the minus before an operand.

use crate::kernels::{Binary, Unary};
use crate::operators::{Group, Operator, S, plain};
use crate::plan::{Id, Plan, Values};

/// A sign, how it is written, what it gives, and how it is lowered.
type Row = (&'static str, &'static str, &'static str, fn(&mut Plan, &Values) -> Id);

const ROWS: [Row; 10] = [
    ("+", "x + y", "The sum.", |p, v| p.binary(Binary::Add, v.series(0), v.series(1))),
    ("-", "x - y", "The difference.", |p, v| p.binary(Binary::Sub, v.series(0), v.series(1))),
    ("*", "x * y", "The product.", |p, v| p.binary(Binary::Mul, v.series(0), v.series(1))),
    ("/", "x / y", "The quotient; unknown where `y` is 0.", |p, v| {
        p.binary(Binary::Div, v.series(0), v.series(1))
    }),
    ("<", "x < y", "1 where `x` is less than `y`, else 0.", |p, v| {
        p.binary(Binary::Less, v.series(0), v.series(1))
    }),
    ("<=", "x <= y", "1 where `x` is at most `y`, else 0.", |p, v| {
        p.binary(Binary::AtMost, v.series(0), v.series(1))
    }),
    (">", "x > y", "1 where `x` is greater than `y`, else 0.", |p, v| {
        p.binary(Binary::Less, v.series(1), v.series(0))
    }),
    (">=", "x >= y", "1 where `x` is at least `y`, else 0.", |p, v| {
        p.binary(Binary::AtMost, v.series(1), v.series(0))
    }),
    ("==", "x == y", "1 where both are exactly equal, else 0.", |p, v| {
        p.binary(Binary::Equal, v.series(0), v.series(1))
    }),
    ("!=", "x != y", "1 where they are not exactly equal, else 0.", |p, v| {
        p.binary(Binary::Unequal, v.series(0), v.series(1))
    }),
];

pub(super) fn rows() -> Vec<Operator> {
    let mut rows: Vec<Operator> = ROWS
        .iter()
        .map(|(name, signature, doc, lower)| Operator {
            name,
            signature,
            doc,
            differs: differs(name),
            parameters: &[S, S],
            lower: *lower,
            ..plain(Group::Sign, "row t")
        })
        .collect();
    rows.push(Operator {
        name: "neg",
        signature: "-x",
        doc: "The value with the other sign; `neg(x)` is the same.",
        lower: |p, v| p.unary(Unary::Neg, v.series(0)),
        ..plain(Group::Sign, "row t")
    });
    rows
}

fn differs(name: &str) -> &'static str {
    match name {
        "/" => "Qlib, pandas: ±infinity for a divisor of 0, so that formulas carry `+ 1e-12`.",
        "!=" => "Qlib, pandas: true where a side is unknown; here unknown.",
        "<" | "<=" | ">" | ">=" | "==" => {
            "Qlib, pandas: false where a side is unknown; here unknown. They do not chain."
        }
        _ => "",
    }
}
