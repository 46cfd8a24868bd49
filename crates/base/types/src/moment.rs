//! Days and moments. Both are plain values: nothing here reads a clock.

use chrono::{NaiveDate, TimeZone, Utc};

/// A calendar day, without a zone: the trading day of the venue.
pub type Date = NaiveDate;

/// A moment in UTC.
pub type Timestamp = chrono::DateTime<Utc>;

/// The nominal close of a trading day, 21:00 UTC (16:00 in New York in winter).
///
/// A backtest on daily bars knows days, not hours; records still carry a full timestamp so that
/// those of a live day sort beside them.
pub fn close_of(day: Date) -> Timestamp {
    Utc.from_utc_datetime(&day.and_hms_opt(21, 0, 0).expect("21:00:00 is a time of day"))
}

/// Parses `YYYY-MM-DD` and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok())?
}
