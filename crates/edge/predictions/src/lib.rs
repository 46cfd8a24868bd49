//! The prediction log: every prediction that was given out, with all that it rests on.
//!
//! In: [`Prediction`]s, from a server or a program. Out: a folder from which SQL reads them all, each
//! under an id of its own.
//!
//! ```text
//! FOLDER/lock                       one process writes, any number read
//! FOLDER/wal/00000042.wal           the newest rows: frames with checksums, appended
//! FOLDER/parquet/00000001-00000040.parquet   the rows of those segments, sorted by id
//! FOLDER/outcomes/…parquet          what came true
//! FOLDER/damaged/00000017.wal       a segment in which bytes had changed, as it was found
//! ```
//!
//! * **When is a prediction kept?** [`Durability::Synced`]: when [`PredictionLog::append`] returns,
//!   it is on the disk; all that wait share one sync. [`Durability::Written`]: it is with the
//!   operating system, so that it survives the end of the process however that comes, and goes to the
//!   disk within [`Options::sync_every`].
//! * **Nothing is kept twice.** A segment that is full becomes a Parquet file by a rename; then it is
//!   removed. Of files that cover each other's segments, only the widest counts.
//! * **A torn end is cut off**: it was never acknowledged. A segment in which bytes changed is put
//!   aside as it is, and every frame that is whole is taken over.
//!
//! [`Check`] flags outputs that cannot be right and, where the policy says so, withholds them.
//!
//! It does not know about models, HTTP or SQL: `cli` brings the files and the newest rows together in
//! a table.

mod check;
mod columns;
mod error;
mod find;
mod flags;
mod folder;
mod follow;
mod frame;
mod id;
mod kept;
mod log;
mod merge;
mod outcomes;
mod parquet_file;
mod prediction;
mod roll;
mod segment;
mod sync;
mod writer;

pub use check::{Bounds, Check};
pub use columns::{record_batch, schema};
pub use error::LogError;
pub use find::find;
pub use flags::{Flag, Flags};
pub use follow::Follow;
pub use id::PredictionId;
pub use kept::{Kept, kept};
pub use log::{Durability, Options, PredictionLog, Receipt, Recovered, Usage};
pub use outcomes::{Of, Outcome, keep_outcomes, outcome_files, outcome_schema};
pub use parquet_file::write_parquet;
pub use prediction::{Outputs, Prediction, Served, Value};
