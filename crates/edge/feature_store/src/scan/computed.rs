//! Views of expressions: the columns of a source as a panel of days and symbols, and the
//! expressions evaluated over it.
//!
//! The panel is kept in memory: eight bytes for each field, day and symbol. Features are computed a
//! block of symbols at a time where no expression compares symbols.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow_schema::Schema;
use features::store::{FeatureView, Input, ValueKind};
use features::{Definition, Expression, FeatureSet};
use types::{Date, Digest, Panel, Symbol};

use super::places::parts_of_source;
use super::shape::{Column, Created, Wanted, micros};
use super::{Part, Raw, RawBatches, Scan};
use crate::{FeatureStore, FeatureStoreError};

const DAY: i64 = 86_400_000_000;

/// Symbols that are computed together.
const BLOCK: usize = 64;

/// What all blocks share.
struct Computation {
    place: String,
    set: FeatureSet,
    panel: Panel,
    /// Days × symbols: from when on a row was known, where there is a row.
    known: Vec<Option<i64>>,
    key: String,
    event: String,
    created: Option<String>,
}

/// Some symbols of a computation.
struct Block {
    of: Arc<Computation>,
    symbols: std::ops::Range<usize>,
    first: u64,
}

/// The parts of a view of expressions: reads its source.
pub(super) fn parts(
    store: &FeatureStore,
    view: &FeatureView,
    wanted: &Wanted,
) -> Result<Vec<Arc<dyn Part>>, FeatureStoreError> {
    let Input::Source { name } = &view.input else {
        return Err(wanted.refuse("its SQL text", "expressions read a source"));
    };
    let named = |name: &String| wanted.features.iter().any(|column| column.name == *name);
    let definitions: Vec<Definition> = view
        .features
        .iter()
        .filter(|feature| named(&feature.name))
        .filter_map(|one| Some(Definition::new(&one.name, one.expression.as_ref()?)))
        .collect();
    let fail = |what: String| wanted.refuse(name, what);
    let set = FeatureSet::compile(&definitions).map_err(|error| fail(error.to_string()))?;
    let mut fields = BTreeSet::new();
    for definition in set.definitions() {
        let expression = Expression::parse(&definition.source);
        fields.extend(expression.map_err(|error| fail(error.to_string()))?.fields());
    }
    let rows = read(store, name, wanted, &fields)?;
    let (panel, known) = rows.panel(&fields).map_err(fail)?;
    let created = match &wanted.created {
        Created::Column(column) => Some(column.clone()),
        _ => None,
    };
    let known = if created.is_some() { carried(&set, &panel, &known) } else { known };
    let across = !set.is_separable();
    let symbols = panel.symbols().len();
    let of = Arc::new(Computation {
        place: name.clone(),
        set,
        key: wanted.keys[0].from.clone(),
        event: wanted.event.clone(),
        created,
        known,
        panel,
    });
    let block = if across { symbols.max(1) } else { BLOCK };
    let starts = (0..symbols).step_by(block);
    Ok(starts
        .map(|start| {
            let symbols = start..(start + block).min(symbols);
            let first = (start * of.panel.rows()) as u64;
            Arc::new(Block { of: of.clone(), symbols, first }) as Arc<dyn Part>
        })
        .collect())
}

/// The rows of a source, column by column.
#[derive(Default)]
struct Rows {
    symbols: Vec<String>,
    days: Vec<i64>,
    created: Vec<Option<i64>>,
    fields: Vec<Vec<f64>>,
}

