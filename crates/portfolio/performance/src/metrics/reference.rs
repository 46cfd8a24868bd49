//! The catalogue in, its page of the documentation out.

use std::fmt::Write;

use crate::metrics::{Group, MetricDoc, Unit, catalogue};

const INTRODUCTION: &str = "# Metrics

Every figure that a report shows, with its formula and where it comes from. This page is rendered
from the catalogue in `crates/portfolio/performance`, and a test holds it current.

## Conventions

* `r_t` is the simple return of period `t` of `n`, net of costs; `b_t` the benchmark's; `rf_t` the
  riskless return; `a` the least acceptable return per period (0 unless it is given); `P` the
  number of periods in a year (252 for trading days, 12 for months).
* `g(x) = ∏(1 + x_t)^(P/n) − 1` is the compound annual growth. `sd` divides by `n − 1`, `σ` by `n`.
* `d_t` is the depth below the highest value so far, compounded and positive. Losses are positive
  too: a drawdown of 25% is 0.25, a value at risk of 2% is 0.02.
* Quantiles interpolate linearly (type 7 of Hyndman and Fan 1996).
* An unknown return (NaN) is left out: it is no period and adds nothing to `n`. A relative figure
  reads the periods in which both returns are known.
* A figure that is not defined (a ratio over nought, too few periods) is absent: a dash for people,
  `null` for programs. It is never infinite.
* Turnover, costs and exposure are not functions of returns; a report takes them from the ledger.
";

/// The reference page `docs/metrics.md`, complete.
pub fn reference_markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for group in Group::ALL {
        let rows: Vec<&MetricDoc> = catalogue().iter().filter(|d| d.group == group).collect();
        let _ = write!(page, "\n## {}\n\n", group.title());
        page.push_str("| id | figure | unit | formula | source | mind |\n");
        page.push_str("|---|---|---|---|---|---|\n");
        for doc in rows {
            page.push_str(&row(doc));
        }
    }
    page
}

fn row(doc: &MetricDoc) -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    format!(
        "| `{}` | {} | {} | `{}` | {} | {} |\n",
        doc.id,
        doc.name,
        unit(doc.unit),
        cell(doc.formula),
        cell(doc.source),
        cell(doc.note),
    )
}

fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Fraction => "fraction",
        Unit::Number => "number",
        Unit::Days => "days",
    }
}
