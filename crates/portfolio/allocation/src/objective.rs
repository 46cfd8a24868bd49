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
//! | `maximise return` | the highest expected return |
//! | `minimise cvar(95%)` | the least of any [`Risk`]: a scenario measure or `tracking_error(...)` |
//! | `maximise return - 5 * cvar(95%)` | utility with any risks as penalties |
//! | `maximise return - 5 * tracking_variance(index)` | enhanced indexing |
//! | `maximise return / cvar(95%)`, `... over 0.2%` | the highest ratio over that risk-free rate |
//! | `maximise robust return - 5 * variance` | by the worst expected return in the problem's [uncertainty set](crate::Uncertainty) |
//! | `minimise robust variance` | by the worst variance in the uncertainty set; also as penalty |
//! | `minimise robust cvar(95%) within 0.1%` | the worst over distributions within that Wasserstein distance of the scenarios; also as penalty |
//! | `maximise return - 0.1 * largest weight` | any [`Risk`] as penalty, here `max abs(w_i)` |
//! | `maximise growth` | exact Kelly: the mean logarithm of wealth over the scenarios |
//! | `maximise sharpe`, `maximise sharpe over 0.2%` | maximum Sharpe ratio over that risk-free rate |
//! | `maximise diversification` | the highest ratio of weighted volatility to volatility |
//! | `minimise correlation` | minimum variance of the correlations alone |
//! | `inverse variance` | weights in proportion to 1 / variance |
//! | `risk parity` | equal risk contributions |
//! | `relaxed risk parity` | as equal contributions as the sentences allow (Gambeta and Kwon, model A) |
//! | `relaxed risk parity regularised`, `... penalised by 2` | their models B and C |
//! | `factor risk parity: market, value` | equal contributions of factors, whose exposures are characteristics |
//! | `hierarchical risk parity` | López de Prado's, by variance with single linkage |
//! | `hierarchical risk parity by volatility with ward linkage` | its variants |
//! | `hierarchical equal risk` | Raffinot's, by variance with ward linkage; the same variants |
//! | `nested clusters`, `nested clusters with average linkage` | minimum variance in and among clusters |
//! | `schur complementary`, `schur complementary at 30% with single linkage` | between hierarchical risk parity (0%) and minimum variance (100%) |
//! | `learned with 16 hidden every 5 days from seed 0` | a network trained on after-cost utility ([`Learned`](crate::Learned)) |

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::measure::MEASURES;
use crate::risk_of::Risk;
use crate::sentence::{Cursor, ParseError, closest};

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
        /// Whether the costs of the trades are taken off.
        costs: bool,
    },
    /// The highest ratio of excess return to a risk.
    MaximumRatio {
        /// The risk; not a square.
        risk: Risk,
        /// The risk-free return over the horizon of the expected returns, as a fraction.
        risk_free: f64,
    },
    /// The highest mean logarithm of wealth over the scenarios (Kelly, 1956).
    MaximumGrowth,
    /// Equal contributions to risk (Maillard, Roncalli and Teiletche, 2010).
    RiskParity,
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

/// What hierarchical risk parity balances between two clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// Variance, as in the paper.
    #[default]
    Variance,
    /// Volatility: a milder tilt towards calm assets.
    Volatility,
}

const METHODS: [&str; 13] = [
    "maximise",
    "minimise",
    "equal weight",
    "inverse volatility",
    "inverse variance",
    "risk parity",
    "relaxed risk parity",
    "factor risk parity",
    "hierarchical risk parity",
    "hierarchical equal risk",
    "nested clusters",
    "schur complementary",
    "learned",
];

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
            Objective::RiskParity => "risk parity",
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

