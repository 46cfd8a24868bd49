//! Evaluation of a covariance forecast: was risk as large as it was said to be?
//!
//! In come covariances that were forecast and the returns that followed, out come calibration
//! ratios, a bias statistic, a loss that ranks forecasts, and how often the forecast was exceeded.
//! It does not know how a forecast was made.

use crate::covariance::require_rows;
use crate::matrix::dot;
use crate::probability::chi_squared_quantile;
use crate::{Matrix, Returns, RiskError};

/// One forecast beside what followed over `h` days, whose returns sum to `R`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecastTest {
    /// `N`.
    pub symbols: usize,
    /// `R' (hΣ)⁻¹ R`, which has the mean `N` if the forecast is right, and for Gaussian returns a
    /// chi-squared distribution.
    pub mahalanobis: f64,
    /// The mean over the symbols of `Rᵢ² / (h σᵢ²)`: the same without correlations; 1 if right.
    pub diagonal: f64,
    /// `w'R / √(h w'Σw)` of the portfolio: mean 0 and deviation 1 if right.
    pub standardised: f64,
    /// `ln v + Σ_d (w'r_d)² / v` of the portfolio, with `v = h w'Σw`: see [`qlike`].
    pub qlike: f64,
}

/// `ln v + s / v` for a forecast variance `v` and a realised one `s`: the loss under which a noisy
/// but unbiased `s` ranks forecasts as the true variance would (Patton 2011, "Volatility forecast
/// comparison using imperfect volatility proxies", §2). Smaller is better; it punishes a forecast
/// that is too low more than one that is too high. `v` must be positive and `s` not negative.
pub fn qlike(forecast: f64, realised: f64) -> Result<f64, RiskError> {
    for (name, found, fits) in [
        ("forecast variance", forecast, forecast > 0.0),
        ("realised variance", realised, realised >= 0.0),
    ] {
        if !(found.is_finite() && fits) {
            let must = "finite; a forecast is positive and what is realised not negative";
            return Err(RiskError::Parameter { name, found, must });
        }
    }
    Ok(forecast.ln() + realised / forecast)
}

/// `ln det Σ + r'Σ⁻¹r`, averaged over the rows of `returns`: the same loss for a whole covariance
/// (Laurent, Rombouts and Violante 2013, "On loss functions and ranking forecasting performances of
/// multivariate volatility models"). Returns count as having mean zero. The covariance must
/// be positive definite.
pub fn matrix_qlike(covariance: &Matrix, returns: &Returns) -> Result<f64, RiskError> {
    check_symbols(covariance, returns)?;
    let factor = covariance.cholesky()?;
    let distances = (0..returns.rows()).map(|row| {
        let spread = factor.forward(returns.row(row));
        dot(&spread, &spread)
    });
    Ok(factor.log_determinant() + distances.sum::<f64>() / returns.rows() as f64)
}

/// A forecast for one observation beside the returns of the `h` rows that followed, and beside
/// those of one portfolio; inverse-volatility weights if `weights` is `None`. As skfolio's
/// `covariance_forecast_evaluation`.
///
/// Fails if the symbols differ in number, nothing followed, or the covariance is not positive
/// definite.
pub fn test_forecast(
    covariance: &Matrix,
    returns: &Returns,
    weights: Option<&[f64]>,
) -> Result<ForecastTest, RiskError> {
    check_symbols(covariance, returns)?;
    let n = covariance.n();
    let horizon = returns.rows() as f64;
    let factor = covariance.cholesky()?;
    let mut sums = vec![0.0; n];
    for row in 0..returns.rows() {
        for (sum, value) in sums.iter_mut().zip(returns.row(row)) {
            *sum += value;
        }
    }
    let spread = factor.forward(&sums);
    let squares = sums.iter().zip(covariance.diag());
    let diagonal = squares.map(|(sum, variance)| sum * sum / (horizon * variance)).sum::<f64>();
    let weights = match weights {
        Some(weights) => weights.to_vec(),
        None => inverse_volatility(covariance),
    };
    let portfolio = returns.of_portfolio(&weights)?;
    let variance = horizon * covariance.quad_form(&weights);
    let realised = portfolio.iter().map(|value| value * value).sum();
    Ok(ForecastTest {
        symbols: n,
        mahalanobis: dot(&spread, &spread) / horizon,
        diagonal: diagonal / n as f64,
        standardised: portfolio.iter().sum::<f64>() / variance.sqrt(),
        qlike: qlike(variance, realised)?,
    })
}

