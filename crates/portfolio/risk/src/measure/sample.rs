//! The returns of one portfolio, each with its probability: what every measure reads.
//!
//! In come returns and, if some observations count more than others, their probabilities; out
//! comes a checked sample with its mean and its order. It does not know which measure asks.

use std::borrow::Cow;

use crate::RiskError;
use crate::covariance::require_rows;
use crate::moments::check_len;

/// How far probabilities may sum away from 1.
const SUM_TOLERANCE: f64 = 1e-9;

/// A value of a measure, and what one more unit of each return would add to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subgradient {
    /// The measure itself.
    pub value: f64,
    /// One slope for each observation: a derivative where there is one, else one of the
    /// subgradients (in order of observations, the first of those that tie).
    pub slopes: Vec<f64>,
}

impl Subgradient {
    /// The value of `Σ qₜ · lossₜ` under other probabilities `q`, whose slopes are `−q`.
    pub(crate) fn tilted(sample: &Sample<'_>, mass: Vec<f64>) -> Self {
        let slopes: Vec<f64> = mass.into_iter().map(|q| -q).collect();
        let value = slopes.iter().zip(sample.returns()).map(|(slope, r)| slope * r).sum();
        Self { value, slopes }
    }

    /// The measure of losses plus that of gains: `self` read from the returns, `gains` from the
    /// returns with their sign turned.
    pub(crate) fn plus_turned(mut self, gains: &Subgradient) -> Self {
        self.value += gains.value;
        self.slopes.iter_mut().zip(&gains.slopes).for_each(|(slope, gain)| *slope -= gain);
        self
    }
}

/// Returns with probabilities that sum to one.
pub(crate) struct Sample<'a> {
    returns: Cow<'a, [f64]>,
    probabilities: Cow<'a, [f64]>,
    equal: bool,
}

impl<'a> Sample<'a> {
    /// Every observation counts alike.
    pub(crate) fn equal(returns: &'a [f64]) -> Result<Self, RiskError> {
        require_rows("a risk measure", returns.len(), 1)?;
        check_len("returns", returns, returns.len())?;
        let probabilities = vec![1.0 / returns.len() as f64; returns.len()].into();
        Ok(Self { returns: returns.into(), probabilities, equal: true })
    }

    /// Observations with these probabilities: none negative, together 1.
    pub(crate) fn weighted(
        returns: &'a [f64],
        probabilities: &'a [f64],
    ) -> Result<Self, RiskError> {
        require_rows("a risk measure", returns.len(), 1)?;
        check_len("returns", returns, returns.len())?;
        check_probabilities(probabilities, returns.len())?;
        let equal = probabilities.iter().all(|p| *p == probabilities[0]);
        Ok(Self { returns: returns.into(), probabilities: probabilities.into(), equal })
    }

    /// The same probabilities over other values.
    pub(crate) fn over(&self, values: Vec<f64>) -> Sample<'_> {
        Sample {
            returns: values.into(),
            probabilities: Cow::Borrowed(&self.probabilities),
            equal: self.equal,
        }
    }

    /// Gains where there were losses.
    pub(crate) fn turned(&self) -> Sample<'_> {
        self.over(self.returns.iter().map(|r| -r).collect())
    }

    pub(crate) fn returns(&self) -> &[f64] {
        &self.returns
    }

    pub(crate) fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// Whether all probabilities are one and the same.
    pub(crate) fn is_equal(&self) -> bool {
        self.equal
    }

    pub(crate) fn len(&self) -> usize {
        self.returns.len()
    }

    pub(crate) fn mean(&self) -> f64 {
        self.returns.iter().zip(self.probabilities()).map(|(r, p)| r * p).sum()
    }

    /// `1 / (1 − Σp²)`, which is `T / (T − 1)` for equal probabilities: what an average of squares
    /// about the sample mean is multiplied by so that it is not too small on average.
    pub(crate) fn bessel(&self) -> Result<f64, RiskError> {
        let counted = self.probabilities.iter().filter(|p| **p > 0.0).count();
        require_rows("a measure of spread", counted, 2)?;
        if self.equal {
            return Ok(self.len() as f64 / (self.len() - 1) as f64);
        }
        Ok(1.0 / (1.0 - self.probabilities.iter().map(|p| p * p).sum::<f64>()))
    }

    /// The observations, worst first; those that tie in the order they came.
    pub(crate) fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|a, b| self.returns[*a].total_cmp(&self.returns[*b]));
        order
    }

    /// The largest loss.
    pub(crate) fn worst(&self) -> f64 {
        let counted = self.returns.iter().zip(self.probabilities()).filter(|(_, p)| **p > 0.0);
        counted.map(|(r, _)| -r).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// That there are `expected` probabilities, none negative, that sum to one.
pub(crate) fn check_probabilities(probabilities: &[f64], expected: usize) -> Result<(), RiskError> {
    check_len("probabilities", probabilities, expected)?;
    if let Some(found) = probabilities.iter().find(|p| **p < 0.0) {
        let must = "at least 0";
        return Err(RiskError::Parameter { name: "a probability", found: *found, must });
    }
    let found: f64 = probabilities.iter().sum();
    if (found - 1.0).abs() > SUM_TOLERANCE {
        let name = "the sum of the probabilities";
        return Err(RiskError::Parameter { name, found, must: "1" });
    }
    Ok(())
}
