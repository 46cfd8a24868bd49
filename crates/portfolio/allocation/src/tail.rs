//! A tail opened up: a plane below CVaR that knows the scenarios near the border one by one.
//!
//! In: the returns of a good portfolio. Out: rows for the master program,
//!
//! $$t \ge \alpha + \frac1\tau\Big(\sum_{s\in I} p_s(\ell_s - \alpha) + \sum_{s \in I}p_s k_s
//! + \sum_{s\notin I} p_s h_s\Big),\qquad h_s \ge \ell_s - \alpha,\quad k_s \ge \alpha - \ell_s$$
//!
//! with losses $\ell_s = -R_s w$ and $I$ the tail of that portfolio. With every $h$ and $k$ it is
//! CVaR itself (Rockafellar and Uryasev, 2000); without some of them it lies below. Scenarios
//! that the master puts on the wrong side of $\alpha$ are added, worst first, so that it settles in
//! a few rounds once the tail is nearly known: the aggregation of Espinoza and Moreno (2014), "A
//! primal-dual aggregation algorithm for minimizing conditional value-at-risk in linear programs".

use crate::master::Master;
use crate::region::{Label, Row};
use crate::scenarios::Scenarios;

/// Scenarios on each side of the border that are known from the start, and twice as many that
/// join at most in one round: these, and one for so many assets.
const SEEDS: usize = 12;
const ASSETS: usize = 15;

/// How far on the wrong side a scenario is, in parts of the largest return, before it joins.
const WRONG: f64 = 1e-11;

/// The border may be anywhere a return may be.
const BORDER: f64 = 1e3;

/// The opened tail of one epigraph.
#[derive(Debug)]
pub(crate) struct Tail<'a> {
    /// The column of `α`.
    pub border: usize,
    epigraph: usize,
    cut: usize,
    inside: Vec<bool>,
    /// What a unit of a scenario's own column counts.
    shares: Vec<f64>,
    columns: Vec<Option<usize>>,
    rows: Vec<Option<usize>>,
    scenarios: Scenarios<'a>,
}

impl<'a> Tail<'a> {
    /// Adds the plane to `master`, with the scenarios next to the border at `returns`.
    pub(crate) fn open(
        master: &mut Master<'_>,
        epigraph: usize,
        scenarios: Scenarios<'a>,
        tail: f64,
        returns: &[f64],
    ) -> Self {
        let count = scenarios.count();
        let order = near_border(&scenarios, tail, returns);
        let (mut mass, mut within) = (0.0, 0);
        while within < count && mass + scenarios.probability(order[within]) <= tail {
            mass += scenarios.probability(order[within]);
            within += 1;
        }
        let mut inside = vec![false; count];
        order[..within].iter().for_each(|s| inside[*s] = true);
        let whole: Vec<(usize, f64)> =
            order[..within].iter().map(|s| (*s, -scenarios.probability(*s) / tail)).collect();
        let mut terms: Vec<(usize, f64)> =
            scenarios.weighted(&whole).into_iter().enumerate().collect();
        terms.push((epigraph, -1.0));
        let row = Row { terms, equality: false, limit: 0.0, label: Label::Support };
        let cut = master.cut(row);
        let border = master.column(cut, 1.0 - mass / tail, epigraph, (-BORDER, BORDER));
        let mut opened = Self {
            border,
            epigraph,
            cut,
            inside,
            shares: (0..count).map(|s| scenarios.probability(s) / tail).collect(),
            columns: vec![None; count],
            rows: vec![None; count],
            scenarios,
        };
        let near = seeds(scenarios);
        let seeds = within.saturating_sub(near)..(within + near).min(count);
        order[seeds].iter().for_each(|s| opened.join(master, *s));
        opened
    }

    /// Adds the scenarios that are farthest on the wrong side; whether there were any.
    pub(crate) fn correct(&mut self, master: &mut Master<'_>, x: &[f64], returns: &[f64]) -> bool {
        let border = x[self.border];
        let size = returns.iter().fold(0.0_f64, |max, r| max.max(r.abs()));
        let mut wrong: Vec<(f64, usize)> = Vec::new();
        for (s, r) in returns.iter().enumerate() {
            let beyond = if self.inside[s] { border + r } else { -r - border };
            let known = self.rows[s].is_some_and(|row| master.in_play(row));
            if beyond > WRONG * size && !known && self.shares[s] > 0.0 {
                wrong.push((beyond, s));
            }
        }
        wrong.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        wrong.truncate(2 * seeds(self.scenarios));
        wrong.iter().for_each(|(_, s)| self.join(master, *s));
        !wrong.is_empty()
    }

    /// Gives a scenario its own row, and its own column if it never had one.
    fn join(&mut self, master: &mut Master<'_>, scenario: usize) {
        let column = match self.columns[scenario] {
            Some(column) => column,
            None => {
                let share = self.shares[scenario];
                master.column(self.cut, share, self.epigraph, (0.0, f64::INFINITY))
            }
        };
        self.columns[scenario] = Some(column);
        let sign = if self.inside[scenario] { 1.0 } else { -1.0 };
        let returns = self.scenarios.returns.row(scenario).iter().enumerate();
        let mut terms: Vec<(usize, f64)> = returns.map(|(i, r)| (i, sign * r)).collect();
        terms.extend([(self.border, sign), (column, -1.0)]);
        let row = Row { terms, equality: false, limit: 0.0, label: Label::Support };
        self.rows[scenario] = Some(master.cut(row));
    }
}

fn seeds(scenarios: Scenarios<'_>) -> usize {
    SEEDS + scenarios.returns.cols() / ASSETS
}

/// The scenarios from the worst up, in order as far as the border and its neighbours go.
fn near_border(scenarios: &Scenarios<'_>, tail: f64, returns: &[f64]) -> Vec<usize> {
    let count = returns.len();
    let mut order: Vec<usize> = (0..count).collect();
    let worse = |a: &usize, b: &usize| returns[*a].total_cmp(&returns[*b]).then(a.cmp(b));
    let far = match scenarios.probabilities {
        [] => ((tail * count as f64).ceil() as usize + seeds(*scenarios)).min(count - 1),
        _ => count - 1,
    };
    order.select_nth_unstable_by(far, worse);
    order[..far].sort_unstable_by(worse);
    order
}
