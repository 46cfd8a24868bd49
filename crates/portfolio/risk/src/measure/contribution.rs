//! What each holding adds to the risk of a portfolio.
//!
//! In come weights and the returns of the holdings; out come marginal contributions, what one more
//! unit of weight would add, and component contributions, each holding's part of the whole. It does
//! not know whether the weights are good.

use super::RiskMeasure;
use crate::{Returns, RiskError};

/// The parts of one portfolio's risk.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The measure of the whole portfolio.
    pub value: f64,
    /// For each holding, `∂ρ/∂wᵢ`: what one unit of weight more would add.
    pub marginal: Vec<f64>,
    /// For each holding, `wᵢ ∂ρ/∂wᵢ` over the measure's [degree](RiskMeasure::degree). A negative
    /// part is a hedge.
    pub component: Vec<f64>,
    /// What of the value is no holding's part: zero, to rounding, for a measure that has a degree.
    pub remainder: f64,
}

impl RiskMeasure {
    /// The contributions of holdings with these weights to this measure.
    ///
    /// By Euler's theorem the components of a measure that is homogeneous of degree `d` sum to it
    /// (Tasche 1999, "Risk contributions and performance measurement"). A measure that is not, such
    /// as a partial moment below a target other than zero or a compounded drawdown, leaves a
    /// remainder, which is told rather than spread over the holdings. Where the measure has a kink,
    /// as a value at risk or a maximum has, one subgradient is used, and the sum still holds.
    ///
    /// Fails if there is not one finite weight for each holding, and as [`RiskMeasure::of`] does.
    /// Cost: that of the measure and `T N`.
    pub fn contributions(
        &self,
        weights: &[f64],
        returns: &Returns,
    ) -> Result<Contributions, RiskError> {
        let found = self.subgradient(&returns.of_portfolio(weights)?)?;
        let mut marginal = vec![0.0; weights.len()];
        for (row, slope) in found.slopes.iter().enumerate() {
            if *slope != 0.0 {
                let pairs = marginal.iter_mut().zip(returns.row(row));
                pairs.for_each(|(marginal, r)| *marginal += slope * r);
            }
        }
        let degree = self.degree().filter(|degree| *degree > 0).map_or(1.0, f64::from);
        let component: Vec<f64> =
            weights.iter().zip(&marginal).map(|(w, marginal)| w * marginal / degree).collect();
        let remainder = found.value - component.iter().sum::<f64>();
        Ok(Contributions { value: found.value, marginal, component, remainder })
    }
}
