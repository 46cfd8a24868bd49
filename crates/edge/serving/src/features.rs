//! Which features of a feature store a model takes, as its `MLmodel` or a tag of its version states
//! them, and how those that were looked up for a request stand.

use std::fmt;
use std::sync::Arc;

use predictions::Flags;
use serde_json::Value;

use crate::ServingError;

/// Which features a model takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelFeatures {
    /// Those of a feature service.
    Service(String),
    /// Those that are named, each `view:feature`, or `view` for all of one.
    Named(Vec<String>),
}

impl ModelFeatures {
    /// Reads `features` in the metadata of a model: `{"service": NAME}`, or a list.
    ///
    /// # Errors
    /// [`ServingError::Model`] where it is neither.
    pub fn of_metadata(value: &Value) -> Result<Self, ServingError> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let read = match value {
            Value::Object(fields) if fields.len() == 1 => {
                fields.get("service").and_then(text).map(Self::Service)
            }
            Value::Array(names) if !names.is_empty() => {
                names.iter().map(text).collect::<Option<_>>().map(Self::Named)
            }
            _ => None,
        };
        read.ok_or_else(|| {
            ServingError::Model(format!(
                "`features` in the metadata of its `MLmodel` is {value}: write \
                 {{\"service\": NAME}} or a list of `view:feature`"
            ))
        })
    }

    /// Reads a tag: the name of a service, or features with commas between them, of which each has a
    /// colon. `None` for a tag without text.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let parts = tag.split(',').map(str::trim).filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(str::to_owned).collect();
        match &parts[..] {
            [] => None,
            [one] if !one.contains(':') => Some(Self::Service(one.clone())),
            _ => Some(Self::Named(parts)),
        }
    }
}

impl fmt::Display for ModelFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(name) => f.write_str(name),
            Self::Named(names) => f.write_str(&names.join(", ")),
        }
    }
}

/// Of whom the features of a request were looked up, and how they stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Entities {
    /// The names of the join keys.
    pub names: Arc<[String]>,
    /// Their values, for each row.
    pub keys: Vec<Vec<Arc<str>>>,
    /// What is to be known of the features of each row.
    pub flags: Vec<Flags>,
    /// The same in words, for the rows that have any: which features of the row stand how.
    pub troubles: Vec<(usize, String)>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn features_are_a_service_or_a_list() {
        let service = ModelFeatures::Service("risk".to_owned());
        let named = |names: &[&str]| {
            ModelFeatures::Named(names.iter().map(|name| (*name).to_owned()).collect())
        };
        assert_eq!(ModelFeatures::of_metadata(&json!({ "service": "risk" })).unwrap(), service);
        assert_eq!(ModelFeatures::of_metadata(&json!(["v:a"])).unwrap(), named(&["v:a"]));
        for wrong in [json!({}), json!([]), json!([1]), json!("v"), json!({ "service": 1 })] {
            let error = ModelFeatures::of_metadata(&wrong).unwrap_err().to_string();
            assert!(error.contains("write {\"service\": NAME} or a list"), "{error}");
        }
        assert_eq!(ModelFeatures::of_tag(" risk "), Some(service));
        assert_eq!(ModelFeatures::of_tag("v:a, w:b"), Some(named(&["v:a", "w:b"])));
        assert_eq!(ModelFeatures::of_tag(" , "), None);
    }
}
