//! Objectives put together from terms, for programs: `ExpectedReturn - 5.0 * Risk::Variance`.
//!
//! In: expected return, [`Risk`]s and costs, added, subtracted and scaled. Out: the [`Objective`] that
//! the same sentence would be read as. A sum that rewards risk or costs, or that has no sentence, is
//! refused. Knows nothing about problems.

use std::fmt;
use std::ops::{Add, Mul, Neg, Sub};

use crate::cost_factors::CostFactors;
use crate::objective::utility;
use crate::{Objective, Risk};

/// The expected return of the weights, as a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpectedReturn;

/// What the trades and the holdings cost, as a term: all parts of [`Costs`](crate::Costs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradingCost;

/// A sum of terms, each with its factor.
///
/// ```
/// use allocation::{ExpectedReturn, Objective, Risk, TradingCost};
///
/// let terms = ExpectedReturn - 5.0 * Risk::Variance - TradingCost;
/// let objective = Objective::try_from(terms)?;
/// assert_eq!(objective, "maximise return - 5 * variance - costs".parse()?);
///
/// let calm = Objective::try_from(-Risk::Variance)?;
/// assert_eq!(calm, "minimise variance".parse()?);
///
/// let reckless = Objective::try_from(ExpectedReturn + 2.0 * Risk::Variance);
/// assert!(reckless.unwrap_err().to_string().contains("rewards variance"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Terms {
    returns: f64,
    risks: Vec<(f64, Risk)>,
    costs: f64,
}

/// A sum of terms that is no objective.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoObjective(String);

impl fmt::Display for NoObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "these terms are no objective: {}", self.0)
    }
}

impl std::error::Error for NoObjective {}

impl TryFrom<Terms> for Objective {
    type Error = NoObjective;

    fn try_from(terms: Terms) -> Result<Self, NoObjective> {
        let refuse = |why: String| Err(NoObjective(why));
        let Terms { returns, risks, costs } = terms;
        let factors = risks.iter().map(|(factor, _)| *factor).chain([returns, costs]);
        if factors.clone().any(|factor| !factor.is_finite()) {
            return refuse("a factor is not finite".to_owned());
        }
        if let Some((_, risk)) = risks.iter().find(|(factor, _)| *factor > 0.0) {
            return refuse(format!("the sum rewards {risk}; subtract it instead"));
        }
        if returns < 0.0 || costs > 0.0 {
            return refuse("the sum rewards losses; add the return and subtract costs".to_owned());
        }
        if returns > 0.0 {
            let penalties = risks.into_iter().map(|(factor, risk)| (-factor / returns, risk));
            return Ok(utility(penalties.collect(), CostFactors::all((-costs / returns).max(0.0))));
        }
        match <[(f64, Risk); 1]>::try_from(risks) {
            Ok([(_, Risk::Variance | Risk::Volatility)]) if costs >= 0.0 => {
                Ok(Objective::MinimumVariance)
            }
            Ok([(_, risk)]) if costs >= 0.0 => Ok(Objective::MinimumRisk(risk)),
            _ => refuse("without a return there is one risk and nothing else".to_owned()),
        }
    }
}

impl From<ExpectedReturn> for Terms {
    fn from(_: ExpectedReturn) -> Self {
        Self { returns: 1.0, ..Self::default() }
    }
}

impl From<TradingCost> for Terms {
    fn from(_: TradingCost) -> Self {
        Self { costs: 1.0, ..Self::default() }
    }
}

impl From<Risk> for Terms {
    fn from(risk: Risk) -> Self {
        Self { risks: vec![(1.0, risk)], ..Self::default() }
    }
}

fn sum(mut left: Terms, right: Terms) -> Terms {
    left.returns += right.returns;
    left.costs += right.costs;
    for (factor, risk) in right.risks {
        match left.risks.iter_mut().find(|(_, known)| *known == risk) {
            Some((known, _)) => *known += factor,
            None => left.risks.push((factor, risk)),
        }
    }
    left.risks.retain(|(factor, _)| *factor != 0.0);
    left
}

fn scaled(factor: f64, mut terms: Terms) -> Terms {
    terms.returns *= factor;
    terms.costs *= factor;
    terms.risks.iter_mut().for_each(|(own, _)| *own *= factor);
    terms
}

macro_rules! arithmetic {
    ($($term:ty),*) => {$(
        impl<T: Into<Terms>> Add<T> for $term {
            type Output = Terms;
            fn add(self, other: T) -> Terms {
                sum(self.into(), other.into())
            }
        }
        impl<T: Into<Terms>> Sub<T> for $term {
            type Output = Terms;
            fn sub(self, other: T) -> Terms {
                sum(self.into(), scaled(-1.0, other.into()))
            }
        }
        impl Neg for $term {
            type Output = Terms;
            fn neg(self) -> Terms {
                scaled(-1.0, self.into())
            }
        }
        impl Mul<$term> for f64 {
            type Output = Terms;
            fn mul(self, term: $term) -> Terms {
                scaled(self, term.into())
            }
        }
    )*};
}

arithmetic!(Terms, ExpectedReturn, TradingCost, Risk);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_what_their_sentences_are() {
        let tail: Risk = match "minimise cvar(95%)".parse().unwrap() {
            Objective::MinimumRisk(risk) => risk,
            other => panic!("{other}"),
        };
        for (terms, sentence) in [
            (Terms::from(ExpectedReturn), "maximise return"),
            (ExpectedReturn - TradingCost, "maximise return - costs"),
            (2.0 * ExpectedReturn - TradingCost, "maximise return - 0.5 * costs"),
            (2.0 * ExpectedReturn - 4.0 * tail.clone(), "maximise return - 2 * cvar(95%)"),
            (
                ExpectedReturn - Risk::Variance - 3.0 * tail.clone() - Risk::Variance,
                "maximise return - 2 * variance - 3 * cvar(95%)",
            ),
            (-tail.clone(), "minimise cvar(95%)"),
        ] {
            assert_eq!(Objective::try_from(terms).unwrap(), sentence.parse().unwrap());
        }
    }

    #[test]
    fn what_has_no_sentence_is_refused() {
        for terms in [
            Terms::default(),
            ExpectedReturn + TradingCost,
            -ExpectedReturn,
            -Risk::Variance - TradingCost,
            f64::NAN * Risk::Variance,
        ] {
            assert!(Objective::try_from(terms.clone()).is_err(), "{terms:?}");
        }
    }
}
