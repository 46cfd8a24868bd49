//! The columns of a model, by entity: some are given, the others are looked up.
//!
//! In: the features that a model states, the names of its columns, and the columns of a question: join
//! keys, request data, and columns of the model, which win over what would be looked up. Out:
//! [`Vectors`]: numbers, and what is not as it should be with them. It does not know models, nor in
//! which words a question came.

use std::collections::HashSet;

use features::store::{Definitions, ValueKind};
use serde_json::Value as Json;

use crate::cells;
use crate::demand::{Demand, resolve_all};
use crate::error::ServingError;
use crate::lookup::{Columned, Sources, Status, by_join_key, rows, typed};
use crate::question::{Columns, Wanted};

/// The columns of a model for some rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Vectors {
    /// How many rows there are.
    pub rows: usize,
    /// The names of the model's columns, in its order.
    pub names: Vec<String>,
    /// The join keys that came, and their values as text.
    pub keys: Vec<(String, Vec<String>)>,
    /// The columns of the model that were looked up.
    pub looked: Vec<Looked>,
    /// The columns of the model that were given.
    pub given: Vec<(String, Vec<Json>)>,
    /// What is not as it should be, in the order of the rows: also of features that are not columns
    /// of the model, and from which columns are derived.
    pub troubles: Vec<Trouble>,
    /// Columns that came and that nothing takes.
    pub extra: Vec<String>,
}

/// A column that was looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The name of the model's column.
    pub name: String,
    /// The feature: `view:feature`.
    pub feature: String,
    /// Its numbers; NaN where none is known.
    pub numbers: Vec<f64>,
    /// How they stand.
    pub statuses: Vec<Status>,
}

/// A feature of a row that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The row.
    pub row: usize,
    /// The feature: `view:feature`.
    pub feature: String,
    /// How it stands; never [`Status::Present`].
    pub status: Status,
}

/// A view and a feature of it.
type Feature = (String, String);

/// The columns of a model.
pub fn vectors(
    sources: &Sources<'_>,
    wanted: &Wanted,
    names: Option<&[String]>,
    columns: &Columns,
) -> Result<Vectors, ServingError> {
    let definitions = sources.definitions;
    let places = places(resolve_all(definitions, wanted)?, names)?;
    let given = by_join_key(definitions, columns);
    let rows = rows(&given)?;
    once(&given)?;
    let all = Demand::of(definitions, places.iter().filter_map(|(_, feature)| feature.as_ref()))?;
    let typed = typed(&all.keys(), &given)?;
    let wanting: Vec<(&String, &Feature)> = (places.iter())
        .filter(|(name, _)| given.get(name).is_none())
        .filter_map(|(name, feature)| Some((name, feature.as_ref()?)))
        .collect();
    for (_, feature) in &wanting {
        is_number(definitions, feature)?;
    }
    let demand = Demand::of(definitions, wanting.iter().map(|(_, feature)| *feature))?;
    let found = sources.columns(&demand, &given, &typed, rows)?;
    let looked = wanting.iter().filter_map(|(name, feature)| looked(name, feature, &found));
    let mut vectors = Vectors {
        rows,
        looked: looked.collect::<Result<_, _>>()?,
        troubles: troubles(&demand, &wanting, &found),
        ..Vectors::default()
    };
    for (name, values) in given.0 {
        let key = typed.get(&name);
        if let Some(key) = key {
            vectors.keys.push((name.clone(), key.iter().map(cells::as_text).collect()));
        }
        if places.iter().any(|(known, _)| *known == name) {
            vectors.given.push((name, values));
        } else if key.is_none() && !all.request.contains_key(&name) {
            vectors.extra.push(name);
        }
    }
    vectors.names = places.into_iter().map(|(name, _)| name).collect();
    Ok(vectors)
}