impl FromStr for Objective {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new("objective", text.trim());
        let start = cursor.here();
        let verb = cursor.word();
        let objective = match verb.as_str() {
            "maximise" | "maximize" => maximise(&mut cursor)?,
            "minimise" | "minimize" => minimise(&mut cursor)?,
            "equal" if cursor.take_word("weight") => Objective::EqualWeight,
            "inverse" if cursor.take_word("volatility") => Objective::InverseVolatility,
            "risk" if cursor.take_word("parity") => Objective::RiskParity,
            "relaxed" if cursor.take_phrase("risk parity") => {
                Objective::RelaxedRiskParity { regularisation: regularisation(&mut cursor)? }
            }
            "factor" if cursor.take_phrase("risk parity") => {
                Objective::FactorRiskParity { factors: factors(&mut cursor)? }
            }
            "inverse" if cursor.take_word("variance") => Objective::InverseVariance,
            "hierarchical" if cursor.take_word("equal") && cursor.take_word("risk") => {
                let measure = measure(&mut cursor)?;
                let linkage = linkage(&mut cursor)?.unwrap_or(Linkage::Ward);
                Objective::HierarchicalEqualRisk { linkage, measure }
            }
            "hierarchical" if cursor.take_word("risk") && cursor.take_word("parity") => {
                let measure = measure(&mut cursor)?;
                let linkage = linkage(&mut cursor)?.unwrap_or_default();
                Objective::HierarchicalRiskParity { linkage, measure }
            }
            "nested" if cursor.take_word("clusters") => Objective::NestedClusters {
                linkage: linkage(&mut cursor)?.unwrap_or(Linkage::Ward),
            },
            "schur" if cursor.take_word("complementary") => {
                let share = share(&mut cursor)?;
                let linkage = linkage(&mut cursor)?.unwrap_or(Linkage::Ward);
                Objective::SchurComplementary { linkage, share }
            }
            "learned" => learned(&mut cursor)?,
            _ => {
                let names: Vec<String> = METHODS.iter().map(|name| format!("`{name}`")).collect();
                let expected = format!("one of {}", names.join(", "));
                return Err(cursor.error_at(start, expected, closest(text, METHODS)));
            }
        };
        cursor.finish()?;
        Ok(objective)
    }
}

/// What an error says where a risk is wanted.
const RISKS: &str =
    "`variance`, `tracking_error(...)` or a measure of scenarios such as `cvar(95%)`";

fn minimise(cursor: &mut Cursor<'_>) -> Result<Objective, ParseError> {
    match Risk::read(cursor)? {
        Some(Risk::Variance | Risk::Volatility) => Ok(Objective::MinimumVariance),
        // The root has the minimiser of the square.
        Some(Risk::RobustVolatility) => Ok(Objective::MinimumRisk(Risk::RobustVariance)),
        Some(risk) => Ok(Objective::MinimumRisk(risk)),
        None if cursor.take_word("correlation") => Ok(Objective::MaximumDecorrelation),
        None if cursor.take_word("risk") => Ok(Objective::MinimumVariance),
        None => Err(no_risk(cursor)),
    }
}

fn no_risk(cursor: &mut Cursor<'_>) -> ParseError {
    let start = cursor.here();
    let known = ["variance", "volatility", "tracking_error"].into_iter().chain(MEASURES);
    let meant = closest(cursor.rest_of_sentence(), known);
    cursor.error_at(start, RISKS, meant)
}

fn maximise(cursor: &mut Cursor<'_>) -> Result<Objective, ParseError> {
    if cursor.take_word("sharpe") {
        return Ok(Objective::MaximumSharpe { risk_free: over(cursor)? });
    }
    if cursor.take_word("growth") {
        return Ok(Objective::MaximumGrowth);
    }
    if cursor.take_word("diversification") {
        return Ok(Objective::MaximumDiversification);
    }
    let robust = cursor.take_word("robust");
    let start = cursor.here();
    if !cursor.take_word("return") {
        let meant = closest(&cursor.word(), ["return", "sharpe", "growth"]);
        return Err(cursor.error_at(start, "`return`, `sharpe` or `growth`", meant));
    }
    if !robust && cursor.take("/") {
        let risk = Risk::read(cursor)?;
        let risk = risk.ok_or_else(|| no_risk(cursor))?;
        let risk_free = over(cursor)?;
        return Ok(match risk {
            Risk::Volatility => Objective::MaximumSharpe { risk_free },
            risk => Objective::MaximumRatio { risk, risk_free },
        });
    }
    let (mut penalties, mut costs) = (Vec::new(), None);
    if robust {
        penalties.push((1.0, Risk::ReturnUncertainty));
    }
    while !cursor.at_end() {
        let start = cursor.here();
        if !cursor.take("-") {
            let expected = "`-` and a penalty: `costs` or a risk, or `/` and a risk";
            return Err(cursor.error_at(start, expected, None));
        }
        penalty(cursor, &mut penalties, &mut costs)?;
    }
    Ok(utility(penalties, costs.is_some()))
}

