//! What the server tells of itself while it runs: numbers, lines, traces, and whether it is well.
//!
//! [`watch`] is the outermost layer: every request passes through it once on its way in and once on
//! its way out. It knows methods, routes, statuses and durations, and who asked; it never looks at
//! headers beyond its own, at bodies, or at what stands behind `?`.

mod bytes;
mod features;
mod health;
mod logs;
mod meters;
mod openapi;
mod otlp;
mod page;
mod process;
mod request_id;
mod spans;
#[cfg(test)]
mod tests;
mod usage;
mod watch;

pub use health::health;
pub use logs::{Observing, Telemetry, observe};
pub use meters::{Delivered, Meters};
pub use openapi::openapi;
pub use page::metrics;
pub use spans::statements;
pub use watch::{Who, is_artifact, watch};
