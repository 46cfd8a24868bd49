//! What can go wrong between a problem and its weights.

use types::Symbol;

use crate::sentence::{ParseError, percent};

/// Why there are no weights.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AllocationError {
    /// A constraint or an objective could not be read.
    #[error(transparent)]
    Sentence(#[from] ParseError),
    /// There is nothing to allocate to.
    #[error("there are no assets: widen the universe")]
    Empty,
    /// The parts of the problem do not fit together.
    #[error("{what} has {found} values for {expected} assets: give one for each")]
    Shape {
        /// The part.
        what: &'static str,
        /// The number of assets.
        expected: usize,
        /// Its own length.
        found: usize,
    },
    /// A number is missing.
    #[error("{what} of {symbol} is {value}: drop the asset or fill in the value")]
    NotFinite {
        /// The part of the problem.
        what: &'static str,
        /// The asset.
        symbol: Symbol,
        /// What was found.
        value: f64,
    },
    /// A constraint names an asset that is not in the problem.
    #[error("constraint `{constraint}`: no asset {name}{}", did_you_mean(.suggestion))]
    UnknownAsset {
        /// The sentence.
        constraint: String,
        /// The name in it.
        name: Symbol,
        /// An asset that resembles it.
        suggestion: Option<String>,
    },
    /// A constraint names a group that is not defined.
    #[error("constraint `{constraint}`: no group {name}{}", did_you_mean(.suggestion))]
    UnknownGroup {
        /// The sentence.
        constraint: String,
        /// The name in it.
        name: String,
        /// A group that resembles it.
        suggestion: Option<String>,
    },
    /// No weights fulfil all constraints. The conflict is irreducible: without any one of its
    /// sentences, the others can be fulfilled together.
    #[error("no weights fulfil all of: {}: relax one of them", conflict.join("; "))]
    Infeasible {
        /// The sentences that conflict.
        conflict: Vec<String>,
    },
    /// The maximum Sharpe ratio is not positive.
    #[error(
        "no portfolio within the constraints beats the risk-free rate of {} (the best excess return is {}): lower the rate or minimise variance instead",
        percent(*.risk_free),
        percent(*.best)
    )]
    NoExcessReturn {
        /// The risk-free return.
        risk_free: f64,
        /// The highest excess return within the constraints.
        best: f64,
    },
    /// The objective has no best value.
    #[error(
        "{method} has no bound under these constraints: add `long only`, a weight limit or `gross <= ...`"
    )]
    Unbounded {
        /// The method.
        method: &'static str,
    },
    /// The method has no room for a constraint, and its weights break it.
    #[error(
        "{method} cannot honour `{constraint}` (its weights give {value}): relax it or choose an optimising objective"
    )]
    NotHonoured {
        /// The method.
        method: &'static str,
        /// The sentence.
        constraint: String,
        /// What the method's weights have instead.
        value: String,
    },
    /// The method divides by a variance that is nought.
    #[error("{method} needs a positive variance and {symbol} has none: drop the asset")]
    NoVariance {
        /// The method.
        method: &'static str,
        /// The asset.
        symbol: Symbol,
    },
    /// A risk budget is not a positive number.
    #[error("the risk budget of {symbol} is {value}: make it positive or drop the asset")]
    NoBudget {
        /// The asset.
        symbol: Symbol,
        /// What was given.
        value: f64,
    },
    /// The solver gave up.
    #[error(
        "{method} was not solved ({status}; residuals {primal_residual:.1e} and {dual_residual:.1e}, gap {gap:.1e}): check the scale of returns, covariances and costs"
    )]
    Unsolved {
        /// The method.
        method: &'static str,
        /// How the solver ended.
        status: String,
        /// Largest violation of a constraint.
        primal_residual: f64,
        /// Largest violation of stationarity.
        dual_residual: f64,
        /// Gap between the primal and the dual objective.
        gap: f64,
    },
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
