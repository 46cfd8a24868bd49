//! The population stability index of two histograms over the same bins.
//!
//! With shares `p` (reference) and `q` (recent),
//!
//! $$\mathrm{PSI} = \sum_b (p_b - q_b)\,\ln\frac{p_b}{q_b},$$
//!
//! which is the symmetrised Kullback–Leibler divergence (Jeffreys). Source: Siddiqi (2006),
//! *Credit Risk Scorecards*, ch. 9; its sampling distribution: Yurdakul (2018), *Statistical
//! Properties of Population Stability Index*, Western Michigan University, dissertation 3208.
//!
//! **Smoothing.** An empty bin would make the index infinite. Half an observation is added to
//! every bin that is not empty on both sides (Krichevsky & Trofimov 1981): with counts `n`, `m`
//! over `B` such bins, `p = (n + ½) / (N + B/2)` and likewise `q`. Unlike a fixed floor of the share,
//! this fades as the sample grows: one empty decile among 30 rows is weak evidence, among 3,000
//! rows it is strong.

/// Below it, a population is conventionally called stable (Siddiqi 2006, ch. 9).
pub const PSI_STABLE: f64 = 0.10;
/// From it on, a shift is conventionally called significant (Siddiqi 2006, ch. 9).
pub const PSI_SIGNIFICANT: f64 = 0.25;

const HALF: f64 = 0.5;

/// The conventional reading of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// Below 0.10.
    Stable,
    /// From 0.10 to below 0.25: look closer.
    Moderate,
    /// 0.25 and more.
    Significant,
}

impl Band {
    /// The band of an index. The bands assume large samples: with few rows the index is large by
    /// chance alone, see [`crate::FeatureDrift::psi_by_chance`].
    pub fn of(psi: f64) -> Band {
        match psi {
            psi if psi < PSI_STABLE => Band::Stable,
            psi if psi < PSI_SIGNIFICANT => Band::Moderate,
            _ => Band::Significant,
        }
    }
}

/// The index of two histograms over the same bins; not negative, nought for equal histograms, the
/// same when they change places. Panics if their lengths differ, which would be our own mistake.
pub fn psi(reference: &[u64], recent: &[u64]) -> f64 {
    assert_eq!(reference.len(), recent.len(), "histograms share their bins");
    let bins = occupied(reference, recent) as f64;
    let total = |counts: &[u64]| counts.iter().sum::<u64>() as f64 + HALF * bins;
    let (n, m) = (total(reference), total(recent));
    pairs(reference, recent)
        .map(|(a, b)| {
            let (p, q) = ((a as f64 + HALF) / n, (b as f64 + HALF) / m);
            (p - q) * (p / q).ln()
        })
        .sum()
}

/// What the index is expected to be when nothing has changed and rows are independent:
/// `(B − 1)(1/N + 1/M)` (Yurdakul 2018: the index over `1/N + 1/M` is asymptotically χ² with
/// `B − 1` degrees of freedom).
pub(crate) fn psi_by_chance(reference: &[u64], recent: &[u64]) -> f64 {
    let inverse = |counts: &[u64]| 1.0 / counts.iter().sum::<u64>() as f64;
    let freedom = occupied(reference, recent).saturating_sub(1) as f64;
    freedom * (inverse(reference) + inverse(recent))
}

fn occupied(reference: &[u64], recent: &[u64]) -> usize {
    pairs(reference, recent).count()
}

fn pairs<'a>(reference: &'a [u64], recent: &'a [u64]) -> impl Iterator<Item = (u64, u64)> + 'a {
    let both = reference.iter().copied().zip(recent.iter().copied());
    both.filter(|(a, b)| a + b > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bands_are_the_conventional_ones() {
        for (value, band) in [
            (0.0, Band::Stable),
            (0.0999, Band::Stable),
            (0.10, Band::Moderate),
            (0.25, Band::Significant),
            (3.0, Band::Significant),
        ] {
            assert_eq!(Band::of(value), band, "{value}");
        }
    }

    /// Shares ½, ½ against ¼, ¾: ¼·ln 2 + ¼·ln(3/2) = ¼·ln 3, by hand; the smoothing of counts
    /// this large is far below the tolerance.
    #[test]
    fn a_case_by_hand() {
        let found = psi(&[500_000_000, 500_000_000], &[250_000_000, 750_000_000]);
        assert!((found - 3f64.ln() / 4.0).abs() < 1e-8, "{found}");
    }

    proptest! {
        #[test]
        fn not_negative_symmetric_and_nought_for_the_same(
            counts in prop::collection::vec((0u64..500, 0u64..500), 1..20)
        ) {
            let (a, b): (Vec<_>, Vec<_>) = counts.into_iter().unzip();
            let value = psi(&a, &b);
            prop_assert!(value >= 0.0 && value.is_finite());
            prop_assert!((value - psi(&b, &a)).abs() < 1e-12);
            prop_assert_eq!(psi(&a, &a), 0.0);
        }
    }
}
