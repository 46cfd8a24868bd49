//! Target weights, with a certificate.
//!
//! In: moments, expected returns, the weights held, what trading costs, and sentences such as
//! `weight <= 15%`. Out: the weights that serve an [`Objective`] best, and the evidence: residuals,
//! the duality gap, the binding constraints with their shadow prices. When no weights fulfil every
//! sentence, the answer is an irreducible set of sentences that conflict.
//!
//! Use [`allocate`] for one decision, [`Prospects`] where views, drawn scenarios or a chain of aims come
//! in, [`plan`] for trades over several periods, and [`frontier`] for the trade-off between return and
//! risk.
//! This room knows nothing about orders, prices or money, and reads no clock.
//!
//! ```
//! use allocation::{Constraint, Objective, Problem, allocate};
//! use risk::{Matrix, Moments};
//!
//! let symbols = ["CALM", "WILD"].map(types::Symbol::from).to_vec();
//! let covariance = Matrix::diagonal(&[0.01, 0.04]);
//! let moments = Moments::new(symbols.into(), vec![0.0; 2], covariance, 100)?;
//! let constraints: Vec<Constraint> = ["long only", "weight <= 70%"]
//!     .into_iter()
//!     .map(str::parse)
//!     .collect::<Result<_, _>>()?;
//! let as_of = types::parse_date("2022-12-28").ok_or("a day")?;
//! let problem = Problem { constraints: &constraints, ..Problem::new(&moments, as_of) };
//! let objective: Objective = "minimise variance".parse()?;
//! let target = allocate(&objective, &problem)?;
//! // Without the limit 80 % would be calm.
//! assert!((target.weights[0] - 0.7).abs() < 1e-8);
//! assert_eq!(target.certificate.binding[0].constraint, "weight(CALM) <= 70%");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod sentence;

mod constraint;
mod cost_factors;
mod objective;
mod problem;
mod terms;
mod uncertainty;

mod error;

mod region;
mod solver;

mod measure;
mod risk_of;
mod robust;
mod scenarios;

mod cones;
mod cutting;
mod epigraph;
mod master;
mod oracle;
mod root;
mod simplex;
mod tail;

mod aim;
mod certificate;
mod conflict;
mod evidence;
mod fallback;
mod relaxation;
mod stacking;

mod active_set;
mod critical_line;

mod branch_risk;
mod clusters;
mod constrained_parity;
mod equal_risk;
mod factor_parity;
mod hierarchical;
mod learned;
mod linkage;
mod mean_risk;
mod multi_period;
mod naive;
mod nearest;
mod nested;
mod newton;
mod parity;
mod ratio;
mod relaxed_parity;
mod risk_budget;
mod schur;
mod separable;
mod sharpe;
mod utility;

mod discrete;
mod frontier;
mod history;
mod prospects;
mod source;

use types::Target;

pub use aim::Aim;
pub use clusters::{Dendrogram, Join, dendrogram};
pub use constraint::{Constraint, Quantity, Relation};
pub use cost_factors::CostFactors;
pub use critical_line::{CriticalLine, EfficientPortfolio, Structure, TurningPoint, critical_line};
pub use cutting::WarmStart;
pub use discrete::{Discrete, allocate_discrete};
pub use error::{AllocationError, Relaxation};
pub use factor_parity::factor_risk_budgets;
pub use fallback::{Answer, allocate_first, chain};
pub use frontier::{FrontierPoint, frontier};
pub use history::{limits_read_uncertainty, reads_scenarios, reads_uncertainty, scenarios};
pub use learned::{Learned, Training};
pub use measure::ScenarioMeasure;
pub use multi_period::{Period, Plan, plan, plan_fading};
pub use objective::{Linkage, Measure, Objective, Regularisation};
pub use parity::risk_budgets;
pub use problem::{Costs, Problem};
pub use prospects::{Moved, Prospects, ViewMethod, Weighed};
pub use risk_budget::risk_budgets_of;
pub use risk_of::Risk;
pub use sentence::ParseError;
pub use source::{Source, SourceKind};
pub use stacking::allocate_stacked;
pub use terms::{ExpectedReturn, NoObjective, Terms, TradingCost};
pub use uncertainty::{CovarianceSet, MeanSet, Uncertainty};

use mean_risk::MeanRisk;
use utility::Utility;

/// The weights that serve `objective` best within the constraints of `problem`.
///
/// Weights below 1e-9 are set to nought. Equal weight, inverse volatility and inverse variance have
/// no room for most constraints: they invest as much as `net` allows, stay within the bounds of
/// single assets, and refuse any other sentence that their weights break with
/// [`AllocationError::NotHonoured`]. Risk parity and the hierarchical methods keep every sentence:
/// the former within its own program, the latter by the weights within the sentences that are
/// nearest to the method's in relative terms. A sentence about names or lots leads to
/// [`allocate_discrete`], whose certificate has the proven gap. The first portfolio is not held to `turnover`.
///
/// Shadow prices are what the objective gains if a constraint is relaxed by one unit (1 = 100 % of
/// net asset value); for an equality, if its right-hand side is raised (for `cash`, lowered). For
/// risk parity they are those of the logarithmic-barrier problem.
pub fn allocate(objective: &Objective, problem: &Problem<'_>) -> Result<Target, AllocationError> {
    allocate_from(objective, problem, &mut WarmStart::default())
}

