//! `trimtab outcomes`: what came true, and how far the predictions were from it.

#[cfg(feature = "sql")]
mod add;
#[cfg(feature = "sql")]
mod metrics;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::HomeArgs;
use crate::commands::Found;
use crate::show::Format;

/// Options of `trimtab outcomes`.
#[derive(Debug, Args)]
// Without SQL it says so, whatever is asked; likewise below.
#[cfg_attr(not(feature = "sql"), allow(dead_code))]
pub struct OutcomesArgs {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    home: HomeArgs,
    /// How to print results
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
#[cfg_attr(not(feature = "sql"), allow(dead_code))]
enum Action {
    /// Take in what came true, from a CSV or Parquet file
    #[command(after_help = "\
The file has a column `value`, a column `known_at` (a moment, or a day, which counts from its end), and
either a column `id`, the prediction's, or a column `at` (a moment, or a day: all predictions of that day)
with every other column a key of the entity, such as `symbol`.

What is taken in twice counts once; what is given again with a later known_at replaces what was known.
An outcome that was known before its prediction matures does not count.

Example:
  symbol,at,value,known_at
  AAPL,2021-01-29,0.0123,2021-02-05")]
    Add(AddArgs),
    /// How far predictions were from what came true, by model version and period
    Metrics(MetricsArgs),
}

/// Options of `trimtab outcomes add`.
#[derive(Debug, Args)]
#[cfg_attr(not(feature = "sql"), allow(dead_code))]
pub struct AddArgs {
    /// The file: CSV, or Parquet if its name says so
    pub file: PathBuf,
}

/// Options of `trimtab outcomes metrics`.
#[derive(Debug, Args)]
#[cfg_attr(not(feature = "sql"), allow(dead_code))]
pub struct MetricsArgs {
    /// How long a period is
    #[arg(long, value_enum, default_value_t)]
    pub by: Period,
    /// Only this model
    #[arg(long)]
    pub model: Option<String>,
}

/// Lengths of periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Period {
    /// One for all.
    All,
    /// Days.
    Day,
    /// Weeks, from Monday.
    Week,
    /// Months.
    #[default]
    Month,
    /// Years.
    Year,
}

/// Takes outcomes in, or measures errors.
#[cfg(feature = "sql")]
pub fn outcomes(args: &OutcomesArgs) -> anyhow::Result<Found> {
    let home = &args.home.home;
    match &args.action {
        Action::Add(add) => add::add(home, &add.file, args.format)?,
        Action::Metrics(metrics) => metrics::metrics(home, metrics, args.format)?,
    }
    Ok(Found::AllWell)
}

/// Says that it cannot.
#[cfg(not(feature = "sql"))]
pub fn outcomes(_: &OutcomesArgs) -> anyhow::Result<Found> {
    anyhow::bail!(crate::commands::WITHOUT_SQL)
}
