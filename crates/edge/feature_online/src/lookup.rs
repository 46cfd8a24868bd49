//! Answering a question: reading rows, deriving what is computed, and saying how each value stands.

use std::collections::{HashMap, HashSet};

use features::store::{Definitions, ValueKind};
use online::{Ask, EntityKey, Found, OnlineStore, Value};
use serde_json::Value as Json;

use crate::cells;
use crate::demand::{Demand, Output, Read};
use crate::derive::{Derivations, derive};
use crate::error::ServingError;
use crate::question::{Columns, Question};

/// How a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It is there.
    Present,
    /// It is known to be missing.
    Null,
    /// There is no row for the entity.
    NotFound,
    /// There is a row for the entity, and it was written before the view had this feature.
    Unwritten,
    /// It is there, and its event is older than the view's ttl allows.
    OutsideMaxAge,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Present, Self::Null, Self::NotFound, Self::Unwritten, Self::OutsideMaxAge];

    /// Its name on the wire, where an entity that is not known and a feature that is not are one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Present => "PRESENT",
            Self::Null => "NULL_VALUE",
            Self::NotFound | Self::Unwritten => "NOT_FOUND",
            Self::OutsideMaxAge => "OUTSIDE_MAX_AGE",
        }
    }
}

/// A column of an answer: a value, a status and an event time for each row of the question.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Values.
    pub values: Vec<Value>,
    /// How they stand.
    pub statuses: Vec<Status>,
    /// Event times in microseconds since 1970; nought where there is none.
    pub events: Vec<i64>,
}

/// What a question is answered with: the columns of the join keys as they were asked, then the
/// features in the order of the question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The columns.
    pub columns: Vec<Column>,
    /// The views that were read or derived, in the order of the question.
    pub views: Vec<String>,
}

/// The rows that one question may ask for.
const ROWS: usize = 1_000_000;

/// What is asked.
pub struct Sources<'a> {
    /// The definitions.
    pub definitions: &'a Definitions,
    /// The expressions of on-demand views.
    pub derivations: &'a Derivations,
    /// Where the rows are.
    pub store: &'a dyn OnlineStore,
    /// The time, in microseconds since 1970.
    pub now: i64,
}

impl Sources<'_> {
    /// Answers a question; `demand` is what it needs.
    pub fn lookup(&self, question: &Question, demand: &Demand) -> Result<Answer, ServingError> {
        let given = by_join_key(self.definitions, &question.columns);
        let rows = rows(&given)?;
        let mut keys = typed(&demand.keys(), &given)?;
        let columns = self.columns(demand, &given, &keys, rows)?;
        keys.extend(not_needed(self.definitions, demand, &given));
        Ok(answer(demand, &given, keys, columns, rows))
    }

    /// All that a demand needs, read and derived.
    pub fn columns(
        &self,
        demand: &Demand,
        given: &Columns,
        keys: &HashMap<String, Vec<Value>>,
        rows: usize,
    ) -> Result<Columned, ServingError> {
        missing_keys(demand, given)?;
        let request = requested(demand, given)?;
        let mut columns = read(demand, self.store, keys, rows, self.now)?;
        for view in &demand.derives {
            derive(self.definitions, self.derivations, view, rows, &request, &mut columns)?;
        }
        Ok(columns)
    }
}

/// How many rows a question has.
pub fn rows(given: &Columns) -> Result<usize, ServingError> {
    match given.rows() {
        None => Err(ServingError::Asked("all entity rows must have the same columns".to_owned())),
        Some(rows) if rows > ROWS => Err(ServingError::TooMany { rows, most: ROWS }),
        Some(rows) => Ok(rows),
    }
}

/// Join keys that came with the question and that no view reads: they are given back as they came.
fn not_needed(
    definitions: &Definitions,
    demand: &Demand,
    given: &Columns,
) -> HashMap<String, Vec<Value>> {
    let (needed, names) = (demand.keys(), join_keys(definitions));
    let is_spare = |name: &str| {
        names.contains(name) && !needed.contains_key(name) && !demand.request.contains_key(name)
    };
    let spare = given.0.iter().filter(|(name, _)| is_spare(name));
    spare
        .map(|(name, values)| (name.clone(), values.iter().map(cells::as_it_came).collect()))
        .collect()
}

fn join_keys(definitions: &Definitions) -> HashSet<&str> {
    let keys = definitions.entities.values().flat_map(|entity| &entity.keys);
    keys.map(|key| key.name.as_str()).collect()
}

/// The columns of views, each under the name of its feature.
#[derive(Debug, Default)]
pub struct Columned(HashMap<String, Vec<Column>>);

impl Columned {
    /// Adds those of a view.
    pub fn put(&mut self, view: &str, columns: Vec<Column>) {
        self.0.insert(view.to_owned(), columns);
    }

    /// That of a feature.
    pub fn get(&self, view: &str, feature: &str) -> Option<&Column> {
        self.0.get(view)?.iter().find(|column| column.name == feature)
    }

    fn take(&mut self, output: &Output) -> Option<Column> {
        let mut column = std::mem::take(self.0.get_mut(&output.view)?.get_mut(output.place)?);
        column.name.clone_from(&output.name);
        Some(column)
    }
}

/// The columns of a question, those that name an entity under the name of its only join key.
pub fn by_join_key(definitions: &Definitions, columns: &Columns) -> Columns {
    let renamed = |name: &String| match definitions.entities.get(name).map(|one| &one.keys[..]) {
        Some([only]) => only.name.clone(),
        _ => name.clone(),
    };
    Columns(columns.0.iter().map(|(name, values)| (renamed(name), values.clone())).collect())
}

