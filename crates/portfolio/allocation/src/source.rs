//! Where the scenarios of a decision come from: history itself, or draws from what it says.
//!
//! In: the name of a generator with its numbers, daily returns, and moments over the horizon. Out:
//! returns over the horizon, or days that follow each other where a measure reads a path. Knows
//! nothing of objectives and views. The generators are those of [`risk`]; each draw is a function of
//! its seed.

use std::fmt;
use std::str::FromStr;

use risk::{
    Bootstrap, Family, FilteredHistory, Garch, MarginFamily, Moments, Returns, Vine, gaussian,
    optimal_block_length, student,
};

use crate::history::{Span, over};
use crate::sentence::{Cursor, ParseError, closest};
use crate::{AllocationError, SourceKind as Kind};

/// Draws where no number is given.
const COUNT: usize = 2_000;

/// Degrees of freedom of Student-t scenarios where none are given.
const DEGREES: f64 = 5.0;

/// The most draws.
const MOST: usize = 10_000_000;

/// How scenarios are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceKind {
    /// Each run of days in the window.
    #[default]
    History,
    /// Past shocks at today's volatility, which follows a GARCH model (Barone-Adesi et al., 1999).
    FilteredHistorical,
    /// Blocks of days of equal length (Künsch, 1989).
    BlockBootstrap,
    /// Blocks of random length (Politis and Romano, 1994).
    StationaryBootstrap,
    /// The normal distribution of the moments.
    Gaussian,
    /// Student's t distribution of the moments.
    Student,
    /// Pair copulas with margins of Student's t distribution (Aas et al., 2009).
    Vine,
}

impl SourceKind {
    /// Each kind with its name and what it is, for a list of choices.
    pub const ALL: [(SourceKind, &'static str, &'static str); 7] = [
        (Kind::History, "history", "Each run of so many days in the window"),
        (Kind::FilteredHistorical, "filtered-historical", "Past shocks at today's volatility"),
        (Kind::BlockBootstrap, "block-bootstrap", "Blocks of past days of equal length"),
        (Kind::StationaryBootstrap, "stationary-bootstrap", "Blocks of past days of random length"),
        (Kind::Gaussian, "gaussian", "Normal returns with the moments of the question"),
        (Kind::Student, "student", "The same moments with heavy tails that all symbols share"),
        (Kind::Vine, "vine", "Pair copulas with heavy tails, fitted to daily returns"),
    ];

    /// Whether the mean of what is drawn is that of the moments.
    pub(crate) fn follows_moments(self) -> bool {
        matches!(self, Kind::Gaussian | Kind::Student)
    }

    fn resamples(self) -> bool {
        matches!(self, Kind::BlockBootstrap | Kind::StationaryBootstrap)
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::ALL.iter().find(|(kind, _, _)| kind == self);
        f.write_str(named.map_or("", |(_, name, _)| name))
    }
}

impl FromStr for SourceKind {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let found = Self::ALL.iter().find(|(_, name, _)| *name == text.trim());
        found.map(|(kind, _, _)| *kind).ok_or_else(|| {
            let names = Self::ALL.map(|(_, name, _)| name);
            let expected = format!("one of {}", names.map(|name| format!("`{name}`")).join(", "));
            Cursor::new("scenarios", text).error_at(0, expected, closest(text, names))
        })
    }
}

/// A generator of scenarios with its numbers; [`Source::default`] is history.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Source {
    /// What draws.
    pub kind: SourceKind,
    /// How many scenarios are drawn, or how many days where a measure reads a path; 2,000 if `None`.
    pub count: Option<usize>,
    /// Where the random numbers start.
    pub seed: u64,
    /// For the bootstraps: the (mean) length of a block in days; by Politis and White (2004) from
    /// the equally weighted portfolio if `None`.
    pub block: Option<f64>,
    /// For `student`: degrees of freedom, above 2; 5 if `None`.
    pub degrees: Option<f64>,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::History => f.write_str("history"),
            kind => write!(f, "{} by {kind} from seed {}", self.count(), self.seed),
        }
    }
}

