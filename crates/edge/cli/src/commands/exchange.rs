//! `trimtab import` and `trimtab export`: to and from servers that speak the MLflow protocol.

mod inside;
mod progress;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use exchange::{
    Client, Count, Home, HomeOptions, Login, Mlflow, ServerSource, ServerTarget, Source, Summary,
    Target, Wanted,
};
use tokio::runtime::Runtime;

use self::progress::Progress;
use crate::HomeArgs;
use crate::commands::Found;
use crate::show::{Format, grouped, json, note, say, table};

/// Options of `trimtab import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The address of an MLflow server, or its SQLite file
    #[arg(value_name = "http://SERVER|FILE")]
    from: String,
    /// The folder that held the artifacts of the file's server (its --artifacts-destination)
    /// [default: mlartifacts beside the file]
    #[arg(long, value_name = "DIR")]
    artifacts: Option<String>,
    /// Into this server, instead of a home
    #[arg(long, value_name = "http://SERVER")]
    to: Option<String>,
    #[command(flatten)]
    home: HomeArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    what: WhatArgs,
}

/// Options of `trimtab export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// From this server, instead of a home
    #[arg(value_name = "http://SERVER")]
    from: Option<String>,
    /// The address of the MLflow server that it goes to
    #[arg(long, value_name = "http://SERVER")]
    to: String,
    #[command(flatten)]
    home: HomeArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    what: WhatArgs,
}

/// Where the home keeps things, as `trimtab serve` is told it.
#[derive(Debug, Args)]
struct PlaceArgs {
    /// The home's database, if not tracking.db in it
    #[arg(long, env = "TRIMTAB_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// The home's artifacts, if not in it
    #[arg(long, env = "TRIMTAB_ARTIFACTS", value_name = "PLACE")]
    artifacts_destination: Option<String>,
}

/// What is carried.
#[derive(Debug, Args)]
struct WhatArgs {
    /// Only this experiment; can be given several times. Without it, all experiments and all
    /// registered models
    #[arg(long = "experiment", value_name = "NAME")]
    experiments: Vec<String>,
    /// Registered models: alone, only they and the runs that they come from; with --experiment,
    /// those that come from it
    #[arg(long)]
    models: bool,
    /// Of this workspace, into the one of the same name
    #[arg(long, env = "MLFLOW_WORKSPACE", default_value = "default", value_name = "NAME")]
    workspace: String,
    /// Carry also what was carried before and has not changed
    #[arg(long)]
    again: bool,
    /// How to print the summary
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

impl WhatArgs {
    fn wanted(&self) -> Wanted {
        let all = self.experiments.is_empty();
        Wanted {
            experiments: self.experiments.clone(),
            models: all || self.models,
            only_models: all && self.models,
            again: self.again,
        }
    }

