//! Views as features of scenarios: numbers whose expectation the view is about.
//!
//! In come a view, scenarios and the probabilities at which means and variances are held; out comes
//! a linear constraint. It does not know how constraints are solved.

use super::dual::Constraint;
use super::{Portfolio, Relation, Statistic, View};
use crate::{Returns, RiskError, RiskMeasure};

/// When a view becomes linear in probabilities.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// At once: means and tails.
    Level,
    /// Once means are known: variances.
    Spread,
    /// Once variances are known: correlations, skewness, kurtosis.
    Shape,
}

impl Stage {
    /// The stage of a view; an error unless its terms are of one kind.
    pub(super) fn of(view: &View) -> Result<Stage, RiskError> {
        let word = view.terms.first().map(|(_, statistic)| statistic.word());
        if view.terms.iter().any(|(_, statistic)| Some(statistic.word()) != word) {
            return Err(wrong(view, "mixes statistics of two kinds"));
        }
        match word {
            Some("mean" | "var" | "cvar") => Ok(Stage::Level),
            Some("variance") => Ok(Stage::Spread),
            Some(_) => Ok(Stage::Shape),
            None => Err(wrong(view, "is about nothing")),
        }
    }
}

pub(super) fn wrong(view: &View, problem: impl Into<String>) -> RiskError {
    RiskError::View { sentence: view.sentence.clone(), problem: problem.into() }
}

/// The returns of a portfolio, scenario by scenario.
pub(super) fn series(
    view: &View,
    of: &Portfolio,
    returns: &Returns,
) -> Result<Vec<f64>, RiskError> {
    if of.iter().any(|(col, weight)| *col >= returns.cols() || !weight.is_finite()) {
        return Err(wrong(view, "speaks of a column that the scenarios lack"));
    }
    let row = |row| of.iter().map(|(col, weight)| weight * returns.row(row)[*col]).sum();
    Ok((0..returns.rows()).map(row).collect())
}

/// A statistic under these probabilities, variances as averages.
pub(super) fn measured(
    view: &View,
    statistic: &Statistic,
    returns: &Returns,
    mass: &[f64],
) -> Result<f64, RiskError> {
    match statistic {
        Statistic::Mean(of) => Ok(expect(&series(view, of, returns)?, mass)),
        Statistic::ValueAtRisk { of, tail } => {
            RiskMeasure::ValueAtRisk { tail: *tail }.of_weighted(&series(view, of, returns)?, mass)
        }
        Statistic::ConditionalValueAtRisk { of, tail } => {
            RiskMeasure::ConditionalValueAtRisk { tail: *tail }
                .of_weighted(&series(view, of, returns)?, mass)
        }
        _ => Ok(expect(&feature(view, statistic, returns, mass)?, mass)),
    }
}

/// The constraint that a view states on everything but a CVaR.
pub(super) fn features(
    view: &View,
    at: usize,
    right: f64,
    returns: &Returns,
    mass: &[f64],
) -> Result<Constraint, RiskError> {
    if !right.is_finite() {
        return Err(wrong(view, "needs a finite number on its right"));
    }
    let (mut sum, mut bound) = (vec![0.0; returns.rows()], right);
    let mut relation = view.relation;
    if let [(coefficient, Statistic::ValueAtRisk { of, tail })] = view.terms.as_slice() {
        (relation, bound) = (turned_if(relation, *coefficient < 0.0), *tail);
        let level = -right / coefficient;
        sum = series(view, of, returns)?;
        sum.iter_mut().for_each(|r| *r = f64::from(u8::from(*r <= level)));
    } else {
        for (coefficient, statistic) in &view.terms {
            if matches!(statistic, Statistic::ValueAtRisk { .. }) {
                return Err(wrong(
                    view,
                    "is about several values at risk; state one view for each",
                ));
            }
            let feature = feature(view, statistic, returns, mass)?;
            sum.iter_mut().zip(feature).for_each(|(sum, f)| *sum += coefficient * f);
        }
    }
    if relation == Relation::AtLeast {
        sum.iter_mut().for_each(|f| *f = -*f);
        bound = -bound;
    }
    let equality = relation == Relation::Equal;
    Ok(Constraint { feature: sum, bound, equality, view: Some(at) })
}

/// The relation after both sides were multiplied by a number below zero.
pub(super) fn turned_if(relation: Relation, negative: bool) -> Relation {
    match relation {
        Relation::AtMost if negative => Relation::AtLeast,
        Relation::AtLeast if negative => Relation::AtMost,
        other => other,
    }
}

/// Numbers by scenario whose expectation is the statistic, once the means and variances under
/// `mass` are held.
fn feature(
    view: &View,
    statistic: &Statistic,
    returns: &Returns,
    mass: &[f64],
) -> Result<Vec<f64>, RiskError> {
    let centred = |of: &Portfolio| {
        let mut found = series(view, of, returns)?;
        let mean = expect(&found, mass);
        found.iter_mut().for_each(|r| *r -= mean);
        Ok::<_, RiskError>(found)
    };
    let standardised = |of: &Portfolio| {
        let mut found = centred(of)?;
        let squares: f64 = found.iter().zip(mass).map(|(d, q)| q * d * d).sum();
        if squares <= 0.0 {
            return Err(wrong(view, "is about a return that never moves"));
        }
        found.iter_mut().for_each(|d| *d /= squares.sqrt());
        Ok(found)
    };
    let powers = |values: Vec<f64>, power| values.into_iter().map(|d| d.powi(power)).collect();
    Ok(match statistic {
        Statistic::Mean(of) => series(view, of, returns)?,
        Statistic::Variance(of) => powers(centred(of)?, 2),
        Statistic::Skewness(of) => powers(standardised(of)?, 3),
        Statistic::Kurtosis(of) => powers(standardised(of)?, 4),
        Statistic::Correlation(a, b) => {
            standardised(a)?.iter().zip(standardised(b)?).map(|(a, b)| a * b).collect()
        }
        Statistic::ValueAtRisk { .. } | Statistic::ConditionalValueAtRisk { .. } => {
            return Err(wrong(view, "adds up tails; state one view for each"));
        }
    })
}

fn expect(values: &[f64], mass: &[f64]) -> f64 {
    crate::matrix::dot(values, mass)
}

/// An error that tells what can be reached, if no probabilities satisfy the view.
pub(super) fn check_reach(
    view: &View,
    constraint: &Constraint,
    prior: &[f64],
) -> Result<(), RiskError> {
    let counted = || constraint.feature.iter().zip(prior).filter(|(_, p)| **p > 0.0);
    let low = counted().map(|(f, _)| *f).fold(f64::INFINITY, f64::min);
    let high = counted().map(|(f, _)| *f).fold(f64::NEG_INFINITY, f64::max);
    let above = constraint.bound > high && constraint.equality;
    if !above && constraint.bound >= low {
        return Ok(());
    }
    if matches!(view.terms[0].1, Statistic::ValueAtRisk { .. }) {
        return Err(wrong(view, "asks for a loss that no scenario reaches, or that all reach"));
    }
    let (low, high) = if view.relation == Relation::AtLeast { (-high, -low) } else { (low, high) };
    Err(wrong(view, format!("cannot hold: these scenarios reach from {low:.6} to {high:.6}")))
}
