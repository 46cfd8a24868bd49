//! The shape of a test, as options.

use anyhow::bail;
use clap::{Args, ValueEnum};
use performance::validation::{Combinatorial, Design, Randomised, WalkForward};
use types::Date;

/// How history is cut into training and test.
#[derive(Debug, Args)]
pub struct Shape {
    /// How history is cut into training and test
    #[arg(long, value_enum, default_value_t = Split::WalkForward)]
    pub split: Split,
    /// Days of each training; of walks only
    #[arg(long, default_value_t = 252, value_name = "DAYS")]
    train: usize,
    /// Days of each test, held from one rebalance to the next; of walks only
    #[arg(long, default_value_t = 21, value_name = "DAYS")]
    test: usize,
    /// Train on everything before each test; of walks only
    #[arg(long)]
    expanding: bool,
    /// Days between training and test that neither uses
    #[arg(long, default_value_t = 0, value_name = "DAYS")]
    purge: usize,
    /// Further days after a test that are not learned from; of combinatorial tests only
    #[arg(long, default_value_t = 0, value_name = "DAYS")]
    embargo: usize,
    /// Folds that history is cut into; of combinatorial tests only
    #[arg(long, default_value_t = 6)]
    folds: usize,
    /// Folds of each test; of combinatorial tests only
    #[arg(long, default_value_t = 2)]
    test_folds: usize,
    /// How many walks; of randomised tests only
    #[arg(long, default_value_t = 20, value_name = "WALKS")]
    walks: usize,
    /// Days that each walk goes through; of randomised tests only
    #[arg(long, default_value_t = 756, value_name = "DAYS")]
    walk_window: usize,
    /// Symbols of each walk, half of all if left out; of randomised tests only
    #[arg(long, value_name = "SYMBOLS")]
    walk_symbols: Option<usize>,
    /// Where the random numbers of randomised tests start
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// The kinds of test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Split {
    /// Learn from the past, hold until the next rebalance, move on
    WalkForward,
    /// Every choice of folds is tested by what was learned on the others: several paths
    Combinatorial,
    /// Many walks, each in a window and with symbols of its own
    Randomised,
}

impl Shape {
    /// The design over so many symbols.
    pub fn design(&self, symbols: usize) -> anyhow::Result<Design> {
        if self.embargo > 0 && self.split != Split::Combinatorial {
            bail!(
                "--embargo is for --split combinatorial: no walk learns from days after its test"
            );
        }
        let walk = WalkForward {
            train: self.train,
            test: self.test,
            purge: self.purge,
            expanding: self.expanding,
            partial: true,
        };
        Ok(match self.split {
            Split::WalkForward => Design::WalkForward(walk),
            Split::Combinatorial => Design::Combinatorial(Combinatorial {
                folds: self.folds,
                test_folds: self.test_folds,
                purge: self.purge,
                embargo: self.embargo,
            }),
            Split::Randomised if self.walks == 0 => bail!("--walks 0: give at least one"),
            Split::Randomised => Design::Randomised(Randomised {
                tests: self.walks,
                window: self.walk_window,
                assets: self.walk_symbols.unwrap_or(symbols.div_ceil(2)),
                walk,
                seed: self.seed,
            }),
        })
    }

    /// The days from one rebalance to the next, as far as they are known.
    pub fn horizon(&self) -> usize {
        match self.split {
            Split::Combinatorial => 21,
            Split::WalkForward | Split::Randomised => self.test,
        }
    }

    /// What to change if no test fits.
    pub fn advice(&self, days: usize, first: Option<&Date>, last: Option<&Date>) -> String {
        let day = |day: Option<&Date>| day.map_or("-".to_owned(), Date::to_string);
        let options = match self.split {
            Split::WalkForward => "--train, --test or --purge",
            Split::Combinatorial => "--folds, --test-folds, --purge or --embargo",
            Split::Randomised => "--walk-window, --walk-symbols, --train or --test",
        };
        let span = format!("{} to {}", day(first), day(last));
        format!("no test fits into {days} daily returns ({span}): change {options}")
    }
}
