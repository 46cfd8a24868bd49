//! Stepwise selection: which of many factors a symbol's returns rest on.
//!
//! In come a response and candidates, out come the indices of those that stay, in order. It judges
//! by the p-values of t-tests, which are too small once many candidates have been tried: use it to
//! keep models small, not to prove that a factor matters.

use serde::{Deserialize, Serialize};

use super::least_squares::{Fit, least_squares};
use crate::RiskError;

/// Which factors a symbol's regression keeps.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "selection", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Selection {
    /// All of them.
    #[default]
    All,
    /// From none, always the one of the smallest p-value, as long as all p-values of the model
    /// that it makes are at most `p_value` (Efroymson 1960; as Riskfolio-Lib's
    /// `forward_regression`).
    Forward {
        /// The largest p-value that a factor may have; 0.05 usually.
        p_value: f64,
    },
    /// From all, always the one of the largest p-value goes, until none is above `p_value`.
    Backward {
        /// The largest p-value that a factor may have; 0.05 usually.
        p_value: f64,
    },
}

impl Selection {
    /// The factors that stay, and their regression. Where none is significant, the one that comes
    /// nearest stays.
    pub(super) fn select(
        self,
        response: &[f64],
        candidates: &[Vec<f64>],
    ) -> Result<(Vec<usize>, Fit), RiskError> {
        let fit = |chosen: &[usize]| {
            let columns: Vec<&[f64]> = chosen.iter().map(|i| candidates[*i].as_slice()).collect();
            least_squares(response, &columns).map_err(|error| match error {
                RiskError::Collinear { index } => RiskError::Collinear { index: chosen[index] },
                other => other,
            })
        };
        let mut chosen = match self {
            Self::All => (0..candidates.len()).collect(),
            Self::Forward { p_value } => forward(candidates.len(), in_range(p_value)?, &fit)?,
            Self::Backward { p_value } => backward(candidates.len(), in_range(p_value)?, &fit)?,
        };
        if chosen.is_empty() {
            chosen = vec![addition(&[], candidates.len(), 1.0, &fit)?.unwrap_or(0)];
        }
        chosen.sort_unstable();
        let fitted = fit(&chosen)?;
        Ok((chosen, fitted))
    }
}

fn in_range(p_value: f64) -> Result<f64, RiskError> {
    if !(p_value > 0.0 && p_value <= 1.0) {
        let must = "above 0, at most 1, such as 0.05";
        return Err(RiskError::Parameter { name: "p_value", found: p_value, must });
    }
    Ok(p_value)
}

fn forward(
    count: usize,
    p_value: f64,
    fit: &impl Fn(&[usize]) -> Result<Fit, RiskError>,
) -> Result<Vec<usize>, RiskError> {
    let mut chosen = Vec::new();
    while let Some(next) = addition(&chosen, count, p_value, fit)? {
        chosen.push(next);
    }
    Ok(chosen)
}

/// The candidate of the smallest p-value beside `chosen`, among those with which all p-values are
/// at most `p_value`.
fn addition(
    chosen: &[usize],
    count: usize,
    p_value: f64,
    fit: &impl Fn(&[usize]) -> Result<Fit, RiskError>,
) -> Result<Option<usize>, RiskError> {
    let mut best: Option<(usize, f64)> = None;
    for candidate in (0..count).filter(|i| !chosen.contains(i)) {
        let model: Vec<usize> = chosen.iter().copied().chain([candidate]).collect();
        let p_values = match fit(&model) {
            Ok(fit) => fit.p_values(),
            Err(RiskError::Collinear { .. }) => continue,
            Err(other) => return Err(other),
        };
        let own = p_values[p_values.len() - 1];
        let passes = p_values.iter().all(|value| *value <= p_value);
        if passes && best.is_none_or(|(_, least)| own < least) {
            best = Some((candidate, own));
        }
    }
    Ok(best.map(|(candidate, _)| candidate))
}

fn backward(
    count: usize,
    p_value: f64,
    fit: &impl Fn(&[usize]) -> Result<Fit, RiskError>,
) -> Result<Vec<usize>, RiskError> {
    let mut chosen: Vec<usize> = (0..count).collect();
    while !chosen.is_empty() {
        let p_values = fit(&chosen)?.p_values();
        let worst = (0..chosen.len())
            .max_by(|a, b| p_values[*a].total_cmp(&p_values[*b]))
            .expect("there is one at least");
        if p_values[worst] <= p_value {
            break;
        }
        chosen.remove(worst);
    }
    Ok(chosen)
}
