//! The risk of given weights, and each symbol's share in it.
//!
//! In come [`Moments`] and weights as fractions of net asset value, one for each symbol; out come
//! a return, a variance, a volatility or its parts. What is not invested carries no risk.

use crate::matrix::dot;
use crate::moments::check_len;
use crate::{Moments, RiskError};

impl Moments {
    /// `w'μ`, the expected return of the portfolio.
    pub fn expected_return(&self, weights: &[f64]) -> Result<f64, RiskError> {
        check_len("weights", weights, self.mean.len())?;
        Ok(dot(&self.mean, weights))
    }

    /// `w'Σw`, the variance of the portfolio's return; never negative.
    pub fn variance(&self, weights: &[f64]) -> Result<f64, RiskError> {
        check_len("weights", weights, self.covariance.n())?;
        Ok(self.covariance.quad_form(weights).max(0.0))
    }

    /// `√(w'Σw)`, the standard deviation of the portfolio's return.
    pub fn volatility(&self, weights: &[f64]) -> Result<f64, RiskError> {
        self.variance(weights).map(f64::sqrt)
    }

    /// `wᵢ (Σw)ᵢ / √(w'Σw)`, each symbol's part of the volatility. They sum to it (Euler's theorem,
    /// since volatility is homogeneous of degree one in the weights). All zero for a portfolio
    /// without risk. A negative part is a hedge.
    pub fn risk_contributions(&self, weights: &[f64]) -> Result<Vec<f64>, RiskError> {
        let volatility = self.volatility(weights)?;
        if volatility == 0.0 {
            return Ok(vec![0.0; weights.len()]);
        }
        let marginal = self.covariance.mul_vec(weights);
        Ok(weights
            .iter()
            .zip(marginal)
            .map(|(weight, marginal)| weight * marginal / volatility)
            .collect())
    }
}