/// Which feature each column of a model is: that of its name, or `view__feature`; none where it is not
/// among those that are stated.
fn places(
    stated: Vec<Feature>,
    names: Option<&[String]>,
) -> Result<Vec<(String, Option<Feature>)>, ServingError> {
    let Some(names) = names else {
        let alike = |of: &Feature| stated.iter().filter(|other| other.1 == of.1).count() > 1;
        let name = |of: &Feature| match alike(of) {
            true => format!("{}__{}", of.0, of.1),
            false => of.1.clone(),
        };
        return Ok(stated.iter().map(|of| (name(of), Some(of.clone()))).collect());
    };
    let place = |name: &String| {
        let whole = stated.iter().find(|(view, feature)| format!("{view}__{feature}") == *name);
        let mut alike = stated.iter().filter(|(_, feature)| feature == name);
        match (whole, alike.next(), alike.next()) {
            (Some(whole), ..) => Ok((name.clone(), Some(whole.clone()))),
            (None, Some(one), Some(other)) if one != other => Err(ServingError::Asked(format!(
                "the model's column {name} may be {}:{name} or {}:{name}: name it {}__{name}",
                one.0, other.0, one.0
            ))),
            (None, one, _) => Ok((name.clone(), one.cloned())),
        }
    };
    names.iter().map(place).collect()
}

/// Refuses columns that are there twice.
fn once(given: &Columns) -> Result<(), ServingError> {
    let mut seen = HashSet::new();
    match given.0.iter().find(|(name, _)| !seen.insert(name)) {
        None => Ok(()),
        Some((name, _)) => Err(ServingError::Asked(format!("column {name} is there twice"))),
    }
}

fn is_number(definitions: &Definitions, (view, feature): &Feature) -> Result<(), ServingError> {
    let stored = definitions.views.get(view).and_then(|view| view.feature(feature));
    match stored.map(|stored| stored.kind) {
        Some(kind @ (ValueKind::String | ValueKind::Timestamp)) => Err(ServingError::Asked(
            format!("feature {view}:{feature} is a {kind}, and a model takes numbers"),
        )),
        _ => Ok(()),
    }
}

fn looked(name: &str, feature: &Feature, found: &Columned) -> Option<Result<Looked, ServingError>> {
    let column = found.get(&feature.0, &feature.1)?;
    let of = format!("{}:{}", feature.0, feature.1);
    let number = |(row, value)| {
        cells::as_input(value).map_err(|what| ServingError::Value { column: of.clone(), row, what })
    };
    let numbers = column.values.iter().enumerate().map(number).collect::<Result<_, _>>();
    Some(numbers.map(|numbers| Looked {
        name: name.to_owned(),
        feature: of.clone(),
        numbers,
        statuses: column.statuses.clone(),
    }))
}

/// What is not as it should be: of all that was read, and of what was derived for the model.
fn troubles(demand: &Demand, wanting: &[(&String, &Feature)], found: &Columned) -> Vec<Trouble> {
    let read = demand.reads.iter().flat_map(|(view, read)| {
        read.features.iter().map(move |feature| (view.clone(), feature.clone()))
    });
    let derived = wanting.iter().map(|(_, feature)| (*feature).clone());
    let derived = derived.filter(|(view, _)| demand.derives.contains(view));
    let mut troubles = Vec::new();
    for of in read.chain(derived) {
        let Some(column) = found.get(&of.0, &of.1) else { continue };
        for (row, status) in column.statuses.iter().enumerate() {
            if *status != Status::Present {
                let feature = format!("{}:{}", of.0, of.1);
                troubles.push(Trouble { row, feature, status: *status });
            }
        }
    }
    troubles.sort_by_key(|trouble| trouble.row);
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_the_feature_of_its_name_or_of_its_whole_name() {
        let feature = |view: &str, name: &str| (view.to_owned(), name.to_owned());
        let stated = || vec![feature("r", "x"), feature("f", "x"), feature("f", "y")];
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            let places = places(stated(), Some(&names))?;
            Ok::<_, ServingError>(places.into_iter().map(|(_, of)| of).collect::<Vec<_>>())
        };
        let expected = vec![Some(feature("f", "y")), Some(feature("f", "x")), None];
        assert_eq!(of(&["y", "f__x", "z"]).unwrap(), expected);
        let error = of(&["x"]).unwrap_err().to_string();
        assert_eq!(error, "the model's column x may be r:x or f:x: name it r__x");
        let names: Vec<String> =
            places(stated(), None).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["r__x", "f__x", "y"]);
    }
}
