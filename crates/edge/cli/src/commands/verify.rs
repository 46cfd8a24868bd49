//! `trimtab verify`: is everything that was recorded still what was recorded?

use clap::Args;
use serde::Serialize;
use store::Home;

use crate::HomeArgs;
use crate::commands::Found;
use crate::show::{Format, json, say};

/// Options of `trimtab verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    home: HomeArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Verdict {
    records: usize,
    head: Option<String>,
    sound: bool,
    problem: Option<String>,
}

/// Verifies the chain (on opening) and every payload.
pub fn verify(args: &VerifyArgs) -> anyhow::Result<Found> {
    let verdict = match Home::read(&args.home.home) {
        Ok(home) => {
            let payloads = home.verify_payloads();
            Verdict {
                records: home.records().len(),
                head: home.records().last().map(|record| record.hash.to_string()),
                sound: payloads.is_ok(),
                problem: payloads.err().map(|error| error.to_string()),
            }
        }
        Err(error @ (store::StoreError::Broken { .. } | store::StoreError::Database { .. })) => {
            Verdict { records: 0, head: None, sound: false, problem: Some(error.to_string()) }
        }
        Err(other) => return Err(other.into()),
    };
    match args.format {
        Format::Json => json(&verdict)?,
        Format::Table => print(&verdict),
    }
    Ok(if verdict.sound { Found::AllWell } else { Found::Disagreement })
}

fn print(verdict: &Verdict) {
    match &verdict.problem {
        None => {
            say(&format!("{} records and their payloads are as they were written", verdict.records));
            if let Some(head) = &verdict.head {
                say(&format!("the chain ends in {head}"));
            }
        }
        Some(problem) => say(&format!("NOT SOUND: {problem}")),
    }
}
