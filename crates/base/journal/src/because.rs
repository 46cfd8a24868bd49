//! The causes of a fact: never none, but for an observation or a human command.

use types::Id;

/// One or more causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because(Vec<Id>);

impl Because {
    /// One cause.
    pub fn of(cause: impl Into<Id>) -> Self {
        Self(vec![cause.into()])
    }

    /// And another.
    #[must_use]
    pub fn and(mut self, cause: impl Into<Id>) -> Self {
        self.0.push(cause.into());
        self
    }

    /// And others, if there are any.
    #[must_use]
    pub fn and_all(mut self, causes: impl IntoIterator<Item = Id>) -> Self {
        self.0.extend(causes);
        self
    }

    /// The causes, at least one.
    pub fn ids(&self) -> &[Id] {
        &self.0
    }

    pub(crate) fn into_ids(self) -> Vec<Id> {
        self.0
    }
}
