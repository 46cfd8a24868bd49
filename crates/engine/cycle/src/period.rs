//! Days, and the periods that end on them.

use chrono::Datelike;
use std::fmt;
use types::Date;

/// A calendar period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Monday to Friday.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Period::Week => "week",
            Period::Month => "month",
            Period::Quarter => "quarter",
            Period::Year => "year",
        })
    }
}

impl Period {
    /// Whether two days lie in different periods.
    fn parts(self, a: Date, b: Date) -> bool {
        match self {
            Period::Week => a.iso_week() != b.iso_week(),
            Period::Month => (a.year(), a.month()) != (b.year(), b.month()),
            Period::Quarter => (a.year(), a.month0() / 3) != (b.year(), b.month0() / 3),
            Period::Year => a.year() != b.year(),
        }
    }
}

/// A day with its neighbours. All of them are known on the day itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// The day.
    pub day: Date,
    /// The trading day that follows by the calendar.
    pub next: Date,
    /// The day before in the data, and the trading day that followed it by the calendar.
    pub before: Option<(Date, Date)>,
}

impl Today {
    /// Whether a period ends today. If the data lacks its last trading day, it ends on the first
    /// day after it, so that no period goes by unnoticed.
    pub fn ends(&self, period: Period) -> bool {
        let missed = |(before, next)| period.parts(before, self.day) && !period.parts(before, next);
        period.parts(self.day, self.next) || self.before.is_some_and(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use types::parse_date;

    fn today(before: &str, its_next: &str, day: &str, next: &str) -> Today {
        let date = |text| parse_date(text).unwrap();
        Today { day: date(day), next: date(next), before: Some((date(before), date(its_next))) }
    }

    /// 2021-06-30 was a Wednesday and the last trading day of June.
    #[test]
    fn a_month_ends_once_even_where_its_last_day_is_missing() {
        let whole = today("2021-06-29", "2021-06-30", "2021-06-30", "2021-07-01");
        assert!(whole.ends(Period::Month) && whole.ends(Period::Quarter));
        assert!(!whole.ends(Period::Week) && !whole.ends(Period::Year));
        let after = today("2021-06-30", "2021-07-01", "2021-07-01", "2021-07-02");
        assert!(!after.ends(Period::Month));
        let gap = today("2021-06-29", "2021-06-30", "2021-07-01", "2021-07-02");
        assert!(gap.ends(Period::Month));
    }

    /// Monthly data dated on the first of the month: every row ends the month before.
    #[test]
    fn monthly_rows_each_end_a_month() {
        let row = today("2021-05-01", "2021-05-03", "2021-06-01", "2021-06-02");
        assert!(row.ends(Period::Month) && !row.ends(Period::Year));
    }
}