fn read(
    store: &FeatureStore,
    source: &str,
    wanted: &Wanted,
    fields: &BTreeSet<String>,
) -> Result<Rows, FeatureStoreError> {
    let columns = fields.iter().map(|name| Column {
        from: name.clone(),
        name: name.clone(),
        kind: ValueKind::Float64,
    });
    let created = match &wanted.created {
        Created::Column(name) => Created::Column(name.clone()),
        _ => Created::AtOnce,
    };
    let raw = Wanted { features: columns.collect(), created, ..wanted.clone() }.renewed();
    let parts = parts_of_source(store, store.source(source)?, &raw)?;
    let scan = Scan { wanted: Arc::new(raw), parts };
    let layout = scan.wanted.layout();
    let mut rows = Rows { fields: vec![Vec::new(); fields.len()], ..Rows::default() };
    for part in 0..scan.parts.len() {
        for batch in scan.read(part)? {
            let batch = batch?.rows;
            let symbols = batch.column(0).as_string::<i32>();
            if symbols.null_count() > 0 {
                return Err(scan.wanted.refuse(
                    &scan.parts[part].place(),
                    format!("the key `{}` is null in a row", wanted.keys[0].from),
                ));
            }
            rows.symbols.extend(symbols.iter().flatten().map(str::to_owned));
            let events = micros(batch.column(layout.event()));
            if let Some(odd) = events.iter().find(|event| **event % DAY != 0) {
                return Err(scan.wanted.refuse(
                    &scan.parts[part].place(),
                    format!("expressions read one row a day, and `{}` has a time of day ({odd} microseconds of UTC): use a date", wanted.event),
                ));
            }
            rows.days.extend(events.iter().map(|event| event / DAY));
            if let Some(created) = layout.created() {
                let created = batch.column(created);
                let moments = micros(created);
                rows.created.extend(
                    (0..created.len()).map(|row| created.is_valid(row).then(|| moments[row])),
                );
            }
            for (field, column) in rows.fields.iter_mut().zip(layout.features()) {
                let values = batch.column(column).as_primitive::<Float64Type>();
                field.extend(values.iter().map(|value| value.unwrap_or(f64::NAN)));
            }
        }
    }
    Ok(rows)
}

impl Rows {
    /// The panel, and for each of its cells from when on it was known, if there is a row.
    fn panel(self, fields: &BTreeSet<String>) -> Result<(Panel, Vec<Option<i64>>), String> {
        let symbols: Vec<&String> =
            self.symbols.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let days: Vec<i64> =
            self.days.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        let column: BTreeMap<&String, usize> =
            symbols.iter().enumerate().map(|(at, symbol)| (*symbol, at)).collect();
        let row: BTreeMap<i64, usize> =
            days.iter().enumerate().map(|(at, day)| (*day, at)).collect();
        let cells = days.len() * symbols.len();
        let mut known = vec![None; cells];
        let mut values = vec![vec![f64::NAN; cells]; self.fields.len()];
        for (at, (symbol, day)) in self.symbols.iter().zip(&self.days).enumerate() {
            let cell = row[day] * symbols.len() + column[symbol];
            if known[cell].is_some() {
                return Err(format!(
                    "`{symbol}` has two rows on {}: expressions need one a day; choose one in a SQL view first",
                    shown(*day)
                ));
            }
            // A row whose created time is missing was never known.
            let created = self.created.get(at).map_or(Some(day * DAY), |created| *created);
            known[cell] = Some(created.unwrap_or(i64::MAX));
            for (values, field) in values.iter_mut().zip(&self.fields) {
                values[cell] = field[at];
            }
        }
        let dates: Option<Vec<Date>> = days.iter().map(|day| date(*day)).collect();
        let panel = Panel::new(
            dates.ok_or("a day lies outside the calendar")?,
            symbols.iter().map(|symbol| Symbol::from(symbol.as_str())).collect(),
            fields.iter().cloned().zip(values).collect(),
            Digest::ZERO,
        );
        Ok((panel.map_err(|error| error.to_string())?, known))
    }
}

fn date(day: i64) -> Option<Date> {
    let days = i32::try_from(day).ok()?.checked_add(719_163)?;
    Date::from_num_days_from_ce_opt(days)
}

fn shown(day: i64) -> String {
    date(day).map_or_else(|| day.to_string(), |date| date.to_string())
}

