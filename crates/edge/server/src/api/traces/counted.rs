//! Traces, counted and compared.

use catalog::CatalogError;
use catalog::traces::metrics::{self, Aggregation, Query, View};
use catalog::traces::{self};
use serde_json::json;

use super::{filter, numbers, said};
use crate::ask::Ask;
use crate::fields::{Fields, missing};
use crate::reply::{Answer, json};

/// How many groups are given, and at most.
const GROUPS: usize = 1_000;
const GROUPS_MAX: usize = 50_000;

pub(super) async fn metrics(ask: Ask) -> Answer {
    let query = query(&ask.fields)?;
    let workspace = ask.workspace.clone();
    let points = ask.read(move |tx| metrics::query(tx, &workspace, &query)).await?;
    Ok(json(&match points.is_empty() {
        true => json!({}),
        false => json!({ "data_points": points }),
    }))
}

fn query(fields: &Fields) -> Result<Query, CatalogError> {
    if !fields.has("experiment_ids") {
        return Err(missing("experiment_ids"));
    }
    let view = View::parse(&said::word(fields, "view_type")?)?;
    let metric = fields.text("metric_name")?.to_owned();
    let mut aggregations = Vec::new();
    for one in fields.objects("aggregations")? {
        let percentile = match one.has("percentile_value") {
            true => Some(one.number("percentile_value")?),
            false => None,
        };
        aggregations.push(Aggregation::parse(&said::word(&one, "aggregation_type")?, percentile)?);
    }
    if aggregations.is_empty() {
        return Err(missing("aggregations"));
    }
    Ok(Query {
        experiments: numbers(fields)?,
        view,
        metric,
        aggregations,
        dimensions: fields.texts("dimensions")?,
        filters: fields.texts("filters")?,
        interval: fields.opt_int("time_interval_seconds")?,
        start: fields.opt_int("start_time_ms")?,
        end: fields.opt_int("end_time_ms")?,
        max: fields.page_size("max_results", GROUPS, GROUPS_MAX)?,
    })
}

pub(super) async fn correlate(ask: Ask) -> Answer {
    let fields = &ask.fields;
    if !fields.has("experiment_ids") {
        return Err(missing("experiment_ids").into());
    }
    let experiments = numbers(fields)?;
    fields.text("filter_string1")?;
    fields.text("filter_string2")?;
    let (first, second) = (filter(fields, "filter_string1")?, filter(fields, "filter_string2")?);
    let base = filter(fields, "base_filter")?;
    let workspace = ask.workspace.clone();
    let found = ask
        .read(move |tx| traces::correlate(tx, &workspace, &experiments, &base, [&first, &second]))
        .await?;
    Ok(json(&found))
}
