//! Bootstraps: history drawn again, in blocks that keep what neighbouring days share.
//!
//! In come historical returns; out come as many rows as are asked for, each a row of history, so
//! that what symbols share on a day is kept whole. It does not know what the rows mean.

use super::random::Stream;
use crate::{Returns, RiskError};

/// How blocks are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bootstrap {
    /// Blocks of equal length that lie within the history (Künsch 1989). A block of 1 draws single
    /// days (Efron 1979).
    Moving {
        /// Length of a block.
        block: usize,
    },
    /// Blocks of equal length that may run over the end to the start, so that all days are as
    /// likely (Politis and Romano 1992).
    Circular {
        /// Length of a block.
        block: usize,
    },
    /// Blocks of geometric length around the circle, so that what is drawn is stationary (Politis
    /// and Romano 1994, "The stationary bootstrap").
    Stationary {
        /// Mean length of a block, at least 1.
        mean_block: f64,
    },
}

impl Bootstrap {
    /// Which of `len` rows of history each of `rows` drawn rows is. Each `resample` is another.
    ///
    /// Fails if there is no history, or a block is shorter than one row or longer than history.
    pub fn rows(
        &self,
        len: usize,
        rows: usize,
        seed: u64,
        resample: u64,
    ) -> Result<Vec<usize>, RiskError> {
        crate::covariance::require_rows("a bootstrap", len, 1)?;
        self.check(len)?;
        let mut stream = Stream::new(seed, resample, 0);
        let mut drawn: Vec<usize> = Vec::with_capacity(rows);
        let mut left = 0;
        while drawn.len() < rows {
            let next = match (left, drawn.last()) {
                (1.., Some(last)) => (last + 1) % len,
                _ => {
                    left = self.length(&mut stream);
                    match self {
                        Bootstrap::Moving { block } => stream.below(len + 1 - block),
                        _ => stream.below(len),
                    }
                }
            };
            left -= 1;
            drawn.push(next);
        }
        Ok(drawn)
    }

    /// `rows` rows drawn from `returns`. Fails as [`rows`](Self::rows) does.
    pub fn draw(
        &self,
        returns: &Returns,
        rows: usize,
        seed: u64,
        resample: u64,
    ) -> Result<Returns, RiskError> {
        let drawn = self.rows(returns.rows(), rows, seed, resample)?;
        let values = drawn.iter().flat_map(|row| returns.row(*row)).copied().collect();
        Returns::new(returns.symbols().to_vec(), values)
    }

    /// How long the next block is.
    fn length(&self, stream: &mut Stream) -> usize {
        match *self {
            Bootstrap::Moving { block } | Bootstrap::Circular { block } => block,
            Bootstrap::Stationary { mean_block } if mean_block <= 1.0 => 1,
            Bootstrap::Stationary { mean_block } => {
                let stay = -stream.exponential() / (-1.0 / mean_block).ln_1p();
                1 + stay.min(1e15) as usize
            }
        }
    }

    fn check(&self, len: usize) -> Result<(), RiskError> {
        let found = match *self {
            Bootstrap::Moving { block } | Bootstrap::Circular { block } => block as f64,
            Bootstrap::Stationary { mean_block } => mean_block,
        };
        let stationary = matches!(self, Bootstrap::Stationary { .. });
        if found >= 1.0 && found.is_finite() && (stationary || found <= len as f64) {
            return Ok(());
        }
        let must = "at least 1 and at most the length of history";
        Err(RiskError::Parameter { name: "the length of a block", found, must })
    }
}
