//! Random numbers that are a function of a seed and a place.
//!
//! In come a seed and counters; out come bits, uniform, normal, exponential and gamma numbers. There
//! is no hidden state: who knows the counters can ask for the same number again.

/// Multiplier and key increment of Philox 2×64.
const MULTIPLIER: u64 = 0xD2B7_4407_B1CE_6E93;
const WEYL: u64 = 0x9E37_79B9_7F4A_7C15;
const ROUNDS: usize = 10;

/// Philox 2×64-10: a bijection of 128 bits for each key that passes all tests of TestU01 (Salmon,
/// Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Philox {
    key: u64,
}

impl Philox {
    /// The generator of this seed.
    pub fn new(seed: u64) -> Self {
        Self { key: seed }
    }

    /// The two words at this counter.
    #[inline]
    pub fn at(self, counter: [u64; 2]) -> [u64; 2] {
        let ([mut a, mut b], mut key) = (counter, self.key);
        for _ in 0..ROUNDS {
            let product = u128::from(a) * u128::from(MULTIPLIER);
            (a, b) = ((product >> 64) as u64 ^ key ^ b, product as u64);
            key = key.wrapping_add(WEYL);
        }
        [a, b]
    }
}

/// Where, within a counter, the number of words drawn before begins.
const DRAWN: u32 = 40;

/// A sequence of random numbers for one lane (a scenario, a path) at one step.
#[derive(Debug, Clone)]
pub struct Stream {
    philox: Philox,
    counter: [u64; 2],
    spare: Option<u64>,
}

impl Stream {
    /// The sequence of `lane` at `step`, which is below `2⁴⁰`. It repeats after `2²⁴` words.
    pub fn new(seed: u64, lane: u64, step: u64) -> Self {
        Self { philox: Philox::new(seed), counter: [lane, step], spare: None }
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        if let Some(word) = self.spare.take() {
            return word;
        }
        self.counter[1] = self.counter[1].wrapping_add(1 << DRAWN) & !(1 << 63);
        let [now, later] = self.philox.at(self.counter);
        self.spare = Some(later);
        now
    }

    /// Above 0, below 1, in steps of `2⁻⁵³`.
    pub fn uniform(&mut self) -> f64 {
        unit(self.bits())
    }

    /// One of `0 .. n`, each as likely to within `n / 2⁶⁴`.
    pub fn below(&mut self, n: usize) -> usize {
        below(self.bits(), n)
    }

    /// Standard exponential.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Gamma with this shape, at least 1/2, and scale 1 (Marsaglia and Tsang 2000, "A simple method
    /// for generating gamma variables").
    pub(crate) fn gamma(&mut self, shape: f64, normal: &Ziggurat) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0, normal) * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = normal.draw(self);
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }
}

#[inline]
fn unit(bits: u64) -> f64 {
    // Through a signed number, which processors convert at once.
    ((bits >> 11) as i64 as f64 + 0.5) * (1.0 / (1_u64 << 53) as f64)
}

/// From −1 to below 1.
#[inline]
fn place(bits: u64) -> f64 {
    (bits as i64 >> 11) as f64 * (1.0 / (1_u64 << 52) as f64)
}

#[inline]
pub(crate) fn below(bits: u64, n: usize) -> usize {
    ((u128::from(bits) * n as u128) >> 64) as usize
}

/// Layers of the ziggurat, the start of its tail, and the area of each layer.
const LAYERS: usize = 256;
const TAIL: f64 = 3.654_152_885_361_009;
const AREA: f64 = 0.004_928_673_233_974_655;

/// Standard normal numbers by layers of equal area: 99 of 100 cost one look-up and one product
/// (Marsaglia and Tsang 2000, "The ziggurat method for generating random variables").
#[derive(Debug, Clone)]
pub(crate) struct Ziggurat {
    /// Half widths, widest first; the first stands for the base with its tail.
    edges: [f64; LAYERS + 1],
    /// `e^(−x²/2)` at each.
    heights: [f64; LAYERS + 1],
}

impl Ziggurat {
    pub(crate) fn new() -> Self {
        let height = |x: f64| (-0.5 * x * x).exp();
        let mut edges = [0.0; LAYERS + 1];
        (edges[0], edges[1]) = (AREA / height(TAIL), TAIL);
        for layer in 2..LAYERS {
            let before = edges[layer - 1];
            edges[layer] = (-2.0 * (AREA / before + height(before)).ln()).sqrt();
        }
        Self { edges, heights: edges.map(height) }
    }

    /// The number that these bits stand for, if they are among the 99 of 100.
    #[inline]
    pub(crate) fn quick(&self, bits: u64) -> Result<f64, usize> {
        // The layer and the place in it come from different bits.
        let layer = (bits & (LAYERS as u64 - 1)) as usize;
        let x = place(bits) * self.edges[layer];
        if x.abs() < self.edges[layer + 1] { Ok(x) } else { Err(layer) }
    }

