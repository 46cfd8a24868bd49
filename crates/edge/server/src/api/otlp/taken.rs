//! Messages of OTLP, as spans of the catalog.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::traces::json::Json;
use catalog::traces::{Batch, Event, Link, Span, Status};

use super::message::{Any, AnyValue, KeyValue, Request, Span as Sent};

/// What of a request can be kept.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) batches: Vec<Batch>,
    pub(super) kept: usize,
    pub(super) rejected: i64,
    /// Why the first that cannot be kept cannot.
    pub(super) reason: Option<String>,
}

pub(super) fn take(request: Request) -> Taken {
    let mut taken = Taken::default();
    for sent in request.resource_spans {
        let resource = sent.resource.map(|resource| attributes(resource.attributes));
        let mut batch = Batch { resource: resource.unwrap_or_default(), spans: vec![] };
        for span in sent.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            match read(span) {
                Ok(span) => batch.spans.push(span),
                Err(reason) => {
                    taken.rejected += 1;
                    taken.reason.get_or_insert(reason);
                }
            }
        }
        taken.kept += batch.spans.len();
        if !batch.spans.is_empty() {
            taken.batches.push(batch);
        }
    }
    taken
}

fn read(sent: Sent) -> Result<Span, String> {
    let time = |nanos: u64| {
        i64::try_from(nanos).map_err(|_| format!("the time {nanos} is beyond the year 2262"))
    };
    let parent = match sent.parent_span_id.iter().all(|byte| *byte == 0) {
        true => None,
        false => Some(id("parent_span_id", &sent.parent_span_id)?),
    };
    let status = sent.status.unwrap_or_default();
    let events = sent.events.into_iter().map(|event| {
        Ok(Event {
            name: event.name,
            time: time(event.time_unix_nano)?,
            attributes: attributes(event.attributes),
        })
    });
    // A link that has no ids says nothing; it is left out.
    let links = sent.links.into_iter().filter_map(|link| {
        Some(Link {
            trace: id("trace_id", &link.trace_id).ok()?,
            span: id("span_id", &link.span_id).ok()?,
            attributes: attributes(link.attributes),
        })
    });
    Ok(Span {
        trace: id("trace_id", &sent.trace_id)?,
        id: id("span_id", &sent.span_id)?,
        parent,
        name: sent.name,
        start: time(sent.start_time_unix_nano)?,
        end: Some(time(sent.end_time_unix_nano)?).filter(|end| *end > 0),
        status: match status.code {
            1 => Status::Ok,
            2 => Status::Error,
            _ => Status::Unset,
        },
        message: status.message,
        attributes: attributes(sent.attributes),
        events: events.collect::<Result<_, String>>()?,
        links: links.collect(),
    })
}

/// An id has its own length, and is not all zero.
fn id<const N: usize>(name: &str, bytes: &[u8]) -> Result<[u8; N], String> {
    if bytes.is_empty() || bytes.iter().all(|byte| *byte == 0) {
        return Err(format!("{name} is required but was empty"));
    }
    bytes.try_into().map_err(|_| format!("{name} must have {N} bytes, but has {}", bytes.len()))
}

fn attributes(sent: Vec<KeyValue>) -> Vec<(String, Json)> {
    let mut fields = Json::Object(Vec::with_capacity(sent.len()));
    for KeyValue { key, value } in sent {
        fields.set(&key, value.map_or(Json::Null, json));
    }
    match fields {
        Json::Object(fields) => fields,
        _ => vec![],
    }
}

fn json(value: AnyValue) -> Json {
    match value.value {
        None => Json::Null,
        Some(Any::Text(text)) => Json::Text(text),
        Some(Any::Bool(value)) => Json::Bool(value),
        Some(Any::Int(whole)) => Json::Int(whole),
        Some(Any::Double(number)) => Json::Float(number),
        Some(Any::List(list)) => Json::List(list.values.into_iter().map(json).collect()),
        Some(Any::Fields(fields)) => Json::Object(attributes(fields.values)),
        Some(Any::Bytes(bytes)) => Json::Text(STANDARD.encode(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::otlp::message::{ResourceSpans, ScopeSpans};

    #[test]
    fn spans_without_ids_are_counted_and_left_out() {
        let good = Sent { trace_id: vec![1; 16], span_id: vec![2; 8], ..Sent::default() };
        let spans = vec![
            good.clone(),
            Sent { trace_id: vec![], ..good.clone() },
            Sent { span_id: vec![2; 9], ..good.clone() },
            Sent { trace_id: vec![0; 16], ..good },
        ];
        let resource_spans =
            vec![ResourceSpans { scope_spans: vec![ScopeSpans { spans }], resource: None }];
        let taken = take(Request { resource_spans });
        assert_eq!((taken.kept, taken.rejected), (1, 3));
        assert_eq!(taken.reason.as_deref(), Some("trace_id is required but was empty"));
        assert_eq!(taken.batches[0].spans[0].trace_id(), format!("tr-{}", "01".repeat(16)));
    }
}
