//! The tracking server: HTTP in the words of the MLflow protocol, version 3.17.
//!
//! Requests come in; each is read by an [`ask::Ask`], handed to the `catalog` (or to the object
//! store, for artifacts), and answered in the shape of the wire. [`serve`] runs until it is told to
//! stop, then lets the requests at hand finish.
//!
//! This room knows no statements and keeps nothing itself.

mod access;
mod api;
mod app;
mod ask;
mod connections;
mod error;
mod fields;
mod intake;
mod operate;
mod reply;
mod routes;
mod serve;
#[cfg(test)]
mod tests;
mod tls;
mod webhooks;

pub use access::{BasicAuth, Secret, Security, Tls, WebhookRules};
pub use api::features::Features;
pub use api::inference::{OnInvalid, Pick, Reference, Serving};
pub use api::signing::Signing;
pub use app::{App, Options};
pub use catalog::access::Permission;
pub use catalog::registry::Demand;
pub use connections::Patience;
pub use error::ServeError;
pub use operate::{Observing, Telemetry, observe};
pub use routes::router;
pub use serve::serve;