/// A value is known once every row that it may have read is: the latest of its window, of its own
/// symbol or of all where symbols are compared.
fn carried(set: &FeatureSet, panel: &Panel, known: &[Option<i64>]) -> Vec<Option<i64>> {
    let (left, symbols) = (set.window().left, panel.symbols().len());
    let own = |row: usize, column: usize| known[row * symbols + column];
    let latest: Vec<Option<i64>> = if set.is_separable() {
        known.to_vec()
    } else {
        let of = |row: usize| (0..symbols).filter_map(|column| own(row, column)).max();
        (0..panel.rows()).flat_map(|row| std::iter::repeat_n(of(row), symbols)).collect()
    };
    let mut carried = vec![None; known.len()];
    for column in 0..symbols {
        // The latest of a sliding window: rows that a later one outlasts are dropped.
        let mut window: std::collections::VecDeque<(usize, i64)> =
            std::collections::VecDeque::new();
        for row in 0..panel.rows() {
            if let Some(moment) = latest[row * symbols + column] {
                while window.back().is_some_and(|(_, last)| *last <= moment) {
                    window.pop_back();
                }
                window.push_back((row, moment));
            }
            while window.front().is_some_and(|(at, _)| at + left < row) {
                window.pop_front();
            }
            if own(row, column).is_some() {
                carried[row * symbols + column] = window.front().map(|(_, moment)| *moment);
            }
        }
    }
    carried
}

impl Part for Block {
    fn place(&self) -> String {
        self.of.place.clone()
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        let dates = self.of.panel.dates();
        let micros = |date: &Date| (date.num_days() - 719_163) * DAY;
        Some((micros(dates.first()?), micros(dates.last()?)))
    }

    fn open(&self) -> Result<RawBatches, FeatureStoreError> {
        let rows = self
            .compute()
            .map_err(|what| FeatureStoreError::File { file: self.of.place.clone(), what })?;
        Ok(Box::new(std::iter::once(Ok(Raw { rows, first: self.first }))))
    }
}

/// Days since the first of the common era.
trait Days {
    fn num_days(&self) -> i64;
}

impl Days for Date {
    fn num_days(&self) -> i64 {
        i64::from(chrono::Datelike::num_days_from_ce(self))
    }
}

impl Block {
    fn compute(&self) -> Result<RecordBatch, String> {
        let of = &self.of;
        let all = of.panel.symbols();
        let chosen = &all[self.symbols.clone()];
        let panel = if chosen.len() == all.len() {
            of.panel.clone()
        } else {
            of.panel.select(chosen).map_err(|error| error.to_string())?
        };
        let table = of.set.history(&panel).map_err(|error| error.to_string())?;
        let names = of.set.names();
        let mut keys = Vec::new();
        let mut events = Vec::new();
        let mut created = Vec::new();
        let mut values = vec![Vec::new(); names.len()];
        for (row, day) in panel.dates().iter().enumerate() {
            let of_day = table.row(row);
            for (column, symbol) in chosen.iter().enumerate() {
                let Some(known) = of.known[row * all.len() + self.symbols.start + column] else {
                    continue;
                };
                keys.push(symbol.as_str());
                events.push((day.num_days() - 719_163) * DAY);
                created.push((known != i64::MAX).then_some(known));
                for (name, values) in values.iter_mut().enumerate() {
                    let value = of_day[column * names.len() + name];
                    values.push((!value.is_nan()).then_some(value));
                }
            }
        }
        let moments =
            |of: Vec<Option<i64>>| TimestampMicrosecondArray::from(of).with_timezone("UTC");
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            (&of.key, Arc::new(StringArray::from(keys))),
            (&of.event, Arc::new(moments(events.into_iter().map(Some).collect()))),
        ];
        if let Some(name) = &of.created {
            columns.push((name, Arc::new(moments(created))));
        }
        for (name, values) in names.iter().zip(values) {
            columns.push((name, Arc::new(Float64Array::from(values))));
        }
        let fields = columns
            .iter()
            .map(|(name, array)| arrow_schema::Field::new(*name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        RecordBatch::try_new(schema, columns.into_iter().map(|(_, array)| array).collect())
            .map_err(|error| error.to_string())
    }
}
