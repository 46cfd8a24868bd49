//! A transaction: where statements are run.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::row::Inner as RowInner;
use crate::{DatabaseError, Migration, Row, Value, migrate};

/// Which of the two databases it is, where a statement must differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// An open transaction. What it wrote is kept only if the closure that was given it returns `Ok`.
pub struct Tx<'c>(pub(crate) Inner<'c>);

pub(crate) enum Inner<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres { tx: postgres::Transaction<'c>, prepared: &'c mut Prepared },
}

/// Statements that the server has prepared, by their text.
pub(crate) type Prepared = HashMap<String, postgres::Statement>;

/// Statements kept prepared; beyond it all are let go, since made-up ones (searches) crowd it.
const PREPARED: usize = 512;

/// Values that PostgreSQL takes in one statement are at most 65,535; this many at once are enough.
const AT_ONCE: usize = 8_000;

impl Tx<'_> {
    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        match self.0 {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// Runs a statement and gives the number of rows that it changed.
    pub fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, DatabaseError> {
        match &mut self.0 {
            Inner::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                Ok(statement.execute(rusqlite::params_from_iter(values))? as u64)
            }
            Inner::Postgres { tx, prepared } => {
                let statement = prepare(tx, prepared, sql)?;
                Ok(tx.execute(&statement, &borrowed(values))?)
            }
        }
    }

    /// Runs statements that need no values: `CREATE TABLE …; CREATE INDEX …`.
    pub fn batch(&mut self, sql: &str) -> Result<(), DatabaseError> {
        match &mut self.0 {
            Inner::Sqlite(db) => Ok(db.execute_batch(sql)?),
            Inner::Postgres { tx, .. } => Ok(tx.batch_execute(sql)?),
        }
    }

    /// Runs `INSERT INTO … VALUES` for many rows: `head` up to and including `VALUES`, `columns`
    /// values a row, one row behind the other, and `tail` such as `ON CONFLICT DO NOTHING`. Gives
    /// the number of rows that it changed.
    pub fn insert_many(
        &mut self,
        head: &str,
        columns: usize,
        rows: &[Value<'_>],
        tail: &str,
    ) -> Result<u64, DatabaseError> {
        assert_eq!(rows.len() % columns, 0, "whole rows are inserted");
        let at_once = match self.0 {
            Inner::Sqlite(_) => columns,
            Inner::Postgres { .. } => AT_ONCE / columns * columns,
        };
        let mut changed = 0;
        let mut sql = (0, String::new());
        for chunk in rows.chunks(at_once) {
            if sql.0 != chunk.len() {
                sql = (chunk.len(), insert_sql(head, columns, chunk.len() / columns, tail));
            }
            changed += self.execute(&sql.1, chunk)?;
        }
        Ok(changed)
    }

    /// Brings the schema to the newest of these steps within this transaction; gives the versions
    /// before and after.
    pub fn migrate(&mut self, migrations: &[Migration]) -> Result<(i64, i64), DatabaseError> {
        migrate::migrate(self, migrations)
    }

    /// All rows of an answer, each read by `read`.
    pub fn query<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DatabaseError>,
    ) -> Result<Vec<T>, DatabaseError> {
        let mut found = Vec::new();
        self.each(sql, values, |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// Gives every row of an answer to `take`, without keeping them.
    pub fn each(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut take: impl FnMut(&Row<'_>) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        match &mut self.0 {
            Inner::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    take(&Row(RowInner::Sqlite(row)))?;
                }
                Ok(())
            }
            Inner::Postgres { tx, prepared } => {
                let statement = prepare(tx, prepared, sql)?;
                for row in tx.query(&statement, &borrowed(values))? {
                    take(&Row(RowInner::Postgres(&row)))?;
                }
                Ok(())
            }
        }
    }

    /// The first row of an answer, if there is one.
    pub fn first<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, DatabaseError>,
    ) -> Result<Option<T>, DatabaseError> {
        match &mut self.0 {
            Inner::Sqlite(db) => {
                let mut statement = db.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                rows.next()?.map(|row| read(&Row(RowInner::Sqlite(row)))).transpose()
            }
            Inner::Postgres { tx, prepared } => {
                let statement = prepare(tx, prepared, sql)?;
                let rows = tx.query(&statement, &borrowed(values))?;
                rows.first().map(|row| read(&Row(RowInner::Postgres(row)))).transpose()
            }
        }
    }

    /// The first column of the first row: for `SELECT count(*) …` and `INSERT … RETURNING id`.
    pub fn number(&mut self, sql: &str, values: &[Value<'_>]) -> Result<i64, DatabaseError> {
        let found = self.first(sql, values, |row| row.get(0))?;
        found.ok_or_else(|| DatabaseError::Failed(format!("no row for {sql}")))
    }
}

fn insert_sql(head: &str, columns: usize, rows: usize, tail: &str) -> String {
    let mut sql = String::with_capacity(head.len() + rows * columns * 6 + tail.len());
    sql.push_str(head);
    for row in 0..rows {
        sql.push_str(if row == 0 { " (" } else { ", (" });
        for column in 0..columns {
            let comma = if column == 0 { "" } else { ", " };
            sql.push_str(&format!("{comma}?{}", row * columns + column + 1));
        }
        sql.push(')');
    }
    sql.push(' ');
    sql.push_str(tail);
    sql
}

fn borrowed<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn postgres::types::ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

fn prepare(
    tx: &mut postgres::Transaction<'_>,
    prepared: &mut Prepared,
    sql: &str,
) -> Result<postgres::Statement, DatabaseError> {
    if let Some(statement) = prepared.get(sql) {
        return Ok(statement.clone());
    }
    let statement = tx.prepare(&with_dollars(sql))?;
    if prepared.len() >= PREPARED {
        prepared.clear();
    }
    prepared.insert(sql.to_owned(), statement.clone());
    Ok(statement)
}

/// `?1` as PostgreSQL writes it, `$1`. What stands between quotes stays.
fn with_dollars(sql: &str) -> Cow<'_, str> {
    if !sql.contains('?') {
        return Cow::Borrowed(sql);
    }
    let mut quoted = false;
    Cow::Owned(
        sql.chars()
            .map(|c| {
                quoted ^= c == '\'';
                if c == '?' && !quoted { '$' } else { c }
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_as_each_database_writes_them() {
        assert_eq!(
            with_dollars("SELECT '?' FROM t WHERE a = ?1 AND b = ?12"),
            "SELECT '?' FROM t WHERE a = $1 AND b = $12"
        );
        assert_eq!(
            insert_sql("INSERT INTO t VALUES", 2, 2, "ON CONFLICT DO NOTHING"),
            "INSERT INTO t VALUES (?1, ?2), (?3, ?4) ON CONFLICT DO NOTHING"
        );
    }
}
