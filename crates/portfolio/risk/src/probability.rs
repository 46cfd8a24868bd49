//! Distribution functions that tests of significance need: chi-squared and Student's t.
//!
//! In come quantiles and degrees of freedom, out come probabilities, and the other way round. It
//! does not know what is tested.

/// `P(X ≤ x)` for a chi-squared variable; `degrees` is positive.
pub(crate) fn chi_squared(x: f64, degrees: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { lower_gamma(degrees / 2.0, x / 2.0) }
}

/// The `x` with `P(X ≤ x) = probability`, for a probability between 0 and 1: Newton's steps within
/// an interval that is halved where they leave it.
pub fn chi_squared_quantile(probability: f64, degrees: f64) -> f64 {
    let half = degrees / 2.0;
    let (mut low, mut high) = (0.0, degrees + 1.0);
    while chi_squared(high, degrees) < probability {
        low = high;
        high *= 2.0;
    }
    let mut x = (low + high) / 2.0;
    for _ in 0..200 {
        let excess = chi_squared(x, degrees) - probability;
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((half - 1.0) * (x / 2.0).ln() - x / 2.0 - ln_gamma(half)).exp() / 2.0;
        let newton = x - excess / density;
        let next = if newton > low && newton < high { newton } else { (low + high) / 2.0 };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}

/// `P(|X| ≥ |t|)` for a Student variable: how often chance alone gives so large a `t`.
pub(crate) fn student_two_sided(t: f64, degrees: f64) -> f64 {
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// `ln Γ(x)` for `x > 0`: Lanczos 1964, with the coefficients for g = 7.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let base = x + 7.5;
    let series = COEFFICIENTS[1..].iter().enumerate();
    let sum: f64 = series.map(|(i, c)| c / (x + i as f64 + 1.0)).sum();
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * base.ln() - base + (COEFFICIENTS[0] + sum).ln()
}

/// The regularised lower incomplete gamma function `P(a, x)`: its series below `a + 1`, Lentz's
/// continued fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31).
fn lower_gamma(a: f64, x: f64) -> f64 {
    let scale = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return (sum * scale).min(1.0);
    }
    let fraction = continued(x + 1.0 - a, |i| (-i * (i - a), x + 2.0 * i + 1.0 - a));
    1.0 - scale / fraction
}

/// The regularised incomplete beta function `I_x(a, b)` (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let scale =
        (a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let fraction = continued(1.0, |i| {
        let m = (i / 2.0).floor();
        let numerator = if i % 2.0 == 0.0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        (numerator, 1.0)
    });
    scale / fraction
}

/// `b₀ + a₁ / (b₁ + a₂ / (b₂ + …))` with `(aᵢ, bᵢ)` from `term`, by Lentz's method.
fn continued(first: f64, term: impl Fn(f64) -> (f64, f64)) -> f64 {
    const TINY: f64 = 1e-300;
    let away = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut value = away(first);
    let (mut c, mut d) = (value, 0.0);
    for i in 1..10_000 {
        let (a, b) = term(f64::from(i));
        d = 1.0 / away(b + a * d);
        c = away(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(found: f64, expected: f64) {
        assert!((found / expected - 1.0).abs() < 1e-11, "{found} is not {expected}");
    }

    /// Expected: SciPy 1.17.1, `chi2.cdf`, `chi2.ppf`, `2 * t.sf`, `gammaln`. The logarithms of
    /// gamma functions cancel at many degrees of freedom, which costs the last digits.
    #[test]
    fn distributions_are_those_of_scipy() {
        check(chi_squared(0.5, 1.0), 0.5204998778130466);
        check(chi_squared(3.2, 4.0), 0.47506905321389586);
        check(chi_squared(30.0, 20.0), 0.9301463393005901);
        check(chi_squared(700.0, 500.0), 0.9999999922710079);
        check(chi_squared(0.001, 2.0), 0.0004998750208307296);
        check(chi_squared_quantile(0.5, 1.0), 0.454936423119572);
        check(chi_squared_quantile(0.975, 12.0), 23.33666415864534);
        check(chi_squared_quantile(0.05, 3.0), 0.35184631774927144);
        check(chi_squared_quantile(0.9999, 500.0), 626.2427100560784);
        check(student_two_sided(2.0, 10.0), 0.07338803477074037);
        check(student_two_sided(-0.3, 5.0), 0.7762490422632745);
        check(student_two_sided(6.5, 250.0), 4.325365855180003e-10);
        check(student_two_sided(0.01, 1000.0), 0.9920232819321873);
        check(student_two_sided(40.0, 3.0), 3.4380680789158506e-05);
        check(ln_gamma(0.5), 0.5723649429247);
        check(ln_gamma(3.7), 1.428072326665388);
        check(ln_gamma(100.0), 359.1342053695754);
    }
}
