//! `trimtab run`: a mandate through history.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use backtest::Outcome;
use clap::Args;
use cycle::facts::{Completed, RunAsked};
use cycle::{Desk, Mandate};
use journal::{Because, Draft, Kind, Retrace, Spine};
use market::Severity;
use monitoring::Meter;
use performance::{Fact, Provenance, StageCost};
use serde::Serialize;
use store::Home;
use types::{Date, Digest, Id, RunId, Timestamp, close_of};

use crate::commands::{Found, report};
use crate::meter::Clock;
use crate::show::{Format, grouped, percent, say, table};
use crate::world::{self, Snapshots};
use crate::{HomeArgs, code, show};

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
    /// How to print the results
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    run: &'a RunId,
    mandate: &'a str,
    from: Date,
    to: Date,
    resumed_records: usize,
    already_complete: bool,
    final_value: f64,
    benchmark_growth: f64,
    totals: &'a backtest::Totals,
    metrics: BTreeMap<&'a str, Option<f64>>,
    seconds: f64,
    an_order: Option<String>,
}

/// Runs a mandate, or shows the run if it is in the journal already.
pub fn run(args: &RunArgs) -> anyhow::Result<Found> {
    let started = std::time::Instant::now();
    let mut clock = Clock::new(args.quiet || args.format == Format::Json);
    cycle::Stages::enter(&mut clock, "read");
    let file = args.mandate.display().to_string();
    let text = std::fs::read_to_string(&args.mandate).with_context(|| file.clone())?;
    let mandate = Mandate::parse(&file, &text)?;
    let folder = args.mandate.parent().unwrap_or(std::path::Path::new(""));
    // Set up once before anything is read: a misspelt sentence should not wait for the data.
    Desk::new(mandate.clone(), &file, &text, "run-check".into(), code::code())?;
    let (snapshots, findings) = world::read(&mandate, folder)?;
    let warnings = findings.iter().filter(|f| f.severity() == Severity::Warning).count();
    if warnings > 0 && !args.quiet && args.format == Format::Table {
        let path = folder.join(&mandate.universe.prices);
        eprintln!("{warnings} warnings about the data; see them with `trimtab data check {}`", path.display());
    }
    let asked = question(&args.mandate, &text, &snapshots);
    let run = run_id(&asked);
    let desk = Desk::new(mandate, &file, &text, run.clone(), code::code())?;
    let mut home = Home::open(&args.home.home)?;
    let (outcome, state) = match completed(&home, &run)? {
        Some(outcome) => (outcome, State::AlreadyComplete),
        None => carry_out(&desk, &asked, &snapshots, &mut home, clock)?,
    };
    let order = example_order(&home, &run);
    let seconds = started.elapsed().as_secs_f64();
    match args.format {
        Format::Json => show::json(&summary(&run, &outcome, &state, seconds, order))?,
        Format::Table => print(&run, &outcome, &state, seconds, order.as_deref(), args),
    }
    if let Some(folder) = &args.report {
        let written = report::write(&outcome.report, folder)?;
        if args.format == Format::Table {
            say(&format!("report     {}", written.display()));
        }
    }
    Ok(Found::AllWell)
}

/// Where a run stood when it was asked for.
enum State {
    AlreadyComplete,
    /// Records that were there already and agreed.
    Resumed(usize),
}

fn question(path: &std::path::Path, text: &str, snapshots: &Snapshots) -> RunAsked {
    RunAsked {
        command: "run".to_owned(),
        mandate: text.to_owned(),
        file: path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        snapshots: snapshots.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect(),
        code: code::SOURCE.to_owned(),
        revision: code::REVISION.to_owned(),
    }
}

/// The same mandate, data and code are the same run.
fn run_id(asked: &RunAsked) -> RunId {
    let snapshots = asked.snapshots.values().flat_map(|digest| digest.as_bytes().as_slice().chunks(32));
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
    completed(home, run)?
        .with_context(|| format!("{run} did not come to its end; the same `trimtab run` resumes it"))
}

fn carry_out(
    desk: &Desk,
    asked: &RunAsked,
    snapshots: &Snapshots,
    home: &mut Home,
    mut clock: Clock,
) -> anyhow::Result<(Outcome, State)> {
    let history = world::history(&desk.mandate, snapshots)?;
    keep(home, asked, snapshots)?;
    let records = home.records().to_vec();
    let mut spine = Retrace::resume(home, &records, &desk.run);
    spine.append(vec![ask(&desk.run, asked, history.panel.dates()[0])])?;
    let provenance = provenance(&desk.run, asked);
    let mut outcome =
        backtest::run(desk, &history, provenance, &mut spine, &mut clock, None)?;
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
    outcome.report.resources = resources(&meter);
    Ok((outcome, State::Resumed(resumed)))
}

