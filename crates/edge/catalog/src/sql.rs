//! Pieces of statements that several nouns share.

use database::{Row, Tx, Value};

use crate::{CatalogError, Tag};

/// `?n, ?n+1, …` for `count` values from number `from` on.
pub(crate) fn marks(from: usize, count: usize) -> String {
    let marks: Vec<String> = (from..from + count).map(|number| format!("?{number}")).collect();
    marks.join(", ")
}

/// Reads two columns as a key with a value, from column `at` on.
pub(crate) fn tag(row: &Row<'_>, at: usize) -> Result<Tag, database::DatabaseError> {
    Ok(Tag { key: row.get(at)?, value: row.get(at + 1)? })
}

/// Gives the rows of `SELECT owner, … WHERE owner IN (…)` to `take`, for owners by number, a few
/// hundred at a time.
pub(crate) fn for_owners(
    tx: &mut Tx<'_>,
    owners: &[i64],
    sql: impl Fn(&str) -> String,
    mut take: impl FnMut(&Row<'_>) -> Result<(), database::DatabaseError>,
) -> Result<(), CatalogError> {
    for some in owners.chunks(500) {
        // Few lengths, so that few statements are prepared: the last number fills the rest.
        let places = some.len().next_power_of_two().min(500);
        let last = *some.last().expect("chunks are not empty");
        let mut values: Vec<Value<'_>> = some.iter().map(|owner| Value::Int(*owner)).collect();
        values.resize(places, Value::Int(last));
        tx.each(&sql(&marks(1, places)), &values, &mut take)?;
    }
    Ok(())
}

/// The last tag of each key, as a later one overwrites an earlier one.
pub(crate) fn last_of_each(tags: &[Tag]) -> Vec<&Tag> {
    let mut kept: Vec<&Tag> = Vec::with_capacity(tags.len());
    for tag in tags {
        match kept.iter_mut().find(|held| held.key == tag.key) {
            Some(held) => *held = tag,
            None => kept.push(tag),
        }
    }
    kept
}
