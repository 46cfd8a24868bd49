//! `trimtab run`: a mandate through history.

mod fetch;
mod record;

use std::path::{Path, PathBuf};

use anyhow::Context;
use backtest::{History, Outcome};
use clap::Args;
use cycle::facts::{Completed, RunAsked};
use cycle::{Desk, Mandate};
use journal::{Because, Draft, Kind, Retrace, Spine};
use market::Severity;
use monitoring::Meter;
use performance::{Fact, Provenance, StageCost};
use store::Home;
use types::{Date, Digest, Id, RunId, close_of};

use crate::check::check;
use crate::commands::{Found, report};
use crate::meter::Clock;
use crate::show::{Format, count, note, say};
use crate::told::{State, Told};
use crate::world::{self, Snapshots, snapshot_id};
use crate::{HomeArgs, code, stored};

/// Options of `trimtab run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The mandate: a TOML file; its own paths are relative to it
    mandate: PathBuf,
    #[command(flatten)]
    home: HomeArgs,
    /// Also write the tearsheet and its plots into this folder
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Record the run in this tracking server too: trainings, models, figures, tearsheet
    #[arg(long, value_name = "http://SERVER")]
    record_to: Option<String>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Runs a mandate, or shows the run if it is in the journal already.
pub fn run(args: &RunArgs) -> anyhow::Result<Found> {
    let started = std::time::Instant::now();
    let mut clock = Clock::new(args.quiet || args.format == Format::Json);
    cycle::Stages::enter(&mut clock, "read");
    let file = args.mandate.display().to_string();
    let text = std::fs::read_to_string(&args.mandate)
        .with_context(|| format!("the mandate {file} cannot be read"))?;
    let mandate = Mandate::parse(&file, &text)?;
    // Set up once before anything is read: a misspelt sentence should not wait for the data.
    Desk::new(mandate.clone(), &file, &text, "run-check".into(), code::code())?;
    let snapshots = read(&mandate, args).with_context(|| file.clone())?;
    let asked = question(&args.mandate, &text, &snapshots);
    let run = run_id(&asked);
    let desk = Desk::new(mandate, &file, &text, run.clone(), code::code())?;
    let desk = world::with_model(desk, &snapshots)?;
    // Whatever can be found out before the first day is, so that a mistake leaves no trace.
    let history = world::history(&desk.mandate, &snapshots).with_context(|| file.clone())?;
    check(&desk, &history.panel).with_context(|| file)?;
    let mut home = Home::open(&args.home.home)?;
    let (outcome, state) = match completed(&home, &run)? {
        Some(outcome) => (outcome, State::AlreadyComplete),
        None => carry_out(&desk, &history, &asked, &snapshots, &mut home, clock)?,
    };
    let told = Told {
        run: &run,
        outcome: &outcome,
        state,
        seconds: started.elapsed().as_secs_f64(),
        order: newest_order(&home, &run),
        home: &args.home.home,
    };
    match args.format {
        Format::Json => told.json()?,
        Format::Table => told.print(),
    }
    if let Some(folder) = &args.report {
        let written = report::write(&outcome.report, folder)?;
        if args.format == Format::Table {
            say(&format!("report     {}", written.display()));
        }
    }
    if let Some(server) = &args.record_to {
        let recorded = record::record(&mut home, &run, &outcome, server).with_context(|| {
            format!(
                "{run} is whole in {}, but not recorded; the same command records what is missing",
                args.home.home.display()
            )
        })?;
        if args.format == Format::Table {
            say(&format!("recorded   {recorded}"));
        }
    }
    Ok(Found::AllWell)
}

/// Reads the mandate's files, and says if there are warnings about them.
fn read(mandate: &Mandate, args: &RunArgs) -> anyhow::Result<Snapshots> {
    let folder = args.mandate.parent().unwrap_or(Path::new(""));
    let (mut snapshots, findings) = world::read(mandate, folder)?;
    let features = mandate.features.resolve().context("[features] use")?;
    snapshots.extend(fetch::fetch(mandate.forecast.as_ref(), features.names())?);
    if !mandate.features.store.is_empty() {
        let panel = world::history(mandate, &snapshots)?.panel;
        let read = stored::read(&args.home.home, mandate, &panel);
        snapshots.extend(read.context("[features] store")?);
    }
    let warnings = findings.iter().filter(|f| f.severity() == Severity::Warning).count();
    if warnings > 0 && !args.quiet && args.format == Format::Table {
        let path = folder.join(&mandate.universe.prices);
        let warnings = count(warnings, "warning");
        note(&format!("{warnings} about the data; see `trimtab data check {}`", path.display()));
    }
    Ok(snapshots)
}

