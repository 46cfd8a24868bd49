//! History through a mandate: days as events, a simulated venue, one decision after another.
//!
//! In: a [`cycle::Desk`], a [`History`] and a [`journal::Spine`]. Out: an [`Outcome`], from which
//! reports are drawn, and in the spine every fact on the way. The same history, desk and code give
//! the same facts, byte for byte, which is what resuming and replaying rest on.
//!
//! On each day: corporate actions and interest are booked, waiting orders are filled, the portfolio
//! is valued, and if a rule calls for it, [`cycle::decide`] decides. It knows no live venue, no
//! clock and no disk.

mod account;
mod attribution;
mod benchmark;
mod error;
mod history;
mod outcome;
mod report;
mod run;
mod venue;
mod waiting;

pub use error::BacktestError;
pub use history::{History, Vanished};
pub use outcome::{Outcome, Totals};
pub use run::{Watcher, run};
pub use venue::Venue;
