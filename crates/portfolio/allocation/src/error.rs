//! What can go wrong between a problem and its weights.

use std::fmt;

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
    /// A cost would be paid to whoever trades, so that trading has no end.
    #[error("{what} of {symbol} is {value}: costs are not negative")]
    NegativeCost {
        /// The part of the costs.
        what: &'static str,
        /// The asset.
        symbol: Symbol,
        /// What was found.
        value: f64,
    },
    /// Less than nothing is traded.
    #[error("the daily volume of {symbol} is {value}: volumes are not negative")]
    NegativeVolume {
        /// The asset.
        symbol: Symbol,
        /// What was found.
        value: f64,
    },
    /// A sentence about volumes needs some.
    #[error("`{sentence}` needs to know what is traded in a day: give `volumes`")]
    NoVolumes {
        /// The sentence.
        sentence: String,
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
    /// A constraint or an objective names something that the problem does not have.
    #[error("`{sentence}`: no {kind} {name}{}", did_you_mean(.suggestion))]
    UnknownName {
        /// The sentence, or its part.
        sentence: String,
        /// `benchmark`, `characteristic` or `group or characteristic`.
        kind: &'static str,
        /// The name in it.
        name: String,
        /// A name that resembles it.
        suggestion: Option<String>,
    },
    /// A group is bounded by a number that is no likely fraction.
    #[error("constraint `{constraint}`: the weight of a group is a fraction: write {bound}%")]
    NotAFraction {
        /// The sentence.
        constraint: String,
        /// The number in it.
        bound: f64,
    },
    /// A risk measure needs scenarios.
    #[error("{what} needs scenarios and the problem has none: give `scenarios`")]
    NoScenarios {
        /// The measure or the method.
        what: String,
    },
    /// A measure of spread over a single scenario, from which nothing can be apart.
    #[error(
        "{measure} needs two scenarios that can happen and there is {found}: give more scenarios"
    )]
    FewScenarios {
        /// The measure.
        measure: String,
        /// How many have a probability.
        found: usize,
    },
    /// A robust sentence needs to know how wrong the moments may be.
    #[error("{what} needs to know how wrong the moments may be: give `uncertainty`")]
    NoUncertainty {
        /// The robust word.
        what: String,
    },
    /// An uncertainty set is none.
    #[error("the uncertainty set is wrong: {reason}")]
    WrongUncertainty {
        /// What is wrong, and what to do.
        reason: String,
    },
    /// Drawdowns need days, other measures the horizon.
    #[error(
        "drawdowns and what is learned read days that follow each other, and other risk measures returns over {days} days: use one kind, or a horizon of one day"
    )]
    MixedScenarios {
        /// The horizon in trading days.
        days: usize,
    },
    /// The returns cannot be used.
    #[error(transparent)]
    Returns(#[from] risk::RiskError),
    /// The history has no run as long as the horizon.
    #[error(
        "risk measures read returns over {days} days and there are {rows} days: take a longer window or a shorter horizon"
    )]
    ShortHistory {
        /// The horizon in trading days.
        days: usize,
        /// Daily returns.
        rows: usize,
    },
    /// A generator of scenarios has a wrong number.
    #[error("the scenarios cannot be drawn: {reason}")]
    WrongSource {
        /// What is wrong, and what to change.
        reason: String,
    },
    /// A generator of single days gives no path.
    #[error(
        "drawdowns and what is learned read days that follow each other, which {kind} does not draw: use a bootstrap or history"
    )]
    NoPath {
        /// The generator.
        kind: crate::SourceKind,
    },
    /// Views that move probabilities leave no path.
    #[error(
        "drawdowns and what is learned read days that follow each other, and entropy pooling changes how likely each is: use Black-Litterman, or another risk measure"
    )]
    PooledPath,
    /// Entropy pooling takes views for certain.
    #[error(
        "the view `{view}` states a confidence, and entropy pooling takes views for certain: leave it out, or use Black-Litterman"
    )]
    NoConfidence {
        /// The sentence.
        view: String,
    },
    /// A network cannot be trained.
    #[error(
        "a learned allocator needs at least {needed} days, one hidden unit and a period of one day, and has {rows} days: take a longer window or a shorter period"
    )]
    Training {
        /// The fewest daily returns that will do.
        needed: usize,
        /// Daily returns.
        rows: usize,
    },
    /// The scenarios are about other assets.
    #[error("the assets of the scenarios are not those of the moments, in their order: align them")]
    ScenarioSymbols,
    /// Probabilities are no distribution.
    #[error(
        "the probabilities of the scenarios are wrong ({wrong}): give one for each, summing to 1"
    )]
    Probabilities {
        /// What is wrong.
        wrong: String,
    },
    /// The relativistic measures are for equally likely scenarios.
    #[error("{measure} needs equally likely scenarios: leave `probabilities` empty")]
    Unequal {
        /// The measure.
        measure: String,
    },
    /// A ratio of return to risk where there is no risk.
    #[error(
        "return / {risk} has no bound: some portfolio has a return above the rate and a risk of {value:.2e}; minimise {risk} instead"
    )]
    NoRisk {
        /// The measure.
        risk: String,
        /// Its value.
        value: f64,
    },
    /// A ratio of return to a risk that does not grow in proportion to the portfolio.
    #[error("return / {risk} depends on the size of the portfolio: divide by {instead}")]
    NotHomogeneous {
        /// The measure.
        risk: String,
        /// Its root.
        instead: &'static str,
    },
    /// No weights fulfil all constraints. The conflict is irreducible: without any one of its
    /// sentences, the others can be fulfilled together.
    #[error(
        "no weights fulfil all of: {}: relax one of them{}",
        conflict.join("; "),
        least_in_total(.relaxation)
    )]
    Infeasible {
        /// The sentences that conflict.
        conflict: Vec<String>,
        /// What to give way in all sentences for the least sum; empty if it was not sought.
        relaxation: Vec<Relaxation>,
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
    /// A number is out of its range.
    #[error("{name} is {found}: it must be {must}")]
    Parameter {
        /// What it is.
        name: &'static str,
        /// The number.
        found: f64,
        /// Its range.
        must: &'static str,
    },
    /// Exposures and specific variances are not those of the assets.
    #[error("the factor structure is wrong: {reason}")]
    WrongFactors {
        /// What is wrong.
        reason: String,
    },
    /// The critical line walks between bounds on single assets with one budget.
    #[error(
        "the critical line has room for bounds on single assets and one fixed budget, not for `{constraint}`: drop it or choose an optimising objective"
    )]
    NotABound {
        /// The sentence.
        constraint: String,
    },
    /// Counts, least weights or lots cannot be had.
    #[error("{reason}")]
    NotDiscrete {
        /// What is in the way, and what to change.
        reason: String,
    },
    /// Portfolios of portfolios cannot be had.
    #[error("the portfolios cannot be stacked: {reason}")]
    NotStacked {
        /// What is in the way, and what to do.
        reason: String,
    },
    /// Factors cannot be given risk budgets.
    #[error("factors cannot have risk budgets: {reason}; choose other factors")]
    NoFactors {
        /// What is in the way.
        reason: String,
    },
    /// A risk budget is not a positive number.
    #[error("the risk budget of {symbol} is {value}: make it positive or drop the asset")]
    NoBudget {
        /// The asset.
        symbol: Symbol,
        /// What was given.
        value: f64,
    },
    /// A risk cannot be shared out.
    #[error("{risk} cannot be shared out by budgets: {reason}")]
    NoRiskBudgets {
        /// The risk.
        risk: String,
        /// What is in the way, and what to change.
        reason: &'static str,
    },
    /// A branch of the tree has no risk to be balanced.
    #[error(
        "{method} balances {measure}, which must be positive, and that of {assets} is {value}: balance another measure or drop the assets"
    )]
    NoBranchRisk {
        /// The method.
        method: &'static str,
        /// The measure.
        measure: String,
        /// The assets of the branch.
        assets: String,
        /// Its value.
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

/// How far a sentence gives way.
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxation {
    /// The sentence.
    pub sentence: String,
    /// By how much its bound moves, in its own units.
    pub by: f64,
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` by {}", self.sentence, percent((self.by * 1e8).round() / 1e8))
    }
}

fn least_in_total(relaxation: &[Relaxation]) -> String {
    if relaxation.is_empty() {
        return String::new();
    }
    let parts: Vec<String> = relaxation.iter().map(Relaxation::to_string).collect();
    format!("; the least in total is {}", parts.join(" and "))
}

fn did_you_mean(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
