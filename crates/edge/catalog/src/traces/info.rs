//! What a trace is, beside its spans, in the words of the wire.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::clock;
use crate::assessments::Assessment;
use crate::names::cut;
use crate::{CatalogError, Tag};

/// Longest key and value of metadata on the wire; longer ones are cut.
const METADATA: usize = 250;
/// Longest key of a tag on the wire.
const TAG_KEY: usize = 250;
/// Longest value of a tag on the wire.
const TAG_VALUE: usize = 4_096;

/// How a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// It was not said.
    #[default]
    Unspecified,
    /// Well.
    Ok,
    /// With an error.
    Error,
    /// It has not ended.
    InProgress,
}

impl State {
    const ALL: [Self; 4] = [Self::Unspecified, Self::Ok, Self::Error, Self::InProgress];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "STATE_UNSPECIFIED",
            Self::Ok => "OK",
            Self::Error => "ERROR",
            Self::InProgress => "IN_PROGRESS",
        }
    }

    /// The word of the second version of the protocol.
    pub const fn status(self) -> &'static str {
        match self {
            Self::Unspecified => "TRACE_STATUS_UNSPECIFIED",
            other => other.as_str(),
        }
    }

    /// Reads the word or the number of either version.
    pub fn parse(path: &str, text: &str) -> Result<Self, CatalogError> {
        let number: Option<usize> = text.parse().ok();
        let fits = |(place, state): &(usize, Self)| {
            state.as_str() == text || state.status() == text || number == Some(*place)
        };
        let found = Self::ALL.into_iter().enumerate().find(fits);
        found.map(|(_, state)| state).ok_or_else(|| {
            let why = "use OK, ERROR, IN_PROGRESS or STATE_UNSPECIFIED.";
            crate::names::invalid(path, text, why)
        })
    }
}

/// What a trace is, beside its spans.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceInfo {
    /// Its id.
    pub trace_id: String,
    /// The id that its application has for it.
    pub client_request_id: Option<String>,
    /// The number of its experiment.
    pub experiment: i64,
    /// What was asked, perhaps cut.
    pub request_preview: Option<String>,
    /// What was answered, perhaps cut.
    pub response_preview: Option<String>,
    /// When it began, in milliseconds.
    pub request_time: i64,
    /// How long it took, in milliseconds.
    pub duration: Option<i64>,
    /// How it ended.
    pub state: State,
    /// What was said of it when it was made.
    pub metadata: Vec<Tag>,
    /// What can be said of it later.
    pub tags: Vec<Tag>,
    /// What was found of it.
    pub assessments: Vec<Assessment>,
}

impl TraceInfo {
    /// The value of a tag.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }

    /// A value of its metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str())
    }

    /// As the second version of the protocol says it.
    pub fn v2(&self) -> TraceInfoV2 {
        TraceInfoV2 {
            request_id: self.trace_id.clone(),
            experiment_id: self.experiment.to_string(),
            timestamp_ms: self.request_time,
            execution_time_ms: self.duration.unwrap_or_default(),
            status: self.state.status(),
            request_metadata: shown(&self.metadata, METADATA, METADATA),
            tags: shown(&self.tags, TAG_KEY, TAG_VALUE),
        }
    }
}

/// A trace in the words of the second version of the protocol.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceInfoV2 {
    request_id: String,
    experiment_id: String,
    timestamp_ms: i64,
    execution_time_ms: i64,
    status: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    request_metadata: Vec<Tag>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Tag>,
}

fn shown(tags: &[Tag], key: usize, value: usize) -> Vec<Tag> {
    let shown = |tag: &Tag| Tag {
        key: cut(&tag.key, key).to_owned(),
        value: cut(&tag.value, value).to_owned(),
    };
    tags.iter().map(shown).collect()
}

impl Serialize for TraceInfo {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("trace_id", &self.trace_id)?;
        if let Some(id) = &self.client_request_id {
            map.serialize_entry("client_request_id", id)?;
        }
        map.serialize_entry("trace_location", &Location(self.experiment))?;
        if let Some(preview) = &self.request_preview {
            map.serialize_entry("request_preview", preview)?;
        }
        if let Some(preview) = &self.response_preview {
            map.serialize_entry("response_preview", preview)?;
        }
        map.serialize_entry("request_time", &clock::timestamp(self.request_time))?;
        if let Some(duration) = self.duration {
            map.serialize_entry("execution_duration", &clock::duration(duration))?;
        }
        map.serialize_entry("state", self.state.as_str())?;
        if !self.metadata.is_empty() {
            map.serialize_entry("trace_metadata", &Map(&self.metadata, METADATA, METADATA))?;
        }
        if !self.assessments.is_empty() {
            map.serialize_entry("assessments", &self.assessments)?;
        }
        if !self.tags.is_empty() {
            map.serialize_entry("tags", &Map(&self.tags, TAG_KEY, TAG_VALUE))?;
        }
        map.end()
    }
}

/// Keys with values as an object, cut to lengths.
struct Map<'a>(&'a [Tag], usize, usize);

impl Serialize for Map<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for tag in self.0 {
            map.serialize_entry(cut(&tag.key, self.1), cut(&tag.value, self.2))?;
        }
        map.end()
    }
}

struct Location(i64);

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Experiment {
            experiment_id: String,
        }
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("type", "MLFLOW_EXPERIMENT")?;
        let experiment = Experiment { experiment_id: self.0.to_string() };
        map.serialize_entry("mlflow_experiment", &experiment)?;
        map.end()
    }
}
