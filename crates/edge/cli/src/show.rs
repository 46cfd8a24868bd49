//! Tables for people, JSON for programs.

use clap::ValueEnum;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;
use types::Status;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs: one JSON document on standard output.
    Json,
}

/// Prints a line on standard output; a closed pipe ends the program quietly.
pub fn say(line: &str) {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}

/// Prints a line on standard error: progress, a hint. That nobody reads it is no reason to stop.
pub fn note(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The width of the terminal; without one, lines are as long as they are.
pub fn width() -> usize {
    let size = terminal_size::terminal_size_of(std::io::stdout());
    size.map_or(usize::MAX, |(width, _)| usize::from(width.0))
}

/// Prints a value as JSON.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// The day of a moment in milliseconds.
pub fn day(milliseconds: i64) -> String {
    let moment = types::Timestamp::from_timestamp_millis(milliseconds);
    moment.map_or_else(|| "-".to_owned(), |moment| moment.date_naive().to_string())
}

/// Prints a table; columns whose header begins with `>` are aligned to the right.
pub fn table(headers: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let name = |header: &str| header.trim_start_matches('>').to_owned();
    table.set_header(headers.iter().map(|header| name(header)).collect::<Vec<_>>());
    table.add_rows(rows);
    for (index, header) in headers.iter().enumerate() {
        if let (true, Some(column)) = (header.starts_with('>'), table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.to_string().lines() {
        say(line.trim_end());
    }
}

/// A fraction as per cent with two places; never minus nought.
pub fn percent(fraction: f64) -> String {
    let text = format!("{:.2}%", fraction * 100.0);
    if text == "-0.00%" { "0.00%".to_owned() } else { text }
}

/// A number of things: `1 order`, `2 orders`.
pub fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", grouped(number as f64, 0))
}

/// How a solve ended, in words.
pub fn words(status: Status) -> &'static str {
    match status {
        Status::Solved => "solved",
        Status::AlmostSolved => "almost solved",
        Status::ClosedForm => "closed form",
    }
}

/// Some names, and how many there are beyond them.
pub fn some<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<&str> = names.into_iter().collect();
    match names.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..SHOWN].join(", ")),
    }
}

/// An error and what lies behind it, each said once: many an error repeats its source.
pub fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.contains(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

/// A number with thousands separated: `1,234,567.89`.
pub fn grouped(value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
    let digits: Vec<char> = whole.chars().collect();
    let mut out = String::new();
    for (index, digit) in digits.iter().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(*digit);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{out}{rest}")
}

/// A number for people; JSON has all of its digits.
pub fn six_digits(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let decimals = 5 - number.abs().log10().floor() as i32;
    match decimals {
        0..=12 => {
            let text = format!("{number:.0$}", decimals as usize);
            if decimals == 0 {
                text
            } else {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
        }
        -9..0 => format!("{number:.0}"),
        _ => format!("{number:.5e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_in_six_digits() {
        for (number, text) in [
            (0.0, "0"),
            (0.020633571642794814, "0.0206336"),
            (-396.33, "-396.33"),
            (1.0, "1"),
            (27_248_214.467, "27248214"),
            (100_000.0, "100000"),
            (1e-9, "1.00000e-9"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(six_digits(number), text);
        }
    }

    #[test]
    fn thousands_are_separated() {
        for (value, places, text) in [
            (0.0, 0, "0"),
            (999.5, 1, "999.5"),
            (1234567.891, 2, "1,234,567.89"),
            (-1000.0, 0, "-1,000"),
        ] {
            assert_eq!(grouped(value, places), text);
        }
    }
}
