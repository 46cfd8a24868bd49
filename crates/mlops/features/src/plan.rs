//! The plan: expressions lowered to a few primitive steps, each distinct step once.
//!
//! In: trees. Out: a list of steps in which a step only reads earlier ones, and the span of rows
//! that each reads. Equal subexpressions, also of different features, become one step.

use std::collections::BTreeMap;

use crate::kernels::{Binary, Pair, Rolling, Section, Unary, each};
use crate::syntax::{Argument, Node};

/// The rows that an expression reads, relative to the row that it describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// Rows before the current one.
    pub left: usize,
    /// Rows after the current one.
    pub right: usize,
}

/// The index of a step.
pub(crate) type Id = usize;

/// A primitive computation over earlier steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Field(usize),
    /// The bits of a number, so that steps can be compared.
    Number(u64),
    /// The value `by` rows ago; never a shift of a shift.
    Shift {
        of: Id,
        by: i64,
    },
    Unary(Unary, Id),
    Binary(Binary, Id, Id),
    /// The second where the first is not 0, else the third.
    Choose(Id, Id, Id),
    Rolling(Rolling, Id, usize),
    Pair(Pair, Id, Id, usize),
    Section(Section, Id),
    /// The first among the symbols that have the same value of the second.
    Within(Section, Id, Id),
}

impl Step {
    /// The steps that it reads.
    pub(crate) fn inputs(self) -> impl Iterator<Item = Id> {
        let inputs = match self {
            Step::Field(_) | Step::Number(_) => [None; 3],
            Step::Shift { of: a, .. }
            | Step::Unary(_, a)
            | Step::Rolling(_, a, _)
            | Step::Section(_, a) => [Some(a), None, None],
            Step::Binary(_, a, b) | Step::Pair(_, a, b, _) | Step::Within(_, a, b) => {
                [Some(a), Some(b), None]
            }
            Step::Choose(a, b, c) => [Some(a), Some(b), Some(c)],
        };
        inputs.into_iter().flatten()
    }

    /// The first and last row of its inputs that it reads, relative to its own.
    pub(crate) fn reach(self) -> (i64, i64) {
        match self {
            Step::Shift { by, .. } => (-by, -by),
            Step::Rolling(_, _, rows) | Step::Pair(_, _, _, rows) => (1 - rows as i64, 0),
            _ => (0, 0),
        }
    }
}

/// Steps in an order in which they can be computed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    fields: Vec<String>,
    steps: Vec<Step>,
    /// First and last row of the panel that each step reads, relative to its own.
    spans: Vec<(i64, i64)>,
    known: BTreeMap<Step, Id>,
}

impl Plan {
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the columns can be computed one without another.
    pub(crate) fn separable(&self) -> bool {
        !self.steps.iter().any(|step| matches!(step, Step::Section(..) | Step::Within(..)))
    }

    pub(crate) fn window(&self, id: Id) -> Window {
        let (first, last) = self.spans[id];
        Window { left: (-first).max(0) as usize, right: last.max(0) as usize }
    }

    /// Adds what `node` needs and gives the step that computes it.
    pub(crate) fn lower(&mut self, node: &Node) -> Id {
        match node {
            Node::Number(value) => self.number(*value),
            Node::Field(name) => self.field(name),
            Node::Apply { operator, arguments } => {
                let values: Vec<Value> = arguments
                    .iter()
                    .map(|argument| match argument {
                        Argument::Series(node) => Value::Series(self.lower(node)),
                        Argument::Rows(rows) => Value::Rows(*rows),
                        Argument::Fraction(value) => Value::Fraction(*value),
                    })
                    .collect();
                (operator.lower)(self, &Values(values))
            }
        }
    }

    fn add(&mut self, step: Step) -> Id {
        if let Some(id) = self.known.get(&step) {
            return *id;
        }
        let (first, last) = step.reach();
        let span = step
            .inputs()
            .map(|input| (self.spans[input].0 + first, self.spans[input].1 + last))
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .unwrap_or((0, 0));
        self.steps.push(step);
        self.spans.push(span);
        self.known.insert(step, self.steps.len() - 1);
        self.steps.len() - 1
    }

