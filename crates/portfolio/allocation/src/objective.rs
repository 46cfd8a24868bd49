//! What an allocation is for, as a sentence.
//!
//! In: `maximise return - 5 * variance - costs`. Out: an [`Objective`]. Returns, variances and
//! costs are those of the problem's horizon; nothing here annualises.
//!
//! | sentence | method |
//! |---|---|
//! | `equal weight` | the same weight for every asset |
//! | `inverse volatility` | weights in proportion to 1 / volatility |
//! | `minimise variance` (or `volatility`) | minimum variance |
//! | `maximise return - 5 * variance` | mean-variance utility `μᵀw − 5 wᵀΣw`, without a half |
//! | `maximise return - 5 * variance - costs` | the same, net of what the trades cost |
//! | `maximise return - 2 * costs`, `... - trading - 0.5 * borrow` | parts of the costs (`trading`, `borrow`, `holding`) with factors |
//! | `maximise return` | the highest expected return |
//! | `minimise cvar(95%)` | the least of any [`Risk`]: a scenario measure or `tracking_error(...)` |
//! | `maximise return - 5 * cvar(95%)` | utility with any risks as penalties |
//! | `maximise return - 5 * tracking_variance(index)` | enhanced indexing |
//! | `maximise return / cvar(95%)`, `... over 0.2%` | the highest ratio over that risk-free rate |
//! | `maximise robust return - 5 * variance` | by the worst expected return in the problem's [uncertainty set](crate::Uncertainty) |
//! | `maximise robust return / cvar(95%)` | the ratio of that worst return to any [`Risk`] |
//! | `minimise robust variance` | by the worst variance in the uncertainty set; also as penalty |
//! | `minimise robust cvar(95%) within 0.1%` | the worst over distributions within that Wasserstein distance of the scenarios; also as penalty |
//! | `maximise return - 0.1 * largest weight` | any [`Risk`] as penalty, here `max abs(w_i)` |
//! | `maximise growth` | exact Kelly: the mean logarithm of wealth over the scenarios |
//! | `maximise sharpe`, `maximise sharpe over 0.2%` | maximum Sharpe ratio over that risk-free rate |
//! | `maximise diversification` | the highest ratio of weighted volatility to volatility |
//! | `minimise correlation` | minimum variance of the correlations alone |
//! | `inverse variance` | weights in proportion to 1 / variance |
//! | `risk parity` | equal contributions to variance |
//! | `risk parity by cvar(95%)` | equal contributions to any [`Risk`] that grows with the weights |
//! | `risk parity by cvar(95%) with budgets SPY 3, AGG 2` | contributions in proportion to budgets, 1 where none is said |
//! | `relaxed risk parity` | as equal contributions as the sentences allow (Gambeta and Kwon, model A) |
//! | `relaxed risk parity regularised`, `... penalised by 2` | their models B and C |
//! | `factor risk parity: market, value` | equal contributions of factors, whose exposures are characteristics |
//! | `hierarchical risk parity` | López de Prado's, by variance with single linkage |
//! | `hierarchical risk parity by volatility with ward linkage` | its variants |
//! | `hierarchical risk parity by cvar(95%)` | by any [`RiskMeasure`](risk::RiskMeasure) of the scenarios |
//! | `hierarchical equal risk` | Raffinot's, by variance with ward linkage; the same variants |
//! | `nested clusters`, `nested clusters with average linkage` | minimum variance in and among clusters |
//! | `schur complementary`, `schur complementary at 30% with single linkage` | between hierarchical risk parity (0%) and minimum variance (100%) |
//! | `learned with 16 hidden every 5 days from seed 0` | a network trained on after-cost utility ([`Learned`](crate::Learned)) |

mod reading;
mod writing;

use risk::RiskMeasure;

use crate::cost_factors::CostFactors;
use crate::risk_of::Risk;

