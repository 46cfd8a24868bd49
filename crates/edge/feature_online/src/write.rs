//! Rows that programs push: read as their views define them, and written whole or not at all.

use features::store::{Definitions, FeatureView, Input, Place, Source};
use online::{Batch, OnlineStore, Progress, Value};
use serde_json::Value as Json;

use crate::cells;
use crate::demand::{hint, unknown_view};
use crate::error::ServingError;
use crate::naming;
use crate::question::Columns;

/// What rows are pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// All online views over a push source.
    Source(String),
    /// One view.
    View(String),
}

/// Where pushed rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereto {
    /// Into the online store.
    Online,
    /// Into the history of the push source, from which training sets are made.
    History,
    /// Into both, the history first.
    Both,
}

/// What became of pushed rows, of one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The view.
    pub view: String,
    /// Entities whose newest row is among those that were pushed.
    pub taken: u64,
    /// Rows that gave way to a newer one.
    pub superseded: u64,
}

/// The rows that are taken at once.
const ROWS: usize = 1_000_000;

/// Batches of what is pushed, one for each view. Nothing is written yet: what is wrong in any of them
/// is found before anything is.
pub fn batches(
    definitions: &Definitions,
    target: &Target,
    columns: &Columns,
) -> Result<Vec<(String, Batch)>, ServingError> {
    let views = views(definitions, target)?;
    let rows = rows(columns)?;
    let batch =
        |view: &&FeatureView| Ok((view.name.clone(), batch(definitions, view, columns, rows)?));
    views.iter().map(batch).collect()
}

/// How many rows there are, if all columns have as many and they are not too many.
pub fn rows(columns: &Columns) -> Result<usize, ServingError> {
    match columns.rows() {
        Some(rows) if rows > ROWS => Err(ServingError::TooMany { rows, most: ROWS }),
        Some(rows) => Ok(rows),
        None => {
            let lengths: Vec<String> =
                columns.0.iter().map(|(name, values)| format!("{name} {}", values.len())).collect();
            let lengths = lengths.join(", ");
            Err(ServingError::Asked(format!("all columns must be of the same length: {lengths}")))
        }
    }
}

/// The push source of a name.
pub fn push_source<'a>(
    definitions: &'a Definitions,
    name: &str,
) -> Result<&'a Source, ServingError> {
    let pushed = |source: &&Source| matches!(source.place, Place::Push { .. });
    definitions.sources.get(name).filter(pushed).ok_or_else(|| {
        let known = definitions.sources.values().filter(pushed).map(|source| &source.name);
        ServingError::UnknownPushSource(name.to_owned(), hint(name, known))
    })
}

/// Writes batches.
pub fn write(
    store: &dyn OnlineStore,
    batches: Vec<(String, Batch)>,
    now: i64,
) -> Result<Vec<Pushed>, ServingError> {
    let write = |(view, batch): (String, Batch)| {
        let written = store.write(&batch, Progress::None, now)?;
        Ok(Pushed { view, taken: written.taken, superseded: written.superseded })
    };
    batches.into_iter().map(write).collect()
}

fn views<'a>(
    definitions: &'a Definitions,
    target: &Target,
) -> Result<Vec<&'a FeatureView>, ServingError> {
    let views: Vec<&FeatureView> = match target {
        Target::View(name) => {
            vec![definitions.views.get(name).ok_or_else(|| unknown_view(definitions, name))?]
        }
        Target::Source(name) => {
            push_source(definitions, name)?;
            let over = |view: &&FeatureView| match &view.input {
                Input::Source { name: of } => of == name && view.online,
                Input::Sql { .. } => false,
            };
            definitions.views.values().filter(over).collect()
        }
    };
    if views.is_empty() {
        return Err(ServingError::Asked(format!(
            "no online view reads what was named: set `online = true` in a view over it ({target:?})"
        )));
    }
    for view in &views {
        let refuse = |why: &str| {
            Err(ServingError::Asked(format!(
                "feature view {} cannot be pushed to: {why}",
                view.name
            )))
        };
        if !view.online {
            return refuse("it is not kept online; set `online = true`");
        }
        if view.is_computed() {
            return refuse("its features are expressions over history; materialise it");
        }
    }
    Ok(views)
}

fn batch(
    definitions: &Definitions,
    view: &FeatureView,
    columns: &Columns,
    rows: usize,
) -> Result<Batch, ServingError> {
    let missing = |name: &str| {
        ServingError::Asked(format!(
            "column {name} of feature view {} is missing: {} came",
            view.name,
            columns.names().join(", ")
        ))
    };
    let mut keys = Vec::new();
    for key in definitions.join_keys(view) {
        let (_, values) = find(columns, &[&key.name]).ok_or_else(|| missing(&key.name))?;
        keys.push((key.name.as_str(), values, key.kind));
    }
    // Clients of the protocol name the times so, whatever they are called in the source.
    let (event_name, events) = find(columns, &[&view.event_time, "event_timestamp"])
        .ok_or_else(|| missing(&view.event_time))?;
    let created = match &view.created_time {
        Some(name) => find(columns, &[name, "created"]),
        None => find(columns, &["created"]),
    };
    let mut features = Vec::with_capacity(view.features.len());
    for feature in &view.features {
        let found = find(columns, &[feature.column(), &feature.name]);
        let (name, values) = found.ok_or_else(|| missing(feature.column()))?;
        features.push((name, values, feature.kind));
    }
    let mut batch = Batch::new(&naming::view(definitions, view), &naming::features(view));
    let (mut entity, mut values) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let wrong =
            |column: &str, what| ServingError::Value { column: column.to_owned(), row, what };
        entity.clear();
        for (name, column, kind) in &keys {
            match cells::read(&column[row], *kind).map_err(|what| wrong(name, what))? {
                Value::Null => return Err(wrong(name, "a join key cannot be null".to_owned())),
                value => entity.push(value),
            }
        }
        values.clear();
        for (name, column, kind) in &features {
            values.push(cells::read(&column[row], *kind).map_err(|what| wrong(name, what))?);
        }
        let no_moment = |json: &Json| format!("{json} is no moment: write 2026-11-23T12:30:00");
        let event = cells::moment(&events[row])
            .ok_or_else(|| wrong(event_name, no_moment(&events[row])))?;
        let created = match created {
            Some((_, column)) if column[row].is_null() => None,
            Some((name, column)) => Some(
                cells::moment(&column[row]).ok_or_else(|| wrong(name, no_moment(&column[row])))?,
            ),
            None => None,
        };
        batch.push(&entity, event, created, &values)?;
    }
    Ok(batch)
}

/// The first of these columns that came.
fn find<'a>(columns: &'a Columns, names: &[&'a str]) -> Option<(&'a str, &'a [Json])> {
    names.iter().find_map(|name| Some((*name, columns.get(name)?)))
}
