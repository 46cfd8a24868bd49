//! What an assessment says.

use serde::Serialize;

use crate::CatalogError;
use crate::names::cut;
use crate::traces::json::Json;

/// How a value that is no simple one is written on the wire.
const FORMAT: &str = "JSON_FORMAT";
/// Longest stack trace on the wire; of a longer one the end is shown.
const STACK_TRACE: usize = 10_000;

/// Why there is no feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Its code.
    pub error_code: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
}

/// What an assessment says.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// How good an answer was.
    Feedback {
        /// A value.
        value: Json,
        /// Why there is none.
        error: Option<Failure>,
    },
    /// What the answer should have been.
    Expectation(Json),
    /// The name of a known problem, whose id is the name of the assessment.
    Issue(String),
}

/// What an assessment says, in the words of the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    /// How good an answer was.
    Feedback {
        /// A value.
        value: Json,
        /// Why there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Failure>,
    },
    /// What the answer should have been.
    Expectation(Expected),
    /// A known problem.
    Issue {
        /// Its name.
        issue_name: String,
    },
}

/// An expectation: a simple value as it is, any other as text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// A simple value.
    Value(Json),
    /// Any other.
    SerializedValue {
        /// Always JSON.
        serialization_format: &'static str,
        /// The value.
        value: String,
    },
}

impl Said {
    /// Feedback, as the wire has it.
    pub fn feedback(value: &serde_json::Value, error: Option<Failure>) -> Self {
        Self::Feedback { value: floats(&Json::of(value)), error }
    }

    /// An expectation that is a simple value on the wire.
    pub fn expectation(value: &serde_json::Value) -> Self {
        Self::Expectation(floats(&Json::of(value)))
    }

    /// An expectation that is text on the wire.
    pub fn serialized(format: &str, text: &str) -> Result<Self, CatalogError> {
        if format != FORMAT {
            return Err(CatalogError::invalid(format!(
                "Unknown serialization format: {format}. Only {FORMAT} is supported."
            )));
        }
        Json::parse(text).map(Self::Expectation).ok_or_else(|| {
            let path = "expectation.serialized_value.value";
            crate::names::invalid(path, cut(text, 200), "it must be JSON.")
        })
    }

    /// Of what is kept.
    pub(super) fn kept(kind: &str, value: &str, error: Option<&str>) -> Self {
        let value = Json::parse(value).unwrap_or_default();
        match kind {
            "expectation" => Self::Expectation(value),
            "issue" => {
                let name = value.get("issue_name").and_then(Json::as_text);
                Self::Issue(name.unwrap_or_default().to_owned())
            }
            _ => Self::Feedback { value, error: error.and_then(Failure::read) },
        }
    }

    /// The word of its kind, as filters have it.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Feedback { .. } => "feedback",
            Self::Expectation(_) => "expectation",
            Self::Issue(_) => "issue",
        }
    }

    /// The value as text, which filters compare.
    pub(super) fn value_text(&self) -> String {
        match self {
            Self::Feedback { value, .. } | Self::Expectation(value) => value.to_string(),
            Self::Issue(name) => {
                Json::Object(vec![("issue_name".to_owned(), Json::text(name.as_str()))]).to_string()
            }
        }
    }

    pub(super) fn error_text(&self) -> Option<String> {
        match self {
            Self::Feedback { error: Some(error), .. } => Some(error.text()),
            _ => None,
        }
    }

    /// What of it can be averaged, and whether it is a number itself: yes counts 1 and no counts 0.
    pub(super) fn number(&self) -> (Option<f64>, bool) {
        let (Self::Feedback { value, .. } | Self::Expectation(value)) = self else {
            return (None, false);
        };
        let one_if = |yes: bool| (Some(if yes { 1.0 } else { 0.0 }), false);
        match value {
            Json::Bool(value) => one_if(*value),
            Json::Text(text) if text.trim().eq_ignore_ascii_case("yes") => one_if(true),
            Json::Text(text) if text.trim().eq_ignore_ascii_case("no") => one_if(false),
            value => match value.as_number() {
                Some(number) => (Some(number), true),
                None => (None, false),
            },
        }
    }

    pub(super) fn check(&self) -> Result<(), CatalogError> {
        match self {
            Self::Expectation(Json::Null) => {
                Err(CatalogError::invalid("The `value` field must be specified."))
            }
            _ => Ok(()),
        }
    }

    /// In the words of the wire.
    pub(super) fn written(&self) -> Written {
        match self {
            Self::Feedback { value, error } => Written::Feedback {
                value: floats(value),
                error: error.as_ref().map(Failure::shown),
            },
            Self::Expectation(value @ (Json::List(_) | Json::Object(_))) => {
                Written::Expectation(Expected::SerializedValue {
                    serialization_format: FORMAT,
                    value: value.to_string(),
                })
            }
            Self::Expectation(value) => Written::Expectation(Expected::Value(floats(value))),
            Self::Issue(name) => Written::Issue { issue_name: name.clone() },
        }
    }
}

