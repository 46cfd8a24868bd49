//! Traces: how they come in, what their spans say of them, how they are found, counted and deleted.
//!
//! What a test expects was measured at MLflow 3.17.2, which was sent the same requests.

mod common;
#[path = "traces/counted.rs"]
mod counted;
#[path = "traces/found.rs"]
mod found;
#[path = "traces/kit.rs"]
mod kit;
#[path = "traces/said.rs"]
mod said;
#[path = "traces/spans.rs"]
mod spans;
