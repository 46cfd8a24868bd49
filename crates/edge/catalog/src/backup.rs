//! Everything that a database keeps, as one file that either database can be restored from.
//!
//! [`Saving`] writes it while servers go on working: all tables are read in one transaction, so that
//! the file shows them as they were at one moment. [`check`] holds a file against its own digests,
//! [`load`] fills an empty database with it, all or nothing, and [`artifacts`] gives the artifacts
//! that were kept with it. Memory stays flat, whatever the size.
//!
//! The file is a tar file: a head, tables as lines of JSON in parts that zstd made small, artifacts
//! as they are, each thousand followed by a list of their digests, and at the end the [`Manifest`]
//! with the digests of all that is before it. Which tables there are is read from the database.
//!
//! This room does not know where files and artifacts are: it is given readers and writers.

mod archive;
mod artifacts;
mod cells;
mod check;
mod error;
mod load;
mod manifest;
mod save;
mod shape;

pub use artifacts::artifacts;
pub use check::check;
pub use error::BackupError;
pub use load::{load, must_be_empty};
pub use manifest::{Artifacts, Column, Counter, Head, Kind, Manifest, Part, Table};
pub use save::Saving;

/// What is being done, for whoever waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// There is so much to do: rows of tables.
    Rows(u64),
    /// So many more rows were done, of this table.
    Done(String, u64),
}

/// The version of the schema that a database has, if it has one.
pub(crate) fn schema_version(
    tx: &mut database::Tx<'_>,
) -> Result<Option<i64>, crate::CatalogError> {
    Ok(shape::version(tx)?)
}
