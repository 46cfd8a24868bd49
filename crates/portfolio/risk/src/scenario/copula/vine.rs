//! A canonical vine: the dependence of many returns, built from pairs.
//!
//! In come historical returns; out comes a vine, and scenarios of it. Tree `k` joins its root with
//! each symbol that comes after, given the roots before it (Bedford and Cooke 2002; Aas, Czado,
//! Frigessi and Bakken 2009). The roots are independent uniforms once those before them are taken
//! out, so that the first few symbols may be given and the rest drawn.

use std::sync::Arc;

use types::Symbol;

use super::concordance::kendall_tau;
use super::fit::{LEAST, fit};
use super::pair::keep;
use super::{Family, Margin, MarginFamily, PairCopula};
use crate::scenario::random::Stream;
use crate::{Returns, RiskError};

/// A vine with its margins.
#[derive(Debug, Clone, PartialEq)]
pub struct Vine {
    symbols: Arc<[Symbol]>,
    /// The columns, roots first.
    order: Vec<usize>,
    margins: Vec<Margin>,
    /// `trees[k][i]` joins root `k` with the symbol `k + 1 + i` of the order.
    trees: Vec<Vec<PairCopula>>,
    log_likelihood: f64,
}

impl Vine {
    /// Fits margins and pairs, tree by tree. The columns `first` are the first roots, in that order:
    /// those that scenarios will be given for. Each further root is the symbol that depends most on
    /// the others that are left, by the sum of `|τ|` (Czado, Schepsmeier and Min 2012). Each pair is
    /// the family of least AIC among `families`, or independence.
    ///
    /// Fails for fewer than 20 returns, a symbol that never moves, or a column in `first` that does
    /// not exist or comes twice. Cost: `N²/2` fits; a Student copula takes by far the longest.
    pub fn fit(
        returns: &Returns,
        first: &[usize],
        families: &[Family],
        margins: MarginFamily,
    ) -> Result<Self, RiskError> {
        crate::covariance::require_rows("a vine copula", returns.rows(), LEAST)?;
        check_columns(first, returns.cols())?;
        let (margins, mut left) = uniforms(returns, margins)?;
        let (mut order, mut trees, mut log_likelihood) = (Vec::new(), Vec::new(), 0.0);
        while !left.is_empty() {
            let at = match first.get(order.len()) {
                Some(col) => {
                    left.iter().position(|(other, _)| other == col).expect("not yet taken")
                }
                None => strongest(&left),
            };
            let (col, root) = left.remove(at);
            order.push(col);
            let (pairs, likelihood) = join(&root, &mut left, families);
            trees.push(pairs);
            log_likelihood += likelihood;
        }
        let symbols = returns.symbols().clone();
        Ok(Self { symbols, trees: in_order(&order, trees), order, margins, log_likelihood })
    }

    /// The columns in the order of the vine.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The pairs of each tree: that of root `k` with each symbol after it in the order.
    pub fn trees(&self) -> &[Vec<PairCopula>] {
        &self.trees
    }

    /// The margin of each column.
    pub fn margins(&self) -> &[Margin] {
        &self.margins
    }

    /// The logarithm of the likelihood of the copula at the returns it was fitted to.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// `rows` scenarios. Scenario `i` depends on the seed and `i` only.
    pub fn draw(&self, rows: usize, seed: u64) -> Result<Returns, RiskError> {
        self.draw_given(&[], rows, seed)
    }

    /// `rows` scenarios in which the returns of some columns are given: a stress test that keeps
    /// what the vine knows of tails.
    ///
    /// Fails unless those columns come first in the order (fit the vine with them in `first`), each
    /// once; and for a return that is not finite.
    pub fn draw_given(
        &self,
        given: &[(usize, f64)],
        rows: usize,
        seed: u64,
    ) -> Result<Returns, RiskError> {
        let n = self.order.len();
        let known = self.given(given)?;
        let mut values = vec![0.0; rows * n];
        let mut roots = vec![0.0; n];
        for (row, out) in values.chunks_exact_mut(n).enumerate() {
            let mut stream = Stream::new(seed, row as u64, 0);
            for (place, col) in self.order.iter().enumerate() {
                if let Some((root, value)) = known.get(place) {
                    (roots[place], out[*col]) = (*root, *value);
                    continue;
                }
                roots[place] = keep(stream.uniform());
                let u = (0..place).rev().fold(roots[place], |u, tree| {
                    self.trees[tree][place - tree - 1].second_at(u, roots[tree])
                });
                out[*col] = self.margins[*col].at(u);
            }
        }
        Returns::new(self.symbols.to_vec(), values)
    }

