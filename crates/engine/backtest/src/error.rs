//! Why a run stopped before its end.

use cycle::CycleError;
use journal::SpineError;
use ledger::LedgerError;
use types::{Date, Symbol};

/// Why a run stopped before its end. What was recorded until then stays recorded.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// A decision could not be made.
    #[error(transparent)]
    Decision(#[from] CycleError),
    /// The journal could not be written or does not agree.
    #[error(transparent)]
    Spine(#[from] SpineError),
    /// The books refused an entry.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A report could not be made of what happened.
    #[error(transparent)]
    Report(#[from] performance::PerformanceError),
    /// A symbol that is held has no more prices.
    #[error(
        "{symbol} is held but has had no price since {last_seen} (today is {today}): add what \
         happened to it to the data, or say `vanished = \"sell at last price\"` in [universe]"
    )]
    Vanished {
        /// The symbol.
        symbol: Symbol,
        /// Its newest price.
        last_seen: Date,
        /// The day on which patience ended.
        today: Date,
    },
    /// A price that money cannot express.
    #[error("{symbol} on {day}: {what}; remove or mend that price")]
    Price {
        /// The symbol.
        symbol: Symbol,
        /// The day.
        day: Date,
        /// What is wrong.
        what: String,
    },
    /// There are too few days.
    #[error(
        "the data has {rows} days between the mandate's start and end; a run needs at least {least}"
    )]
    TooShort {
        /// Days.
        rows: usize,
        /// Days needed.
        least: usize,
    },
    /// The benchmark is not in the data.
    #[error(
        "the benchmark {0} is neither `equal-weight` nor a symbol with a price on the first day of \
         the run"
    )]
    Benchmark(String),
}
