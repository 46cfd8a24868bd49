//! The table of operators and the library as a page of Markdown.

use crate::operators::{Group, Operator, operators};
use crate::{SEMANTICS, library, packages};

const HEAD: &str = "\
# Operators of the feature language

This page is rendered from the table in `crates/mlops/features/src/operators`; a test holds the two
together.

Rules that hold everywhere:

* A row is a row of the panel (a trading day), a column is a symbol. An unknown value is NaN.
* A window is full or the result is unknown: one unknown value in it, or one row before the panel
  begins, makes the result unknown. Operators whose names begin with a capital are Qlib's and mean
  what they mean there: they take what is known of the window (`min_periods=1`), and a window of 0
  rows reads all rows, at most 10,000. So an expression of Qlib's is read as it stands, `$close`
  being the field `close`; only the signs for comparison give unknown where a side is, for which
  `Gt`, `Lt` and so on give 0.
* A result that is not a finite number is unknown.
* The value of a row depends on the rows of its window alone, bit for bit: not on where the panel
  starts, and not on whether all history or only the newest row is asked for.
* Windows are whole numbers written out, at most 10,000 rows. Windows of nested operators add up.
  An expression that reads rows after its own is refused as a feature and allowed as a label.
* Cross-sectional operators leave unknown values out.
* Computation is in 64-bit floating point.
";

const GROUPS: [(Group, &str); 6] = [
    (Group::Sign, "Signs"),
    (Group::Elementwise, "Each value alone"),
    (Group::Time, "Over time"),
    (Group::Pair, "Two series over time"),
    (Group::CrossSection, "Across symbols"),
    (Group::Qlib, "Qlib's operators"),
];

/// The reference page of the language: every operator and every feature of the library.
pub fn markdown() -> String {
    let mut page = format!("{HEAD}\nVersion of the semantics: {SEMANTICS}.\n");
    for (group, title) in GROUPS {
        page += &format!("\n## {title}\n\n");
        page += "| operator | gives | reads | elsewhere |\n|---|---|---|---|\n";
        let of_group = operators().iter().filter(|known| known.group == group);
        page.extend(of_group.map(row));
    }
    page += "\n## Features of the library\n\nAny of them may be asked for as `NAME_rank`, which is `rank(…)` of it.\n\n";
    page += "| feature | definition | what it is |\n|---|---|---|\n";
    page.extend(
        library()
            .iter()
            .map(|entry| format!("| `{}` | `{}` | {} |\n", entry.name, entry.source, entry.doc)),
    );
    page += "\n## Packages\n\nThe name of a package in `use` stands for all of its features; each may be used by its own name too.\n\n";
    page += "| package | features | what it is |\n|---|---|---|\n";
    page.extend(packages().iter().map(|package| {
        format!("| `{}` | {} | {} |\n", package.name, package.definitions.len(), package.doc)
    }));
    page += PACKAGES;
    page
}

const PACKAGES: &str = "
Both have Qlib's names and order. Alpha158 is held to Qlib 0.9.7 on real prices, every value to 1e-6
of its size (`conformance/features/alpha158`). What differs, and nothing else:

* `IMAX`, `IMIN`, `IMXD` with an unknown price in the window: Qlib takes the first unknown row for the
  place of the extreme, here the extreme of the known rows counts.
* `CNTP`, `CNTN`, `CNTD` with a gap of two days or more in the window: Qlib counts its days as days
  without a rise or a fall, here they are not counted.
* `STD` and `WVMA` of a price that does not move: a rounding error there (up to 1e7 for `WVMA`, which
  divides by 1e-12), 0 here.
* A result that is not finite is unknown.
* Computation is in 64 bits; Qlib rounds prices, elementwise results and answers to 32 bits.
";

fn row(operator: &Operator) -> String {
    let aliases: String = operator.aliases.iter().map(|alias| format!(", `{alias}`")).collect();
    format!(
        "| `{}`{aliases} | {} | {} | {} |\n",
        operator.signature, operator.doc, operator.window, operator.differs
    )
}
