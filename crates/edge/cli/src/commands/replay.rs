//! `trimtab replay`: recompute and compare.

use anyhow::Context;
use clap::Args;
use cycle::{Desk, Mandate};
use journal::{Kind, Retrace, Spine, SpineError};
use serde::Serialize;
use store::Home;
use types::{Date, Id, RunId};

use crate::commands::run::{ask, provenance};
use crate::commands::{Found, LIST_ORDERS, asked, find_run};
use crate::meter::Clock;
use crate::show::{Format, json, say};
use crate::{HomeArgs, code, world};

/// Options of `trimtab replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// An order or a run; the newest run if left out
    what: Option<String>,
    #[command(flatten)]
    home: HomeArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a replay found.
#[derive(Debug, Serialize)]
struct Verdict {
    run: RunId,
    until: Option<Date>,
    records_compared: usize,
    agrees: bool,
    difference: Option<String>,
    recorded_by: String,
    replayed_by: String,
}

/// Recomputes a run from its snapshots, up to an order's day if an order is named.
pub fn replay(args: &ReplayArgs) -> anyhow::Result<Found> {
    let mut home = Home::read(&args.home.home)?;
    let (run, until) = target(&home, args.what.as_deref())?;
    let verdict = repeat(&mut home, run, until, Clock::new(args.format == Format::Json))?;
    match args.format {
        Format::Json => json(&verdict)?,
        Format::Table => print(&verdict),
    }
    Ok(if verdict.agrees { Found::AllWell } else { Found::Disagreement })
}

fn target(home: &Home, what: Option<&str>) -> anyhow::Result<(RunId, Option<Date>)> {
    let Some(name) = what.filter(|name| name.starts_with("order-")) else {
        return Ok((find_run(home, what)?, None));
    };
    let id: Id = name.into();
    let record = home
        .record(&id)
        .filter(|record| record.kind == Kind::Placed)
        .with_context(|| format!("no order {name} in {}; {LIST_ORDERS}", home.dir().display()))?;
    let run = record.run.clone().context("the order belongs to no run")?;
    Ok((run, Some(record.at.date_naive())))
}

fn repeat(
    home: &mut Home,
    run: RunId,
    until: Option<Date>,
    mut clock: Clock,
) -> anyhow::Result<Verdict> {
    let (question, record) = asked(home, &run)?;
    let mandate = Mandate::parse(&question.file, &question.mandate)?;
    let snapshots = world::recall(home, &question.snapshots)?;
    let history = world::history(&mandate, &snapshots)?;
    let desk = Desk::new(mandate, &question.file, &question.mandate, run.clone(), code::code())?;
    let desk = world::with_model(desk, &snapshots)?;
    let records = home.records().to_vec();
    let mut spine = Retrace::replay(home, &records, &run);
    spine.append(vec![ask(&run, &question, record.at.date_naive())])?;
    let origin = provenance(&run, &question);
    let done = backtest::run(&desk, &history, origin, &mut spine, &mut clock, until);
    let difference = match done {
        Ok(_) if until.is_none() && spine.remaining() > 0 => {
            Some(format!("{} records of the journal were not reached", spine.remaining()))
        }
        Ok(_) => None,
        Err(backtest::BacktestError::Spine(SpineError::Diverged { id, what })) => {
            Some(format!("record {id}: {what}"))
        }
        Err(backtest::BacktestError::Spine(error @ SpineError::Object { .. })) => {
            Some(error.to_string())
        }
        Err(other) => return Err(other.into()),
    };
    drop(clock.finish());
    Ok(Verdict {
        records_compared: spine.compared(),
        agrees: difference.is_none(),
        difference,
        recorded_by: question.code,
        replayed_by: code::SOURCE.to_owned(),
        run,
        until,
    })
}

fn print(verdict: &Verdict) {
    let until = verdict.until.map_or_else(String::new, |day| format!(" up to {day}"));
    say(&format!("{}{until}: {} records recomputed", verdict.run, verdict.records_compared));
    match &verdict.difference {
        None => say("every byte agrees"),
        Some(difference) => {
            say(&format!("DIFFERS at {difference}"));
            if verdict.recorded_by != verdict.replayed_by {
                say(&format!(
                    "it was recorded by other code: source {}, this is {}",
                    &verdict.recorded_by[..12],
                    &verdict.replayed_by[..12]
                ));
            }
        }
    }
}