/// The expected return less penalties.
pub(crate) fn utility(penalties: Vec<(f64, Risk)>, costs: bool) -> Objective {
    match penalties[..] {
        [] => Objective::MeanVariance { risk_aversion: 0.0, costs },
        [(risk_aversion, Risk::Variance)] => Objective::MeanVariance { risk_aversion, costs },
        _ => Objective::MeanRisk { penalties, costs },
    }
}

/// `over 0.2%`: the risk-free rate, nought if none is said.
fn over(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    match cursor.take_word("over") {
        true => cursor.amount(),
        false => Ok(0.0),
    }
}

/// `5 * cvar(95%)` or `costs`, once each.
fn penalty(
    cursor: &mut Cursor<'_>,
    penalties: &mut Vec<(f64, Risk)>,
    costs: &mut Option<()>,
) -> Result<(), ParseError> {
    let start = cursor.here();
    let factor = cursor.number();
    if factor.is_some() && !cursor.take("*") {
        let place = cursor.here();
        return Err(cursor.error_at(place, "`*` after the number", None));
    }
    let place = cursor.here();
    if cursor.take_word("costs") {
        if factor.is_some() {
            let expected = "`costs` without a factor (change the cost model instead)";
            return Err(cursor.error_at(start, expected, None));
        }
        let seen = costs.replace(()).is_some();
        return once(cursor, place, seen);
    }
    let risk = Risk::read(cursor)?;
    let risk = risk.ok_or_else(|| no_risk(cursor))?;
    if factor.is_some_and(|factor| factor < 0.0) {
        return Err(cursor.error_at(start, "a number that is not negative", None));
    }
    let seen = penalties.iter().any(|(_, known)| *known == risk);
    penalties.push((factor.unwrap_or(1.0), risk));
    once(cursor, place, seen)
}

fn once(cursor: &Cursor<'_>, place: usize, seen: bool) -> Result<(), ParseError> {
    match seen {
        true => Err(cursor.error_at(place, "each penalty once", None)),
        false => Ok(()),
    }
}

/// `with 16 hidden every 5 days from seed 0`, each part if it comes next.
fn learned(cursor: &mut Cursor<'_>) -> Result<Objective, ParseError> {
    let hidden = counted(cursor, "with", "hidden", 8)?;
    let period = counted(cursor, "every", "days", 5)?;
    let seed = match cursor.take_phrase("from seed") {
        true => whole(cursor, 0)?,
        false => 0,
    };
    Ok(Objective::Learned { hidden: hidden as usize, period: period as usize, seed })
}

/// A number between two words, or `usual` if the first does not come next.
fn counted(
    cursor: &mut Cursor<'_>,
    before: &str,
    after: &str,
    usual: u64,
) -> Result<u64, ParseError> {
    if !cursor.take_word(before) {
        return Ok(usual);
    }
    let number = whole(cursor, 1)?;
    let start = cursor.here();
    match cursor.take_word(after) {
        true => Ok(number),
        false => Err(cursor.error_at(start, format!("`{after}`"), None)),
    }
}

