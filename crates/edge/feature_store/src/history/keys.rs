//! Join keys as small numbers: the keys of the rows that ask are counted, those of feature rows are
//! looked up.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use features::point_in_time::NO_KEY;
use hashbrown::HashMap;

/// The keys that are asked for, each with its number.
#[derive(Debug)]
pub(super) enum KeyIndex {
    /// No join key: all rows speak of the same.
    Nobody,
    /// Whole numbers close together: a number for each, by its distance from the least.
    Dense {
        least: i64,
        numbers: Vec<u32>,
    },
    Integers(HashMap<i64, u32>),
    Texts(HashMap<Box<str>, u32>),
    /// Several columns, written one behind the other.
    Several(HashMap<Box<[u8]>, u32>),
}

impl KeyIndex {
    /// Counts the keys of rows that ask, in the order of their first rows; a row in which a key is
    /// null has none.
    pub fn count(columns: &[ArrayRef], rows: usize) -> (Self, Vec<u32>) {
        match columns {
            [] => (Self::Nobody, vec![0; rows]),
            [one] if one.data_type() == &DataType::Utf8 => {
                let mut known = HashMap::<Box<str>, u32>::new();
                let number = |text: Option<&str>| match text {
                    None => NO_KEY,
                    Some(text) => {
                        let next = known.len() as u32;
                        *known.entry_ref(text).or_insert(next)
                    }
                };
                let numbers = one.as_string::<i32>().iter().map(number).collect();
                (Self::Texts(known), numbers)
            }
            [one] => {
                let values = integers(one);
                let mut known = HashMap::<i64, u32>::new();
                let numbers = values.iter().enumerate().map(|(row, value)| {
                    let next = known.len() as u32;
                    if one.is_valid(row) { *known.entry(*value).or_insert(next) } else { NO_KEY }
                });
                let numbers = numbers.collect();
                (Self::integers(known), numbers)
            }
            several => {
                let mut known = HashMap::<Box<[u8]>, u32>::new();
                let mut written = Vec::new();
                let numbers = (0..rows).map(|row| {
                    if !write(several, row, &mut written) {
                        return NO_KEY;
                    }
                    let next = known.len() as u32;
                    *known.entry_ref(written.as_slice()).or_insert(next)
                });
                let numbers = numbers.collect();
                (Self::Several(known), numbers)
            }
        }
    }

    /// A table by distance where it is not much larger than the hash table.
    fn integers(known: HashMap<i64, u32>) -> Self {
        let bounds = known.keys().copied().fold(None, |bounds: Option<(i64, i64)>, key| {
            Some(bounds.map_or((key, key), |(low, high)| (low.min(key), high.max(key))))
        });
        let span = bounds.and_then(|(low, high)| high.checked_sub(low)).unwrap_or(i64::MAX);
        if span as u128 > known.len() as u128 * 8 + 1024 {
            return Self::Integers(known);
        }
        let least = bounds.map_or(0, |(low, _)| low);
        let mut numbers = vec![NO_KEY; span as usize + 1];
        for (key, number) in known {
            numbers[(key - least) as usize] = number;
        }
        Self::Dense { least, numbers }
    }

    /// The numbers of the keys of feature rows; [`NO_KEY`] for those that nobody asks for.
    pub fn find(&self, columns: &[ArrayRef], rows: usize, found: &mut Vec<u32>) {
        found.clear();
        match self {
            Self::Nobody => found.resize(rows, 0),
            Self::Dense { least, numbers } => {
                let number = |key: i64| {
                    let distance = key.wrapping_sub(*least) as u64;
                    numbers.get(distance as usize).copied().unwrap_or(NO_KEY)
                };
                each_integer(&columns[0], number, found);
            }
            Self::Integers(known) => {
                each_integer(&columns[0], |key| known.get(&key).copied().unwrap_or(NO_KEY), found);
            }
            Self::Texts(known) => {
                let number = |text: Option<&str>| {
                    text.and_then(|text| known.get(text).copied()).unwrap_or(NO_KEY)
                };
                found.extend(columns[0].as_string::<i32>().iter().map(number));
            }
            Self::Several(known) => {
                let mut written = Vec::new();
                found.extend((0..rows).map(|row| {
                    let known = write(columns, row, &mut written)
                        .then(|| known.get(written.as_slice()).copied());
                    known.flatten().unwrap_or(NO_KEY)
                }));
            }
        }
    }
}

