//! What the learned allocator sees of each asset: past returns and volatilities, set beside those of
//! the others on the same day.
//!
//! In: daily returns. Out: for each asset and day the sums of its newest returns over several
//! windows and its volatilities, each less the mean and over the standard deviation across assets,
//! cut off at three. A day's features read returns up to that day and none after it.

use risk::Returns;

/// Windows in days: one day, a week, a month, a quarter.
const RETURNS: [usize; 4] = [1, 5, 21, 63];
const VOLATILITIES: [usize; 2] = [21, 63];

/// Where a feature is cut off.
const MOST: f64 = 3.0;

/// The features of a history.
pub(super) struct Features {
    assets: usize,
    returns: Vec<usize>,
    volatilities: Vec<usize>,
    /// Sums of returns and of their squares before each day, asset by asset within a day.
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Features {
    /// Of `history`, by those windows that fit into it at least three times.
    pub fn new(history: &Returns) -> Self {
        let (rows, assets) = (history.rows(), history.cols());
        let fitting = |windows: &[usize]| -> Vec<usize> {
            windows.iter().copied().filter(|days| 3 * days <= rows).collect()
        };
        let (mut sums, mut squares) = (vec![0.0; assets], vec![0.0; assets]);
        for row in 0..rows {
            for (asset, value) in history.row(row).iter().enumerate() {
                sums.push(sums[row * assets + asset] + value);
                squares.push(squares[row * assets + asset] + value * value);
            }
        }
        let (returns, volatilities) = (fitting(&RETURNS), fitting(&VOLATILITIES));
        Self { assets, returns, volatilities, sums, squares }
    }

    /// How many there are of each asset.
    pub fn count(&self) -> usize {
        self.returns.len() + self.volatilities.len()
    }

    /// The first day that has all of them, as the number of returns before it.
    pub fn first(&self) -> usize {
        self.returns.iter().chain(&self.volatilities).copied().max().unwrap_or(0)
    }

    /// The features after `known` returns, asset by asset.
    pub fn at(&self, known: usize) -> Vec<f64> {
        let mut features = vec![0.0; self.assets * self.count()];
        let of_returns = self.returns.iter().map(|days| self.over(&self.sums, known, *days));
        let of_squares = self.volatilities.iter().map(|days| {
            let sums = self.over(&self.squares, known, *days);
            sums.into_iter().map(|sum| sum.max(0.0).sqrt()).collect()
        });
        for (place, mut values) in of_returns.chain(of_squares).enumerate() {
            standardise(&mut values);
            for (asset, value) in values.into_iter().enumerate() {
                features[asset * self.count() + place] = value;
            }
        }
        features
    }

    fn over(&self, sums: &[f64], known: usize, days: usize) -> Vec<f64> {
        let (now, before) = (known * self.assets, (known - days) * self.assets);
        (0..self.assets).map(|asset| sums[now + asset] - sums[before + asset]).collect()
    }
}

fn standardise(values: &mut [f64]) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    for value in values {
        let away = *value - mean;
        *value = if deviation > 1e-12 { (away / deviation).clamp(-MOST, MOST) } else { 0.0 };
    }
}
