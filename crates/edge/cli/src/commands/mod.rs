//! One file for each command.

pub mod backup;
pub mod cost;
pub mod data;
pub mod doctor;
pub mod exchange;
pub mod features;
pub mod logs;
pub mod models;
pub mod optimise;
pub mod outcomes;
pub mod replay;
pub mod report;
pub mod restore;
pub mod run;
pub mod runs;
pub mod serve;
pub mod sign;
pub mod validate;
pub mod verify;
pub mod why;

use anyhow::{Context, bail};
use cycle::facts::RunAsked;
use journal::{Kind, Record, Spine};
use store::Home;
use types::{Id, RunId};

use crate::show::some;

/// What a binary says that has no SQL.
#[cfg(not(feature = "sql"))]
pub const WITHOUT_SQL: &str = "this trimtab was built without SQL; build it with `cargo build \
                               --release -p cli --features sql`, or take a released binary";

/// Where the names of orders are found.
pub const LIST_ORDERS: &str = "`trimtab runs --orders RUN` lists the orders of a run";

/// How a command ended that did what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Nothing is wrong.
    AllWell,
    /// Something does not agree; the command said what.
    Disagreement,
}

/// The runs of a home, oldest first.
pub fn runs_of(home: &Home) -> Vec<&Record> {
    home.records()
        .iter()
        .filter(|record| record.kind == Kind::Commanded && record.run.is_some())
        .collect()
}

/// The run that is meant: by its name, the start of its name, or the newest.
pub fn find_run(home: &Home, name: Option<&str>) -> anyhow::Result<RunId> {
    let all = runs_of(home);
    let known = || {
        let names: Vec<&str> =
            all.iter().filter_map(|r| r.run.as_ref()).map(RunId::as_str).collect();
        if names.is_empty() { "none yet".to_owned() } else { some(names) }
    };
    let Some(name) = name else {
        let newest = all.last().and_then(|record| record.run.clone());
        return newest.with_context(|| format!("no run in {}", home.dir().display()));
    };
    let matching: Vec<RunId> = all
        .iter()
        .filter_map(|r| r.run.clone())
        .filter(|run| run.as_str().starts_with(name))
        .collect();
    match matching.as_slice() {
        [run] => Ok(run.clone()),
        [] => bail!("no run `{name}` in {}; there is {}", home.dir().display(), known()),
        _ => bail!("several runs begin with `{name}`: {}", known()),
    }
}

/// What was asked for in a run.
pub fn asked(home: &Home, run: &RunId) -> anyhow::Result<(RunAsked, Record)> {
    let id: Id = format!("{run}/asked").into();
    let record = home.record(&id).with_context(|| format!("the journal has no record {id}"))?;
    Ok((serde_json::from_slice(&home.payload(&record.digest)?)?, record.clone()))
}
