//! Records, `[{"a": 1}, …]`, and columns, `{"a": [1, …]}`, taken apart while they are read.
//! Columns of entities keep their values as they are: what they mean, their definitions say.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::{Flat, ServingError, Table};

/// Columns by name, in their order.
pub(super) struct ByName<T>(pub Vec<(String, T)>);

/// Columns of cells.
pub(super) type Columns = ByName<Flat>;

/// Columns of entities.
pub(super) type Entities = ByName<Vec<serde_json::Value>>;

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Named<T> {
            type Value = ByName<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ByName<T>, A::Error> {
                let mut columns = Vec::new();
                while let Some((name, cells)) = map.next_entry::<String, T>()? {
                    columns.push((name, cells));
                }
                Ok(ByName(columns))
            }
        }
        deserializer.deserialize_map(Named(PhantomData))
    }
}

/// Records: the columns in the order in which their names first come.
#[derive(Default)]
pub(super) struct Records {
    rows: usize,
    names: Vec<String>,
    places: HashMap<String, usize>,
    columns: Vec<Flat>,
}

impl Records {
    pub(super) fn table(mut self) -> Result<Table, ServingError> {
        for column in &mut self.columns {
            pad(column, self.rows);
        }
        if self.names.is_empty() {
            // Records without a field, or none: as many rows of no columns.
            let cells = Flat::new(Vec::new(), vec![self.rows, 0]);
            return Table::of_rows(Some(Vec::new()), cells);
        }
        Table::of_columns(self.names.into_iter().zip(self.columns).collect())
    }

    /// The place of a column; records mostly repeat the names in their order.
    fn place(&mut self, name: &str, guess: usize) -> usize {
        if self.names.get(guess).is_some_and(|known| known == name) {
            return guess;
        }
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let place = self.names.len();
        self.names.push(name.to_owned());
        self.places.insert(name.to_owned(), place);
        self.columns.push(Flat::default());
        place
    }
}

fn pad(column: &mut Flat, rows: usize) {
    column.numbers.resize(rows, f64::NAN);
    column.dims = vec![rows];
}

struct Record<'a>(&'a mut Records);

impl<'de> serde::de::DeserializeSeed<'de> for Record<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record: values by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let row = self.0.rows;
        let mut guess = 0;
        while let Some(name) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let cell: Flat = map.next_value()?;
            if !cell.dims.is_empty() {
                let what = format!("`{name}` of record {row} is an array, not a single value");
                return Err(A::Error::custom(what));
            }
            let place = self.0.place(&name, guess);
            let column = &mut self.0.columns[place];
            if column.len() > row {
                return Err(A::Error::custom(format!("`{name}` is twice in record {row}")));
            }
            pad(column, row);
            column.extend(cell);
            guess = place + 1;
        }
        self.0.rows += 1;
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Records;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Records, A::Error> {
                let mut records = Records::default();
                while seq.next_element_seed(Record(&mut records))?.is_some() {}
                Ok(records)
            }
        }
        deserializer.deserialize_seq(List)
    }
}
