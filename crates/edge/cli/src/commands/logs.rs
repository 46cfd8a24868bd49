//! `trimtab logs`: the predictions that were given out, and what else a home keeps, asked in SQL.

#[cfg(feature = "sql")]
pub mod answer;
#[cfg(feature = "sql")]
mod ask;
#[cfg(feature = "sql")]
mod runs;
#[cfg(feature = "sql")]
pub mod tables;

use std::path::PathBuf;
use std::time::Duration;

use arrow_array::RecordBatch;
use clap::Args;
use predictions::Follow;

use crate::commands::Found;
use crate::forecasts::log_folder;
use crate::show::{Format, say};
use crate::{HomeArgs, cells};

/// How often new predictions are looked for.
const PAUSE: Duration = Duration::from_millis(200);

/// Options of `trimtab logs`.
#[derive(Debug, Args)]
// Without SQL it says so, whatever is asked.
#[cfg_attr(not(feature = "sql"), allow(dead_code))]
#[command(after_help = "\
Tables:
  predictions                every prediction: of `trimtab serve`, and the forecasts of `trimtab run`
  outcomes                   what came true (`trimtab outcomes add`)
  predictions_with_outcomes  each prediction with its outcome and error, null while it is open
  records                    the journal
  runs, metrics              trainings and mandates of the journal, and the runs of the server

Examples:
  trimtab logs \"SELECT * FROM predictions WHERE id = '0193…'\" --format json
  trimtab logs \"SELECT model, version, count(*), avg(latency_us) FROM predictions GROUP BY 1, 2\"
  trimtab logs \"SELECT id, features['momentum'] FROM predictions WHERE flags LIKE '%out_of_domain%'\"
  trimtab logs \"DESCRIBE predictions\"")]
pub struct LogsArgs {
    /// A question in SQL; the newest 20 predictions if left out
    question: Option<String>,
    /// Print new predictions as they are logged, until stopped; as JSON, one object a line
    #[arg(long, conflicts_with = "question")]
    follow: bool,
    #[command(flatten)]
    home: HomeArgs,
    /// How much memory the question may use; what needs more goes to temporary files
    #[arg(long, default_value_t = 512, value_name = "MIB")]
    memory_mib: usize,
    /// Threads that work on it; with more than one, rows without ORDER BY come in any order
    #[arg(long, default_value_t = 1, value_name = "N")]
    threads: usize,
    /// How to print the rows
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Answers a question, or follows the log.
pub fn logs(args: &LogsArgs) -> anyhow::Result<Found> {
    if args.follow {
        return follow(log_folder(&args.home.home), args.format);
    }
    ask(args)?;
    Ok(Found::AllWell)
}

#[cfg(feature = "sql")]
fn ask(args: &LogsArgs) -> anyhow::Result<()> {
    ask::ask(args)
}

#[cfg(not(feature = "sql"))]
fn ask(_: &LogsArgs) -> anyhow::Result<()> {
    anyhow::bail!(crate::commands::WITHOUT_SQL)
}

/// Prints what is logged from now on. It ends when the process is told to.
fn follow(folder: PathBuf, format: Format) -> anyhow::Result<Found> {
    // Complains if there is no log.
    predictions::kept(&folder)?;
    let mut follow = Follow::from_now(&folder)?;
    loop {
        let new = follow.more()?;
        if new.is_empty() {
            std::thread::sleep(PAUSE);
            continue;
        }
        let batch = predictions::record_batch(&new);
        match format {
            Format::Json => cells::json_lines(&batch)?,
            Format::Table => lines(&batch)?,
        }
    }
}

/// One line for each prediction.
fn lines(batch: &RecordBatch) -> anyhow::Result<()> {
    const SHOWN: [&str; 8] =
        ["at", "id", "model", "version", "entity_key", "prediction", "latency_us", "flags"];
    let schema = batch.schema();
    let places: Vec<usize> =
        SHOWN.iter().map(|name| schema.index_of(name)).collect::<Result<_, _>>()?;
    for row in cells::rows(&batch.project(&places)?)? {
        say(row.join("  ").trim_end());
    }
    Ok(())
}
