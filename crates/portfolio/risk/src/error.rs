//! What can be wrong with prices, returns, estimates and weights.

use types::{Date, PanelError, Symbol};

/// Why risk could not be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RiskError {
    /// The panel lacks what was asked for.
    #[error(transparent)]
    Panel(#[from] PanelError),
    /// Nothing to measure.
    #[error("there are no symbols; the universe is empty on this day")]
    NoSymbols,
    /// Two columns of one name, which sentences about it could not tell apart.
    #[error("{symbol} comes twice; give each symbol one column")]
    DuplicateSymbol {
        /// Whose columns.
        symbol: Symbol,
    },
    /// A price that is not known.
    #[error(
        "{symbol} has no price on {date}; fill the gap, leave {symbol} out, or let incomplete \
         rows be dropped"
    )]
    MissingPrice {
        /// Whose price.
        symbol: Symbol,
        /// On which day.
        date: Date,
    },
    /// A price that is zero, negative or infinite: no return can be taken from it.
    #[error("{symbol} has the price {price} on {date}; a price must be positive and finite")]
    BadPrice {
        /// Whose price.
        symbol: Symbol,
        /// On which day.
        date: Date,
        /// What stands there.
        price: f64,
    },
    /// The panel has fewer days than the window needs.
    #[error(
        "{needed} returns need {} days of prices, the panel ending {} has {days}; shorten the \
         window or start later",
        needed + 1,
        until.map_or_else(|| "nowhere".to_owned(), |date| date.to_string())
    )]
    ShortPanel {
        /// Returns asked for.
        needed: usize,
        /// Days of prices that there are.
        days: usize,
        /// The last day of the panel.
        until: Option<Date>,
    },
    /// Too few days on which every symbol has a return.
    #[error(
        "only {found} of the {needed} returns needed are complete; {symbol} lacks the most \
         ({missing}, last on {date}): leave it out or shorten the window"
    )]
    TooFewComplete {
        /// Complete rows needed.
        needed: usize,
        /// Complete rows found.
        found: usize,
        /// The symbol that lacks the most returns.
        symbol: Symbol,
        /// How many it lacks.
        missing: usize,
        /// The last day on which its return is unknown.
        date: Date,
    },
    /// Too few observations for the estimator.
    #[error("{estimator} needs at least {needed} returns, got {found}; lengthen the window")]
    TooFew {
        /// What was to be estimated.
        estimator: &'static str,
        /// How many it needs.
        needed: usize,
        /// How many there are.
        found: usize,
    },
    /// A column that never moves, where the estimator divides by its volatility.
    #[error("{symbol} never moves in the window; leave it out or use another estimator")]
    Constant {
        /// Which column.
        symbol: Symbol,
    },
    /// A parameter outside its range.
    #[error("{name} is {found}, it must be {must}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its value.
        found: f64,
        /// What it must be.
        must: &'static str,
    },
    /// A list or matrix of the wrong size.
    #[error("{what}: {found} values, expected {expected}")]
    Shape {
        /// Which one.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A value that is not a finite number.
    #[error("{what}: the value in row {row}, column {col} is not a finite number")]
    NotFinite {
        /// Which matrix or list.
        what: &'static str,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        col: usize,
    },
    /// A matrix that should be symmetric and is not.
    #[error("not symmetric: {above} in row {row}, column {col}, but {below} mirrored")]
    NotSymmetric {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        col: usize,
        /// The value there.
        above: f64,
        /// The value on the other side of the diagonal.
        below: f64,
    },
    /// A matrix without a Cholesky factor.
    #[error(
        "the matrix is not positive definite (first failing at row {row}); use a shrinkage \
         estimator or a longer window"
    )]
    NotPositiveDefinite {
        /// Row at which the factorisation stops, from 0.
        row: usize,
    },
    /// Regressors of which one is constant or a combination of others.
    #[error(
        "regressor {index} (from 0) is constant or a combination of the others; leave one of them \
         out"
    )]
    Collinear {
        /// Which regressor, from 0.
        index: usize,
    },
    /// Two symbols without enough days in common.
    #[error(
        "{first} and {second} have {found} returns in common, {needed} are needed; leave one out or \
         lengthen the window"
    )]
    TooFewCommon {
        /// One of the two.
        first: Symbol,
        /// The other; the same where a symbol has too few of its own.
        second: Symbol,
        /// Returns needed.
        needed: usize,
        /// Returns found.
        found: usize,
    },
    /// An iteration over a matrix failed: eigenvalues, a graphical lasso, a nearest correlation.
    #[error("the iteration on the {n} x {n} matrix did not converge; check its scale")]
    NoConvergence {
        /// Size of the matrix.
        n: usize,
    },
    /// A measure that divides by a spread which is zero.
    #[error("the returns never move, so they have no {measure}; measure a window in which they do")]
    NoSpread {
        /// Which measure.
        measure: &'static str,
    },
    /// A measure that is defined for equally likely observations only.
    #[error(
        "a {measure} is defined for equally likely observations only; draw scenarios of equal \
         probability, or use an entropic measure"
    )]
    EqualProbabilities {
        /// Which measure.
        measure: &'static str,
    },
    /// A return that leaves nothing to compound.
    #[error(
        "the return in row {row} is {found}: wealth cannot compound after a loss of 100 % or more; \
         use the uncompounded drawdown, or less leverage"
    )]
    Ruin {
        /// Row, from 0.
        row: usize,
        /// The return.
        found: f64,
    },
    /// A sentence that could not be read.
    #[error(transparent)]
    Sentence(#[from] crate::SentenceError),
    /// A name that cannot be given.
    #[error("the name `{name}` {problem}")]
    Name {
        /// Which name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A view that cannot be taken.
    #[error("the view `{sentence}` {problem}")]
    View {
        /// As it was written.
        sentence: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// Views that exclude each other.
    #[error(
        "these views cannot hold together in the scenarios given{}: {views}; soften one, or add \
         scenarios that are more extreme",
        if *held { ", with the means and variances found before them held" } else { "" }
    )]
    Contradiction {
        /// The views, each in backquotes.
        views: String,
        /// Whether moments that an earlier stage found take part.
        held: bool,
    },
    /// Opinions that exclude each other.
    #[error("no scenario is possible in all opinions; pool them linearly")]
    NoCommonScenario,
}
