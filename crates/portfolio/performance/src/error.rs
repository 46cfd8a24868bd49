//! What can be wrong with what this room is given.

use types::Date;

/// Why a series, an attribution or a tearsheet could not be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PerformanceError {
    /// Two things that go together have different lengths.
    #[error("{what} has {found} values, expected {expected}: give one for each {per}")]
    Length {
        /// The thing.
        what: String,
        /// How many it should have.
        expected: usize,
        /// How many it has.
        found: usize,
        /// What each value belongs to.
        per: &'static str,
    },
    /// There are too few values to say anything.
    #[error("{what} has {found} values, at least {least} are needed")]
    TooShort {
        /// The thing.
        what: String,
        /// How many it needs.
        least: usize,
        /// How many it has.
        found: usize,
    },
    /// A date does not follow the one before it.
    #[error("{what}: {date} does not come after the date before it: sort the rows by date")]
    OutOfOrder {
        /// The thing.
        what: String,
        /// The first offending date.
        date: Date,
    },
    /// A net asset value is not a positive number.
    #[error("{what} is {value} on {date}: net asset values must be positive and finite")]
    NotPositive {
        /// The thing.
        what: String,
        /// The first offending date.
        date: Date,
        /// The value.
        value: f64,
    },
    /// A number is not finite, or not positive where it must be.
    #[error("{what} is {value}: give a finite number in its range")]
    NotFinite {
        /// The thing.
        what: String,
        /// The value.
        value: f64,
    },
    /// A return of −100 % or less cannot be linked over time.
    #[error(
        "{what} returns {value} in the period that ends {date}: linking needs returns above -1"
    )]
    Ruin {
        /// Portfolio or benchmark.
        what: String,
        /// The end of the period.
        date: Date,
        /// The return.
        value: f64,
    },
    /// The choices of a sentence cannot be read.
    #[error("`{sentence}`: {what}: write choices as `{{1,2,5}}`")]
    Grid {
        /// The sentence.
        sentence: String,
        /// What is wrong with it.
        what: String,
    },
    /// Rebalances are not in order.
    #[error("a rebalance at row {row} follows one at row {before}: sort them, one for each row")]
    Schedule {
        /// The row of the one before.
        before: usize,
        /// Its own.
        row: usize,
    },
    /// No trial of a search could be tested.
    #[error("none of {trials} trials could be tested: {first}")]
    NoTrial {
        /// How many there were.
        trials: usize,
        /// Why the first failed.
        first: String,
    },
}
