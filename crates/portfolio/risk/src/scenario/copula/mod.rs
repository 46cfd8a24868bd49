//! Copulas: how returns depend on each other, apart from how each is distributed.
//!
//! In come historical returns; out comes a [`Vine`], a tree of [`PairCopula`]s with a [`Margin`] for
//! each symbol, which draws scenarios, also such in which some returns are given. It does not know
//! what the scenarios are for.

mod concordance;
mod family;
mod fit;
mod margin;
mod pair;
mod vine;

pub use family::Family;
pub use margin::{Margin, MarginFamily};
pub use pair::{PairCopula, Rotation};
pub use vine::Vine;