fn inverse_volatility(covariance: &Matrix) -> Vec<f64> {
    let inverse: Vec<f64> = covariance.diag().map(|variance| 1.0 / variance.sqrt()).collect();
    let total: f64 = inverse.iter().sum();
    inverse.into_iter().map(|value| value / total).collect()
}

fn check_symbols(covariance: &Matrix, returns: &Returns) -> Result<(), RiskError> {
    require_rows("a test of a forecast", returns.rows(), 1)?;
    if covariance.n() != returns.cols() {
        let (expected, found) = (covariance.n(), returns.cols());
        return Err(RiskError::Shape { what: "columns of the returns", expected, found });
    }
    Ok(())
}

/// Many forecasts of one estimator, taken together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The mean of `mahalanobis / N`: above 1, the covariance as a whole is too small.
    pub mahalanobis_ratio: f64,
    /// The mean of `diagonal`: above 1, volatilities are too small.
    pub diagonal_ratio: f64,
    /// The standard deviation of `standardised`, over the number less 1 (the bias statistic of Menchero,
    /// Wang and Orr 2012, "Improving risk forecasts for optimized portfolios"): above 1, the
    /// portfolio's risk is too small.
    pub bias: f64,
    /// The mean loss: smaller is better.
    pub qlike: f64,
    /// The part of forecasts whose Mahalanobis distance lies beyond `level` of chi-squared; right
    /// forecasts of Gaussian returns give `1 − level`, fat tails more.
    pub exceedance: f64,
}

/// The tests taken together, exceedance counted at `level` (0.95, for example). Needs two tests.
pub fn calibration(tests: &[ForecastTest], level: f64) -> Result<Calibration, RiskError> {
    require_rows("a calibration", tests.len(), 2)?;
    if !(level > 0.0 && level < 1.0) {
        let must = "between 0 and 1, such as 0.95";
        return Err(RiskError::Parameter { name: "level", found: level, must });
    }
    let count = tests.len() as f64;
    let mean = |of: &dyn Fn(&ForecastTest) -> f64| tests.iter().map(of).sum::<f64>() / count;
    let centre = mean(&|test| test.standardised);
    let squares = mean(&|test| (test.standardised - centre).powi(2)) * count;
    let beyond = |test: &ForecastTest| {
        let bound = chi_squared_quantile(level, test.symbols as f64);
        if test.mahalanobis > bound { 1.0 } else { 0.0 }
    };
    Ok(Calibration {
        mahalanobis_ratio: mean(&|test| test.mahalanobis / test.symbols as f64),
        diagonal_ratio: mean(&|test| test.diagonal),
        bias: (squares / (count - 1.0)).sqrt(),
        qlike: mean(&|test| test.qlike),
        exceedance: mean(&beyond),
    })
}

/// Whether an observed rate of exceedance is one that right forecasts would give: the likelihood
/// ratio of Kupiec 1995 ("Techniques for verifying the accuracy of risk measurement models",
/// eq. 6) for `exceeded` of `count` where `expected` (between 0 and 1) should have been; the p-value
/// is small where they are too many or too few.
pub fn exceedance_p_value(exceeded: usize, count: usize, expected: f64) -> Result<f64, RiskError> {
    if !(expected > 0.0 && expected < 1.0) {
        let must = "between 0 and 1, such as 0.05";
        return Err(RiskError::Parameter { name: "expected", found: expected, must });
    }
    require_rows("an exceedance rate", count, exceeded.max(1))?;
    let (k, n) = (exceeded as f64, count as f64);
    let likelihood = |rate: f64| {
        let part = |count: f64, rate: f64| if count > 0.0 { count * rate.ln() } else { 0.0 };
        part(k, rate) + part(n - k, 1.0 - rate)
    };
    let ratio = 2.0 * (likelihood(k / n) - likelihood(expected));
    Ok(1.0 - crate::probability::chi_squared(ratio.max(0.0), 1.0))
}
