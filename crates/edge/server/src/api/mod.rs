//! The endpoints, by noun. Each takes an [`crate::ask::Ask`] and gives an answer.

pub mod experiments;
pub mod runs;
pub mod server;
