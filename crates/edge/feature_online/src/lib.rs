//! Features online: the newest values of a feature store's views, to be asked for and to be written.
//!
//! In: the definitions of a home, an online store, and questions, pushed rows or spans of time. Out:
//! for a [`Question`] columns of values, each with a status and an event time; for pushed rows and
//! spans ([`Serving::write`], [`Serving::materialize`]) the newest rows in the store; for a model that
//! is asked by entity its columns ([`Serving::vectors`]).
//!
//! It knows nothing of HTTP or terminals, and keeps nothing itself: rows are the `online` room's, and
//! definitions and history the `feature_store` room's.

mod cells;
mod clock;
mod demand;
mod derive;
mod error;
mod history;
mod lookup;
mod materialize;
mod moment;
mod naming;
mod question;
mod serving;
mod stats;
mod vectors;
mod write;

pub use clock::now_micros;
pub use error::ServingError;
pub use lookup::{Answer, Column, Status};
pub use materialize::{Claim, Materialized, Step, Until};
pub use moment::{parse_moment, rfc3339};
pub use question::{Columns, Question, Wanted};
pub use serving::Serving;
pub use stats::{Freshness, Pending};
pub use vectors::{Looked, Trouble, Vectors};
pub use write::{Pushed, Target, Whereto};