/// A whole number up to a million.
fn whole(cursor: &mut Cursor<'_>, least: u64) -> Result<u64, ParseError> {
    let start = cursor.here();
    let fits = |number: &f64| number.fract() == 0.0 && (least as f64..=1e6).contains(number);
    let number = cursor.number().filter(fits);
    let number = number.map(|number| number as u64);
    number.ok_or_else(|| {
        cursor.error_at(start, format!("a whole number from {least} to 1000000"), None)
    })
}

/// `regularised` or `penalised by 2`, if it comes next.
fn regularisation(cursor: &mut Cursor<'_>) -> Result<Regularisation, ParseError> {
    if cursor.take_word("regularised") || cursor.take_word("regularized") {
        return Ok(Regularisation::Risk);
    }
    if !(cursor.take_phrase("penalised by") || cursor.take_phrase("penalized by")) {
        return Ok(Regularisation::None);
    }
    let place = cursor.here();
    match cursor.number() {
        Some(factor) if factor > 0.0 => Ok(Regularisation::Penalty(factor)),
        _ => Err(cursor.error_at(place, "a positive number", None)),
    }
}

/// `: market, value`.
fn factors(cursor: &mut Cursor<'_>) -> Result<Vec<String>, ParseError> {
    let place = cursor.here();
    if !cursor.take(":") {
        return Err(cursor.error_at(place, "`:` and the characteristics that are factors", None));
    }
    let mut names = vec![cursor.listed()?.to_owned()];
    while cursor.take(",") {
        names.push(cursor.listed()?.to_owned());
    }
    Ok(names)
}

/// `by volatility`, if it comes next.
fn measure(cursor: &mut Cursor<'_>) -> Result<Measure, ParseError> {
    if !cursor.take_word("by") {
        return Ok(Measure::default());
    }
    let start = cursor.here();
    match cursor.word().as_str() {
        "variance" => Ok(Measure::Variance),
        "volatility" => Ok(Measure::Volatility),
        _ => Err(cursor.error_at(start, "`variance` or `volatility`", None)),
    }
}

/// `with ward linkage`, if it comes next.
fn linkage(cursor: &mut Cursor<'_>) -> Result<Option<Linkage>, ParseError> {
    if !cursor.take_word("with") {
        return Ok(None);
    }
    let start = cursor.here();
    let linkage = match cursor.word().as_str() {
        "single" => Linkage::Single,
        "average" => Linkage::Average,
        "complete" => Linkage::Complete,
        "weighted" => Linkage::Weighted,
        "ward" => Linkage::Ward,
        found => {
            let known = ["single", "average", "complete", "weighted", "ward"];
            let expected = "`single`, `average`, `complete`, `weighted` or `ward`";
            return Err(cursor.error_at(start, expected, closest(found, known)));
        }
    };
    cursor.take_word("linkage");
    Ok(Some(linkage))
}

/// `at 30%`, if it comes next.
fn share(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    if !cursor.take_word("at") {
        return Ok(SHARE);
    }
    let start = cursor.here();
    match cursor.amount()? {
        share if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err(cursor.error_at(start, "a share from 0% to 100%", None)),
    }
}

