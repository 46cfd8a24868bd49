//! Taking spans in.

mod learned;

use std::collections::{BTreeMap, HashMap};

use database::{Tx, Value, values};

use self::learned::{Learned, learn};
use super::info::State;
use super::json::Json;
use super::read::anywhere;
use super::span::{self, Attributes, Span};
use super::start::{NewTrace, Said, artifact_location, insert};
use super::tags::{Table, fitting, put};
use super::translate::translate;
use super::usage::{self, Costs};
use super::{IN_STORE, NAME, SPANS_LOCATION};
use crate::names::cut;
use crate::{CatalogError, Code, Tag, experiments};

/// Spans that one program recorded.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// What is said of the program.
    pub resource: Vec<(String, Json)>,
    /// Its spans, of one trace or of several.
    pub spans: Vec<Span>,
}

/// Longest name of a model and of a provider.
const MODEL: usize = 500;

/// Keeps spans; one that is there already is replaced. Traces that are not there are made in the
/// experiment. Gives the ids of the traces whose first span is among them.
pub fn log(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiment: i64,
    batches: &[Batch],
) -> Result<Vec<String>, CatalogError> {
    let location = experiments::must_be_active(tx, workspace, experiment)?;
    let mut traces: BTreeMap<String, Vec<Kept<'_>>> = BTreeMap::new();
    for batch in batches {
        for span in &batch.spans {
            traces.entry(span.trace_id()).or_default().push(Kept::of(span, &batch.resource));
        }
    }
    let mut rooted = Vec::new();
    for (trace_id, spans) in traces {
        let spans = last_of_each(spans);
        let (trace, made) = ensure(tx, workspace, experiment, &location, &trace_id, &spans)?;
        put_spans(tx, &trace, &spans)?;
        learn(tx, &trace, made, &spans)?;
        put_tags(tx, &trace, &spans)?;
        if spans.iter().any(|kept| kept.span.parent.is_none()) {
            rooted.push(trace_id);
        }
    }
    Ok(rooted)
}

/// A trace that spans belong to.
pub(super) struct Owner {
    pub(super) id: i64,
    pub(super) experiment: i64,
}

/// A span with what is kept of it.
pub(super) struct Kept<'a> {
    pub(super) span: &'a Span,
    resource: &'a [(String, Json)],
    pub(super) span_id: String,
    pub(super) parent_id: Option<String>,
    pub(super) attributes: Attributes,
}

impl<'a> Kept<'a> {
    fn of(span: &'a Span, resource: &'a [(String, Json)]) -> Self {
        let mut attributes = span.kept_attributes();
        translate(&mut attributes);
        Self { span, resource, span_id: span.span_id(), parent_id: span.parent_id(), attributes }
    }

    fn costs(&self) -> Costs {
        let costs = self.attributes.json(span::COST);
        costs.map(|costs| usage::costs_of(&costs)).unwrap_or_default()
    }

    /// A short text of an attribute, that every database can keep.
    pub(super) fn short(&self, key: &str, longest: usize) -> Option<String> {
        let text = self.attributes.text(key)?;
        (!text.contains('\0')).then(|| cut(&text, longest).to_owned())
    }
}

fn last_of_each(spans: Vec<Kept<'_>>) -> Vec<Kept<'_>> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(spans.len());
    let mut kept: Vec<Kept<'_>> = Vec::with_capacity(spans.len());
    for span in spans {
        match places.get(&span.span_id) {
            Some(place) => kept[*place] = span,
            None => {
                places.insert(span.span_id.clone(), kept.len());
                kept.push(span);
            }
        }
    }
    kept
}

