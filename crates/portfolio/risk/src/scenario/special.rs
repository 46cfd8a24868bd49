//! The normal and Student-t distributions, forwards and backwards.
//!
//! In come numbers or probabilities; out come probabilities or numbers, to about 1e-14. They are
//! here because the standard library has none of them.

use std::f64::consts::PI;

/// `1/√(2π)`.
const DENSITY_AT_ZERO: f64 = 0.398_942_280_401_432_7;

/// The standard normal distribution function.
pub(super) fn normal_cdf(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let density = DENSITY_AT_ZERO * (-0.5 * x * x).exp();
    if x.abs() < 3.0 {
        // Φ(x) − 1/2 = φ(x) (x + x³/3 + x⁵/15 + …)
        let (mut term, mut sum, mut k) = (x, x, 1.0);
        while term.abs() > 1e-17 * sum.abs() {
            k += 2.0;
            term *= x * x / k;
            sum += term;
        }
        return 0.5 + density * sum;
    }
    // Laplace's continued fraction of Mills' ratio, from the far end.
    let mills = (1..=60).rev().fold(x.abs(), |tail, k| x.abs() + f64::from(k) / tail);
    let beyond = density / mills;
    if x < 0.0 { beyond } else { 1.0 - beyond }
}

/// The number below which a standard normal number lies with probability `p` (Wichura 1988,
/// algorithm AS 241, PPND16).
pub(super) fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(r, &CENTRE);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let x = if r <= 5.0 { ratio(r - 1.6, &SHOULDER) } else { ratio(r - 5.0, &FAR) };
    if q < 0.0 { -x } else { x }
}

/// Coefficients of numerator and denominator, constant first.
type Ratio = [[f64; 8]; 2];

fn ratio(r: f64, [above, below]: &Ratio) -> f64 {
    let at = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * r + term);
    at(above) / at(below)
}

#[rustfmt::skip]
const CENTRE: Ratio = [
    [3.387_132_872_796_366_5, 133.141_667_891_784_38, 1_971.590_950_306_551_3,
     13_731.693_765_509_46, 45_921.953_931_549_87, 67_265.770_927_008_7,
     33_430.575_583_588_13, 2_509.080_928_730_122_7],
    [1.0, 42.313_330_701_600_91, 687.187_007_492_057_9, 5_394.196_021_424_751,
     21_213.794_301_586_597, 39_307.895_800_092_71, 28_729.085_735_721_943,
     5_226.495_278_852_854],
];
#[rustfmt::skip]
const SHOULDER: Ratio = [
    [1.423_437_110_749_683_5, 4.630_337_846_156_546, 5.769_497_221_460_691,
     3.647_848_324_763_204_5, 1.270_458_252_452_368_4, 0.241_780_725_177_450_6,
     0.022_723_844_989_269_184, 7.745_450_142_783_414e-4],
    [1.0, 2.053_191_626_637_759, 1.676_384_830_183_803_8, 0.689_767_334_985_1,
     0.148_103_976_427_480_08, 0.015_198_666_563_616_457, 5.475_938_084_995_345e-4,
     1.050_750_071_644_416_9e-9],
];
#[rustfmt::skip]
const FAR: Ratio = [
    [6.657_904_643_501_103, 5.463_784_911_164_114, 1.784_826_539_917_291_3,
     0.296_560_571_828_504_87, 0.026_532_189_526_576_124, 0.001_242_660_947_388_078_4,
     2.711_555_568_743_487_6e-5, 2.010_334_399_292_288_1e-7],
    [1.0, 0.599_832_206_555_888, 0.136_929_880_922_735_8, 0.014_875_361_290_850_615,
     7.868_691_311_456_133e-4, 1.846_318_317_510_054_8e-5, 1.421_511_758_316_446e-7,
     2.044_263_103_389_939_8e-15],
];

