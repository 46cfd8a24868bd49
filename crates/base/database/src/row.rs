//! A row on its way out of a statement.

use crate::DatabaseError;

/// A row of an answer. Columns are counted from 0.
pub struct Row<'a>(pub(crate) Inner<'a>);

pub(crate) enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl Row<'_> {
    /// The value of a column: `i64`, `f64`, `bool`, `String` or bytes, or an `Option` of one.
    pub fn get<T: FromColumn>(&self, column: usize) -> Result<T, DatabaseError> {
        T::from_column(self, column)
    }
}

/// What a column can be read as.
pub trait FromColumn: Sized {
    /// Reads it.
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, DatabaseError>;
}

macro_rules! from_column {
    ($($type:ty),*) => {
        $(
            impl FromColumn for $type {
                fn from_column(row: &Row<'_>, column: usize) -> Result<Self, DatabaseError> {
                    match &row.0 {
                        Inner::Sqlite(row) => Ok(row.get(column)?),
                        Inner::Postgres(row) => Ok(row.try_get(column)?),
                    }
                }
            }

            impl FromColumn for Option<$type> {
                fn from_column(row: &Row<'_>, column: usize) -> Result<Self, DatabaseError> {
                    match &row.0 {
                        Inner::Sqlite(row) => Ok(row.get(column)?),
                        Inner::Postgres(row) => Ok(row.try_get(column)?),
                    }
                }
            }
        )*
    };
}

from_column!(i64, f64, String, Vec<u8>);

impl FromColumn for bool {
    fn from_column(row: &Row<'_>, column: usize) -> Result<Self, DatabaseError> {
        Ok(i64::from_column(row, column)? != 0)
    }
}