/// The trace of the spans, and whether it was made for them.
fn ensure(
    tx: &mut Tx<'_>,
    workspace: &str,
    experiment: i64,
    location: &str,
    trace_id: &str,
    spans: &[Kept<'_>],
) -> Result<(Owner, bool), CatalogError> {
    let learned = Learned::of(spans);
    let new = NewTrace {
        trace_id: trace_id.to_owned(),
        experiment,
        request_time: learned.start,
        duration: learned.end.map(|end| end - learned.start),
        state: learned.state.unwrap_or(State::InProgress),
        ..NewTrace::default()
    };
    if let Some(id) = insert(tx, &new, &Said::of(&[], &[])?, false)? {
        put(tx, Table::Tags, id, experiment, &[artifact_location(location, trace_id)])?;
        return Ok((Owner { id, experiment }, true));
    }
    let found = anywhere(tx, workspace, trace_id)?.filter(|found| found.here).ok_or_else(|| {
        let message = format!("Cannot log spans to traces that no longer exist: '{trace_id}'.");
        CatalogError::missing(message)
    })?;
    // Who may write to one experiment must not reach into another through the id of a trace.
    if found.experiment != experiment {
        let message = format!(
            "Cannot log spans to trace '{trace_id}': it belongs to another experiment than the \
             one that the request names."
        );
        return Err(CatalogError::invalid(message));
    }
    // Another writer of the trace waits here, so that both see what the other added.
    tx.execute("UPDATE trace SET finalized = finalized WHERE id = ?1", values![found.id])?;
    let elsewhere = tx.number(
        "SELECT count(*) FROM trace_tag WHERE trace = ?1 AND key = ?2 AND value <> ?3",
        values![found.id, SPANS_LOCATION, IN_STORE],
    )?;
    if elsewhere > 0 {
        let message = format!(
            "Cannot log spans because one or more traces are unavailable for DB-backed span \
             writes: other='{trace_id}'"
        );
        return Err(CatalogError::new(Code::InvalidState, message));
    }
    Ok((Owner { id: found.id, experiment: found.experiment }, false))
}

fn put_spans(tx: &mut Tx<'_>, trace: &Owner, spans: &[Kept<'_>]) -> Result<(), CatalogError> {
    const COLUMNS: [&str; 15] = [
        "trace",
        "span_id",
        "parent_id",
        "experiment",
        "name",
        "type",
        "status",
        "start_ns",
        "end_ns",
        "input_cost",
        "output_cost",
        "total_cost",
        "model",
        "provider",
        "content",
    ];
    struct Texts {
        name: String,
        kind: Option<String>,
        model: Option<String>,
        provider: Option<String>,
        content: String,
    }
    let texts: Vec<Texts> = spans
        .iter()
        .map(|kept| Texts {
            name: kept.span.name.replace('\0', "\u{fffd}"),
            kind: kept.short(span::TYPE, MODEL),
            model: kept.short(span::MODEL, MODEL),
            provider: kept.short(span::PROVIDER, MODEL),
            content: kept.span.content(&kept.attributes),
        })
        .collect();
    let mut rows: Vec<Value<'_>> = Vec::with_capacity(spans.len() * COLUMNS.len());
    for (kept, texts) in spans.iter().zip(&texts) {
        rows.extend_from_slice(values![
            trace.id,
            &kept.span_id,
            &kept.parent_id,
            trace.experiment,
            &texts.name,
            &texts.kind,
            kept.span.status.as_str(),
            kept.span.start,
            kept.span.end
        ]);
        rows.extend(kept.costs().into_iter().map(Value::from));
        rows.extend_from_slice(values![&texts.model, &texts.provider, &texts.content]);
    }
    let head = format!("INSERT INTO span ({}) VALUES", COLUMNS.join(", "));
    let set = COLUMNS[2..].iter().map(|column| format!("{column} = excluded.{column}"));
    let set = set.collect::<Vec<_>>().join(", ");
    let tail = format!("ON CONFLICT (trace, span_id) DO UPDATE SET {set}");
    tx.insert_many(&head, COLUMNS.len(), &rows, &tail)?;
    Ok(())
}

/// What is said of the program, then what the first span carries as tags, which counts more.
fn put_tags(tx: &mut Tx<'_>, trace: &Owner, spans: &[Kept<'_>]) -> Result<(), CatalogError> {
    const CARRIED: &str = "mlflow.traceTag.";
    let mut tags = Vec::new();
    let resource = spans.iter().map(|kept| kept.resource).find(|resource| !resource.is_empty());
    for (key, value) in resource.unwrap_or_default() {
        if !key.starts_with("telemetry.sdk.") && !key.starts_with("mlflow.") {
            let text = value.as_text().map_or_else(|| value.to_string(), str::to_owned);
            tags.extend(fitting(key, &text));
        }
    }
    for kept in spans.iter().filter(|kept| kept.span.parent.is_none()) {
        for (key, value) in &kept.attributes.0 {
            if let Some(key) = key.strip_prefix(CARRIED) {
                let text = kept.attributes.text(&format!("{CARRIED}{key}"));
                tags.extend(fitting(key, text.as_deref().unwrap_or(value)));
            }
        }
    }
    if let Some(name) = tags.iter().rfind(|tag| tag.key == NAME) {
        tx.execute("UPDATE trace SET name = ?2 WHERE id = ?1", values![trace.id, &name.value])?;
    }
    tags.retain(|tag| tag.key != NAME && tag.key != SPANS_LOCATION);
    tags.push(Tag { key: SPANS_LOCATION.to_owned(), value: IN_STORE.to_owned() });
    put(tx, Table::Tags, trace.id, trace.experiment, &tags)
}
