//! Raw rows in, findings out.
//!
//! What is an error and what a warning is said by [`FindingKind`]: an error is a price to use that
//! is not known for certain; everything that leaves the closes as they are is a warning.

use std::collections::BTreeMap;

use types::{Date, Symbol};

use crate::prices::Repeat;
use crate::rows::{BAR_FIELDS, Rows};
use crate::{Calendar, Finding, FindingKind, ImportOptions, Prices, Series, splits};

/// All findings, in no particular order.
pub(crate) fn check(
    rows: &Rows,
    prices: &Prices,
    repeats: &[Repeat],
    options: &ImportOptions,
) -> Vec<Finding> {
    let mut findings = rows.findings.clone();
    findings.extend(values(rows));
    findings.extend(order(rows));
    findings.extend(currencies(rows));
    findings.extend(repeats.iter().map(|repeat| duplicate(rows, *repeat)));
    let mut of_series = Vec::new();
    for (symbol, series) in &prices.series {
        of_series.extend(splits::unadjusted(symbol, series, &options.actions));
        if let Some(calendar) = &options.calendar {
            of_series.extend(gaps(symbol, series, calendar, options.max_gap_days));
            of_series.extend(strange_days(symbol, series, calendar));
        }
    }
    locate(rows, &mut of_series);
    findings.append(&mut of_series);
    findings
}

fn at(rows: &Rows, row: usize, kind: FindingKind, message: String) -> Finding {
    let place = &rows.rows[row];
    Finding {
        kind,
        symbol: Some(place.symbol.clone()),
        date: Some(place.date),
        file: rows.files[place.file].clone(),
        line: Some(place.line),
        message,
    }
}

/// A finding about a series; [`locate`] adds its place.
pub(crate) fn about(symbol: &Symbol, date: Date, kind: FindingKind, message: String) -> Finding {
    Finding {
        kind,
        symbol: Some(symbol.clone()),
        date: Some(date),
        file: String::new(),
        line: None,
        message,
    }
}

/// Finds the rows that findings about days of symbols came from.
fn locate(rows: &Rows, findings: &mut [Finding]) {
    let mut places: BTreeMap<(Symbol, Date), (usize, usize)> = findings
        .iter()
        .filter_map(|finding| Some(((finding.symbol.clone()?, finding.date?), (0, 0))))
        .collect();
    if places.is_empty() {
        return;
    }
    // From the last row to the first, so that the first of several stays.
    for row in rows.rows.iter().rev() {
        if let Some(place) = places.get_mut(&(row.symbol.clone(), row.date)) {
            *place = (row.file, row.line);
        }
    }
    for finding in findings {
        let (Some(symbol), Some(date)) = (finding.symbol.clone(), finding.date) else { continue };
        let (file, line) = places[&(symbol, date)];
        finding.file = rows.files[file].clone();
        finding.line = Some(line);
    }
}

/// Where a bar's fields stand among the fields of the rows.
struct Bar {
    open: Option<usize>,
    high: Option<usize>,
    low: Option<usize>,
    close: Option<usize>,
}

fn values(rows: &Rows) -> Vec<Finding> {
    let place = |name: &str| rows.fields.iter().position(|field| field == name);
    let bar =
        Bar { open: place("open"), high: place("high"), low: place("low"), close: place("close") };
    (0..rows.rows.len())
        .filter_map(|row| {
            let (kind, message) = fault(rows.of(row), &bar, &rows.fields)?;
            Some(at(rows, row, kind, message))
        })
        .collect()
}