/// What an allocation is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Objective {
    /// The same weight for every asset.
    EqualWeight,
    /// Weights in proportion to the reciprocal of volatility.
    InverseVolatility,
    /// The least variance (Markowitz, 1952).
    MinimumVariance,
    /// The highest `μᵀw − risk_aversion · wᵀΣw`, less the costs of trading if `costs` is set.
    MeanVariance {
        /// What one unit of variance costs in units of return; not negative.
        risk_aversion: f64,
        /// Whether the costs of the trades are taken off.
        costs: bool,
    },
    /// The highest ratio of excess return to volatility (Sharpe, 1966); cash earns the risk-free
    /// rate.
    MaximumSharpe {
        /// The risk-free return over the horizon of the expected returns, as a fraction.
        risk_free: f64,
    },
    /// Weights in proportion to the reciprocal of variance.
    InverseVariance,
    /// The highest ratio of the weighted sum of volatilities to the portfolio's volatility
    /// (Choueifaty and Coignard, 2008).
    MaximumDiversification,
    /// The least `wᵀCw`, `C` the correlations (Christoffersen et al., 2012).
    MaximumDecorrelation,
    /// The least risk.
    MinimumRisk(Risk),
    /// The highest expected return less penalties.
    MeanRisk {
        /// What a unit of each risk costs in units of return; not negative.
        penalties: Vec<(f64, Risk)>,
        /// What each part of the costs counts.
        costs: CostFactors,
    },
    /// The highest ratio of excess return to a risk.
    MaximumRatio {
        /// The risk; not a square.
        risk: Risk,
        /// The risk-free return over the horizon of the expected returns, as a fraction.
        risk_free: f64,
        /// Whether the return is the worst over the problem's uncertainty set.
        robust: bool,
    },
    /// The highest mean logarithm of wealth over the scenarios (Kelly, 1956).
    MaximumGrowth,
    /// Contributions to risk in proportion to budgets (Maillard, Roncalli and Teiletche, 2010;
    /// Bruder and Roncalli, 2012).
    RiskParity {
        /// What is shared out.
        risk: Risk,
        /// Positive budgets of assets by their symbols; those of the others are 1.
        budgets: Vec<(String, f64)>,
    },
    /// Contributions to risk as equal as the sentences allow (Gambeta and Kwon, 2020).
    RelaxedRiskParity {
        /// What else is kept small.
        regularisation: Regularisation,
    },
    /// Equal contributions of factors to risk (Roncalli and Weisang, 2016).
    FactorRiskParity {
        /// The characteristics that are the exposures.
        factors: Vec<String>,
    },
    /// Hierarchical risk parity (López de Prado, 2016).
    HierarchicalRiskParity {
        /// How clusters are joined.
        linkage: Linkage,
        /// What is balanced between two clusters.
        measure: Measure,
    },
    /// Hierarchical equal risk contribution (Raffinot, 2018).
    HierarchicalEqualRisk {
        /// How clusters are joined.
        linkage: Linkage,
        /// What is balanced between two branches.
        measure: Measure,
    },
    /// Nested clusters (López de Prado, 2019) by minimum variance.
    NestedClusters {
        /// How clusters are joined.
        linkage: Linkage,
    },
    /// Schur complementary allocation (Cotton, 2024).
    SchurComplementary {
        /// How clusters are joined.
        linkage: Linkage,
        /// How much of the other half's covariance is taken into account, from 0 to 1.
        share: f64,
    },
    /// A network from features to weights (Zhang, Zohren and Roberts, 2020), trained on the days of
    /// the scenarios.
    Learned {
        /// Units of the hidden layer.
        hidden: usize,
        /// Days from one rebalance to the next, as it is trained.
        period: usize,
        /// Where its random numbers start.
        seed: u64,
    },
}

/// What relaxed risk parity keeps small beside the spread of the contributions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Regularisation {
    /// Nothing: model A.
    #[default]
    None,
    /// The risk of the portfolio: model B.
    Risk,
    /// The weights times volatilities, by this positive factor: model C.
    Penalty(f64),
}

/// The distance between two clusters of assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Linkage {
    /// Of the nearest pair.
    #[default]
    Single,
    /// The mean over the pairs.
    Average,
    /// Of the farthest pair.
    Complete,
    /// The mean of the distances to the two clusters that were joined.
    Weighted,
    /// By the growth of the within-cluster sum of squares.
    Ward,
}

/// What hierarchical methods balance between two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Measure {
    /// Variance, as in the paper.
    #[default]
    Variance,
    /// Volatility: a milder tilt towards calm assets.
    Volatility,
    /// A measure of the scenarios.
    Of(RiskMeasure),
}

/// How much of the other half a Schur complementary allocation takes into account if nothing is
/// said.
const SHARE: f64 = 0.5;

