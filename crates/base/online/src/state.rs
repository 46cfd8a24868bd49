//! What a store knows of a view beside its rows.

use crate::codec::{self, Reader};
use crate::error::OnlineError;
use crate::value::Value;

/// How far a materialisation came that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which one.
    pub job: String,
    /// Rows of its source that are in.
    pub done: u64,
}

/// What a store knows of a view. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ViewState {
    /// Entities that have a row.
    pub rows: u64,
    /// The newest event time that was written.
    pub newest_event: Option<i64>,
    /// When something was written last.
    pub written: Option<i64>,
    /// All events up to here are materialised.
    pub materialized_to: Option<i64>,
    /// A materialisation that has not ended.
    pub mark: Option<Mark>,
}

impl ViewState {
    /// With the number of the view, as bytes.
    pub(crate) fn to_bytes(&self, number: u32) -> Vec<u8> {
        let time = |at: Option<i64>| at.map_or(Value::Null, Value::Timestamp);
        let count = |count: u64| Value::Int64(i64::try_from(count).unwrap_or(i64::MAX));
        let (job, done) = match &self.mark {
            None => (Value::Null, Value::Null),
            Some(mark) => (Value::Text(mark.job.clone()), count(mark.done)),
        };
        let values = [
            count(number.into()),
            count(self.rows),
            time(self.newest_event),
            time(self.written),
            time(self.materialized_to),
            job,
            done,
        ];
        let mut bytes = Vec::new();
        codec::put_all(&mut bytes, &values);
        bytes
    }

    /// What [`Self::to_bytes`] wrote.
    pub(crate) fn read(bytes: &[u8]) -> Result<(u32, Self), OnlineError> {
        let mut reader = Reader::new(bytes);
        let number = u32::try_from(count(&mut reader)?).map_err(|_| damaged())?;
        let mut state = Self { rows: count(&mut reader)?, ..Self::default() };
        for at in [&mut state.newest_event, &mut state.written, &mut state.materialized_to] {
            *at = match reader.value()? {
                Value::Null => None,
                Value::Timestamp(time) => Some(time),
                _ => return Err(damaged()),
            };
        }
        state.mark = match reader.value()? {
            Value::Null => None,
            Value::Text(job) => Some(Mark { job, done: count(&mut reader)? }),
            _ => return Err(damaged()),
        };
        Ok((number, state))
    }
}

fn count(reader: &mut Reader<'_>) -> Result<u64, OnlineError> {
    match reader.value()? {
        Value::Int64(count) => u64::try_from(count).map_err(|_| damaged()),
        _ => Err(damaged()),
    }
}

fn damaged() -> OnlineError {
    OnlineError::Damaged("what is known of a view cannot be read".to_owned())
}
