//! How a logged model stands.

use serde::{Serialize, Serializer};

use crate::CatalogError;

/// How a logged model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nobody said.
    Unspecified,
    /// Its files are on their way.
    Pending,
    /// Its files are in place.
    Ready,
    /// Its files could not be brought into place.
    Failed,
}

use Status::{Failed, Pending, Ready, Unspecified};

impl Status {
    const ALL: [Self; 4] = [Unspecified, Pending, Ready, Failed];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Unspecified => "LOGGED_MODEL_STATUS_UNSPECIFIED",
            Pending => "LOGGED_MODEL_PENDING",
            Ready => "LOGGED_MODEL_READY",
            Failed => "LOGGED_MODEL_UPLOAD_FAILED",
        }
    }

    /// The word that clients have for it, and by which it is searched.
    pub(super) const fn short(self) -> &'static str {
        match self {
            Unspecified => "UNSPECIFIED",
            Pending => "PENDING",
            Ready => "READY",
            Failed => "FAILED",
        }
    }

    /// As it is kept.
    pub(crate) const fn number(self) -> i64 {
        self as i64
    }

    /// The status of a number that is kept.
    pub fn of(number: i64) -> Self {
        Self::ALL.into_iter().find(|status| status.number() == number).unwrap_or(Unspecified)
    }

    /// Reads a word of the wire, a client's word, or a number as text; none if it is no status.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| {
            text == status.as_str() || text == status.short() || text == status.number().to_string()
        })
    }

    /// Reads the status that a request gives.
    ///
    /// # Errors
    /// Refuses what is no status.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        Self::read(text).ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            let why = format!("use one of {words}.");
            crate::names::invalid("status", text, &why)
        })
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}
