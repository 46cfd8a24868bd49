//! The names that views may speak of: symbols, groups, portfolios.
//!
//! In come the symbols of a table and named portfolios of them; out comes what a name stands for.
//! It knows nothing about sentences.

use types::Symbol;

use super::Portfolio;
use crate::RiskError;

/// Names and the portfolios that they stand for. A symbol stands for itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    names: Vec<String>,
    portfolios: Vec<Portfolio>,
    symbols: usize,
}

impl Vocabulary {
    /// The names of these symbols, in the order of the table's columns.
    pub fn new(symbols: &[Symbol]) -> Self {
        let names = symbols.iter().map(ToString::to_string).collect();
        let portfolios = (0..symbols.len()).map(|col| vec![(col, 1.0)]).collect();
        Self { names, portfolios, symbols: symbols.len() }
    }

    /// Adds a group, which stands for the equally weighted portfolio of its members: a view on its
    /// mean is a view on the mean of theirs.
    ///
    /// Fails if the name is taken, a member is unknown, or there is none.
    pub fn with_group(self, name: &str, members: &[&str]) -> Result<Self, RiskError> {
        let share = 1.0 / members.len() as f64;
        self.with_portfolio(name, &members.iter().map(|m| (*m, share)).collect::<Vec<_>>())
    }

    /// Adds a portfolio of symbols, with weights that need not sum to one.
    ///
    /// Fails if the name is taken, a symbol is unknown, or there is none.
    pub fn with_portfolio(
        mut self,
        name: &str,
        weights: &[(&str, f64)],
    ) -> Result<Self, RiskError> {
        let wrong = |problem: String| RiskError::Name { name: name.to_owned(), problem };
        if self.names.iter().any(|known| known == name) {
            return Err(wrong("is taken already".to_owned()));
        }
        if weights.is_empty() {
            return Err(wrong("has no members".to_owned()));
        }
        let find = |(symbol, weight): &(&str, f64)| {
            let at = self.names[..self.symbols].iter().position(|known| known == symbol);
            at.map(|at| (at, *weight)).ok_or_else(|| wrong(format!("has no member `{symbol}`")))
        };
        let portfolio = weights.iter().map(find).collect::<Result<_, _>>()?;
        self.names.push(name.to_owned());
        self.portfolios.push(portfolio);
        Ok(self)
    }

    /// Every name.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn portfolio(&self, at: usize) -> &Portfolio {
        &self.portfolios[at]
    }
}