    /// The given returns in the order of the vine: each as a root, and itself.
    fn given(&self, given: &[(usize, f64)]) -> Result<Vec<(f64, f64)>, RiskError> {
        let mut known: Vec<(f64, f64)> = Vec::new();
        for place in 0..given.len() {
            let col = *self.order.get(place).unwrap_or(&usize::MAX);
            let Some((_, value)) = given.iter().find(|(other, _)| *other == col) else {
                let must = "among the first of the vine, each once; fit it with them in `first`";
                let found = given.iter().map(|(col, _)| *col).max().unwrap_or(0) as f64;
                return Err(RiskError::Parameter { name: "a given column", found, must });
            };
            if !value.is_finite() {
                return Err(RiskError::NotFinite { what: "given returns", row: 0, col: place });
            }
            let u = keep(self.margins[col].probability(*value));
            let root = known.iter().enumerate().fold(u, |u, (tree, (root, _))| {
                self.trees[tree][place - tree - 1].second_given_first(u, *root)
            });
            known.push((root, *value));
        }
        Ok(known)
    }
}

/// Columns with their probabilities, given the roots that were taken out.
type Left = Vec<(usize, Vec<f64>)>;

/// The margin of each column, and what its returns are as probabilities.
fn uniforms(returns: &Returns, family: MarginFamily) -> Result<(Vec<Margin>, Left), RiskError> {
    let (mut margins, mut left) = (Vec::new(), Vec::new());
    for (col, symbol) in returns.symbols().iter().enumerate() {
        let column: Vec<f64> = (0..returns.rows()).map(|row| returns.row(row)[col]).collect();
        let margin = Margin::fit(&column, family).map_err(|error| match error {
            RiskError::NoSpread { .. } => RiskError::Constant { symbol: symbol.clone() },
            other => other,
        })?;
        left.push((col, column.iter().map(|r| keep(margin.probability(*r))).collect()));
        margins.push(margin);
    }
    Ok((margins, left))
}

/// Joins a root with all that are left, and takes it out of them. The pairs by column, and the
/// logarithm of their likelihood.
fn join(root: &[f64], left: &mut Left, families: &[Family]) -> (Vec<(usize, PairCopula)>, f64) {
    let mut log_likelihood = 0.0;
    let mut join = |(col, u): &mut (usize, Vec<f64>)| {
        let pair = fit(root, u, families);
        log_likelihood += root.iter().zip(&*u).map(|(r, u)| pair.ln_density(*r, *u)).sum::<f64>();
        u.iter_mut().zip(root).for_each(|(u, r)| *u = pair.second_given_first(*u, *r));
        (*col, pair)
    };
    let pairs = left.iter_mut().map(&mut join).collect();
    (pairs, log_likelihood)
}

/// The pairs of each tree by column, put into the order in which columns became roots.
fn in_order(order: &[usize], trees: Vec<Vec<(usize, PairCopula)>>) -> Vec<Vec<PairCopula>> {
    let sorted = |(tree, pairs): (usize, Vec<(usize, PairCopula)>)| {
        let find = |col: &usize| pairs.iter().find(|(other, _)| other == col).expect("left then").1;
        order[tree + 1..].iter().map(find).collect()
    };
    trees.into_iter().enumerate().map(sorted).collect()
}

/// The place of the list that depends most on the others.
fn strongest(lists: &[(usize, Vec<f64>)]) -> usize {
    let mut sums = vec![0.0; lists.len()];
    for a in 0..lists.len() {
        for b in 0..a {
            let tau = kendall_tau(&lists[a].1, &lists[b].1).abs();
            sums[a] += tau;
            sums[b] += tau;
        }
    }
    (0..sums.len()).rev().max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0)
}

fn check_columns(first: &[usize], cols: usize) -> Result<(), RiskError> {
    for (at, col) in first.iter().enumerate() {
        if *col >= cols || first[..at].contains(col) {
            let (name, found) = ("a column of the vine", *col as f64);
            let must = "a column that exists, each once";
            return Err(RiskError::Parameter { name, found, must });
        }
    }
    Ok(())
}
