//! The days on which the New York Stock Exchange trades, by its rules.
//!
//! Days only: early closes count as trading days, and hours are not known here.
//! Source: NYSE Rule 7.2 (holidays and their observance) and the exchange's notices of special
//! closures.

use std::sync::Arc;

use chrono::{Datelike, Days, Weekday};
use types::Date;

/// The first year whose holidays are known.
const FIRST_YEAR: i32 = 1990;
/// The last year whose holidays are known.
const LAST_YEAR: i32 = 2035;

/// Days of mourning, attack and storm: year, month, day.
const SPECIAL_CLOSURES: [(i32, u32, u32); 11] = [
    (1994, 4, 27),  // funeral of Richard Nixon
    (2001, 9, 11),  // attacks on New York
    (2001, 9, 12),  //
    (2001, 9, 13),  //
    (2001, 9, 14),  //
    (2004, 6, 11),  // funeral of Ronald Reagan
    (2007, 1, 2),   // funeral of Gerald Ford
    (2012, 10, 29), // hurricane Sandy
    (2012, 10, 30), //
    (2018, 12, 5),  // funeral of George H. W. Bush
    (2025, 1, 9),   // funeral of Jimmy Carter
];

/// A calendar of trading days. Cheap to clone.
///
/// Holidays are known from 1990 to 2035 ([`Calendar::covers`]); outside these years every weekday
/// counts as a trading day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Weekdays without trading, in order.
    closed: Arc<[Date]>,
}

impl Calendar {
    /// The New York Stock Exchange; Nasdaq keeps the same days.
    pub fn nyse() -> Self {
        let rules = (FIRST_YEAR..=LAST_YEAR).flat_map(holidays);
        let special = SPECIAL_CLOSURES.map(|(year, month, day)| date(year, month, day));
        let mut closed: Vec<Date> = rules.chain(special).filter(|d| is_weekday(*d)).collect();
        closed.sort();
        Self { closed: closed.into() }
    }

    /// Whether the holidays of that day's year are known.
    pub fn covers(&self, day: Date) -> bool {
        (FIRST_YEAR..=LAST_YEAR).contains(&day.year())
    }

    /// Whether there is trading on that day.
    pub fn is_trading_day(&self, day: Date) -> bool {
        is_weekday(day) && self.closed.binary_search(&day).is_err()
    }

    /// The first trading day after `day`.
    pub fn next(&self, day: Date) -> Date {
        self.walk(day, |d| d.checked_add_days(Days::new(1)))
    }

    /// The last trading day before `day`.
    pub fn previous(&self, day: Date) -> Date {
        self.walk(day, |d| d.checked_sub_days(Days::new(1)))
    }

    fn walk(&self, day: Date, step: impl Fn(Date) -> Option<Date>) -> Date {
        std::iter::successors(Some(day), |d| step(*d))
            .skip(1)
            .find(|d| self.is_trading_day(*d))
            .expect("trading days are at most a fortnight apart")
    }

    /// The trading days from `from` to `to`, both included.
    pub fn days(&self, from: Date, to: Date) -> impl Iterator<Item = Date> {
        from.iter_days().take_while(move |day| *day <= to).filter(|day| self.is_trading_day(*day))
    }

    /// The number of trading days after `from` up to and including `to`; nought if `to` is not
    /// later.
    pub fn days_between(&self, from: Date, to: Date) -> usize {
        self.days(from, to).filter(|day| *day > from).count()
    }

    /// The last trading day of the month of `day`.
    pub fn month_end(&self, day: Date) -> Date {
        let (year, month) = match day.month() {
            12 => (day.year() + 1, 1),
            month => (day.year(), month + 1),
        };
        self.previous(date(year, month, 1))
    }
}

impl Default for Calendar {
    fn default() -> Self {
        Self::nyse()
    }
}

fn date(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).expect("the rules name days that exist")
}

fn is_weekday(day: Date) -> bool {
    day.weekday().number_from_monday() <= 5
}

fn holidays(year: i32) -> Vec<Date> {
    let mut days = vec![
        new_year(year),
        nth(year, 2, Weekday::Mon, 3), // Washington's Birthday
        good_friday(year),
        last_monday_of_may(year),       // Memorial Day
        observed(date(year, 7, 4)),     // Independence Day
        nth(year, 9, Weekday::Mon, 1),  // Labor Day
        nth(year, 11, Weekday::Thu, 4), // Thanksgiving
        observed(date(year, 12, 25)),   // Christmas
    ];
    if year >= 1998 {
        days.push(nth(year, 1, Weekday::Mon, 3)); // Martin Luther King
    }
    if year >= 2022 {
        days.push(observed(date(year, 6, 19))); // Juneteenth
    }
    days
}

/// A Saturday's holiday is kept on the Friday before, a Sunday's on the Monday after.
fn observed(day: Date) -> Date {
    match day.weekday() {
        Weekday::Sat => day - Days::new(1),
        Weekday::Sun => day + Days::new(1),
        _ => day,
    }
}

/// New Year on a Saturday is not kept on the Friday before, which closes the accounting year.
fn new_year(year: i32) -> Date {
    match date(year, 1, 1) {
        day if day.weekday() == Weekday::Sat => day,
        day => observed(day),
    }
}

fn nth(year: i32, month: u32, weekday: Weekday, n: u8) -> Date {
    Date::from_weekday_of_month_opt(year, month, weekday, n)
        .expect("a month has at least four of each weekday")
}

fn last_monday_of_may(year: i32) -> Date {
    let end = date(year, 5, 31);
    end - Days::new(u64::from(end.weekday().num_days_from_monday()))
}

/// Two days before Easter Sunday in the Gregorian calendar.
/// Source: the anonymous algorithm, J. Meeus, *Astronomical Algorithms*, 2nd ed., ch. 8; the
/// letters are his.
fn good_friday(year: i32) -> Date {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    date(year, (n / 31) as u32, (n % 31 + 1) as u32) - Days::new(2)
}