/// Puts the snapshots into the home and says so in the journal, once each.
fn keep(home: &mut Home, asked: &RunAsked, snapshots: &Snapshots) -> anyhow::Result<()> {
    for (name, bytes) in snapshots {
        let digest = asked.snapshots[name];
        if home.record(&snapshot_id(&digest)).is_none() {
            let says = serde_json::json!({ "snapshot": digest, "name": name, "bytes": bytes.len() });
            let draft = Draft::observed(Timestamp::UNIX_EPOCH, snapshot_id(&digest), says.to_string().into_bytes());
            home.append(vec![draft.with_objects([bytes.clone()])])?;
        }
    }
    Ok(())
}

/// The name of the record of a snapshot.
pub fn snapshot_id(digest: &Digest) -> Id {
    format!("snapshot-{}", digest.short()).into()
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
fn example_order(home: &Home, run: &RunId) -> Option<String> {
    let of_run = |record: &&journal::Record| {
        record.kind == Kind::Placed && record.run.as_ref() == Some(run)
    };
    Some(home.records().iter().rev().find(of_run)?.id.to_string())
}

fn summary<'a>(
    run: &'a RunId,
    outcome: &'a Outcome,
    state: &State,
    seconds: f64,
    an_order: Option<String>,
) -> Summary<'a> {
    let report = &outcome.report;
    let benchmark = report.benchmark.as_ref();
    Summary {
        run,
        mandate: &report.title,
        from: report.dates[0],
        to: report.dates[report.dates.len() - 1],
        resumed_records: match state {
            State::Resumed(records) => *records,
            State::AlreadyComplete => 0,
        },
        already_complete: matches!(state, State::AlreadyComplete),
        final_value: report.nav.last().copied().unwrap_or_default(),
        benchmark_growth: benchmark.and_then(|b| b.nav.last().copied()).unwrap_or_default(),
        totals: &outcome.totals,
        metrics: report.metrics.iter().map(|metric| (metric.id.as_str(), metric.value)).collect(),
        seconds,
        an_order,
    }
}

fn print(
    run: &RunId,
    outcome: &Outcome,
    state: &State,
    seconds: f64,
    order: Option<&str>,
    args: &RunArgs,
) {
    let (report, totals) = (&outcome.report, &outcome.totals);
    let (from, to) = (report.dates[0], report.dates[report.dates.len() - 1]);
    say(&format!("{}  {from} to {to}  {run}", report.title));
    match state {
        State::AlreadyComplete => say("this run is complete; shown from the journal"),
        State::Resumed(0) => {}
        State::Resumed(records) => say(&format!("resumed: {records} records stood and agree")),
    }
    say("");
    print_figures(outcome);
    say("");
    let did = [
        ("decisions", totals.decisions.to_string()),
        ("orders", totals.orders.to_string()),
        ("trainings", format!("{}, {} promoted", totals.trainings, totals.promotions)),
        ("alarms", totals.alarms.to_string()),
        ("turnover", format!("{} a year", percent(totals.turnover_annual))),
        ("costs", format!("{} {}", grouped(totals.costs, 0), report.currency)),
        ("income", format!("{} dividends, {} interest", grouped(totals.dividends, 0), grouped(totals.interest, 0))),
    ];
    for (what, value) in did {
        say(&format!("{what:<10} {value}"));
    }
    say(&format!("time       {seconds:.2} s"));
    if let Some(order) = order {
        say("");
        say(&format!("why        trimtab why {order} --home {}", args.home.home.display()));
    }
}

fn print_figures(outcome: &Outcome) {
    let report = &outcome.report;
    let growth = |nav: &[f64]| nav.last().copied().unwrap_or(1.0) / nav[0];
    let figures = |nav: &[f64]| {
        let series = performance::Series::new(report.dates.clone(), nav.to_vec())
            .and_then(|series| series.returns());
        let basis = performance::Basis {
            risk_free: performance::RiskFree::Annual(report.risk_free_annual),
            ..performance::Basis::new(report.periods_per_year)
        };
        series.and_then(|series| performance::metrics(&series, &basis)).unwrap_or_default()
    };
    let row = |name: &str, nav: &[f64]| {
        let metrics = figures(nav);
        let value = |id: &str| metrics.iter().find(|metric| metric.id == id)?.value;
        let share = |id: &str| value(id).map_or_else(|| "-".to_owned(), percent);
        let ratio = |id: &str| value(id).map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
        vec![
            name.to_owned(),
            format!("{:.2}x", growth(nav)),
            share("cagr"),
            share("volatility"),
            ratio("sharpe"),
            share("max_drawdown"),
        ]
    };
    let mut rows = vec![row("portfolio", &report.nav)];
    if let Some(benchmark) = &report.benchmark {
        rows.push(row(&benchmark.name, &benchmark.nav));
    }
    table(&["", ">growth", ">per year", ">volatility", ">Sharpe", ">worst fall"], rows);
}
