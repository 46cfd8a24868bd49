//! Target weights and holdings go in; whole-lot orders that passed every limit come out, and after
//! the fills, what the trading cost.
//!
//! 1. [`construct`] turns weights into orders of whole lots that cash can pay, and records what
//!    every symbol lost on the way as a [`Trim`].
//! 2. [`Limits::check`] is the only way to a [`Checked`] order, for machines and people alike. A
//!    venue takes nothing else.
//! 3. [`shortfall`] compares what was estimated, what was paid and what waiting cost.
//!
//! [`trajectory`] says how fast to trade an order that is too large for one piece.
//!
//! It knows nothing of brokers, of how an order is placed, or of why the weights are what they are.
//! Schedules by volume (VWAP, participation) are not here yet: a checked order is one piece.

mod checked;
mod construct;
mod context;
mod error;
mod limits;
mod lots;
mod reasons;
mod screening;
mod shortfall;
mod trajectory;

pub use checked::Checked;
pub use construct::{Construction, construct};
pub use context::Context;
pub use error::ExecutionError;
pub use limits::Limits;
pub use lots::Lots;
pub use reasons::{Reason, Refusal, RefusalReason, Trim, TrimReason, reasons};
pub use screening::Screening;
pub use shortfall::{Marks, Shortfall, shortfall};
pub use trajectory::{Impact, Trajectory, trajectory};
