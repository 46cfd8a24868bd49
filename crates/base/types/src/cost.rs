//! What a trade costs: one object, both for the optimiser that plans the trade and for the venue
//! that charges for it.

use serde::{Deserialize, Serialize};

/// Commission, half the spread, and the square-root law of impact.
///
/// A trade of value `v` in an instrument of daily volatility `σ` and daily traded value `V` costs
/// `v · (commission + spread / 2 + coefficient · σ · √(v / V))`.
/// Source of the impact term: Grinold & Kahn, *Active Portfolio Management*, 2nd ed., ch. 16;
/// Almgren et al. (2005), "Direct Estimation of Equity Market Impact".
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct CostModel {
    /// Commission in basis points of the traded value.
    pub commission_bps: f64,
    /// The full quoted spread in basis points of the price; a trade pays half of it.
    pub spread_bps: f64,
    /// Market impact, if it is modelled.
    pub impact: Option<SquareRootImpact>,
}

/// The square-root law of market impact.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SquareRootImpact {
    /// The multiple of daily volatility that a whole day's volume would move the price.
    pub coefficient: f64,
    /// Daily traded value that is assumed where the data has no volume, in currency units.
    pub daily_value: f64,
}

/// The parts of what one trade costs, in currency units.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct TradeCost {
    /// The broker's fee.
    pub commission: f64,
    /// Half the spread.
    pub spread: f64,
    /// The price moved by the trade itself.
    pub impact: f64,
}

impl TradeCost {
    /// All parts together.
    pub fn total(&self) -> f64 {
        self.commission + self.spread + self.impact
    }
}

impl CostModel {
    /// The cost that is proportional to the traded value, as a fraction of it.
    pub fn linear_rate(&self) -> f64 {
        (self.commission_bps + self.spread_bps / 2.0) / 1e4
    }

    /// The factor `c` of the impact in `cost / value = c · √value`, for an instrument of daily
    /// volatility `sigma_daily` (a fraction) and daily traded value `daily_value` (currency units;
    /// the model's own assumption where `None`). Nought when impact is not modelled.
    pub fn impact_factor(&self, sigma_daily: f64, daily_value: Option<f64>) -> f64 {
        match self.impact {
            Some(SquareRootImpact { coefficient, daily_value: assumed }) => {
                coefficient * sigma_daily / daily_value.unwrap_or(assumed).sqrt()
            }
            None => 0.0,
        }
    }

    /// What a trade of `value` (currency units, sign ignored) costs.
    pub fn cost(&self, value: f64, sigma_daily: f64, daily_value: Option<f64>) -> TradeCost {
        let value = value.abs();
        TradeCost {
            commission: value * self.commission_bps / 1e4,
            spread: value * self.spread_bps / 2e4,
            impact: value * value.sqrt() * self.impact_factor(sigma_daily, daily_value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 % of a day's volume at 2 % daily volatility and coefficient 1 moves the price by
    /// 2 % · √0.01 = 20 bps (Grinold & Kahn's rule of thumb).
    #[test]
    fn square_root_law() {
        let model = CostModel {
            commission_bps: 1.0,
            spread_bps: 4.0,
            impact: Some(SquareRootImpact { coefficient: 1.0, daily_value: 1e8 }),
        };
        let cost = model.cost(-1e6, 0.02, None);
        assert!((cost.impact - 1e6 * 0.0020).abs() < 1e-6);
        assert!((cost.commission - 100.0).abs() < 1e-9);
        assert!((cost.spread - 200.0).abs() < 1e-9);
        assert_eq!(model.cost(1e6, 0.02, Some(1e8)), cost);
    }
}
