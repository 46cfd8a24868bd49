//! Numbers that look random, from a seed: SplitMix64 (Steele, Lea and Flood 2014, "Fast Splittable
//! Pseudorandom Number Generators"). The same seed gives the same numbers everywhere.

/// A sequence of numbers that a seed decides.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The sequence of one part of a task: far from those of the other parts.
    pub(crate) fn part(seed: u64, part: usize) -> Self {
        let mut first = Self(seed ^ (part as u64).wrapping_mul(0xD1B5_4A32_D192_ED03));
        Self(first.next())
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From 0 to below `n`, which is at least 1. Its bias is below n/2⁶⁴.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Brings `count` members in a random order to the front (Fisher and Yates); all if there are
    /// not more.
    pub(crate) fn shuffle<T>(&mut self, members: &mut [T], count: usize) {
        for i in 0..count.min(members.len()) {
            let chosen = i + self.below(members.len() - i);
            members.swap(i, chosen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: the first numbers from 1234567 of Vigna's reference `splitmix64.c`.
    #[test]
    fn numbers_are_the_published_ones() {
        let mut random = Random::new(1_234_567);
        let first = [random.next(), random.next(), random.next()];
        assert_eq!(
            first,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn shuffling_keeps_all_members() {
        let mut members: Vec<usize> = (0..50).collect();
        Random::part(3, 1).shuffle(&mut members, 50);
        assert_ne!(members, (0..50).collect::<Vec<_>>());
        members.sort_unstable();
        assert_eq!(members, (0..50).collect::<Vec<_>>());
        assert!((0..1000).all(|_| Random::new(5).below(1) == 0));
    }
}
