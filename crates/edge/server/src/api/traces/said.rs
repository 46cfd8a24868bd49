//! What a request says of a trace, read.

use catalog::traces::{NewTrace, State, clock};
use catalog::{CatalogError, Tag, experiments};
use serde_json::Value;

use crate::api::assessments;
use crate::fields::{Fields, missing};

/// A trace, as `trace_info` says it.
pub(super) fn new_trace(info: &Fields) -> Result<NewTrace, CatalogError> {
    let owned = |name: &str| Ok::<_, CatalogError>(info.opt_text(name)?.map(str::to_owned));
    let place = info.opt_object("trace_location")?.unwrap_or_default();
    let place = place.opt_object("mlflow_experiment")?;
    let place = place.ok_or_else(|| missing("trace_info.trace_location.mlflow_experiment"))?;
    let time = info.opt_text("request_time")?;
    let duration = info.opt_text("execution_duration")?;
    let assessments = info.objects("assessments")?;
    Ok(NewTrace {
        trace_id: info.text("trace_id")?.to_owned(),
        experiment: experiments::parse_id(&word(&place, "experiment_id")?)?,
        client_request_id: owned("client_request_id")?,
        request_time: match time {
            Some(time) => clock::read_timestamp("request_time", time)?,
            None => 0,
        },
        duration: duration
            .map(|duration| clock::read_duration("execution_duration", duration))
            .transpose()?,
        state: state(info, "state")?,
        metadata: map(info, "trace_metadata")?,
        tags: map(info, "tags")?,
        request_preview: owned("request_preview")?,
        response_preview: owned("response_preview")?,
        assessments: assessments.iter().map(assessments::read).collect::<Result<_, _>>()?,
    })
}

/// How a trace ended; not said, where the field is not there.
pub(super) fn state(fields: &Fields, name: &str) -> Result<State, CatalogError> {
    match fields.has(name) {
        true => State::parse(name, &word(fields, name)?),
        false => Ok(State::Unspecified),
    }
}

/// A text that must be there, or a number as text.
pub(super) fn word(fields: &Fields, name: &str) -> Result<String, CatalogError> {
    match fields.find(name) {
        Some(Value::Number(number)) => Ok(number.to_string()),
        _ => Ok(fields.text(name)?.to_owned()),
    }
}

/// An object of texts; empty where there is none.
pub(in crate::api) fn map(fields: &Fields, name: &str) -> Result<Vec<Tag>, CatalogError> {
    let tag = |(key, value): (&String, &Value)| match value {
        Value::String(value) => Ok(Tag { key: key.clone(), value: value.clone() }),
        other => {
            let why = "it must be an object of texts.";
            Err(catalog::names::invalid(name, &other.to_string(), why))
        }
    };
    match fields.find(name) {
        None => Ok(vec![]),
        Some(Value::Object(entries)) => entries.iter().map(tag).collect(),
        Some(other) => {
            let why = "it must be an object of texts.";
            Err(catalog::names::invalid(name, &other.to_string(), why))
        }
    }
}
