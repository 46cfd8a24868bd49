//! The proof that something passed the limits.

use serde::Serialize;

/// A value that [`crate::Limits::check`] let through. There is no other way to make one: it has no
/// constructor, cannot be read from text, and gives out its value only to look at.
///
/// ```compile_fail
/// fn forge(order: types::Order) -> execution::Checked<types::Order> {
///     execution::Checked(order)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Checked<T>(T);

impl<T> Checked<T> {
    pub(crate) fn passed(value: T) -> Self {
        Self(value)
    }

    /// The value that was checked.
    pub fn get(&self) -> &T {
        &self.0
    }
}
