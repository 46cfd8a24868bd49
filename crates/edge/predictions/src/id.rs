//! The id of a prediction: sortable by time, unique without asking anybody.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use types::{Digest, Timestamp};
use uuid::Uuid;

/// A UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, then a counter
/// and random bits, which count up within a millisecond. Written as 36 characters; texts and values
/// sort alike, by time, and ids that one process made sort in the order in which it made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PredictionId(Uuid);

/// The newest id of this process.
static NEWEST: Mutex<PredictionId> = Mutex::new(PredictionId(Uuid::nil()));

impl PredictionId {
    /// A new id, of now.
    pub fn new() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let mut newest = NEWEST.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = match now > newest.milliseconds() {
            true => Self(Uuid::now_v7()),
            // Asking the operating system for random bits takes as long as all else about a row.
            false => Self(Uuid::from_u128(newest.0.as_u128() + 1)),
        };
        *newest
    }

    /// The id of a prediction that is told by a moment and a name, such as the forecast of a symbol
    /// in a record of the journal: the same moment and name always have the same id. The name's
    /// digest stands where others have random bits.
    pub fn derived(at: Timestamp, name: &[u8]) -> Self {
        let digest = Digest::of(name);
        let milliseconds = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&digest.as_bytes()[..10]);
        bytes[6] = (bytes[6] & 0x0f) | 0x70;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(Uuid::from_bytes(bytes))
    }

    /// The milliseconds since 1970 that it carries.
    pub fn milliseconds(&self) -> u64 {
        let mut bytes = [0; 8];
        bytes[2..].copy_from_slice(&self.0.as_bytes()[..6]);
        u64::from_be_bytes(bytes)
    }

    /// Writes the 36 characters into `room` and gives them.
    pub(crate) fn text<'a>(&self, room: &'a mut [u8; 36]) -> &'a str {
        self.0.hyphenated().encode_lower(room)
    }
}

impl Default for PredictionId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for PredictionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.hyphenated())
    }
}

/// A text that is not the id of a prediction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the id of a prediction: expected a UUID such as 017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
)]
pub struct ParsePredictionIdError(String);

impl FromStr for PredictionId {
    type Err = ParsePredictionIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self).map_err(|_| ParsePredictionIdError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9562, appendix A.6: the example of version 7 is of 2022-02-22 14:22:22 GMT-05:00,
    /// 0x017F22E279B0 milliseconds.
    #[test]
    fn the_milliseconds_are_those_of_the_published_example() {
        let id: PredictionId = "017F22E2-79B0-7CC3-98C4-DC0C0C07398F".parse().unwrap();
        assert_eq!(id.milliseconds(), 0x017F_22E2_79B0);
        let at = Timestamp::from_timestamp_millis(0x017F_22E2_79B0).unwrap();
        let derived = PredictionId::derived(at, b"forecast/AAPL");
        assert_eq!(derived.milliseconds(), id.milliseconds());
        assert_eq!(derived.to_string().as_bytes()[14], b'7');
        assert_eq!(derived, PredictionId::derived(at, b"forecast/AAPL"));
        assert_ne!(derived, PredictionId::derived(at, b"forecast/MSFT"));
    }

    #[test]
    fn ids_sort_as_they_were_made_and_as_their_texts_do() {
        let ids: Vec<PredictionId> = (0..10_000).map(|_| PredictionId::new()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.is_sorted_by(|a, b| a.to_string() < b.to_string()));
        assert!(ids.iter().all(|id| id.0.get_version_num() == 7));
        assert!(ids.iter().all(|id| id.0.get_variant() == uuid::Variant::RFC4122));
        assert!("no id".parse::<PredictionId>().unwrap_err().to_string().contains("`no id`"));
    }
}
