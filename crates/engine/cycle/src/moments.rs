//! How risk is seen at a decision.

use risk::{
    Gaps, Matrix, MeanEstimator, Moments, ReturnKind, Returns, RiskError, Window, estimate,
};
use types::Panel;

use crate::{CycleError, Desk, Seen};

/// Fewer complete daily returns than this (or than the window, if that is shorter) say nothing.
const FEWEST_RETURNS: usize = 20;

/// Whether there are too few days yet for any estimate of risk.
pub fn is_too_early(desk: &Desk, seen: &Seen<'_>) -> bool {
    seen.panel.rows() <= fewest(desk)
}

fn fewest(desk: &Desk) -> usize {
    FEWEST_RETURNS.min(desk.mandate.risk.covariance.window.0)
}

/// Daily moments of what may be held, from the newest complete returns.
pub(crate) fn moments(desk: &Desk, seen: &Seen<'_>) -> Result<Moments, CycleError> {
    let returns = returns(desk, seen)?;
    estimate(&returns, &MeanEstimator::Zero, &desk.covariance).map_err(|e| failed(seen, e))
}

/// The same, but without correlations where the objective does not look at them and the estimator
/// does not need them: those of many symbols cost more than all the rest of a decision.
pub(crate) fn decision_moments(desk: &Desk, seen: &Seen<'_>) -> Result<Moments, CycleError> {
    if desk.wants_correlations() || desk.estimates_together() {
        return moments(desk, seen);
    }
    apart(desk, &returns(desk, seen)?).map_err(|e| failed(seen, e))
}

/// The moments of each symbol on its own.
fn apart(desk: &Desk, returns: &Returns) -> Result<Moments, RiskError> {
    let cols = returns.cols();
    let variance = |col: usize| {
        let own = returns.as_slice().iter().skip(col).step_by(cols).copied().collect();
        let own = Returns::new(vec![returns.symbols()[col].clone()], own)?;
        Ok(desk.covariance.estimate(&own)?.0.at(0, 0))
    };
    let variances: Vec<f64> = (0..cols).map(variance).collect::<Result<_, RiskError>>()?;
    Ok(Moments {
        symbols: returns.symbols().clone(),
        mean: vec![0.0; cols],
        covariance: Matrix::diagonal(&variances),
        observations: returns.rows(),
        shrinkage: None,
        repair: None,
    })
}

pub(crate) fn returns(desk: &Desk, seen: &Seen<'_>) -> Result<Returns, CycleError> {
    let rows = desk.mandate.risk.covariance.window.0;
    let panel = closes(seen, rows + 1)?;
    let at_least = fewest(desk);
    let window = Window { rows, kind: ReturnKind::Simple, gaps: Gaps::Drop { at_least } };
    Returns::from_panel(&panel, window).map_err(|error| match error {
        RiskError::TooFewComplete { .. } => {
            let days = at_least + 1;
            failed(seen, format!("{error}; or `require = [\"history >= {days}d\"]` in [universe]"))
        }
        other => failed(seen, other),
    })
}

/// The closes of what may be held, on the newest days.
fn closes(seen: &Seen<'_>, days: usize) -> Result<Panel, CycleError> {
    let panel = seen.panel.last_rows(days);
    if seen.eligible == panel.symbols() {
        return Ok(panel);
    }
    panel.select(&seen.eligible).map_err(|error| failed(seen, error))
}

fn failed(seen: &Seen<'_>, error: impl std::fmt::Display) -> CycleError {
    CycleError::new(seen.day(), "risk", error)
}
