//! Operators on each row across its symbols. Unknown values take no part.

use crate::kernels::{Binary, Section, Unary};
use crate::operators::{Group, Operator, Parameter, S, plain};
use crate::plan::{Id, Plan};

pub(super) fn rows() -> Vec<Operator> {
    let mut rows = relative();
    rows.extend(grouped());
    rows.extend(shared());
    rows
}

fn row() -> Operator {
    plain(Group::CrossSection, "row t, all symbols")
}

fn demean(p: &mut Plan, x: Id) -> Id {
    let mean = p.section(Section::Mean, x);
    p.binary(Binary::Sub, x, mean)
}

/// Each symbol gets its own value; it stays unknown where it was.
fn relative() -> Vec<Operator> {
    vec![
        Operator {
            name: "rank",
            signature: "rank(x)",
            doc: "The rank among the known values of the row, divided by their number: 1 for the \
                  largest. Equal values share the average of their ranks.",
            differs: "Qlib's `Rank` ranks in time, which is `ts_rank` here; its cross-sectional \
                      rank is a processor (`CSRankNorm`).",
            lower: |p, v| p.section(Section::Rank, v.series(0)),
            ..row()
        },
        Operator {
            name: "zscore",
            signature: "zscore(x)",
            doc: "`(x - xs_mean(x)) / xs_std(x)`; unknown where all are equal.",
            lower: |p, v| {
                let away = demean(p, v.series(0));
                let std = p.section(Section::Std, v.series(0));
                p.binary(Binary::Div, away, std)
            },
            ..row()
        },
        Operator {
            name: "demean",
            signature: "demean(x)",
            doc: "`x - xs_mean(x)`.",
            lower: |p, v| demean(p, v.series(0)),
            ..row()
        },
        Operator {
            name: "scale",
            signature: "scale(x)",
            doc: "`x` divided by the sum of sizes of the row, so that sizes add up to 1.",
            lower: |p, v| {
                let size = p.unary(Unary::Abs, v.series(0));
                let total = p.section(Section::Sum, size);
                p.binary(Binary::Div, v.series(0), total)
            },
            ..row()
        },
        Operator {
            name: "winsorize",
            signature: "winsorize(x, q)",
            doc: "`x`, but not under the row's `q` quantile nor over its 1 − `q` quantile \
                  (interpolated as in `quantile`).",
            parameters: &[S, Parameter::Fraction { most: 0.5 }],
            lower: |p, v| {
                let low = p.section(Section::quantile(v.fraction(1)), v.series(0));
                let high = p.section(Section::quantile(1.0 - v.fraction(1)), v.series(0));
                let raised = p.binary(Binary::Max, v.series(0), low);
                p.binary(Binary::Min, raised, high)
            },
            ..row()
        },
    ]
}

/// Each symbol among those of its group. Equal values of `group` make a group; a symbol whose value
/// is unknown is in none.
fn grouped() -> Vec<Operator> {
    let row = || Operator {
        parameters: &[S, S],
        ..plain(Group::CrossSection, "row t, all symbols of the group")
    };
    vec![
        Operator {
            name: "neutralize",
            aliases: &["group_demean"],
            signature: "neutralize(x, group)",
            doc: "`x` less the mean of its group, such as a field `sector` with a number for each \
                  sector; unknown without a group.",
            lower: |p, v| {
                let mean = p.within(Section::Mean, v.series(0), v.series(1));
                p.binary(Binary::Sub, v.series(0), mean)
            },
            ..row()
        },
        Operator {
            name: "group_zscore",
            signature: "group_zscore(x, group)",
            doc: "`neutralize(x, group)` by the standard deviation of the group; unknown where all \
                  are equal, and alone.",
            lower: |p, v| {
                let mean = p.within(Section::Mean, v.series(0), v.series(1));
                let std = p.within(Section::Std, v.series(0), v.series(1));
                let away = p.binary(Binary::Sub, v.series(0), mean);
                p.binary(Binary::Div, away, std)
            },
            ..row()
        },
        Operator {
            name: "group_rank",
            signature: "group_rank(x, group)",
            doc: "The rank among the known values of the group, divided by their number: 1 for the \
                  largest. Equal values share the average of their ranks.",
            lower: |p, v| p.within(Section::Rank, v.series(0), v.series(1)),
            ..row()
        },
    ]
}

/// Every symbol gets the same value, also one whose own is unknown.
fn shared() -> Vec<Operator> {
    vec![
        Operator {
            name: "xs_mean",
            signature: "xs_mean(x)",
            doc: "The mean of the known values of the row, given to every symbol: the return of \
                  the equal-weighted market is `xs_mean(return(close, 1))`.",
            lower: |p, v| p.section(Section::Mean, v.series(0)),
            ..row()
        },
        Operator {
            name: "xs_std",
            signature: "xs_std(x)",
            doc: "The standard deviation of the known values of the row, with their number − 1 in \
                  the denominator; unknown for fewer than two.",
            lower: |p, v| p.section(Section::Std, v.series(0)),
            ..row()
        },
        Operator {
            name: "xs_sum",
            signature: "xs_sum(x)",
            doc: "The sum of the known values of the row; unknown if there is none.",
            differs: "pandas: 0 if there is none.",
            lower: |p, v| p.section(Section::Sum, v.series(0)),
            ..row()
        },
        Operator {
            name: "xs_median",
            signature: "xs_median(x)",
            doc: "The median of the known values of the row.",
            lower: |p, v| p.section(Section::quantile(0.5), v.series(0)),
            ..row()
        },
    ]
}