fn question(path: &Path, text: &str, snapshots: &Snapshots) -> RunAsked {
    RunAsked {
        command: "run".to_owned(),
        mandate: text.to_owned(),
        file: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        snapshots: snapshots
            .iter()
            .map(|(name, bytes)| (name.clone(), Digest::of(bytes)))
            .collect(),
        code: code::SOURCE.to_owned(),
        revision: code::REVISION.to_owned(),
    }
}

/// The same mandate, data and code are the same run.
fn run_id(asked: &RunAsked) -> RunId {
    let snapshots =
        asked.snapshots.values().flat_map(|digest| digest.as_bytes().as_slice().chunks(32));
    let parts = [asked.mandate.as_bytes(), asked.code.as_bytes()].into_iter().chain(snapshots);
    format!("run-{}", Digest::of_parts(parts).short()).into()
}

fn completed(home: &Home, run: &RunId) -> anyhow::Result<Option<Outcome>> {
    let id: Id = format!("{run}/completed").into();
    let Some(record) = home.record(&id) else { return Ok(None) };
    let says: Completed = serde_json::from_slice(&home.payload(&record.digest)?)?;
    let mut outcome: Outcome = serde_json::from_slice(&home.payload(&says.outcome)?)?;
    if let Some(metered) = home.record(&format!("{run}/metered").into()) {
        let meter: Meter = serde_json::from_slice(&home.payload(&metered.digest)?)?;
        outcome.report.resources = resources(&meter);
    }
    Ok(Some(outcome))
}

/// The outcome of a run that came to its end, with what it used of the machine.
pub fn outcome_of(home: &Home, run: &RunId) -> anyhow::Result<Outcome> {
    completed(home, run)?.with_context(|| {
        format!("{run} did not come to its end; the same `trimtab run` resumes it")
    })
}

fn carry_out(
    desk: &Desk,
    history: &History,
    asked: &RunAsked,
    snapshots: &Snapshots,
    home: &mut Home,
    mut clock: Clock,
) -> anyhow::Result<(Outcome, State)> {
    for (name, bytes) in snapshots {
        world::keep(home, name, bytes)?;
    }
    let records = home.records().to_vec();
    let mut spine = Retrace::resume(home, &records, &desk.run);
    spine.append(vec![ask(&desk.run, asked, history.panel.dates()[0])])?;
    let provenance = provenance(&desk.run, asked);
    let mut outcome = backtest::run(desk, history, provenance, &mut spine, &mut clock, None)?;
    let resumed = spine.compared();
    let meter = clock.finish();
    let completed: Id = format!("{}/completed", desk.run).into();
    let metered = Draft::fact(
        Kind::Metered,
        home.record(&completed).context("a run that ended is recorded")?.at,
        format!("{}/metered", desk.run),
        Because::of(completed),
        serde_json::to_vec(&meter)?,
    );
    home.append(vec![metered.in_run(desk.run.clone())])?;
    home.sync()?;
    outcome.report.resources = resources(&meter);
    Ok((outcome, State::Resumed(resumed)))
}

/// The first record of a run.
pub fn ask(run: &RunId, asked: &RunAsked, first: Date) -> Draft {
    let mut causes = asked.snapshots.values().map(snapshot_id);
    let because = Because::of(causes.next().expect("a run has prices")).and_all(causes);
    let says = serde_json::to_vec(asked).expect("a question is plain data");
    Draft::fact(Kind::Commanded, close_of(first), format!("{run}/asked"), because, says)
        .in_run(run.clone())
}

/// Where a run came from, for its report.
pub fn provenance(run: &RunId, asked: &RunAsked) -> Provenance {
    Provenance {
        run: run.to_string(),
        snapshots: asked
            .snapshots
            .iter()
            .map(|(name, digest)| Fact { name: name.clone(), value: digest.to_string() })
            .collect(),
        code_revision: format!("{} (source {})", asked.revision, &asked.code[..12]),
    }
}

fn resources(meter: &Meter) -> Vec<StageCost> {
    let stage = |(name, usage): &(String, monitoring::Usage)| StageCost {
        stage: name.clone(),
        cpu_seconds: usage.cpu_seconds,
        bytes: usage.bytes_written,
    };
    meter.stages.iter().map(stage).collect()
}

/// The newest order of a run, to try `why` on.
fn newest_order(home: &Home, run: &RunId) -> Option<String> {
    let of_run =
        |record: &&journal::Record| record.kind == Kind::Placed && record.run.as_ref() == Some(run);
    Some(home.records().iter().rev().find(of_run)?.id.to_string())
}
