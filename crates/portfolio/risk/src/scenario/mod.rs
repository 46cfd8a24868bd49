//! Scenarios: returns that might come, drawn from what is known.
//!
//! In come moments or historical returns and a seed; out come [`Returns`](crate::Returns) with one
//! row for each scenario, or the wealth of many paths. The generator is counter-based: scenario `i`
//! is a function of the seed and `i` alone, so the same seed gives the same bits however the work is
//! split. It knows nothing about portfolios.
//!
//! ```
//! use risk::{Growth, Walk, fan};
//!
//! let growth = Growth::Normal { mean: 0.005, volatility: 0.04 }; // a month
//! let (walk, levels) = (Walk::new(growth, 1.0, 42, 0..10_000)?, [0.05, 0.5, 0.95]);
//! let fan = fan(walk, 12, 0.0, &levels)?;
//! assert!((fan[11][1] - 1.05).abs() < 0.01); // the median after a year
//! # Ok::<(), risk::RiskError>(())
//! ```

mod block;
mod block_length;
mod bootstrap;
mod copula;
mod elliptical;
mod filtered;
mod quantile;
mod random;
mod simplex;
mod special;
mod stress;
mod volatility;
mod walk;

pub use block_length::{BlockLength, optimal_block_length};
pub use bootstrap::Bootstrap;
pub use copula::{Family, Margin, MarginFamily, PairCopula, Rotation, Vine};
pub use elliptical::{gaussian, student};
pub use filtered::FilteredHistory;
pub use quantile::quantiles;
pub use random::{Philox, Stream};
pub use stress::{Stressed, stress};
pub use volatility::Garch;
pub use walk::{Growth, Walk, fan};