    /// The workspace that servers are asked for: none, so long as it is the usual one.
    fn asked(&self) -> Option<&str> {
        Some(self.workspace.as_str()).filter(|name| *name != "default")
    }
}

/// Brings what an MLflow server keeps into a home, or into a server.
pub fn import(args: &ImportArgs) -> anyhow::Result<Found> {
    let runtime = runtime()?;
    let what = &args.what;
    let source: Box<dyn Source> = if is_address(&args.from) {
        if args.artifacts.is_some() {
            bail!("--artifacts is for a file; a server gives its artifacts itself");
        }
        Box::new(ServerSource::new(mlflow(&args.from, what, &runtime)?))
    } else {
        let file = PathBuf::from(&args.from);
        Box::new(Mlflow::open(&file, args.artifacts.as_deref(), &what.workspace, &runtime)?)
    };
    let from = source.name().to_owned();
    let target: Box<dyn Target> = match &args.to {
        Some(to) => Box::new(ServerTarget::new(ours(to, what, &runtime)?, &from)),
        None => Box::new(Home::open(home(&args.home, &args.place, what, from), &runtime)?),
    };
    carry(source.as_ref(), target.as_ref(), what)
}

/// Takes what a home, or a server, keeps to an MLflow server.
pub fn export(args: &ExportArgs) -> anyhow::Result<Found> {
    let runtime = runtime()?;
    let what = &args.what;
    let client = match &args.from {
        Some(from) => ours(from, what, &runtime)?,
        None => {
            let place = home(&args.home, &args.place, what, String::new());
            inside::open(&place, &runtime)?.in_workspace(what.asked())
        }
    };
    let source = ServerSource::new(client);
    let from = source.name().to_owned();
    let target = ServerTarget::new(mlflow(&args.to, what, &runtime)?, &from);
    carry(&source, &target, what)
}

fn carry(source: &dyn Source, target: &dyn Target, what: &WhatArgs) -> anyhow::Result<Found> {
    let progress = Progress::new(what.quiet || what.format == Format::Json);
    let carried = exchange::copy(source, target, &what.wanted(), &progress);
    progress.end();
    let summary = carried.map_err(|error| {
        anyhow::anyhow!(
            "{error}; what was carried is kept, and the same command goes on from there"
        )
    })?;
    match what.format {
        Format::Json => json(&summary)?,
        Format::Table => tell(&summary, source.name(), &target.name()),
    }
    Ok(Found::AllWell)
}

/// Threads for what is under way.
pub fn runtime() -> anyhow::Result<Arc<Runtime>> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    Ok(Arc::new(built.context("starting threads")?))
}

/// The server that MLflow's own variables are meant for.
fn mlflow(address: &str, what: &WhatArgs, runtime: &Arc<Runtime>) -> anyhow::Result<Client> {
    let login = Login::of_environment("MLFLOW_TRACKING");
    Ok(Client::open(address, &login, runtime)?.in_workspace(what.asked()))
}

/// The other server: it must not be shown the password of the first.
fn ours(address: &str, what: &WhatArgs, runtime: &Arc<Runtime>) -> anyhow::Result<Client> {
    let login = Login::of_environment("TRIMTAB_TRACKING");
    Ok(Client::open(address, &login, runtime)?.in_workspace(what.asked()))
}

fn home(home: &HomeArgs, place: &PlaceArgs, what: &WhatArgs, from: String) -> HomeOptions {
    HomeOptions {
        home: home.home.clone(),
        database: place.database.clone(),
        artifacts: place.artifacts_destination.clone(),
        workspace: what.workspace.clone(),
        from,
    }
}

fn is_address(from: &str) -> bool {
    from.starts_with("http://") || from.starts_with("https://")
}

fn tell(summary: &Summary, from: &str, to: &str) {
    let row = |what: &str, count: Count| {
        let number = |count: usize| grouped(count as f64, 0);
        vec![what.to_owned(), number(count.made), number(count.there)]
    };
    say(&format!("{from} -> {to}"));
    say("");
    table(
        &["", ">new", ">there already"],
        [
            row("experiments", summary.experiments),
            row("runs", summary.runs),
            row("logged models", summary.logged_models),
            row("registered models", summary.registered_models),
            row("versions", summary.versions),
            row("aliases", summary.aliases),
            row("traces", summary.traces),
            row("files", summary.files),
        ]
        .into_iter()
        .filter(|row| row[1] != "0" || row[2] != "0"),
    );
    say("");
    say(&format!("metric values  {}", grouped(summary.metrics as f64, 0)));
    say(&format!("bytes          {}", grouped(summary.bytes as f64, 0)));
    say(&format!("time           {:.1} s", summary.seconds));
    for (why, (count, what)) in &summary.left_out {
        match (count, what.as_str()) {
            (1, "") => note(&format!("left out: {why}")),
            (1, what) => note(&format!("left out: {what}: {why}")),
            (count, "") => note(&format!("left out, {count} times: {why}")),
            (count, what) => note(&format!("left out, {count} times, first of {what}: {why}")),
        }
    }
}