    /// The number at these bits; `further` gives more where they do not decide.
    #[inline]
    pub(crate) fn at(&self, bits: u64, further: impl FnOnce() -> Stream) -> f64 {
        match self.quick(bits) {
            Ok(x) => x,
            Err(_) => self.slow(bits, &mut further()),
        }
    }

    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        let bits = stream.bits();
        match self.quick(bits) {
            Ok(x) => x,
            Err(_) => self.slow(bits, stream),
        }
    }

    #[cold]
    fn slow(&self, mut bits: u64, stream: &mut Stream) -> f64 {
        loop {
            let layer = match self.quick(bits) {
                Ok(x) => return x,
                Err(layer) => layer,
            };
            let x = place(bits) * self.edges[layer];
            if layer == 0 {
                return self.beyond(stream).copysign(x);
            }
            let (low, high) = (self.heights[layer], self.heights[layer + 1]);
            if low + stream.uniform() * (high - low) < (-0.5 * x * x).exp() {
                return x;
            }
            bits = stream.bits();
        }
    }

    /// A number from the tail (Marsaglia 1964).
    fn beyond(&self, stream: &mut Stream) -> f64 {
        loop {
            let x = stream.exponential() / TAIL;
            if 2.0 * stream.exponential() > x * x {
                return TAIL + x;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers that the authors publish with their library Random123 (`kat_vectors`).
    #[test]
    fn philox_gives_its_published_answers() {
        let pi = [0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344];
        for (key, counter, expected) in [
            (0, [0, 0], [0xCA00_A045_9843_D731, 0x66C2_4222_C9A8_45B5]),
            (u64::MAX, [u64::MAX; 2], [0x65B0_21D6_0CD8_310F, 0x4D02_F322_2F86_DF20]),
            (0xA409_3822_299F_31D0, pi, [0x0A5E_742C_2997_341C, 0xB0F8_83D3_8000_DE5D]),
        ] {
            assert_eq!(Philox::new(key).at(counter), expected);
        }
    }

    /// The last layer ends where the density does: at zero, with height 1.
    #[test]
    fn layers_of_the_ziggurat_have_equal_areas() {
        let z = Ziggurat::new();
        let last = z.edges[LAYERS - 1] * (1.0 - z.heights[LAYERS - 1]);
        assert!((last - AREA).abs() < 1e-12, "{last}");
        assert!(z.edges.is_sorted_by(|a, b| a > b));
    }

    /// Shares of normal numbers below these points, from tables of the normal distribution, within
    /// four standard errors; and the first four moments.
    #[test]
    fn normal_numbers_are_normal() {
        let (z, mut stream, n) = (Ziggurat::new(), Stream::new(7, 0, 0), 1_000_000);
        let draws: Vec<f64> = (0..n).map(|_| z.draw(&mut stream)).collect();
        for (point, share) in [
            (-3.0, 0.001_349_898_031_630_1),
            (-1.0, 0.158_655_253_931_457_05),
            (0.0, 0.5),
            (0.5, 0.691_462_461_274_013_1),
            (2.0, 0.977_249_868_051_820_8),
            (3.8, 0.999_927_651_956_074_9),
        ] {
            let found = draws.iter().filter(|x| **x < point).count() as f64 / f64::from(n);
            let error = (share * (1.0 - share) / f64::from(n)).sqrt();
            assert!((found - share).abs() < 4.0 * error, "{point}: {found} is not {share}");
        }
        for (power, moment, error) in [(1, 0.0, 1.0), (2, 1.0, 1.42), (3, 0.0, 3.9), (4, 3.0, 9.8)]
        {
            let found = draws.iter().map(|x| x.powi(power)).sum::<f64>() / f64::from(n);
            assert!((found - moment).abs() < 4.0 * error / f64::from(n).sqrt(), "{power}: {found}");
        }
    }

    /// Mean and variance of a gamma number are its shape.
    #[test]
    fn gamma_numbers_have_their_moments() {
        let (z, n) = (Ziggurat::new(), 200_000);
        for shape in [0.5, 1.0, 2.5, 30.0] {
            let mut stream = Stream::new(11, 3, 0);
            let draws: Vec<f64> = (0..n).map(|_| stream.gamma(shape, &z)).collect();
            let mean = draws.iter().sum::<f64>() / f64::from(n);
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
            let root = f64::from(n).sqrt();
            assert!((mean - shape).abs() < 4.0 * shape.sqrt() / root, "{shape}: {mean}");
            let error = (2.0 * shape * shape + 6.0 * shape).sqrt();
            assert!((variance - shape).abs() < 4.0 * error / root, "{shape}: {variance}");
        }
    }
}
