//! What is made of many values, in the words of the wire.

use crate::CatalogError;
use crate::traces::json::Json;

/// What is made of many values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregation {
    /// How many there are.
    Count,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// A percentile, interpolated linearly.
    Percentile(f64),
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl Aggregation {
    /// Reads the word or the number on the wire.
    pub fn parse(text: &str, percentile: Option<f64>) -> Result<Self, CatalogError> {
        let found = match (text, percentile) {
            ("PERCENTILE" | "4", Some(percentile)) if (0.0..=100.0).contains(&percentile) => {
                Self::Percentile(percentile)
            }
            ("PERCENTILE" | "4", found) => {
                let got = found.map_or("none".to_owned(), |found| Json::Float(found).to_string());
                return Err(CatalogError::invalid(format!(
                    "Percentile value must be between 0 and 100, got {got}"
                )));
            }
            (_, Some(_)) => {
                return Err(CatalogError::invalid(format!(
                    "Percentile value is only allowed for PERCENTILE aggregation type, got {text}"
                )));
            }
            ("COUNT" | "1", None) => Self::Count,
            ("SUM" | "2", None) => Self::Sum,
            ("AVG" | "3", None) => Self::Avg,
            ("MIN" | "5", None) => Self::Min,
            ("MAX" | "6", None) => Self::Max,
            (other, None) => {
                let why = "use COUNT, SUM, AVG, PERCENTILE, MIN or MAX.";
                return Err(crate::names::invalid("aggregation_type", other, why));
            }
        };
        Ok(found)
    }

    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Percentile(_) => "PERCENTILE",
            Self::Min => "MIN",
            Self::Max => "MAX",
        }
    }

    /// What its values are called.
    pub(super) fn label(self) -> String {
        match self {
            Self::Percentile(percentile) => format!("P{}", Json::Float(percentile)),
            other => other.kind().to_owned(),
        }
    }
}
