//! The endpoints, by noun. Each takes an [`crate::ask::Ask`] and gives an answer.

pub mod artifacts;
pub mod experiments;
pub mod inputs;
pub mod logged_models;
pub mod permissions;
pub mod registry;
pub mod roles;
pub mod runs;
pub mod server;
pub mod tokens;
pub mod users;
pub mod webhooks;
pub mod workspaces;
