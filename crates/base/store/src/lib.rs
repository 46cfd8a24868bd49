//! Records, bytes and tables on disk.
//!
//! A [`Home`] is a folder that belongs to one process at a time: a SQLite file with the journal and
//! small objects, and beside it a folder of large objects under their digests. [`tables`] reads
//! CSV and Parquet. This room knows nothing about portfolios or models.

mod files;
mod home;
mod objects;
mod records;
pub mod tables;

pub use files::{file_digest, keep_file, kept_file};
pub use home::{Home, StoreError};
