//! One decision, from what is seen to orders that passed every limit.
//!
//! A [`Mandate`] is parsed and set up as a [`Desk`]; what a run carries from day to day is its
//! [`Book`]. [`decide`] takes what was [`Seen`] and what is held, and gives a [`Decision`]: orders,
//! and the facts ([`facts`]) that say why. It is the only room that knows the order of the others.
//!
//! It knows nothing about disk, network or clocks. The day, the seed and the code version are
//! arguments; what it decides is the same, bit for bit, whenever it is asked again.

mod beliefs;
mod book;
mod changed;
mod characteristics;
mod choose;
mod decide;
mod desk;
mod error;
pub mod facts;
mod forecast;
mod frontier;
mod given;
mod inspect;
mod invest;
mod learn;
pub mod mandate;
mod moments;
mod observe;
mod period;
mod rule;
mod seen;
mod stages;
mod trade;
mod trail;
mod tune;
mod watch;

pub use book::Book;
pub use changed::forecast_changed;
pub use decide::{Decision, Shape, decide};
pub use desk::{Characteristic, Code, Desk, Outlook, Views};
pub use error::CycleError;
pub use frontier::{FrontierSeen, frontier};
pub use given::{Given, GivenModel};
pub use invest::invest;
pub use mandate::{Mandate, MandateError};
pub use moments::is_too_early;
pub use period::{Period, Today};
pub use rule::{Look, Rule, RuleError};
pub use seen::{Seen, daily_value};
pub use stages::Stages;
pub use trail::Trail;