/// The worst fault of one row.
fn fault(values: &[f64], bar: &Bar, fields: &[String]) -> Option<(FindingKind, String)> {
    if bar.close.is_some_and(|close| values[close].is_nan()) {
        return Some((FindingKind::MissingPrice, "the row has no close".to_owned()));
    }
    let is_bad = |field: &str, value: f64| match field {
        "volume" => value < 0.0 || value.is_infinite(),
        field if BAR_FIELDS.contains(&field) => value <= 0.0 || value.is_infinite(),
        _ => false,
    };
    let bad = fields.iter().zip(values).find(|(field, value)| is_bad(field, **value));
    if let Some((field, value)) = bad {
        return Some((FindingKind::NonPositive, format!("{field} is {value}")));
    }
    let value = |field: Option<usize>| field.map_or(f64::NAN, |at| values[at]);
    let (high, low) = (value(bar.high), value(bar.low));
    let (open, close) = (value(bar.open), value(bar.close));
    let message = if high < low {
        format!("high {high} is below low {low}")
    } else if close > high || close < low {
        format!("close {close} is outside low {low} to high {high}")
    } else if open > high || open < low {
        format!("open {open} is outside low {low} to high {high}")
    } else {
        return None;
    };
    Some((FindingKind::OutsideRange, message))
}

/// The first row of each symbol and file that goes back in time.
fn order(rows: &Rows) -> Vec<Finding> {
    let mut newest: BTreeMap<(usize, &Symbol), (Date, bool)> = BTreeMap::new();
    let mut findings = Vec::new();
    for (number, row) in rows.rows.iter().enumerate() {
        let (date, reported) = newest.entry((row.file, &row.symbol)).or_insert((row.date, false));
        if row.date < *date && !*reported {
            *reported = true;
            let message = format!("stands below {date}; the rows are sorted");
            findings.push(at(rows, number, FindingKind::OutOfOrder, message));
        }
        *date = (*date).max(row.date);
    }
    findings
}

fn currencies(rows: &Rows) -> Vec<Finding> {
    let Some(((first, _), others)) = rows.currencies.split_first() else {
        return Vec::new();
    };
    others
        .iter()
        .map(|(other, row)| {
            let message = format!("currency {other}, but the first row is in {first}");
            at(rows, *row, FindingKind::MixedCurrency, message)
        })
        .collect()
}

fn duplicate(rows: &Rows, (kept, left_out): Repeat) -> Finding {
    let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
    let place = &rows.rows[kept];
    let first = format!("{}:{}", rows.files[place.file], place.line);
    if rows.of(kept).iter().zip(rows.of(left_out)).all(same) {
        let message = format!("says the same as {first} and is left out");
        at(rows, left_out, FindingKind::Duplicate, message)
    } else {
        let message = format!("{first} has other values for this day");
        at(rows, left_out, FindingKind::Conflict, message)
    }
}

fn gaps(symbol: &Symbol, series: &Series, calendar: &Calendar, allowed: usize) -> Vec<Finding> {
    series
        .dates
        .windows(2)
        .filter(|pair| calendar.covers(pair[0]) && calendar.covers(pair[1]))
        .filter_map(|pair| {
            let first = calendar.next(pair[0]);
            // One step forward is the usual case; only a gap is counted.
            if first >= pair[1] {
                return None;
            }
            let last = calendar.previous(pair[1]);
            let missing = 1 + calendar.days_between(first, last);
            let message = match missing {
                1 => format!("no price on the trading day {first}"),
                n => format!("no price on {n} trading days, {first} to {last}"),
            };
            (missing > allowed).then(|| about(symbol, pair[1], FindingKind::Gap, message))
        })
        .collect()
}

/// One finding for all of a symbol's days without trading: a series that trades at weekends has
/// thousands.
fn strange_days(symbol: &Symbol, series: &Series, calendar: &Calendar) -> Option<Finding> {
    let is_strange = |day: &Date| calendar.covers(*day) && !calendar.is_trading_day(*day);
    let strange: Vec<Date> = series.dates.iter().copied().filter(is_strange).collect();
    let message = match strange.len() {
        1 => "a price on a day without trading".to_owned(),
        n => format!("prices on {n} days without trading, this is the first"),
    };
    let first = *strange.first()?;
    Some(about(symbol, first, FindingKind::NotATradingDay, message))
}