/// The same, starting from what earlier solves over the same scenarios left in `warm`. The weights
/// are as good as those of [`allocate`]; where several are equally good they may be others.
pub fn allocate_from(
    objective: &Objective,
    problem: &Problem<'_>,
    warm: &mut WarmStart,
) -> Result<Target, AllocationError> {
    if problem.constraints.iter().any(|sentence| sentence.quantity.discrete()) {
        return allocate_discrete(objective, problem, &Discrete::default());
    }
    problem.check(objective.needs_returns())?;
    match objective.clone() {
        Objective::EqualWeight => naive::equal(problem),
        Objective::InverseVolatility => naive::inverse_volatility(problem),
        Objective::MinimumVariance => Utility::MINIMUM_VARIANCE.maximise(problem),
        Objective::MeanVariance { risk_aversion, costs } => Utility {
            method: objective.method(),
            risk_aversion,
            returns: true,
            costs,
            least_return: None,
        }
        .maximise_from(problem, warm.start()),
        Objective::MinimumRisk(risk) => {
            let root = match &risk {
                Risk::TrackingError(name) => {
                    risk_of::benchmark(problem, name, &risk.to_string())?;
                    true
                }
                _ => false,
            };
            MeanRisk::minimum(risk).maximise(problem, root, warm)
        }
        Objective::MeanRisk { penalties, costs } => {
            costs.check()?;
            let seen = problem.costs.as_ref().map(|own| costs.of(own));
            let problem = Problem { costs: seen, ..problem.clone() };
            let (method, costs) = (objective.method(), costs.any());
            MeanRisk { method, returns: true, penalties, costs, growth: false }
                .maximise(&problem, false, warm)
        }
        Objective::MaximumGrowth => MeanRisk::growth().maximise(problem, false, warm),
        Objective::MaximumRatio { risk, risk_free, robust } => {
            ratio::maximise(problem, &risk, risk_free, robust, warm)
        }
        Objective::MaximumSharpe { risk_free } => sharpe::maximise(problem, risk_free),
        Objective::RiskParity { risk, budgets } => {
            risk_budget::allocate(problem, &risk, &budgets, warm)
        }
        Objective::RelaxedRiskParity { regularisation } => {
            relaxed_parity::allocate(problem, regularisation)
        }
        Objective::FactorRiskParity { factors } => {
            let equal: Vec<(String, f64)> = factors.into_iter().map(|name| (name, 1.0)).collect();
            factor_risk_budgets(problem, &equal)
        }
        Objective::InverseVariance => naive::inverse_variance(problem),
        Objective::MaximumDiversification => sharpe::diversify(problem),
        Objective::MaximumDecorrelation => naive::decorrelate(problem),
        Objective::HierarchicalRiskParity { linkage, measure } => {
            hierarchical::allocate(problem, linkage, measure)
        }
        Objective::HierarchicalEqualRisk { linkage, measure } => {
            equal_risk::allocate(problem, linkage, measure)
        }
        Objective::NestedClusters { linkage } => nested::allocate(problem, linkage),
        Objective::SchurComplementary { linkage, share } => {
            schur::allocate(problem, linkage, share)
        }
        Objective::Learned { hidden, period, seed } => {
            learned::allocate(problem, (hidden, period, seed))
        }
    }
}

/// The reference pages of this room, whose examples run as tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../../../docs/methods/mean-variance.md")]
    struct MeanVariance;
    #[doc = include_str!("../../../../docs/methods/naive.md")]
    struct Naive;
    #[doc = include_str!("../../../../docs/methods/mean-risk.md")]
    struct MeanRiskPage;
    #[doc = include_str!("../../../../docs/methods/risk-parity.md")]
    struct RiskParity;
    #[doc = include_str!("../../../../docs/methods/hierarchical.md")]
    struct Hierarchical;
    #[doc = include_str!("../../../../docs/methods/tracking.md")]
    struct Tracking;
    #[doc = include_str!("../../../../docs/methods/discrete.md")]
    struct DiscretePage;
    #[doc = include_str!("../../../../docs/methods/constraints.md")]
    struct Constraints;
    #[doc = include_str!("../../../../docs/methods/robust.md")]
    struct Robust;
    #[doc = include_str!("../../../../docs/methods/multi-period.md")]
    struct MultiPeriod;
    #[doc = include_str!("../../../../docs/methods/learned.md")]
    struct LearnedPage;
    #[doc = include_str!("../../../../docs/methods/stacking.md")]
    struct Stacking;
    #[doc = include_str!("../../../../docs/methods/answers.md")]
    struct Answers;
}
