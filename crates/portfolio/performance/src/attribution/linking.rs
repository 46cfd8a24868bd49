//! Returns of single periods in, factors that make their effects add up over time out.
//!
//! Arithmetic effects of single periods do not add up to the compounded difference. Cariño (1999)
//! works on logarithms, where time adds up: with
//! `k_t = (ln(1 + R_t) − ln(1 + B_t)) / (R_t − B_t)`, the sum of `k_t · effect_t` over effects and
//! periods is `ln(1 + R) − ln(1 + B)`; dividing by the same `k` of the whole history turns it back
//! into `R − B`.

/// Cariño's factor of one pair of returns (both above −1); `1 / (1 + R)` where they are equal.
pub(super) fn factor(portfolio: f64, benchmark: f64) -> f64 {
    let base = 1.0 + benchmark;
    let x = (portfolio - benchmark) / base;
    // ln(1 + x) / x, by its series where the quotient would lose digits.
    let log_over_x = if x.abs() < 1e-5 { 1.0 - x / 2.0 + x * x / 3.0 } else { x.ln_1p() / x };
    log_over_x / base
}

/// `∏(1 + r) − 1`.
pub(super) fn compound(returns: impl Iterator<Item = f64>) -> f64 {
    returns.fold(1.0, |wealth, r| wealth * (1.0 + r)) - 1.0
}
