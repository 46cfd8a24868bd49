//! Times and durations as the wire writes them: `2025-04-15T08:49:18.699Z` and `1.500s`, for
//! milliseconds.

use crate::CatalogError;

const DAY: i64 = 86_400_000;

/// A moment in milliseconds since 1970, as text.
pub fn timestamp(millis: i64) -> String {
    let (days, rest) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let (year, month, day) = date(days);
    let (hours, minutes) = (rest / 3_600_000, rest / 60_000 % 60);
    let (seconds, millis) = (rest / 1_000 % 60, rest % 1_000);
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}{fraction}Z")
}

/// A moment as Python's `datetime.isoformat` writes it in UTC.
pub(crate) fn isoformat(millis: i64) -> String {
    let written = timestamp(millis);
    let written = written.trim_end_matches('Z');
    match millis.rem_euclid(1_000) {
        0 => format!("{written}+00:00"),
        _ => format!("{written}000+00:00"),
    }
}

/// Reads a moment; what is finer than a millisecond is cut off.
pub fn read_timestamp(path: &str, text: &str) -> Result<i64, CatalogError> {
    parse_timestamp(text).ok_or_else(|| {
        let why = "it must be a time such as 2025-04-15T08:49:18.699Z.";
        crate::names::invalid(path, text, why)
    })
}

fn parse_timestamp(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut parts = date.splitn(3, '-').map(|part| number(part, part.len()));
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1..=9_999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at(zone);
    let offset = offset(zone)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.splitn(3, ':').map(|part| number(part, 2));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let of_day = (hours * 60 + minutes - offset) * 60_000 + seconds * 1_000 + millis(fraction)?;
    Some(days(year, month, day) * DAY + of_day)
}

/// The offset of a zone in minutes.
fn offset(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let offset = number(hours, 2)? * 60 + number(minutes, 2)?;
    Some(if sign == "-" { -offset } else { offset })
}

/// A duration in milliseconds, as text.
pub fn duration(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let size = millis.unsigned_abs();
    match size % 1_000 {
        0 => format!("{sign}{}s", size / 1_000),
        rest => format!("{sign}{}.{rest:03}s", size / 1_000),
    }
}

/// Reads a duration; what is finer than a millisecond is cut off.
pub fn read_duration(path: &str, text: &str) -> Result<i64, CatalogError> {
    parse_duration(text).ok_or_else(|| {
        crate::names::invalid(path, text, "it must be a duration in seconds such as 1.5s.")
    })
}

fn parse_duration(text: &str) -> Option<i64> {
    let seconds = text.strip_suffix('s')?;
    let (negative, seconds) = match seconds.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, seconds),
    };
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let whole = number(whole, whole.len()).filter(|whole| *whole <= 315_576_000_000)?;
    let millis = whole * 1_000 + millis(fraction)?;
    Some(if negative { -millis } else { millis })
}

/// The milliseconds of a fraction of a second.
fn millis(fraction: &str) -> Option<i64> {
    number(fraction, fraction.len())?;
    let mut digits = fraction.to_owned();
    digits.truncate(3);
    number(&format!("{digits:0<3}"), 3)
}

fn number(digits: &str, length: usize) -> Option<i64> {
    let plain =
        !digits.is_empty() && digits.len() == length && digits.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// Days since 1970 of a date of the Gregorian calendar; H. Hinnant, "chrono-compatible low-level
/// date algorithms".
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day since 1970; the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values from MLflow 3.17.2, `milliseconds_to_proto_timestamp`.
    #[test]
    fn moments_are_written_and_read() {
        for (millis, written) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_744_706_958_699, "2025-04-15T08:49:18.699Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (253_402_300_799_000, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(timestamp(millis), written);
            assert_eq!(parse_timestamp(written), Some(millis));
        }
        assert_eq!(parse_timestamp("2020-01-01T01:00:07+01:00"), Some(1_577_836_807_000));
        assert_eq!(parse_timestamp("2020-01-01T00:00:11.123456789Z"), Some(1_577_836_811_123));
        for bad in ["", "2020-01-01", "2020-13-01T00:00:00Z", "2020-01-01T24:00:00Z", "x"] {
            assert_eq!(parse_timestamp(bad), None, "{bad}");
        }
    }

    /// Expected values from MLflow 3.17.2, `milliseconds_to_proto_duration`.
    #[test]
    fn durations_are_written_and_read() {
        for (millis, written) in [(0, "0s"), (1_500, "1.500s"), (-1_500, "-1.500s"), (7, "0.007s")]
        {
            assert_eq!(duration(millis), written);
            assert_eq!(parse_duration(written), Some(millis));
        }
        assert_eq!(parse_duration("0.0005s"), Some(0));
        assert_eq!(parse_duration("1.5s"), Some(1_500));
        for bad in ["", "1.5", "s", "1.s", "1e3s"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    /// Expected values from Python 3.11, `datetime.fromtimestamp(…, tz=utc).isoformat()`.
    #[test]
    fn buckets_are_named_as_python_names_moments() {
        assert_eq!(isoformat(1_577_836_810_000), "2020-01-01T00:00:10+00:00");
        assert_eq!(isoformat(1_577_836_810_500), "2020-01-01T00:00:10.500000+00:00");
    }
}