impl Objective {
    /// The method by its field's name, as certificates give it.
    pub fn method(&self) -> &'static str {
        match self {
            Objective::EqualWeight => "equal weight",
            Objective::InverseVolatility => "inverse volatility",
            Objective::MinimumVariance => "minimum variance",
            Objective::MeanVariance { .. } => "mean-variance",
            Objective::MaximumSharpe { .. } => "maximum Sharpe",
            Objective::MinimumRisk(_) => "minimum risk",
            Objective::MeanRisk { .. } => "mean-risk",
            Objective::MaximumRatio { .. } => "maximum ratio of return to risk",
            Objective::MaximumGrowth => "exact Kelly",
            Objective::RiskParity { .. } => "risk parity",
            Objective::RelaxedRiskParity { .. } => "relaxed risk parity",
            Objective::FactorRiskParity { .. } => "factor risk parity",
            Objective::InverseVariance => "inverse variance",
            Objective::MaximumDiversification => "maximum diversification",
            Objective::MaximumDecorrelation => "maximum decorrelation",
            Objective::HierarchicalRiskParity { .. } => "hierarchical risk parity",
            Objective::HierarchicalEqualRisk { .. } => "hierarchical equal risk",
            Objective::NestedClusters { .. } => "nested clusters",
            Objective::SchurComplementary { .. } => "schur complementary",
            Objective::Learned { .. } => "learned",
        }
    }

    /// Whether the expected returns matter to it.
    pub fn needs_returns(&self) -> bool {
        matches!(
            self,
            Objective::MeanVariance { .. }
                | Objective::MaximumSharpe { .. }
                | Objective::MeanRisk { .. }
                | Objective::MaximumRatio { .. }
        )
    }
}

