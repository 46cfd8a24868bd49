//! Lengths of time as people write them: `30s`, `15m`, `6h`, `90d`, `2w`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A length of time in microseconds, not negative. Nought is written `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

/// A text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// It begins with a minus.
    #[error("`{0}` is negative: use a length of time such as `6h`, or `0` for no limit")]
    Negative(String),
    /// It is something else.
    #[error("`{0}` is not a length of time: use a whole number and s, m, h, d or w, such as `6h`")]
    Unreadable(String),
}

const UNITS: [(&str, i64); 5] = [
    ("w", 7 * 86_400_000_000),
    ("d", 86_400_000_000),
    ("h", 3_600_000_000),
    ("m", 60_000_000),
    ("s", 1_000_000),
];

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// So many microseconds; none if they are negative.
    pub fn from_micros(micros: i64) -> Option<Self> {
        (micros >= 0).then_some(Self(micros))
    }

    /// The length in microseconds.
    pub fn micros(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        match UNITS.iter().find(|(_, micros)| self.0 % micros == 0) {
            Some((unit, micros)) => write!(f, "{}{unit}", self.0 / micros),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let trimmed = text.trim();
        if trimmed == "0" {
            return Ok(Self::ZERO);
        }
        let unreadable = || SpanError::Unreadable(text.to_owned());
        if let Some(rest) = trimmed.strip_prefix('-') {
            let number = rest.starts_with(|c: char| c.is_ascii_digit());
            return Err(if number { SpanError::Negative(text.to_owned()) } else { unreadable() });
        }
        let digits = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(unreadable)?;
        let (number, unit) = trimmed.split_at(digits);
        let unit = unit.trim();
        let micros = UNITS
            .iter()
            .find(|(name, _)| *name == unit)
            .map(|(_, micros)| *micros)
            .or((unit == "us").then_some(1));
        let number: i64 = number.parse().map_err(|_| unreadable())?;
        micros.and_then(|micros| number.checked_mul(micros)).map(Self).ok_or_else(unreadable)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
