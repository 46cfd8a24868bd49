//! Operators on each value alone.

use crate::kernels::{Binary, Unary};
use crate::operators::{Group, Operator, S, plain};

const WINDOW: &str = "row t";

pub(super) fn rows() -> Vec<Operator> {
    let mut rows = one_argument();
    rows.extend(two_arguments());
    rows.extend(three_arguments());
    rows
}

fn one_argument() -> Vec<Operator> {
    let plain = || plain(Group::Elementwise, WINDOW);
    vec![
        Operator {
            name: "abs",
            signature: "abs(x)",
            doc: "The size without the sign.",
            lower: |p, v| p.unary(Unary::Abs, v.series(0)),
            ..plain()
        },
        Operator {
            name: "sign",
            signature: "sign(x)",
            doc: "1, 0 or −1; 0 for both zeros.",
            lower: |p, v| p.unary(Unary::Sign, v.series(0)),
            ..plain()
        },
        Operator {
            name: "log",
            signature: "log(x)",
            doc: "The natural logarithm; unknown where `x` is 0 or less.",
            differs: "pandas: −infinity for 0.",
            lower: |p, v| p.unary(Unary::Log, v.series(0)),
            ..plain()
        },
        Operator {
            name: "exp",
            signature: "exp(x)",
            doc: "e to the power of `x`; unknown where that overflows.",
            lower: |p, v| p.unary(Unary::Exp, v.series(0)),
            ..plain()
        },
        Operator {
            name: "sqrt",
            signature: "sqrt(x)",
            doc: "The square root; unknown where `x` is negative.",
            lower: |p, v| p.unary(Unary::Sqrt, v.series(0)),
            ..plain()
        },
        Operator {
            name: "not",
            signature: "not(x)",
            doc: "1 where `x` is 0, else 0.",
            differs: "Qlib `Not`: the bitwise complement of a boolean column.",
            lower: |p, v| p.with_number(Binary::Equal, v.series(0), 0.0),
            ..plain()
        },
    ]
}

fn two_arguments() -> Vec<Operator> {
    let plain = || Operator { parameters: &[S, S], ..plain(Group::Elementwise, WINDOW) };
    vec![
        Operator {
            name: "pow",
            aliases: &["power"],
            signature: "pow(x, y)",
            doc: "`x` to the power of `y`; unknown where that is not a finite real number.",
            lower: |p, v| p.binary(Binary::Pow, v.series(0), v.series(1)),
            ..plain()
        },
        Operator {
            name: "max2",
            aliases: &["greater"],
            signature: "max2(x, y)",
            doc: "The larger of two values.",
            differs: "Qlib calls this `Greater`; its comparison is `Gt`.",
            lower: |p, v| p.binary(Binary::Max, v.series(0), v.series(1)),
            ..plain()
        },
        Operator {
            name: "min2",
            aliases: &["less"],
            signature: "min2(x, y)",
            doc: "The smaller of two values.",
            differs: "Qlib calls this `Less`; its comparison is `Lt`.",
            lower: |p, v| p.binary(Binary::Min, v.series(0), v.series(1)),
            ..plain()
        },
        Operator {
            name: "and",
            signature: "and(x, y)",
            doc: "1 where neither is 0, else 0.",
            differs: "Qlib `And`: bitwise. Here 0 and unknown is unknown, not 0.",
            lower: |p, v| p.binary(Binary::And, v.series(0), v.series(1)),
            ..plain()
        },
        Operator {
            name: "or",
            signature: "or(x, y)",
            doc: "1 where either is not 0, else 0.",
            differs: "Qlib `Or`: bitwise. Here 1 or unknown is unknown, not 1.",
            lower: |p, v| p.binary(Binary::Or, v.series(0), v.series(1)),
            ..plain()
        },
    ]
}

fn three_arguments() -> Vec<Operator> {
    let plain = || Operator { parameters: &[S, S, S], ..plain(Group::Elementwise, WINDOW) };
    vec![
        Operator {
            name: "if",
            aliases: &["where"],
            signature: "if(condition, x, y)",
            doc: "`x` where the condition is not 0, `y` where it is 0; unknown where the condition \
                  is. The value that is not chosen may be unknown.",
            differs: "Qlib `If`: an unknown condition counts as true for a number and false for a comparison.",
            lower: |p, v| p.choose(v.series(0), v.series(1), v.series(2)),
            ..plain()
        },
        Operator {
            name: "clip",
            signature: "clip(x, low, high)",
            doc: "`x`, but not under `low` nor over `high` (which wins if the two cross).",
            differs: "pandas: an unknown bound does not bind; here the result is unknown.",
            lower: |p, v| {
                let raised = p.binary(Binary::Max, v.series(0), v.series(1));
                p.binary(Binary::Min, raised, v.series(2))
            },
            ..plain()
        },
    ]
}
