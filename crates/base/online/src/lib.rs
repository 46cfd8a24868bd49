//! The online store: the newest values of features, one packed row for each view and entity.
//!
//! In: batches of rows with an event time and a time of creation, and questions for many entities in
//! many views. Out: for each row the newer one stays; for each question a row or nothing. How far a
//! materialisation has come is committed in the same transaction as its rows, so that one that was
//! cut off goes on where it ended ([`Loading`]). A load into a file that is larger than memory should
//! hold is sorted by key first, on the disk.
//!
//! A store is [`Embedded`] (redb, a file in the home folder) or [`Remote`] (Redis or Valkey); both
//! stand behind [`OnlineStore`]. [`open`] takes either's address.
//!
//! It knows nothing about what views and features mean, where rows come from, clocks or HTTP.

mod batch;
mod codec;
mod embedded;
mod error;
mod key;
mod loading;
mod remote;
mod row;
mod sorting;
mod state;
mod store;
mod value;

pub use batch::{Batch, Progress, Written};
pub use embedded::Embedded;
pub use error::OnlineError;
pub use key::EntityKey;
pub use loading::{Loaded, Loading};
pub use remote::Remote;
pub use row::Found;
pub use state::{Mark, ViewState};
pub use store::{Ask, OnlineStore, open};
pub use value::Value;
