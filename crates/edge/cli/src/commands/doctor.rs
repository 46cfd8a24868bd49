//! `trimtab doctor`: is what a server keeps in order, and the machine good for it?

mod log;
mod machine;
mod rows;
mod store;

use clap::Args;
use serde::Serialize;

use crate::commands::Found;
use crate::kept::KeptArgs;
use crate::progress::Progress;
use crate::show::{Format, json, say, table};

/// Options of `trimtab doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    kept: KeptArgs,
    /// Leave out what reads every row: the file of the database, what belongs to what, and the
    /// history of the registry
    #[arg(long)]
    fast: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// As it should be.
    Good,
    /// Not wrong, and worth a look.
    Doubt,
    /// Wrong.
    Bad,
}

/// A check and how it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    check: &'static str,
    verdict: Verdict,
    /// What was found and, if it is not good, what to do.
    found: String,
}

impl Check {
    fn good(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Good, found: found.into() }
    }

    fn doubt(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Doubt, found: found.into() }
    }

    fn bad(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Bad, found: found.into() }
    }
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Told {
    sound: bool,
    checks: Vec<Check>,
}

/// Looks at everything, and says what is not as it should be.
pub fn doctor(args: &DoctorArgs) -> anyhow::Result<Found> {
    let silent = args.quiet || args.format == Format::Json;
    let db = args.kept.open()?;
    let mut progress = Progress::new(silent, "checking", "checks");
    let mut checks = rows::checks(&db, args.fast, &mut progress);
    drop(progress);
    checks.extend(store::checks(&args.kept));
    checks.extend(log::checks(&args.kept));
    checks.extend(machine::checks(&args.kept));
    let sound = checks.iter().all(|check| check.verdict != Verdict::Bad);
    match args.format {
        Format::Json => json(&Told { sound, checks })?,
        Format::Table => print(&checks),
    }
    Ok(if sound { Found::AllWell } else { Found::Disagreement })
}

fn print(checks: &[Check]) {
    table(
        &["check", "", "found"],
        checks.iter().map(|check| {
            let word = match check.verdict {
                Verdict::Good => "ok",
                Verdict::Doubt => "look",
                Verdict::Bad => "BAD",
            };
            vec![check.check.to_owned(), word.to_owned(), check.found.clone()]
        }),
    );
    let of = |verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    say(&match (of(Verdict::Bad), of(Verdict::Doubt)) {
        (0, 0) => "all is well".to_owned(),
        (0, doubts) => format!("nothing is wrong; {doubts} to look at"),
        (bad, _) => format!("NOT SOUND: {bad} wrong"),
    });
}
