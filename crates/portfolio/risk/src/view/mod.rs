//! Views: what somebody believes beyond what history says, and what follows from it.
//!
//! In come a prior (moments, or scenarios with their probabilities) and views as sentences, such as
//! `AAPL - MSFT >= 1%`; out comes the posterior. [`BlackLitterman`] moves moments, and takes
//! equalities of means with a confidence. [`entropy_pooling`] moves the probabilities of scenarios,
//! and takes equalities and inequalities of means, variances, correlations, skewness, kurtosis and
//! tails. [`pool_linear`] and [`pool_logarithmic`] join the posteriors of several people. It knows
//! nothing about where the views come from.
//!
//! ```
//! use risk::{Returns, View, Vocabulary, entropy_pooling};
//!
//! let symbols = ["A", "B"].map(Into::into).to_vec();
//! let returns = Returns::new(symbols, vec![0.02, 0.0, -0.01, 0.01, 0.0, -0.02, 0.01, 0.02])?;
//! let names = Vocabulary::new(returns.symbols());
//! let views = [View::parse("A - B == 1%", &names)?, View::parse("A <= 1%", &names)?];
//! let posterior = entropy_pooling(&returns, None, &views)?;
//! let mean = posterior.moments(&returns)?.mean;
//! assert!((mean[0] - mean[1] - 0.01).abs() < 1e-9);
//! # Ok::<(), risk::RiskError>(())
//! ```

mod black_litterman;
mod dual;
mod feature;
mod opinion;
mod pooling;
mod sentence;
mod statistic;
mod tail;
mod vocabulary;

pub use black_litterman::{BlackLitterman, with_factors};
pub use opinion::{pool_linear, pool_logarithmic, robust_shares};
pub use pooling::{Posterior, entropy_pooling};
pub use statistic::{Portfolio, Relation, Statistic, View};
pub use vocabulary::Vocabulary;