/// The expected return less penalties.
pub(crate) fn utility(penalties: Vec<(f64, Risk)>, costs: CostFactors) -> Objective {
    let plain = [CostFactors::NONE, CostFactors::ALL].contains(&costs);
    match penalties[..] {
        [] if plain => Objective::MeanVariance { risk_aversion: 0.0, costs: costs.any() },
        [(risk_aversion, Risk::Variance)] if plain => {
            Objective::MeanVariance { risk_aversion, costs: costs.any() }
        }
        _ => Objective::MeanRisk { penalties, costs },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_and_their_canonical_form() {
        for (text, canonical) in [
            ("equal weight", "equal weight"),
            ("Inverse volatility", "inverse volatility"),
            ("minimize volatility", "minimise variance"),
            ("maximise return - 5*variance - costs", "maximise return - 5 * variance - costs"),
            ("maximise return - costs - variance", "maximise return - 1 * variance - costs"),
            ("maximize return", "maximise return"),
            ("maximise return - 2 * costs", "maximise return - 2 * costs"),
            ("maximise return - trading costs - borrow - holding fees", "maximise return - costs"),
            (
                "maximise return - 3 * borrow - variance - trading",
                "maximise return - 1 * variance - trading - 3 * borrow",
            ),
            ("maximise robust return / volatility", "maximise robust return / volatility"),
            (
                "maximise robust return / cvar over 1%",
                "maximise robust return / cvar(95%) over 0.01",
            ),
            ("maximise sharpe", "maximise sharpe"),
            ("maximise sharpe over 2%", "maximise sharpe over 0.02"),
            ("minimise CVaR", "minimise cvar(95%)"),
            ("minimise tracking error(index)", "minimise tracking_error(index)"),
            (
                "maximise return - 5 * cvar(99%) - variance - costs",
                "maximise return - 5 * cvar(99%) - 1 * variance - costs",
            ),
            ("maximise return / ulcer index over 1%", "maximise return / ulcer index over 0.01"),
            ("maximise return / volatility", "maximise sharpe"),
            ("maximise growth", "maximise growth"),
            ("maximise robust return - variance", "maximise robust return - 1 * variance"),
            ("maximise robust return", "maximise robust return"),
            ("minimise robust volatility", "minimise robust variance"),
            (
                "maximise return - 2 * robust CVaR within 0.1% - 0.1 * largest weight",
                "maximise return - 2 * robust cvar(95%) within 0.001 - 0.1 * largest weight",
            ),
            ("risk parity", "risk parity"),
            ("risk parity by variance", "risk parity"),
            ("Risk parity CVaR(95%)", "risk parity by cvar(95%)"),
            ("risk parity by kt", "risk parity by square-root kurtosis"),
            (
                "risk parity by cdar with budgets BRK.B 2, A 0.5",
                "risk parity by cdar(95%) with budgets BRK.B 2, A 0.5",
            ),
            ("risk parity with budgets A 3", "risk parity with budgets A 3"),
            ("hierarchical risk parity by CVaR", "hierarchical risk parity by cvar(95%)"),
            (
                "hierarchical equal risk by max drawdown(compounded) with single linkage",
                "hierarchical equal risk by max drawdown(compounded) with single linkage",
            ),
            ("relaxed risk parity", "relaxed risk parity"),
            ("Relaxed risk parity regularised", "relaxed risk parity regularised"),
            ("relaxed risk parity penalised by 2", "relaxed risk parity penalised by 2"),
            ("factor risk parity: market,value", "factor risk parity: market, value"),
            ("hierarchical risk parity", "hierarchical risk parity"),
            ("inverse variance", "inverse variance"),
            ("maximize diversification", "maximise diversification"),
            ("minimise correlation", "minimise correlation"),
            ("hierarchical equal risk", "hierarchical equal risk"),
            (
                "hierarchical equal risk by volatility with single linkage",
                "hierarchical equal risk by volatility with single linkage",
            ),
            ("nested clusters with ward linkage", "nested clusters"),
            ("learned", "learned with 8 hidden every 5 days from seed 0"),
            (
                "learned with 16 hidden from seed 2",
                "learned with 16 hidden every 5 days from seed 2",
            ),
            ("schur complementary at 50%", "schur complementary"),
            (
                "Schur complementary at 30% with weighted linkage",
                "schur complementary at 0.3 with weighted linkage",
            ),
            (
                "hierarchical risk parity by volatility with ward linkage",
                "hierarchical risk parity by volatility with ward linkage",
            ),
        ] {
            let objective: Objective = text.parse().unwrap();
            assert_eq!(objective.to_string(), canonical);
            assert_eq!(canonical.parse().as_ref(), Ok(&objective));
            let json = serde_json::to_string(&objective).unwrap();
            assert_eq!(serde_json::from_str::<Objective>(&json).unwrap(), objective);
        }
    }

    #[test]
    fn a_table_of_one_verb_is_the_sentence() {
        let table = r#"{ "maximise": "return - 5 * variance - costs" }"#;
        assert_eq!(
            serde_json::from_str::<Objective>(table).unwrap(),
            Objective::MeanVariance { risk_aversion: 5.0, costs: true }
        );
        assert!(serde_json::from_str::<Objective>(r#"{ "maximose": "return" }"#).is_err());
    }

    #[test]
    fn errors_name_the_place_and_the_remedy() {
        for (text, message) in [
            (
                "risk party",
                "character 1: expected one of `maximise`, `minimise`, `equal weight`, `inverse volatility`, `inverse variance`, `risk parity`, `relaxed risk parity`, `factor risk parity`, `hierarchical risk parity`, `hierarchical equal risk`, `nested clusters`, `schur complementary`, `learned`; did you mean `risk parity`?",
            ),
            (
                "maximise retrun - variance",
                "character 10: expected `return`, `sharpe` or `growth`; did you mean `return`?",
            ),
            (
                "maximise return + 5 * variance",
                "character 17: expected `-` and a penalty: `costs` or a risk, or `/` and a risk",
            ),
            ("maximise return - 5 variance", "character 21: expected `*` after the number"),
            (
                "maximise return - -5 * variance",
                "character 19: expected a number that is not negative",
            ),
            ("maximise return - costs - borrow", "character 27: expected each cost once"),
            (
                "risk parity by cvra(95%)",
                "character 16: expected `variance`, `tracking_error(...)` or a measure of scenarios such as `cvar(95%)`; did you mean `cvar(95%)`?",
            ),
            (
                "risk parity with budgets A",
                "character 26: expected an asset and its budget, such as `SPY 2`",
            ),
            ("risk parity with budgets A 1, A 2", "character 31: expected each asset once"),
            (
                "hierarchical risk parity by cvra",
                "character 29: expected `variance`, `volatility` or a measure of scenarios such as `cvar(95%)`; did you mean `cvar`?",
            ),
            ("learned with 0 hidden", "character 14: expected a whole number from 1 to 1000000"),
            ("learned every 5 weeks", "character 17: expected `days`"),
            ("maximise return - costs - costs", "character 27: expected each cost once"),
            (
                "maximise return - varianse",
                "character 19: expected `variance`, `tracking_error(...)` or a measure of scenarios such as `cvar(95%)`; did you mean `variance`?",
            ),
            (
                "minimise variances",
                "character 10: expected `variance`, `tracking_error(...)` or a measure of scenarios such as `cvar(95%)`; did you mean `variance`?",
            ),
            (
                "hierarchical risk parity with wards",
                "character 31: expected `single`, `average`, `complete`, `weighted` or `ward`; did you mean `ward`?",
            ),
        ] {
            let error = text.parse::<Objective>().unwrap_err().to_string();
            assert_eq!(error, format!("objective `{text}`, {message}"));
        }
    }
}