    fn field(&mut self, name: &str) -> Id {
        let known = self.fields.iter().position(|field| field == name);
        let index = known.unwrap_or_else(|| {
            self.fields.push(name.to_owned());
            self.fields.len() - 1
        });
        self.add(Step::Field(index))
    }

    pub(crate) fn number(&mut self, value: f64) -> Id {
        self.add(Step::Number(value.to_bits()))
    }

    fn constant(&self, id: Id) -> Option<f64> {
        match self.steps[id] {
            Step::Number(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// The value `by` rows ago. Shifts of shifts are added up, so looking ahead and back again
    /// needs no row beyond the sum.
    pub(crate) fn shift(&mut self, of: Id, by: i64) -> Id {
        match (self.steps[of], by) {
            (_, 0) | (Step::Number(_), _) => of,
            (Step::Shift { of, by: inner }, by) => self.shift(of, inner + by),
            _ => self.add(Step::Shift { of, by }),
        }
    }

    pub(crate) fn unary(&mut self, kind: Unary, a: Id) -> Id {
        match self.constant(a) {
            Some(value) => self.number(each::unary(kind, value)),
            None => self.add(Step::Unary(kind, a)),
        }
    }

    pub(crate) fn binary(&mut self, kind: Binary, a: Id, b: Id) -> Id {
        match (self.constant(a), self.constant(b)) {
            (Some(a), Some(b)) => self.number(each::binary(kind, a, b)),
            _ => self.add(Step::Binary(kind, a, b)),
        }
    }

    /// `a` and a number.
    pub(crate) fn with_number(&mut self, kind: Binary, a: Id, value: f64) -> Id {
        let number = self.number(value);
        self.binary(kind, a, number)
    }

    pub(crate) fn choose(&mut self, condition: Id, a: Id, b: Id) -> Id {
        self.add(Step::Choose(condition, a, b))
    }

    pub(crate) fn rolling(&mut self, kind: Rolling, a: Id, rows: usize) -> Id {
        self.add(Step::Rolling(kind, a, rows))
    }

    pub(crate) fn pair(&mut self, kind: Pair, a: Id, b: Id, rows: usize) -> Id {
        self.add(Step::Pair(kind, a, b, rows))
    }

    pub(crate) fn section(&mut self, kind: Section, a: Id) -> Id {
        self.add(Step::Section(kind, a))
    }

    pub(crate) fn within(&mut self, kind: Section, a: Id, group: Id) -> Id {
        self.add(Step::Within(kind, a, group))
    }
}

/// A lowered argument.
#[derive(Debug, Clone, Copy)]
enum Value {
    Series(Id),
    Rows(i64),
    Fraction(f64),
}

/// The lowered arguments of one call. The parser has checked their kinds.
pub(crate) struct Values(Vec<Value>);

impl Values {
    pub(crate) fn series(&self, index: usize) -> Id {
        match self.0[index] {
            Value::Series(id) => id,
            _ => unreachable!("the table of operators names a series here"),
        }
    }

    pub(crate) fn lag(&self, index: usize) -> i64 {
        match self.0[index] {
            Value::Rows(rows) => rows,
            _ => unreachable!("the table of operators names a number of rows here"),
        }
    }

    pub(crate) fn rows(&self, index: usize) -> usize {
        self.lag(index).unsigned_abs() as usize
    }

    /// A window of which 0 rows are as many as can be.
    pub(crate) fn window(&self, index: usize) -> usize {
        match self.rows(index) {
            0 => crate::MAX_WINDOW as usize,
            rows => rows,
        }
    }

    pub(crate) fn fraction(&self, index: usize) -> f64 {
        match self.0[index] {
            Value::Fraction(value) => value,
            _ => unreachable!("the table of operators names a fraction here"),
        }
    }
}