/// The numbers of a column of whole numbers; a null has none.
fn each_integer(column: &ArrayRef, number: impl Fn(i64) -> u32, found: &mut Vec<u32>) {
    match column.data_type() {
        DataType::Int32 => {
            let values = column.as_primitive::<Int32Type>().values();
            found.extend(values.iter().map(|value| number(i64::from(*value))));
        }
        _ => {
            found.extend(column.as_primitive::<Int64Type>().values().iter().map(|key| number(*key)))
        }
    }
    if let Some(nulls) = column.nulls().filter(|nulls| nulls.null_count() > 0) {
        for (row, number) in found.iter_mut().enumerate() {
            if nulls.is_null(row) {
                *number = NO_KEY;
            }
        }
    }
}

fn integers(column: &ArrayRef) -> Vec<i64> {
    match column.data_type() {
        DataType::Int32 => {
            let values = column.as_primitive::<Int32Type>().values();
            values.iter().map(|value| i64::from(*value)).collect()
        }
        _ => column.as_primitive::<Int64Type>().values().to_vec(),
    }
}

/// Writes the keys of a row one behind the other, so that no two rows of different keys are written
/// alike; false where one is null.
fn write(columns: &[ArrayRef], row: usize, written: &mut Vec<u8>) -> bool {
    written.clear();
    for column in columns {
        if column.is_null(row) {
            return false;
        }
        match column.data_type() {
            DataType::Utf8 => {
                let text = column.as_string::<i32>().value(row);
                written.extend_from_slice(&(text.len() as u64).to_le_bytes());
                written.extend_from_slice(text.as_bytes());
            }
            DataType::Int32 => {
                let value = i64::from(column.as_primitive::<Int32Type>().value(row));
                written.extend_from_slice(&value.to_le_bytes());
            }
            _ => {
                let value = column.as_primitive::<Int64Type>().value(row);
                written.extend_from_slice(&value.to_le_bytes());
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Int64Array, StringArray};

    use super::*;

    fn found(index: &KeyIndex, columns: &[ArrayRef]) -> Vec<u32> {
        let mut found = Vec::new();
        index.find(columns, columns[0].len(), &mut found);
        found
    }

    #[test]
    fn keys_are_found_whatever_they_are_made_of() {
        let integers = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let texts = |values: Vec<Option<&str>>| Arc::new(StringArray::from(values)) as ArrayRef;
        for (asked, rows) in [
            (vec![Some(5), Some(7), None, Some(5)], vec![Some(7), Some(6), None, Some(5)]),
            (
                vec![Some(i64::MIN), Some(i64::MAX), None, Some(i64::MIN)],
                vec![Some(i64::MAX), Some(0), None, Some(i64::MIN)],
            ),
        ] {
            let (index, numbers) = KeyIndex::count(&[integers(asked)], 4);
            assert_eq!(numbers, [0, 1, NO_KEY, 0]);
            assert_eq!(found(&index, &[integers(rows)]), [1, NO_KEY, NO_KEY, 0]);
        }
        let (index, numbers) = KeyIndex::count(&[texts(vec![Some("b"), None, Some("")])], 3);
        assert_eq!(numbers, [0, NO_KEY, 1]);
        assert_eq!(found(&index, &[texts(vec![Some(""), None, Some("c")])]), [1, NO_KEY, NO_KEY]);
        let pair = |a: Vec<Option<&str>>, b: Vec<Option<&str>>| [texts(a), texts(b)];
        let (index, numbers) =
            KeyIndex::count(&pair(vec![Some("ab"), Some("a")], vec![Some("c"), Some("bc")]), 2);
        assert_eq!(numbers, [0, 1]);
        let rows = pair(vec![Some("a"), Some("abc"), None], vec![Some("bc"), Some(""), Some("c")]);
        assert_eq!(found(&index, &rows), [1, NO_KEY, NO_KEY]);
    }
}
