//! How fast to trade one large order: cost against risk.
//!
//! In: shares, a horizon in equal intervals, volatility, spread and impact. Out: what is still held
//! after each interval so that expected cost plus `λ` times its variance is least, with both. Use it
//! to plan an order that is worked over hours or days. Knows nothing about venues and clocks.
//!
//! $$x_j = X\,\frac{\sinh \kappa (T - t_j)}{\sinh \kappa T},\qquad
//! \cosh \kappa\tau = 1 + \tfrac12\tau^2\,\frac{\lambda\sigma^2}{\tilde\eta},\qquad
//! \tilde\eta = \eta - \tfrac12\gamma\tau$$
//!
//! Source: Almgren and Chriss (2000), "Optimal execution of portfolio transactions", *Journal of
//! Risk* 3, sections 1 to 3. Assumes prices without drift, impact in proportion to the rate of
//! trading, and no trade against the order.

use crate::ExecutionError;

/// What a large order meets. Prices are in currency a share, time in any one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Impact {
    /// `σ`: standard deviation of the price over a unit of time; not negative.
    pub volatility: f64,
    /// `ε`: half the spread and fees; not negative.
    pub fixed: f64,
    /// `γ`: what a share traded moves the price by for good; not negative.
    pub permanent: f64,
    /// `η`: what trading one share in a unit of time moves the price by while it lasts; above
    /// `γ τ / 2`.
    pub temporary: f64,
}

/// A way to trade an order.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// Shares still to be traded, from all of them before the first interval to none after the last.
    pub remaining: Vec<f64>,
    /// `E`: expected cost against the price at the start, in currency.
    pub expected_cost: f64,
    /// `V`: the variance of the cost, in currency squared.
    pub variance: f64,
    /// `1/κ`: the time after which a fraction `1/e` is left of an order without a horizon; infinite
    /// if trading is even.
    pub half_life: f64,
}

/// The trades of `shares` over `horizon` units of time in `intervals` equal parts that make
/// `E + risk_aversion · V` least; at nought they are even.
///
/// Fails with [`ExecutionError::Trajectory`] for no intervals, a number out of its range, or an
/// `η` that permanent impact outweighs.
pub fn trajectory(
    shares: f64,
    horizon: f64,
    intervals: usize,
    impact: Impact,
    risk_aversion: f64,
) -> Result<Trajectory, ExecutionError> {
    let step = horizon / intervals as f64;
    let eta = impact.temporary - 0.5 * impact.permanent * step;
    check(shares, horizon, intervals, impact, risk_aversion, eta)?;
    let growth = 0.5 * step * step * risk_aversion * impact.volatility.powi(2) / eta;
    let kappa = (1.0 + growth).acosh() / step;
    let remaining: Vec<f64> =
        (0..=intervals).map(|j| shares * left(kappa, horizon, j, intervals)).collect();
    let trades = remaining.windows(2).map(|pair| pair[0] - pair[1]);
    let squares: f64 = trades.clone().map(|n| n * n).sum();
    let traded: f64 = trades.map(f64::abs).sum();
    let held: f64 = remaining[1..].iter().map(|x| x * x).sum();
    Ok(Trajectory {
        remaining,
        expected_cost: 0.5 * impact.permanent * shares * shares
            + impact.fixed * traded
            + eta / step * squares,
        variance: impact.volatility.powi(2) * step * held,
        half_life: kappa.recip(),
    })
}

/// `sinh κ(T − t) / sinh κT`, without overflow where `κT` is large.
fn left(kappa: f64, horizon: f64, at: usize, intervals: usize) -> f64 {
    let part = at as f64 / intervals as f64;
    let (all, gone) = (kappa * horizon, kappa * horizon * part);
    match all {
        all if all < 1e-8 => 1.0 - part,
        _ if at == intervals => 0.0,
        all => (-gone).exp() * (-2.0 * (all - gone)).exp_m1() / (-2.0 * all).exp_m1(),
    }
}

fn check(
    shares: f64,
    horizon: f64,
    intervals: usize,
    impact: Impact,
    risk_aversion: f64,
    eta: f64,
) -> Result<(), ExecutionError> {
    let not_negative = |value: f64| value >= 0.0 && value.is_finite();
    let tests = [
        (shares.is_finite(), "the number of shares must be finite"),
        (horizon > 0.0 && horizon.is_finite(), "the horizon must be above 0"),
        (intervals > 0, "there must be an interval"),
        (not_negative(risk_aversion), "risk aversion must be 0 or more"),
        (
            [impact.volatility, impact.fixed, impact.permanent].into_iter().all(not_negative),
            "volatility, fixed cost and permanent impact must be 0 or more",
        ),
        (
            eta > 0.0 && eta.is_finite(),
            "temporary impact must be above half the permanent impact of an interval: shorten it",
        ),
    ];
    match tests.into_iter().find(|(holds, _)| !holds) {
        Some((_, must)) => Err(ExecutionError::Trajectory { must }),
        None => Ok(()),
    }
}
