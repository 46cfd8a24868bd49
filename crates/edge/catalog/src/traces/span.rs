//! A span: one step of a trace.
//!
//! A span comes in as OpenTelemetry has it, and is kept as JSON in the words of the protocol: ids in
//! base64, and every attribute's value as JSON in text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::Json;

/// The attribute that holds the id of the trace.
const TRACE_ID: &str = "mlflow.traceRequestId";
/// The attribute that holds what went into a span.
pub(crate) const INPUTS: &str = "mlflow.spanInputs";
/// The attribute that holds what came out of a span.
pub(crate) const OUTPUTS: &str = "mlflow.spanOutputs";
/// The attribute that holds the type of a span.
pub(crate) const TYPE: &str = "mlflow.spanType";
/// The attribute that holds how many tokens a span took.
pub(crate) const TOKENS: &str = "mlflow.chat.tokenUsage";
/// The attribute that holds what a span cost.
pub(crate) const COST: &str = "mlflow.llm.cost";
/// The attribute that holds the model that a span called.
pub(crate) const MODEL: &str = "mlflow.llm.model";
/// The attribute that holds who provides that model.
pub(crate) const PROVIDER: &str = "mlflow.llm.provider";

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It was not said.
    #[default]
    Unset,
    /// Well.
    Ok,
    /// With an error.
    Error,
}

impl Status {
    /// The word by which spans are searched and counted.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "UNSET",
            Self::Ok => "OK",
            Self::Error => "ERROR",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Unset => "STATUS_CODE_UNSET",
            Self::Ok => "STATUS_CODE_OK",
            Self::Error => "STATUS_CODE_ERROR",
        }
    }
}

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// When, in nanoseconds.
    pub time: i64,
    /// What is said of it.
    pub attributes: Vec<(String, Json)>,
}

/// A span of another trace that belongs to a span.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// The id of the other trace.
    pub trace: [u8; 16],
    /// The id of the span in it.
    pub span: [u8; 8],
    /// What is said of the link.
    pub attributes: Vec<(String, Json)>,
}

/// One step of a trace.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// The id of its trace.
    pub trace: [u8; 16],
    /// Its id.
    pub id: [u8; 8],
    /// The id of the span above it.
    pub parent: Option<[u8; 8]>,
    /// Its name.
    pub name: String,
    /// When it began, in nanoseconds.
    pub start: i64,
    /// When it ended.
    pub end: Option<i64>,
    /// How it ended.
    pub status: Status,
    /// What is said of an error.
    pub message: String,
    /// What is said of it.
    pub attributes: Vec<(String, Json)>,
    /// What happened.
    pub events: Vec<Event>,
    /// What belongs to it.
    pub links: Vec<Link>,
}

impl Span {
    /// The id of its trace, as the protocol has it.
    pub fn trace_id(&self) -> String {
        format!("tr-{}", hex(&self.trace))
    }

    /// Its id, as the protocol has it.
    pub fn span_id(&self) -> String {
        hex(&self.id)
    }

    /// The id of the span above it, as the protocol has it.
    pub fn parent_id(&self) -> Option<String> {
        self.parent.map(|parent| hex(&parent))
    }

    /// Its attributes as they are kept.
    pub(crate) fn kept_attributes(&self) -> Attributes {
        let mut kept = Attributes(Vec::with_capacity(self.attributes.len() + 1));
        for (key, value) in &self.attributes {
            kept.set(key, dumped(value));
        }
        kept.set(TRACE_ID, Json::text(self.trace_id()).to_string());
        kept
    }

    /// The span as it is kept, with these attributes.
    pub(crate) fn content(&self, attributes: &Attributes) -> String {
        let texts = |(key, value): &(String, String)| (key.clone(), Json::text(value.as_str()));
        let parent = self.parent.map_or(Json::Null, |parent| Json::text(STANDARD.encode(parent)));
        Json::Object(vec![
            ("trace_id".to_owned(), Json::text(STANDARD.encode(self.trace))),
            ("span_id".to_owned(), Json::text(STANDARD.encode(self.id))),
            ("parent_span_id".to_owned(), parent),
            ("name".to_owned(), Json::text(self.name.as_str())),
            ("start_time_unix_nano".to_owned(), Json::Int(self.start)),
            ("end_time_unix_nano".to_owned(), self.end.map_or(Json::Null, Json::Int)),
            ("events".to_owned(), Json::List(self.events.iter().map(event).collect())),
            ("status".to_owned(), self.status_json()),
            ("attributes".to_owned(), Json::Object(attributes.0.iter().map(texts).collect())),
            ("links".to_owned(), Json::List(self.links.iter().map(link).collect())),
        ])
        .to_string()
    }

    fn status_json(&self) -> Json {
        Json::Object(vec![
            ("code".to_owned(), Json::text(self.status.code())),
            ("message".to_owned(), Json::text(self.message.as_str())),
        ])
    }
}

fn event(event: &Event) -> Json {
    Json::Object(vec![
        ("name".to_owned(), Json::text(event.name.as_str())),
        ("time_unix_nano".to_owned(), Json::Int(event.time)),
        ("attributes".to_owned(), Json::Object(event.attributes.clone())),
    ])
}

fn link(link: &Link) -> Json {
    let attributes = match link.attributes.is_empty() {
        true => Json::Null,
        false => Json::Object(link.attributes.clone()),
    };
    Json::Object(vec![
        ("trace_id".to_owned(), Json::text(format!("tr-{}", hex(&link.trace)))),
        ("span_id".to_owned(), Json::text(hex(&link.span))),
        ("attributes".to_owned(), attributes),
    ])
}

/// A value as text. Text that is itself JSON of a text, a list or an object stays as it is: clients
/// of the protocol send such values as text already.
fn dumped(value: &Json) -> String {
    if let Json::Text(text) = value
        && let Some(Json::Text(_) | Json::List(_) | Json::Object(_)) = Json::parse(text)
    {
        return text.clone();
    }
    value.to_string()
}

/// Attributes of a span, each value as JSON in text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Attributes(pub(crate) Vec<(String, String)>);

impl Attributes {
    /// The text of a value.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A value.
    pub(crate) fn json(&self, key: &str) -> Option<Json> {
        self.get(key).and_then(Json::parse)
    }

    /// A value that is text.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        match self.json(key)? {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets the text of a value.
    pub(crate) fn set(&mut self, key: &str, value: String) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, held)) => *held = value,
            None => self.0.push((key.to_owned(), value)),
        }
    }

    /// Sets the text of a value that is not there.
    pub(crate) fn fill(&mut self, key: &str, value: Option<String>) {
        if let Some(value) = value
            && self.get(key).is_none()
        {
            self.0.push((key.to_owned(), value));
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
