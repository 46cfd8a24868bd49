//! What is kept of experiments, runs, models, traces and people, as statements over a database.
//!
//! Each module is one noun of the tracking protocol. Its functions take an open [`database::Tx`], the
//! workspace that the caller works in, and what was asked; they give the noun back, or a
//! [`CatalogError`] with the code that the protocol has for it. Time is an argument. Nouns serialise
//! to the words of the wire, so that the server only frames them.
//!
//! This room knows nothing about HTTP, about who may do what, or about where artifacts are.

pub mod access;
pub mod assessments;
pub mod backup;
mod error;
pub mod eval_datasets;
pub mod experiments;
pub mod import;
pub mod logged_models;
pub mod metrics;
pub mod names;
pub mod registry;
pub mod runs;
mod schema;
pub mod search;
pub mod sound;
mod sql;
pub mod traces;
pub mod values;
pub mod webhooks;
pub mod workspaces;

pub use error::{CatalogError, Code};
pub use schema::MIGRATIONS;
pub use values::{Stage, Tag, ViewType};
