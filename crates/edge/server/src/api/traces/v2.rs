//! The second version of the protocol, which old clients speak.

use catalog::experiments;
use catalog::traces::{self, End, TraceInfoV2};
use serde_json::json;

use super::{numbers, said, searched, trace_id};
use crate::api::runs::page_json;
use crate::ask::Ask;
use crate::fields::missing;
use crate::reply::{Answer, bytes, json};

pub(super) async fn start(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let experiment = experiments::parse_id(fields.text("experiment_id")?)?;
    let time = fields.opt_int("timestamp_ms")?.unwrap_or_default();
    let (metadata, tags) = (fields.tags("request_metadata")?, fields.tags("tags")?);
    let workspace = ask.workspace.clone();
    let info = ask
        .write(move |tx| traces::start_v2(tx, &workspace, experiment, time, &metadata, &tags))
        .await?;
    Ok(json(&json!({ "trace_info": info.v2() })))
}

pub(super) async fn end(ask: Ask) -> Answer {
    let fields = &ask.fields;
    let (id, workspace) = (trace_id(fields)?, ask.workspace.clone());
    let end = End {
        time: fields.opt_int("timestamp_ms")?.unwrap_or_default(),
        state: said::state(fields, "status")?,
        metadata: fields.tags("request_metadata")?,
        tags: fields.tags("tags")?,
    };
    let info = ask.write(move |tx| traces::end_v2(tx, &workspace, &id, &end)).await?;
    Ok(json(&json!({ "trace_info": info.v2() })))
}

pub(super) async fn info(ask: Ask) -> Answer {
    let (id, workspace) = (trace_id(&ask.fields)?, ask.workspace.clone());
    let info = ask.read(move |tx| traces::get(tx, &workspace, &id)).await?;
    Ok(json(&json!({ "trace_info": info.v2() })))
}

pub(super) async fn search(ask: Ask) -> Answer {
    if !ask.fields.has("experiment_ids") {
        return Err(missing("experiment_ids").into());
    }
    let search = searched(&ask.fields, numbers(&ask.fields)?)?;
    let workspace = ask.workspace.clone();
    let page = ask.read(move |tx| traces::search(tx, &workspace, &search)).await?;
    let traces: Vec<TraceInfoV2> = page.items.iter().map(|info| info.v2()).collect();
    Ok(bytes(page_json("traces", &traces, page.next.as_deref())))
}
