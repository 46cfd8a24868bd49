//! Moments as text: read in the forms that programs write them, and written as RFC 3339.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};

/// Reads `2026-11-23`, `2026-11-23T12:30:00`, with or without a fraction, a zone, or a blank in place
/// of the `T`; without a zone it is UTC. In microseconds since 1970.
pub fn parse_moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp_micros());
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(moment) = DateTime::parse_from_str(text, format) {
            return Some(moment.timestamp_micros());
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return Some(moment.and_utc().timestamp_micros());
        }
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros())
}

/// Writes microseconds since 1970 as RFC 3339 with a `Z` and no more digits than it needs: none,
/// three or six.
pub fn rfc3339(micros: i64) -> String {
    let digits = match micros {
        whole if whole % 1_000_000 == 0 => SecondsFormat::Secs,
        milli if milli % 1_000 == 0 => SecondsFormat::Millis,
        _ => SecondsFormat::Micros,
    };
    let nearest = DateTime::<Utc>::from_timestamp_micros(micros);
    let moment = nearest.unwrap_or(if micros < 0 {
        DateTime::<Utc>::MIN_UTC
    } else {
        DateTime::<Utc>::MAX_UTC
    });
    moment.to_rfc3339_opts(digits, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_all_their_forms() {
        for (text, micros) in [
            ("1970-01-01", Some(0)),
            ("1970-01-01T00:00:01", Some(1_000_000)),
            ("1970-01-01 00:00:01.5", Some(1_500_000)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1970-01-01 00:00:00.000001+00:00", Some(1)),
            ("1969-12-31T23:59:59.999999Z", Some(-1)),
            ("1970-13-01", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse_moment(text), micros, "{text}");
        }
    }

    #[test]
    fn moments_are_written_with_the_digits_that_they_need() {
        for (micros, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_500_000, "1970-01-01T00:00:01.500Z"),
            (1, "1970-01-01T00:00:00.000001Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(rfc3339(micros), text);
        }
    }
}
