//! `trimtab verify`: is everything that was recorded still what was recorded?

use clap::Args;
use cycle::facts::Completed;
use journal::{Kind, Record, Spine};
use serde::{Deserialize, Serialize};
use store::Home;
use tracking::ModelVersion;
use types::Digest;

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
            let problem = home.verify_payloads().err().map(|error| error.to_string());
            let problem = problem.or_else(|| missing(&home));
            Verdict {
                records: home.records().len(),
                head: home.records().last().map(|record| record.hash.to_string()),
                sound: problem.is_none(),
                problem,
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

/// The first object that a record names and that is not there.
fn missing(home: &Home) -> Option<String> {
    home.records().iter().find_map(|record| {
        let payload = home.payload(&record.digest).ok()?;
        let absent = |digest| home.payload(&digest).err();
        let error = named(record, &payload).into_iter().find_map(absent)?;
        Some(format!("record {}: {error}", record.id))
    })
}

/// The objects that the payload of a record names.
fn named(record: &Record, payload: &[u8]) -> Vec<Digest> {
    match record.kind {
        Kind::Registered => serde_json::from_slice::<ModelVersion>(payload)
            .map(|version| version.folder.into_values().chain([version.artifact]).collect()),
        Kind::Completed => {
            serde_json::from_slice::<Completed>(payload).map(|end| vec![end.outcome])
        }
        Kind::Observed => Ok(serde_json::from_slice::<Imported>(payload)
            .map_or_else(|_| vec![], |import| vec![import.snapshot])),
        _ => Ok(vec![]),
    }
    .unwrap_or_default()
}

/// The record of a snapshot. Days that a run saw name their snapshot as well.
#[derive(Debug, Deserialize)]
struct Imported {
    snapshot: Digest,
    #[expect(dead_code, reason = "tells the record of a snapshot from that of a day")]
    bytes: u64,
}

fn print(verdict: &Verdict) {
    match &verdict.problem {
        None => {
            say(&format!(
                "{} records and their payloads are as they were written",
                verdict.records
            ));
            if let Some(head) = &verdict.head {
                say(&format!("the chain ends in {head}"));
            }
        }
        Some(problem) => say(&format!("NOT SOUND: {problem}")),
    }
}