impl Source {
    /// Fails with [`AllocationError::WrongSource`] where a number is out of range, or belongs to
    /// another kind.
    pub fn check(&self) -> Result<(), AllocationError> {
        let wrong = |reason: &str| Err(AllocationError::WrongSource { reason: reason.to_owned() });
        match self {
            Source { kind: Kind::History, count: Some(_), .. } => {
                wrong("history has as many as it has: leave `count` out or name a generator")
            }
            Source { count: Some(count), .. } if !(2..=MOST).contains(count) => {
                wrong("`count` is a whole number from 2 to 10000000")
            }
            Source { kind, block: Some(_), .. } if !kind.resamples() => {
                wrong("`block` is a number of the bootstraps")
            }
            Source { block: Some(block), .. } if !(*block >= 1.0 && block.is_finite()) => {
                wrong("`block` is at least one day")
            }
            Source { kind: Kind::BlockBootstrap, block: Some(block), .. }
                if block.fract() != 0.0 =>
            {
                wrong("`block` is a whole number of days, but for `stationary-bootstrap`")
            }
            Source { kind, degrees: Some(_), .. } if *kind != Kind::Student => {
                wrong("`degrees` is a number of `student`")
            }
            Source { degrees: Some(degrees), .. } if !(*degrees > 2.0 && degrees.is_finite()) => {
                wrong("`degrees` is above 2, or there is no variance")
            }
            _ => Ok(()),
        }
    }

    fn count(&self) -> usize {
        self.count.unwrap_or(COUNT)
    }

    /// Scenarios as `span` wants them. `moments` are over `horizon` days.
    pub(crate) fn draw(
        &self,
        span: Span,
        horizon: usize,
        daily: &Returns,
        moments: &Moments,
    ) -> Result<Returns, AllocationError> {
        self.check()?;
        let (count, seed) = (self.count(), self.seed);
        let scaled = || moments.scaled(span.days as f64 / horizon.max(1) as f64);
        Ok(match self.kind {
            Kind::History => return over(daily, span.days),
            Kind::FilteredHistorical if span.path => {
                return Err(AllocationError::NoPath { kind: self.kind });
            }
            Kind::FilteredHistorical => {
                FilteredHistory::new(daily, Garch::fit)?.draw(span.days, count, seed)?
            }
            Kind::BlockBootstrap | Kind::StationaryBootstrap => self.resampled(span, daily)?,
            Kind::Gaussian => gaussian(&scaled(), count, seed)?,
            Kind::Student => student(&scaled(), self.degrees.unwrap_or(DEGREES), count, seed)?,
            Kind::Vine => {
                let families = [
                    Family::Gaussian,
                    Family::Student,
                    Family::Clayton,
                    Family::Gumbel,
                    Family::Joe,
                ];
                let vine = Vine::fit(daily, &[], &families, MarginFamily::Student)?;
                compounded(&vine.draw(count * span.days, seed)?, span.days)?
            }
        })
    }

    fn resampled(&self, span: Span, daily: &Returns) -> Result<Returns, AllocationError> {
        let bootstrap = self.bootstrap(daily)?;
        if span.days == 1 {
            return Ok(bootstrap.draw(daily, self.count(), self.seed, 0)?);
        }
        let mut days = Vec::with_capacity(self.count() * span.days * daily.cols());
        for scenario in 0..self.count() as u64 {
            for row in bootstrap.rows(daily.rows(), span.days, self.seed, scenario)? {
                days.extend_from_slice(daily.row(row));
            }
        }
        compounded(&Returns::new(daily.symbols().to_vec(), days)?, span.days)
    }

    fn bootstrap(&self, daily: &Returns) -> Result<Bootstrap, AllocationError> {
        let found = match self.block {
            Some(_) => None,
            None => {
                let even = |row: usize| daily.row(row).iter().sum::<f64>() / daily.cols() as f64;
                let series: Vec<f64> = (0..daily.rows()).map(even).collect();
                Some(optimal_block_length(&series)?)
            }
        };
        Ok(match self.kind {
            Kind::StationaryBootstrap => {
                let usual = found.map_or(1.0, |found| found.stationary);
                Bootstrap::Stationary { mean_block: self.block.unwrap_or(usual).max(1.0) }
            }
            _ => {
                let usual = found.map_or(1.0, |found| found.circular.round());
                let longest = daily.rows() as f64;
                let block = self.block.unwrap_or(usual.clamp(1.0, longest));
                Bootstrap::Moving { block: block as usize }
            }
        })
    }
}

/// What each stretch of `days` rows earns.
fn compounded(daily: &Returns, days: usize) -> Result<Returns, AllocationError> {
    if days == 1 {
        return Ok(daily.clone());
    }
    let mut values = Vec::with_capacity(daily.as_slice().len() / days);
    for first in (0..daily.rows()).step_by(days) {
        let mut growth = vec![1.0; daily.cols()];
        for day in first..first + days {
            growth.iter_mut().zip(daily.row(day)).for_each(|(growth, r)| *growth *= 1.0 + r);
        }
        values.extend(growth.iter().map(|growth| growth - 1.0));
    }
    Ok(Returns::new(daily.symbols().to_vec(), values)?)
}
