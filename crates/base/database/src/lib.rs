//! One way to speak to a database: SQLite in a file, or PostgreSQL at an address.
//!
//! Statements come in as SQL in the words that both understand, with `?1`, `?2` … for values; rows
//! go out. A [`Database`] runs closures over a [`Tx`] on threads of its own, so that the statements
//! of a question are written once, without `async`, and the callers may be async or not.
//!
//! Writes that wait while the disk syncs share the next sync (group commit): in SQLite one thread
//! writes and takes all that waits into one transaction, each behind a savepoint of its own; in
//! PostgreSQL each write is a transaction, and the server groups them. A write whose future has
//! resolved to `Ok` is durable.
//!
//! This room does not know which tables there are; who opens a database brings its [`Migration`]s.

mod error;
mod meter;
mod migrate;
mod postgresql;
mod row;
mod secured;
mod sqlite;
mod tx;
mod value;
mod worker;

pub use error::DatabaseError;
pub use meter::{KindOfWork, Spread, Usage};
pub use migrate::Migration;
pub use row::{FromColumn, Row};
pub use tx::{Dialect, Tx};
pub use value::Value;
pub use worker::{AsDatabaseError, Database, Options};
