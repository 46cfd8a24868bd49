//! The calendar against days on which New York really traded.

mod common;

use common::day;
use market::Calendar;
use types::Date;

fn closed_weekdays(calendar: &Calendar, from: &str, to: &str) -> Vec<String> {
    let is_weekday =
        |date: &Date| !["Sat", "Sun"].contains(&date.format("%a").to_string().as_str());
    day(from)
        .iter_days()
        .take_while(|date| *date <= day(to))
        .filter(|date| is_weekday(date) && !calendar.is_trading_day(*date))
        .map(|date| date.to_string())
        .collect()
}

fn listed(text: &str) -> Vec<String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| {
            let (year, days) = line.split_once(' ').unwrap();
            days.split(' ').map(move |day| format!("{year}-{day}"))
        })
        .collect()
}

/// Source: the days without prices in skfolio 1.12.2's `sp500_dataset` (PyPI).
#[test]
fn days_without_prices_1990_to_2022() {
    let expected = listed(include_str!("fixtures/nyse_closed_weekdays_1990_2022.txt"));
    assert_eq!(expected.len(), 294);
    assert_eq!(closed_weekdays(&Calendar::nyse(), "1990-01-02", "2022-12-28"), expected);
}

/// Source: the holidays that the exchange has published (nyse.com/markets/hours-calendars), and the
/// day of mourning of 2025.
#[test]
fn published_holidays_2023_to_2027() {
    let expected = listed(
        "2023 01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25\n\
         2024 01-01 01-15 02-19 03-29 05-27 06-19 07-04 09-02 11-28 12-25\n\
         2025 01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25\n\
         2026 01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25\n\
         2027 01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24",
    );
    assert_eq!(closed_weekdays(&Calendar::nyse(), "2023-01-01", "2027-12-31"), expected);
}

#[test]
fn walking() {
    let calendar = Calendar::nyse();
    for (from, next) in [
        ("2014-06-06", "2014-06-09"),
        ("2001-09-10", "2001-09-17"),
        ("2010-12-31", "2011-01-03"),
        ("2021-12-31", "2022-01-03"),
        ("2020-04-11", "2020-04-13"),
    ] {
        assert_eq!(calendar.next(day(from)), day(next), "{from}");
    }
    assert_eq!(calendar.previous(day("2012-10-31")), day("2012-10-26"));
    assert_eq!(calendar.month_end(day("2024-03-05")), day("2024-03-28"));
    assert_eq!(calendar.month_end(day("2023-12-01")), day("2023-12-29"));
}

/// Source: NYSE Group, "Number of trading days by year".
#[test]
fn trading_days_of_a_year() {
    let calendar = Calendar::nyse();
    for (year, days) in [(2023, 250), (2024, 252), (2020, 253), (2001, 248), (1996, 254)] {
        let (from, to) = (format!("{}-12-31", year - 1), format!("{year}-12-31"));
        assert_eq!(calendar.days_between(day(&from), day(&to)), days, "{year}");
        assert_eq!(calendar.days(day(&from), day(&to)).filter(|d| *d > day(&from)).count(), days);
    }
    assert_eq!(calendar.days_between(day("2020-01-02"), day("2020-01-02")), 0);
    assert_eq!(calendar.days_between(day("2020-01-03"), day("2020-01-02")), 0);
}

#[test]
fn outside_its_years_only_weekends_are_closed() {
    let calendar = Calendar::nyse();
    assert!(!calendar.covers(day("1989-12-29")) && !calendar.covers(day("2036-01-01")));
    assert!(calendar.covers(day("1990-01-01")) && calendar.covers(day("2035-12-31")));
    assert!(calendar.is_trading_day(day("1989-12-25")));
    assert!(!calendar.is_trading_day(day("1989-12-24")));
}
