//! How to tell whether a strategy holds up: which rows to learn from and which to test on, and what
//! its weights would have earned there.
//!
//! In come a number of rows and the shape of the test; out come [`Split`]s, in rows and not in
//! dates. [`walk_forward`] is the honest default. [`combinatorial`] tests every choice of folds and
//! so gives several paths through the same history instead of one. [`randomised`] walks forward in
//! random windows over random assets. [`held`] turns weights into returns as they drift between
//! rebalances and pay for their trades. [`out_of_sample`] takes any number of methods through a
//! [`Plan`] of such splits, [`compare`] sets what they earned side by side, [`expand`] turns a
//! sentence with choices into trials, and [`choose`] picks one of them without looking ahead. How often a Sharpe ratio as high as the best one comes from
//! luck is told by the deflated Sharpe ratio among the [`metrics`](crate::metrics()).
//!
//! It does not know what is learned, nor from what.

mod combinatorial;
mod grid;
mod held;
mod plan;
mod random;
mod score;
mod trial;
mod walk;

use std::ops::Range;

pub use combinatorial::{Combinatorial, Paths, combinatorial};
pub use grid::expand;
pub use held::{Fees, Held, Rebalance, held};
pub use plan::{Design, Fit, Path, Plan, Step};
pub use random::{Randomised, Window, randomised};
pub use score::{Comparison, Figures, Score, compare, quantile_of};
pub use trial::{Failure, History, Known, Tested, choose, out_of_sample};
pub use walk::{WalkForward, walk_forward};

/// Rows to learn from and rows to test on, as row numbers from nought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The rows to learn from, ascending.
    pub train: Vec<usize>,
    /// The rows to test on: one range for each test fold, ascending.
    pub test: Vec<Range<usize>>,
}
