//! Operators on two series of each symbol over a window.

use crate::kernels::Pair;
use crate::operators::{AT_LEAST_2, Group, Operator, S, plain};

pub(super) fn rows() -> Vec<Operator> {
    let plain =
        || Operator { parameters: &[S, S, AT_LEAST_2], ..plain(Group::Pair, "rows t−n+1 … t") };
    vec![
        Operator {
            name: "corr",
            signature: "corr(x, y, n)",
            doc: "Pearson's correlation, from −1 to 1; unknown where either has equal values only.",
            differs: "Qlib: unknown where a standard deviation is under about 2e-5, whatever the \
                      scale.",
            lower: |p, v| p.pair(Pair::Correlation, v.series(0), v.series(1), v.rows(2)),
            ..plain()
        },
        Operator {
            name: "cov",
            signature: "cov(x, y, n)",
            doc: "The covariance with n − 1 in the denominator.",
            lower: |p, v| p.pair(Pair::Covariance, v.series(0), v.series(1), v.rows(2)),
            ..plain()
        },
        Operator {
            name: "beta",
            signature: "beta(y, x, n)",
            doc: "The slope of the least-squares line of `y` on `x`, `cov(y, x, n) / var(x, n)`; \
                  unknown where `x` has equal values only.",
            differs: "Alpha158 calls the slope on time BETA; that is `slope`.",
            lower: |p, v| p.pair(Pair::Beta, v.series(1), v.series(0), v.rows(2)),
            ..plain()
        },
    ]
}