/// ` with ward linkage`, unless that is what is meant anyway.
fn write_linkage(f: &mut fmt::Formatter<'_>, linkage: Linkage, usual: Linkage) -> fmt::Result {
    match linkage == usual {
        true => Ok(()),
        false => write!(f, " with {linkage} linkage"),
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Objective::MinimumVariance => f.write_str("minimise variance"),
            Objective::MeanVariance { risk_aversion, costs } => {
                f.write_str("maximise return")?;
                if *risk_aversion > 0.0 {
                    write!(f, " - {risk_aversion} * variance")?;
                }
                f.write_str(if *costs { " - costs" } else { "" })
            }
            Objective::MinimumRisk(risk) => write!(f, "minimise {risk}"),
            Objective::MeanRisk { penalties, costs } => {
                let robust = |(_, risk): &&(f64, Risk)| *risk == Risk::ReturnUncertainty;
                let sure = if penalties.iter().any(|p| robust(&p)) { "robust " } else { "" };
                write!(f, "maximise {sure}return")?;
                for (factor, risk) in penalties.iter().filter(|p| !robust(p)) {
                    write!(f, " - {factor} * {risk}")?;
                }
                f.write_str(if *costs { " - costs" } else { "" })
            }
            Objective::MaximumRatio { risk, risk_free: 0.0 } => {
                write!(f, "maximise return / {risk}")
            }
            Objective::MaximumRatio { risk, risk_free } => {
                write!(f, "maximise return / {risk} over {risk_free}")
            }
            Objective::RelaxedRiskParity { regularisation } => {
                f.write_str(self.method())?;
                match regularisation {
                    Regularisation::None => Ok(()),
                    Regularisation::Risk => f.write_str(" regularised"),
                    Regularisation::Penalty(factor) => write!(f, " penalised by {factor}"),
                }
            }
            Objective::FactorRiskParity { factors } => {
                write!(f, "{}: {}", self.method(), factors.join(", "))
            }
            Objective::MaximumGrowth => f.write_str("maximise growth"),
            Objective::MaximumSharpe { risk_free: 0.0 } => f.write_str("maximise sharpe"),
            Objective::MaximumSharpe { risk_free } => {
                write!(f, "maximise sharpe over {risk_free}")
            }
            Objective::MaximumDiversification => f.write_str("maximise diversification"),
            Objective::MaximumDecorrelation => f.write_str("minimise correlation"),
            Objective::HierarchicalRiskParity { linkage, measure }
            | Objective::HierarchicalEqualRisk { linkage, measure } => {
                f.write_str(self.method())?;
                if *measure == Measure::Volatility {
                    f.write_str(" by volatility")?;
                }
                let equal = matches!(self, Objective::HierarchicalEqualRisk { .. });
                write_linkage(f, *linkage, if equal { Linkage::Ward } else { Linkage::Single })
            }
            Objective::NestedClusters { linkage } => {
                f.write_str(self.method())?;
                write_linkage(f, *linkage, Linkage::Ward)
            }
            Objective::SchurComplementary { linkage, share } => {
                f.write_str(self.method())?;
                if (share - SHARE).abs() > 0.0 {
                    write!(f, " at {share}")?;
                }
                write_linkage(f, *linkage, Linkage::Ward)
            }
            Objective::Learned { hidden, period, seed } => {
                write!(f, "learned with {hidden} hidden every {period} days from seed {seed}")
            }
            simple => f.write_str(simple.method()),
        }
    }
}

impl fmt::Display for Linkage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Linkage::Single => "single",
            Linkage::Average => "average",
            Linkage::Complete => "complete",
            Linkage::Weighted => "weighted",
            Linkage::Ward => "ward",
        })
    }
}

impl Serialize for Objective {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A whole sentence, or a table of one verb: `{ maximise = "return - 5 * variance" }`.
impl<'de> Deserialize<'de> for Objective {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Verb {
            #[serde(alias = "maximize")]
            Maximise(String),
            #[serde(alias = "minimize")]
            Minimise(String),
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Sentence(String),
            Table(Verb),
        }
        let form = Form::deserialize(deserializer).map_err(|_| {
            D::Error::custom(
                "expected an objective such as `risk parity` or { maximise = \"return - 5 * variance\" }",
            )
        })?;
        let sentence = match form {
            Form::Sentence(sentence) => sentence,
            Form::Table(Verb::Maximise(what)) => format!("maximise {what}"),
            Form::Table(Verb::Minimise(what)) => format!("minimise {what}"),
        };
        sentence.parse().map_err(D::Error::custom)
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
            (
                "maximise return - 2 * costs",
                "character 19: expected `costs` without a factor (change the cost model instead)",
            ),
            ("learned with 0 hidden", "character 14: expected a whole number from 1 to 1000000"),
            ("learned every 5 weeks", "character 17: expected `days`"),
            ("maximise return - costs - costs", "character 27: expected each penalty once"),
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