/// The logarithm of the gamma function for a positive argument (Lanczos 1964, nine terms).
pub(super) fn ln_gamma(x: f64) -> f64 {
    #[rustfmt::skip]
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9, 676.520_368_121_885_1, -1_259.139_216_722_402_8,
        771.323_428_777_653_1, -176.615_029_162_140_6, 12.507_343_278_686_905,
        -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6, 1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let sum: f64 = TERMS[0]
        + TERMS[1..].iter().enumerate().map(|(k, c)| c / (x + k as f64 + 1.0)).sum::<f64>();
    let base = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

/// The Student-t distribution with `degrees` of freedom.
#[derive(Debug, Clone, Copy)]
pub(super) struct StudentT {
    degrees: f64,
    /// The logarithm of the density's constant.
    constant: f64,
    /// `ln B(ν/2, 1/2)`.
    ln_beta: f64,
}

impl StudentT {
    pub(super) fn new(degrees: f64) -> Self {
        let half = degrees / 2.0;
        let ln_beta = ln_gamma(half) + 0.5 * PI.ln() - ln_gamma(half + 0.5);
        Self { degrees, constant: -ln_beta - 0.5 * degrees.ln(), ln_beta }
    }

    pub(super) fn ln_density(&self, x: f64) -> f64 {
        self.constant - 0.5 * (self.degrees + 1.0) * (x * x / self.degrees).ln_1p()
    }

    pub(super) fn cdf(&self, x: f64) -> f64 {
        let beyond = 0.5 * self.beyond(x * x);
        if x < 0.0 { beyond } else { 1.0 - beyond }
    }

    /// The probability of a square above `square`: the regularised incomplete beta function.
    fn beyond(&self, square: f64) -> f64 {
        let (a, b) = (self.degrees / 2.0, 0.5);
        let (x, rest) = (self.degrees / (self.degrees + square), square / (self.degrees + square));
        if square == 0.0 {
            return 1.0;
        }
        let front = (a * x.ln() + b * rest.ln() - self.ln_beta).exp();
        if x < (a + 1.0) / (a + b + 2.0) {
            front * continued(a, b, x) / a
        } else {
            1.0 - front * continued(b, a, rest) / b
        }
    }

    /// The number below which one lies with probability `p`: Newton's method on the logarithm of
    /// the lower tail, which is concave.
    pub(super) fn quantile(&self, p: f64) -> f64 {
        if p > 0.5 {
            return -self.quantile(1.0 - p);
        }
        if p == 0.5 {
            return 0.0;
        }
        // From the normal quantile, stretched by the first term of its expansion in 1/ν.
        let z = normal_quantile(p);
        let mut x = z + (z * z * z + z) / (4.0 * self.degrees);
        for _ in 0..60 {
            let tail = self.cdf(x);
            let step = (tail.ln() - p.ln()) * tail / self.ln_density(x).exp();
            // Far out the logarithm of the tail is straight in ln(−x).
            let next = if x < -2.0 { x * (-step / x).exp() } else { x - step };
            let next = next.min(0.0);
            if (next - x).abs() <= 1e-14 * x.abs() {
                return next;
            }
            x = next;
        }
        x
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn continued(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut sum = d;
    for m in 1..500 {
        let m = f64::from(m);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            sum *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 2e-13 * expected.abs(), "{found} is not {expected}");
    }

    /// Numbers of scipy 1.17.1 (`norm`, `t`, `gammaln`).
    #[test]
    fn distributions_are_those_of_scipy() {
        for (x, p) in [
            (-8.5, 9.47953482220325e-18),
            (-3.2, 0.0006871379379158471),
            (-2.9, 0.0018658133003840375),
            (-1.0, 0.15865525393145707),
            (-0.001, 0.49960105778608893),
            (0.7, 0.758036347776927),
            (2.5, 0.9937903346742238),
            (4.1, 0.9999793424930875),
        ] {
            near(normal_cdf(x), p);
        }
        for (p, x) in [
            (1e-20, -9.262340089798409),
            (1e-07, -5.1993375821928165),
            (0.01, -2.3263478740408408),
            (0.2, -0.8416212335729142),
            (0.6, 0.2533471031357997),
            (0.95, 1.6448536269514722),
            (0.9999, 3.719016485455709),
        ] {
            near(normal_quantile(p), x);
        }
        for (x, y) in [
            (0.1, 2.252712651734206),
            (0.5, 0.5723649429247),
            (1.5, -0.12078223763524526),
            (4.2, 2.04855563696059),
            (60.0, 184.53382886144948),
        ] {
            near(ln_gamma(x), y);
        }
        for (degrees, x, p, density) in [
            (2.1, -20.0, 0.0009864312974639637, -9.179170064651093),
            (2.1, -2.5, 0.06184819344866689, -3.1737891883383726),
            (2.1, -0.3, 0.3956427261947584, -1.0993311960351229),
            (2.1, 0.9, 0.7704056624302513, -1.5399210789353601),
            (2.1, 6.0, 0.9881334130596331, -5.526615940406703),
            (4.0, -20.0, 1.8441552901498655e-05, -12.518630545114874),
            (4.0, -2.5, 0.03338327240599407, -3.3332876141730425),
            (4.0, -0.3, 0.3895607141387299, -1.0364557753487755),
            (4.0, 0.9, 0.7904972403959578, -1.4418360605061742),
            (4.0, 6.0, 0.9980587314765197, -6.737291985496841),
            (7.5, -20.0, 4.422075355975724e-08, -17.93151123092815),
            (7.5, -2.5, 0.019410129136812764, -3.5282522695127194),
            (7.5, -0.3, 0.38616132928438907, -1.0028715305162916),
            (7.5, 0.9, 0.8019512375692778, -1.3880406047205194),
            (7.5, 6.0, 0.9997920087964972, -8.423071253936467),
            (30.0, -20.0, 3.3745418328856447e-19, -42.19738164427337),
            (30.0, -2.5, 0.009057824534033344, -3.8605213197760384),
            (30.0, -0.3, 0.3831230526421764, -0.9737007145657244),
            (30.0, 0.9, 0.8123558566131159, -1.3402202550483762),
            (30.0, 6.0, 0.9999993028615617, -13.148359411025035),
            (300.0, -20.0, 1.9315981281579945e-57, -128.43809985326908),
            (300.0, -2.5, 0.006476554602159591, -4.022974589006665),
            (300.0, -0.3, 0.3821924594140706, -0.9649150938491406),
            (300.0, 0.9, 0.8155789426803837, -1.325574277930208),
            (300.0, 6.0, 0.9999999971617805, -17.975739003698923),
        ] {
            let t = StudentT::new(degrees);
            near(t.cdf(x), p);
            near(t.ln_density(x), density);
            if p < 0.999 {
                near(t.quantile(p), x);
            }
        }
    }
}
