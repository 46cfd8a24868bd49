//! The endpoints, by noun. Each takes an [`crate::ask::Ask`] and gives an answer.

pub mod absent;
pub mod artifacts;
pub mod assessments;
pub mod eval_datasets;
pub mod experiments;
pub mod features;
pub mod inference;
pub mod inputs;
pub mod logged_models;
pub mod otlp;
pub mod permissions;
pub mod registry;
pub mod roles;
pub mod runs;
pub mod server;
pub mod signing;
pub mod tokens;
pub mod traces;
pub mod users;
pub mod webhooks;
pub mod workspaces;
