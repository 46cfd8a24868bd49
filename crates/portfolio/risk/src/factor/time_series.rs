//! Factor models by time-series regression: loadings on factors whose returns are known.
//!
//! In come returns of symbols and of factors on the same days, out comes a model.

use super::{FactorModel, Selection};
use crate::covariance::{require_rows, sample};
use crate::{Returns, RiskError};

/// Each symbol's returns regressed on an intercept and the factors that `selection` keeps; the
/// loadings on all others are 0. The factor covariance is the sample's; the specific variance that
/// of the residuals, over `T − 1` (Sharpe 1963; Fama and French 1993; as Riskfolio-Lib's
/// `risk_factors`).
///
/// Costs a regression for each symbol, or about `K³` of them with a selection. Fails if the days
/// differ in number, there are no more days than coefficients, or factors are collinear.
pub fn time_series(
    returns: &Returns,
    factors: &Returns,
    selection: Selection,
) -> Result<FactorModel, RiskError> {
    let (rows, k) = (returns.rows(), factors.cols());
    if factors.rows() != rows {
        let found = factors.rows();
        return Err(RiskError::Shape { what: "rows of factor returns", expected: rows, found });
    }
    require_rows("a regression on all factors", rows, k + 2)?;
    let columns: Vec<Vec<f64>> = (0..k).map(|col| factors.column(col)).collect();
    let mut model = FactorModel {
        symbols: returns.symbols().clone(),
        intercepts: Vec::with_capacity(returns.cols()),
        loadings: vec![0.0; returns.cols() * k],
        factor_covariance: sample(factors),
        specific_variances: Vec::with_capacity(returns.cols()),
    };
    for symbol in 0..returns.cols() {
        let (chosen, fit) = selection.select(&returns.column(symbol), &columns)?;
        model.intercepts.push(fit.coefficients[0]);
        model.specific_variances.push(fit.squares() / (rows - 1) as f64);
        for (factor, loading) in chosen.iter().zip(&fit.coefficients[1..]) {
            model.loadings[symbol * k + factor] = *loading;
        }
    }
    Ok(model)
}