/// The values of the join keys.
pub fn typed(
    kinds: &HashMap<&str, ValueKind>,
    given: &Columns,
) -> Result<HashMap<String, Vec<Value>>, ServingError> {
    let mut typed = HashMap::new();
    for (name, values) in &given.0 {
        if let Some(kind) = kinds.get(name.as_str()) {
            typed.insert(name.clone(), column(name, values, *kind)?);
        }
    }
    Ok(typed)
}

fn column(name: &str, values: &[Json], kind: ValueKind) -> Result<Vec<Value>, ServingError> {
    let read = |(row, json): (usize, &Json)| {
        let wrong = |what| ServingError::Value { column: name.to_owned(), row, what };
        match cells::read(json, kind).map_err(wrong)? {
            Value::Null => Err(wrong("a join key cannot be null".to_owned())),
            value => Ok(value),
        }
    };
    values.iter().enumerate().map(read).collect()
}

fn missing_keys(demand: &Demand, given: &Columns) -> Result<(), ServingError> {
    let needed = demand.reads.values().flat_map(|read| &read.keys);
    let mut missing: Vec<String> =
        needed.map(|(name, _)| name.clone()).filter(|name| given.get(name).is_none()).collect();
    missing.sort();
    missing.dedup();
    match missing.is_empty() {
        true => Ok(()),
        false => Err(ServingError::MissingKeys { missing, given: given.names() }),
    }
}

/// The columns that came with the question, as expressions read them: NaN for a null.
fn requested(demand: &Demand, given: &Columns) -> Result<HashMap<String, Vec<f64>>, ServingError> {
    let missing: Vec<String> =
        demand.request.keys().filter(|name| given.get(name).is_none()).cloned().collect();
    if !missing.is_empty() {
        return Err(ServingError::MissingRequest(missing));
    }
    let mut request = HashMap::new();
    for (name, kind) in &demand.request {
        let read = |(row, json)| {
            let wrong = |what| ServingError::Value { column: name.clone(), row, what };
            cells::read(json, *kind).map(|value| cells::as_float(&value)).map_err(wrong)
        };
        let values = given.get(name).unwrap_or_default().iter().enumerate().map(read);
        request.insert(name.clone(), values.collect::<Result<_, _>>()?);
    }
    Ok(request)
}

/// Reads all views in one call.
fn read(
    demand: &Demand,
    store: &dyn OnlineStore,
    keys: &HashMap<String, Vec<Value>>,
    rows: usize,
    now: i64,
) -> Result<Columned, ServingError> {
    let mut entities: Vec<Vec<EntityKey>> = Vec::with_capacity(demand.reads.len());
    for read in demand.reads.values() {
        let parts: Vec<&[Value]> =
            read.keys.iter().map(|(name, _)| keys[name].as_slice()).collect();
        let key = |row: usize| {
            let values: Vec<Value> = parts.iter().map(|part| part[row].clone()).collect();
            EntityKey::new(&values)
        };
        entities.push((0..rows).map(key).collect::<Result<_, _>>()?);
    }
    let reads = demand.reads.values().zip(&entities);
    let asks: Vec<Ask<'_>> =
        reads.map(|(read, keys)| Ask { view: &read.place, features: &read.stored, keys }).collect();
    let answers = store.read(&asks)?;
    let mut columns = Columned::default();
    for ((view, read), found) in demand.reads.iter().zip(answers) {
        columns.put(view, columns_of(read, found, now));
    }
    Ok(columns)
}

/// Rows of a view as columns.
fn columns_of(read: &Read, found: Vec<Option<Found>>, now: i64) -> Vec<Column> {
    let with_room = |name: &String| Column {
        name: name.clone(),
        values: Vec::with_capacity(found.len()),
        statuses: Vec::with_capacity(found.len()),
        events: Vec::with_capacity(found.len()),
    };
    let mut columns: Vec<Column> = read.features.iter().map(with_room).collect();
    for row in found {
        let event = row.as_ref().map_or(0, |row| row.event);
        let none = if row.is_some() { Status::Unwritten } else { Status::NotFound };
        let is_old = read.ttl > 0 && event < now.saturating_sub(read.ttl);
        let mut values = row.map(|row| row.values).unwrap_or_default().into_iter();
        for column in &mut columns {
            let (value, status) = match values.next().flatten() {
                None => (Value::Null, none),
                Some(value) if is_old => (value, Status::OutsideMaxAge),
                Some(Value::Null) => (Value::Null, Status::Null),
                Some(value) => (value, Status::Present),
            };
            column.values.push(value);
            column.statuses.push(status);
            column.events.push(event);
        }
    }
    columns
}

fn answer(
    demand: &Demand,
    given: &Columns,
    mut keys: HashMap<String, Vec<Value>>,
    mut columns: Columned,
    rows: usize,
) -> Answer {
    let mut all = Vec::with_capacity(keys.len() + demand.outputs.len());
    for (name, _) in &given.0 {
        if let Some(values) = keys.remove(name) {
            all.push(Column {
                name: name.clone(),
                values,
                statuses: vec![Status::Present; rows],
                events: vec![0; rows],
            });
        }
    }
    let mut views: Vec<String> = Vec::new();
    for output in &demand.outputs {
        all.extend(columns.take(output));
        if !views.contains(&output.view) {
            views.push(output.view.clone());
        }
    }
    Answer { columns: all, views }
}