impl Written {
    /// Refuses another kind.
    pub(super) fn check_kind(&self, said: &Said) -> Result<(), CatalogError> {
        let wrong = match (self, said) {
            (Self::Feedback { .. }, Said::Expectation(_)) => "expectation value on a Feedback",
            (Self::Expectation(_), Said::Feedback { .. }) => "feedback value on an Expectation",
            (Self::Issue { .. }, _) => "value on an Issue",
            _ => return Ok(()),
        };
        Err(CatalogError::invalid(format!("Cannot update {wrong} assessment.")))
    }
}

/// The wire has one kind of number only.
fn floats(value: &Json) -> Json {
    match value {
        Json::Int(_) | Json::Big(_) => Json::Float(value.as_number().unwrap_or(f64::NAN)),
        Json::List(values) => Json::List(values.iter().map(floats).collect()),
        Json::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| (key.clone(), floats(value)));
            Json::Object(fields.collect())
        }
        other => other.clone(),
    }
}

impl Failure {
    fn read(text: &str) -> Option<Self> {
        let kept = Json::parse(text)?;
        let text = |key: &str| kept.get(key).and_then(Json::as_text).map(str::to_owned);
        Some(Self {
            error_code: text("error_code")?,
            error_message: text("error_message"),
            stack_trace: text("stack_trace"),
        })
    }

    fn text(&self) -> String {
        let said = |text: &Option<String>| text.as_deref().map_or(Json::Null, Json::text);
        Json::Object(vec![
            ("error_code".to_owned(), Json::text(self.error_code.as_str())),
            ("error_message".to_owned(), said(&self.error_message)),
            ("stack_trace".to_owned(), said(&self.stack_trace)),
        ])
        .to_string()
    }

    fn shown(&self) -> Self {
        const CUT: &str = "[Stack trace is truncated]\n...\n";
        let stack = self.stack_trace.as_ref().map(|stack| {
            let length = stack.chars().count();
            if length <= STACK_TRACE {
                return stack.clone();
            }
            let from = length - (STACK_TRACE - CUT.len());
            format!("{CUT}{}", &stack[cut(stack, from).len()..])
        });
        Self { stack_trace: stack, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feedback(value: Json) -> Said {
        Said::Feedback { value, error: None }
    }

    /// Expected values from MLflow 3.17.2, `assessment_aggregate`.
    #[test]
    fn what_can_be_averaged() {
        for (value, number) in [
            ("true", (Some(1.0), false)),
            ("\" No \"", (Some(0.0), false)),
            ("2.5", (Some(2.5), true)),
            ("\"3\"", (None, false)),
            ("NaN", (None, false)),
            ("[1]", (None, false)),
        ] {
            assert_eq!(feedback(Json::parse(value).unwrap()).number(), number, "{value}");
        }
    }

    #[test]
    fn a_long_stack_trace_shows_its_end() {
        let stack_trace = Some(format!("{}end", "ä".repeat(20_000)));
        let failure = Failure { error_code: "E".to_owned(), error_message: None, stack_trace };
        let shown = failure.shown().stack_trace.unwrap();
        assert_eq!(shown.chars().count(), 10_000);
        assert!(shown.starts_with("[Stack trace is truncated]\n...\nä") && shown.ends_with("äend"));
    }
}
