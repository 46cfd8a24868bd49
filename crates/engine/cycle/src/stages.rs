//! The names of the steps of a decision, as they are metered.

/// Receives the name of the step that begins, so that an edge with a clock can meter it. Pure rooms
/// have no clock; [`()`](unit) meters nothing.
pub trait Stages {
    /// A step begins, and with it the one before ends.
    fn enter(&mut self, stage: &'static str);
}

impl Stages for () {
    fn enter(&mut self, _: &'static str) {}
}
