//! Features looked up by entity: from the columns that name entities to the rows that a model takes.
//!
//! The model states which features it takes, the room `feature_online` finds them, and the room
//! `serving` puts them into the order of the signature. What is stale or not known goes in as it is
//! and is flagged, row by row; where a column has no place for what is missing, the request is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use feature_online::{Columns, ServingError as NotFound, Status, Trouble, Vectors, Wanted};
use predictions::Flag;
use serde_json::Value;
use serving::{Arranged, Entities, Flat, ModelFeatures, Servable, ServingError};

use super::loaded::Loaded;
use super::refusal::Refusal;
use crate::api::features::count;
use crate::app::App;

/// The rows of a model for entities: join keys, request data and columns of the model, in any order.
pub(super) async fn arrange(
    app: &App,
    loaded: &Loaded,
    columns: Vec<(String, Vec<Value>)>,
) -> Result<Arranged, Refusal> {
    let name = &loaded.name;
    let Some(servable) = loaded.servable() else {
        return Err(Refusal::invalid(format!(
            "model '{name}' is served by Python, for which no features are looked up: send them"
        )));
    };
    let Some(stated) = &loaded.features else {
        return Err(Refusal::invalid(format!(
            "model '{name}' does not state which features it takes: set the tag {} of version {} \
             to the name of a feature service, or send the features themselves",
            super::find::FEATURES,
            loaded.version
        )));
    };
    let Some(features) = app.features().cloned() else {
        return Err(Refusal::not_served(
            "this server does not serve features, so that none are looked up: start it with \
             --features, or send the features themselves",
        ));
    };
    let columns = Columns(columns);
    app.options().serving.limits.check_rows(columns.rows().unwrap_or(0))?;
    let wanted = match stated.clone() {
        ModelFeatures::Service(name) => Wanted::Service(name),
        ModelFeatures::Named(names) => Wanted::Features(names),
    };
    let names = servable.column_names();
    let is_soon = columns.rows().is_some_and(|rows| features.is_soon(rows));
    let look = move || features.vectors(&wanted, names.as_deref(), &columns);
    let vectors = match is_soon {
        true => look(),
        false => tokio::task::spawn_blocking(look)
            .await
            .map_err(|_| Refusal::unavailable("the lookup broke off"))?,
    };
    let vectors = vectors.map_err(|error| refused(name, error))?;
    let statuses = vectors.looked.iter().flat_map(|column| &column.statuses);
    app.meters().features().read(&count(statuses));
    refuse_missing(servable, &vectors)?;
    let entities = Some(Arc::new(entities(&vectors)));
    let mut extra = vectors.extra.clone();
    let arranged = servable.arrange_columns(in_order(vectors)?)?;
    extra.extend(arranged.extra);
    Ok(Arranged { extra, entities, ..arranged })
}

/// Why features were not found, in the words of what was asked: a prediction.
fn refused(model: &str, error: NotFound) -> Refusal {
    let what = error.to_string();
    match error {
        NotFound::MissingKeys { .. } | NotFound::MissingRequest(_) | NotFound::Value { .. } => {
            ServingError::Schema(what).into()
        }
        NotFound::TooMany { .. } => ServingError::TooLarge(what).into(),
        NotFound::Online(_) | NotFound::Store(_) => {
            Refusal::unavailable(format!("the features of model '{model}': {what}"))
        }
        _ => Refusal::invalid(format!("the features of model '{model}': {what}")),
    }
}

/// Refuses what is missing where the signature has no place for it.
fn refuse_missing(servable: &Servable, vectors: &Vectors) -> Result<(), ServingError> {
    for column in vectors.looked.iter().filter(|column| !servable.takes_missing(&column.name)) {
        let Some(row) = column.numbers.iter().position(|number| number.is_nan()) else { continue };
        let keys = vectors.keys.iter().map(|(name, values)| format!("{name}={}", values[row]));
        let stands = match column.statuses[row] {
            Status::Present => "NaN",
            status => status.name(),
        };
        return Err(ServingError::Schema(format!(
            "row {row} ({}): feature {} is {stands}, and column '{}' of the model's signature takes \
             no missing value: give the column, or make the feature known",
            keys.collect::<Vec<_>>().join(", "),
            column.feature,
            column.name
        )));
    }
    Ok(())
}

/// The columns of the model that were looked up or given, in its order.
fn in_order(vectors: Vectors) -> Result<Vec<(String, Flat)>, ServingError> {
    let mut by_name: BTreeMap<String, Flat> = BTreeMap::new();
    for column in vectors.looked {
        by_name.insert(column.name, Flat::new(column.numbers, vec![vectors.rows]));
    }
    for (name, values) in vectors.given {
        let flat = serde_json::from_value(Value::Array(values))
            .map_err(|error| ServingError::Malformed(format!("column '{name}': {error}")))?;
        by_name.insert(name, flat);
    }
    let known = vectors.names.into_iter();
    Ok(known.filter_map(|name| by_name.remove_entry(&name)).collect())
}

/// Of whom the features are, and how they stand.
fn entities(vectors: &Vectors) -> Entities {
    let key = |row: usize| vectors.keys.iter().map(move |(_, values)| values[row].as_str().into());
    let mut flags = vec![predictions::Flags::none(); vectors.rows];
    for trouble in &vectors.troubles {
        flags[trouble.row].set(flag(trouble.status));
    }
    let by_row = vectors.troubles.chunk_by(|a, b| a.row == b.row);
    Entities {
        names: vectors.keys.iter().map(|(name, _)| name.clone()).collect(),
        keys: (0..vectors.rows).map(|row| key(row).collect()).collect(),
        flags,
        troubles: by_row.map(|row| (row[0].row, words(row))).collect(),
    }
}

/// `stale_feature risk:beta risk:size`, with commas between the flags of a row.
fn words(row: &[Trouble]) -> String {
    let mut by_flag: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for trouble in row {
        by_flag.entry(flag(trouble.status).as_str()).or_default().push(&trouble.feature);
    }
    let words = by_flag.iter().map(|(flag, features)| format!("{flag} {}", features.join(" ")));
    words.collect::<Vec<_>>().join(", ")
}

fn flag(status: Status) -> Flag {
    match status {
        Status::NotFound => Flag::UnknownEntity,
        Status::OutsideMaxAge => Flag::StaleFeature,
        Status::Present | Status::Null | Status::Unwritten => Flag::MissingFeature,
    }
}
