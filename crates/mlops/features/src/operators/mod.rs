//! The table of operators: what each is called, takes and means.
//!
//! The parser reads names and parameters from it, the plan asks it how to lower a call, and
//! [`markdown`] renders it as the reference page. An operator is a row here and nowhere else.

mod cross_section;
mod elementwise;
mod page;
mod pairs;
mod qlib;
mod signs;
mod time;

use std::fmt;
use std::sync::LazyLock;

use crate::plan::{Id, Plan, Values};

pub use page::markdown;

/// Which way an operator works over the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Signs between or before operands.
    Sign,
    /// Each value alone.
    Elementwise,
    /// Each symbol over a window of its own rows.
    Time,
    /// Two series of each symbol over a window.
    Pair,
    /// Each row across its symbols.
    CrossSection,
    /// Qlib's operators, which take what is known of a window.
    Qlib,
}

/// What an operator takes at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Parameter {
    /// Any expression.
    Series,
    /// A window in rows: a whole number, written out.
    Window {
        /// The fewest rows for which the operator is defined.
        at_least: i64,
    },
    /// A distance in rows, which may be negative.
    Lag,
    /// A number from 0 up to `most`, written out.
    Fraction {
        /// The largest value.
        most: f64,
    },
}

/// One operator of the language.
pub struct Operator {
    /// The name in canonical text.
    pub name: &'static str,
    /// Other names that are read as this one.
    pub aliases: &'static [&'static str],
    /// The group that it belongs to.
    pub group: Group,
    /// How it is written.
    pub signature: &'static str,
    /// What it gives, in one or two sentences.
    pub doc: &'static str,
    /// The rows that it reads, for the value of row `t`.
    pub window: &'static str,
    /// Where the same name means something else in Qlib, WorldQuant's Alpha101 or pandas.
    pub differs: &'static str,
    pub(crate) parameters: &'static [Parameter],
    /// Rows read for each row of the stated window; more than one only for `ema`.
    pub(crate) stretch: i64,
    pub(crate) lower: fn(&mut Plan, &Values) -> Id,
}

impl PartialEq for Operator {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

static ALL: LazyLock<Vec<Operator>> = LazyLock::new(|| {
    let mut all = Vec::new();
    all.extend(signs::rows());
    all.extend(elementwise::rows());
    all.extend(time::rows());
    all.extend(pairs::rows());
    all.extend(cross_section::rows());
    all.extend(qlib::rows());
    all
});

/// Every operator, by group.
pub fn operators() -> &'static [Operator] {
    &ALL
}

/// The operator of that name or alias.
pub(crate) fn operator(name: &str) -> Option<&'static Operator> {
    operators().iter().find(|known| known.name == name || known.aliases.contains(&name))
}

const S: Parameter = Parameter::Series;

// Windows of at least so many rows.
const AT_LEAST_1: Parameter = Parameter::Window { at_least: 1 };
const AT_LEAST_2: Parameter = Parameter::Window { at_least: 2 };
const AT_LEAST_3: Parameter = Parameter::Window { at_least: 3 };
const AT_LEAST_4: Parameter = Parameter::Window { at_least: 4 };

/// A row with nothing unusual about it, to be completed with `..`.
fn plain(group: Group, window: &'static str) -> Operator {
    Operator {
        name: "",
        aliases: &[],
        group,
        signature: "",
        doc: "",
        window,
        differs: "",
        parameters: &[S],
        stretch: 1,
        lower: |_, values| values.series(0),
    }
}
