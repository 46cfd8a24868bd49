//! Running a plan over a panel.
//!
//! In: a plan, the steps that are wanted, and the rows on which they are wanted. Out: their rows.
//! Each step is computed on the rows that its readers need and no others, and forgotten after its
//! last reader.

use std::ops::Range;

use types::{Panel, PanelError, View};

use crate::kernels::{self, Rows, each};
use crate::plan::{Id, Plan, Step};

/// Far outside any panel, and far from overflow.
const FAR: i64 = i64::MAX / 4;

/// The computed rows of a plan.
pub(crate) struct Evaluation<'a> {
    plan: &'a Plan,
    fields: Vec<View<'a>>,
    columns: Range<usize>,
    /// The rows on which each step is computed, first to one after the last.
    ranges: Vec<(i64, i64)>,
    values: Vec<Vec<f64>>,
    unknown: Vec<f64>,
}

impl<'a> Evaluation<'a> {
    /// Computes `roots` on the rows `wanted` and the `columns` of `panel`.
    pub(crate) fn run(
        plan: &'a Plan,
        roots: &[Id],
        panel: &'a Panel,
        wanted: Range<usize>,
        columns: Range<usize>,
    ) -> Result<Self, PanelError> {
        let fields: Result<Vec<_>, _> = plan.fields().iter().map(|name| panel.view(name)).collect();
        let cols = columns.len();
        let mut evaluation = Self {
            plan,
            fields: fields?,
            columns,
            ranges: ranges(plan, roots, panel.rows() as i64, &wanted),
            values: vec![Vec::new(); plan.steps().len()],
            unknown: vec![f64::NAN; cols],
        };
        let readers = last_readers(plan, roots);
        for id in 0..plan.steps().len() {
            evaluation.values[id] = evaluation.compute(id);
            for input in sources(plan, id).filter(|input| readers[*input] == id) {
                evaluation.values[input] = Vec::new();
            }
        }
        Ok(evaluation)
    }

    /// The rows of a step.
    pub(crate) fn rows(&self, id: Id) -> Rows<'_> {
        let rows = Rows {
            values: &self.values[id],
            first: self.ranges[id].0,
            stride: self.columns.len(),
            from: 0,
            cols: self.columns.len(),
            constant: false,
            unknown: &self.unknown,
        };
        match self.plan.steps()[id] {
            Step::Field(field) => {
                let View { values, cols, .. } = self.fields[field];
                Rows { values, first: 0, stride: cols, from: self.columns.start, ..rows }
            }
            Step::Number(_) => Rows { constant: true, ..rows },
            Step::Shift { of, by } => self.rows(of).shifted(by),
            _ => rows,
        }
    }

    fn compute(&self, id: Id) -> Vec<f64> {
        let (first, end) = self.ranges[id];
        let range = first..end;
        let rows = |id| self.rows(id);
        match self.plan.steps()[id] {
            Step::Field(_) | Step::Shift { .. } => Vec::new(),
            Step::Number(bits) => vec![f64::from_bits(bits); self.columns.len()],
            Step::Unary(kind, a) => each::unary_rows(kind, rows(a), range),
            Step::Binary(kind, a, b) => each::binary_rows(kind, rows(a), rows(b), range),
            Step::Choose(a, b, c) => each::choose(rows(a), rows(b), rows(c), range),
            Step::Rolling(kind, a, n) => finite(kernels::rolling(kind, rows(a), n, range)),
            Step::Pair(kind, a, b, n) => finite(kernels::pair(kind, rows(a), rows(b), n, range)),
            Step::Section(kind, a) => finite(kernels::section(kind, rows(a), range)),
            Step::Within(kind, a, b) => finite(kernels::within(kind, rows(a), rows(b), range)),
        }
    }
}

/// What is not a finite number is unknown.
pub(crate) fn finite(mut values: Vec<f64>) -> Vec<f64> {
    for value in &mut values {
        if !value.is_finite() {
            *value = f64::NAN;
        }
    }
    values
}

/// The rows on which each step is computed: those that its readers need, as far as they can be
/// known at all. Rows outside a range are unknown.
fn ranges(plan: &Plan, roots: &[Id], rows: i64, wanted: &Range<usize>) -> Vec<(i64, i64)> {
    let steps = plan.steps();
    let mut known: Vec<(i64, i64)> = Vec::with_capacity(steps.len());
    for step in steps {
        known.push(match *step {
            Step::Field(_) => (0, rows),
            Step::Number(_) => (-FAR, FAR),
            Step::Shift { of, by } => (known[of].0 + by, known[of].1 + by),
            step => hull(step.inputs().map(|input| known[input])),
        });
    }
    let mut needed = vec![(FAR, -FAR); steps.len()];
    for root in roots {
        needed[*root] = (wanted.start as i64, wanted.end as i64);
    }
    for (id, step) in steps.iter().enumerate().rev() {
        let (first, end) = (needed[id].0.max(known[id].0), needed[id].1.min(known[id].1));
        needed[id] = if first < end { (first, end) } else { (0, 0) };
        if first < end {
            let reach = step.reach();
            for input in step.inputs() {
                needed[input] = hull([needed[input], (first + reach.0, end + reach.1)].into_iter());
            }
        }
    }
    needed
}

fn hull(ranges: impl Iterator<Item = (i64, i64)>) -> (i64, i64) {
    ranges.fold((FAR, -FAR), |a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The computed steps that a step reads, looking through shifts.
fn sources(plan: &Plan, id: Id) -> impl Iterator<Item = Id> {
    plan.steps()[id].inputs().map(move |input| source(plan, input))
}

fn source(plan: &Plan, id: Id) -> Id {
    match plan.steps()[id] {
        Step::Shift { of, .. } => of,
        _ => id,
    }
}

/// The last step that reads each step; nobody's number for roots, which are kept.
fn last_readers(plan: &Plan, roots: &[Id]) -> Vec<Id> {
    let mut last = vec![usize::MAX; plan.steps().len()];
    for (id, step) in plan.steps().iter().enumerate() {
        if !matches!(step, Step::Shift { .. }) {
            for input in sources(plan, id) {
                last[input] = id;
            }
        }
    }
    for root in roots {
        last[source(plan, *root)] = usize::MAX;
    }
    last
}
