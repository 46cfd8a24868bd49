//! How a feature is named from elsewhere: `view:feature`, or `view` for all of its features.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A feature of a view, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureRef {
    /// The view, of either kind.
    pub view: String,
    /// The feature; all of them where there is none.
    pub feature: Option<String>,
}

impl fmt::Display for FeatureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.feature {
            Some(feature) => write!(f, "{}:{feature}", self.view),
            None => f.write_str(&self.view),
        }
    }
}

impl FromStr for FeatureRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (view, feature) = match text.split_once(':') {
            Some((view, feature)) => (view, Some(feature)),
            None => (text, None),
        };
        if view.is_empty() || feature.is_some_and(|name| name.is_empty() || name.contains(':')) {
            return Err(format!("`{text}` names no feature: write `view:feature`, or `view`"));
        }
        Ok(Self { view: view.to_owned(), feature: feature.map(str::to_owned) })
    }
}

impl Serialize for FeatureRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FeatureRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
