//! From a sentence to an [`Objective`], or to what was expected where it ends to make sense.

use std::str::FromStr;

use super::{Linkage, Measure, Objective, Regularisation, SHARE, utility};
use crate::cost_factors::CostFactors;
use crate::measure::MEASURES;
use crate::risk_of::Risk;
use crate::sentence::{Cursor, ParseError, closest};

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
            "risk" if cursor.take_word("parity") => risk_parity(&mut cursor)?,
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

/// What an error says where a method asks what to balance.
const MEASURED: &str = "`variance`, `volatility` or a measure of scenarios such as `cvar(95%)`";

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
    if cursor.take("/") {
        let risk = Risk::read(cursor)?;
        let risk = risk.ok_or_else(|| no_risk(cursor))?;
        let risk_free = over(cursor)?;
        return Ok(match risk {
            Risk::Volatility if !robust => Objective::MaximumSharpe { risk_free },
            risk => Objective::MaximumRatio { risk, risk_free, robust },
        });
    }
    let (mut penalties, mut costs) = (Vec::new(), CostFactors::NONE);
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
    Ok(utility(penalties, costs))
}

/// `over 0.2%`: the risk-free rate, nought if none is said.
fn over(cursor: &mut Cursor<'_>) -> Result<f64, ParseError> {
    match cursor.take_word("over") {
        true => cursor.amount(),
        false => Ok(0.0),
    }
}

/// `5 * cvar(95%)`, `costs` or `2 * borrow`, once each.
fn penalty(
    cursor: &mut Cursor<'_>,
    penalties: &mut Vec<(f64, Risk)>,
    costs: &mut CostFactors,
) -> Result<(), ParseError> {
    let start = cursor.here();
    let factor = cursor.number();
    if factor.is_some() && !cursor.take("*") {
        let place = cursor.here();
        return Err(cursor.error_at(place, "`*` after the number", None));
    }
    let place = cursor.here();
    if factor.is_some_and(|factor| factor < 0.0) {
        return Err(cursor.error_at(start, "a number that is not negative", None));
    }
    let mut ahead = *cursor;
    if let Some(parts) = costs.parts(&ahead.word()) {
        let _ = ahead.take_word("costs") || ahead.take_word("fees");
        *cursor = ahead;
        for part in parts {
            if std::mem::replace(part, factor.unwrap_or(1.0)) != 0.0 {
                return Err(cursor.error_at(place, "each cost once", None));
            }
        }
        return Ok(());
    }
    let risk = Risk::read(cursor)?;
    let risk = risk.ok_or_else(|| no_risk(cursor))?;
    let seen = penalties.iter().any(|(_, known)| *known == risk);
    penalties.push((factor.unwrap_or(1.0), risk));
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

/// `by cvar(95%) with budgets SPY 3, AGG 2`, each part if it comes next.
fn risk_parity(cursor: &mut Cursor<'_>) -> Result<Objective, ParseError> {
    let by = cursor.take_word("by");
    let risk = match Risk::read(cursor)? {
        Some(Risk::Volatility) => Risk::Variance,
        Some(risk) => risk,
        None if by => return Err(no_risk(cursor)),
        None => Risk::Variance,
    };
    let mut budgets: Vec<(String, f64)> = Vec::new();
    if cursor.take_phrase("with budgets") {
        loop {
            let start = cursor.here();
            let expected = "an asset and its budget, such as `SPY 2`";
            let part = cursor.listed()?;
            let (name, number) = part.rsplit_once(' ').unwrap_or((part, ""));
            let budget = number.parse().ok().filter(|b: &f64| *b > 0.0 && b.is_finite());
            let budget = budget.ok_or_else(|| cursor.error_at(start, expected, None))?;
            if budgets.iter().any(|(known, _)| known == name.trim()) {
                return Err(cursor.error_at(start, "each asset once", None));
            }
            budgets.push((name.trim().to_owned(), budget));
            if !cursor.take(",") {
                break;
            }
        }
    }
    Ok(Objective::RiskParity { risk, budgets })
}

/// `by volatility`, if it comes next.
fn measure(cursor: &mut Cursor<'_>) -> Result<Measure, ParseError> {
    if !cursor.take_word("by") {
        return Ok(Measure::default());
    }
    let start = cursor.here();
    let text = cursor.until_word("with");
    match text.to_lowercase().as_str() {
        "variance" => Ok(Measure::Variance),
        "volatility" => Ok(Measure::Volatility),
        _ => text.parse().map(Measure::Of).map_err(|error: risk::SentenceError| {
            let expected = match error.suggestion {
                Some(_) => MEASURED.to_owned(),
                None if error.position > 1 => error.expected,
                None => MEASURED.to_owned(),
            };
            let place =
                start + text.chars().take(error.position - 1).map(char::len_utf8).sum::<usize>();
            cursor.error_at(place, expected, error.suggestion)
        }),
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
