//! `trimtab`: the command line.
//!
//! Each command is a file in `commands/`. Results go to standard output, progress and errors to
//! standard error. Exit codes: 0 done, 1 it could not be done, 2 the command line was wrong,
//! 3 a check found that something does not agree (`replay`, `verify`, `doctor`).

mod cells;
mod check;
mod code;
mod commands;
mod flow;
mod forecasts;
mod kept;
mod meter;
mod progress;
mod say;
mod show;
mod stored;
mod texts;
mod told;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use commands::Found;

/// Runs portfolios the way good teams run software.
///
/// A mandate file says what a portfolio is for; `trimtab run` takes it through history, and every
/// order can say why it was placed.
#[derive(Debug, Parser)]
#[command(version = VERSION, arg_required_else_help = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a mandate through history; resumes if it was cut off
    Run(commands::run::RunArgs),
    /// Write the tearsheet of a run: HTML, and its plots as SVG and PNG
    Report(commands::report::ReportArgs),
    /// Show why an order was placed or a prediction was given: the tree of its causes, down to data
    /// and code
    Why(commands::why::WhyArgs),
    /// Recompute a run, or the run up to an order, and compare every byte with the journal
    Replay(commands::replay::ReplayArgs),
    /// Check the journal's chain and every stored object
    Verify(commands::verify::VerifyArgs),
    /// List runs, and the orders of a run
    Runs(commands::runs::RunsArgs),
    /// Ask in SQL what was predicted, or follow predictions as they are made
    Logs(Box<commands::logs::LogsArgs>),
    /// Take in what came true, and see how far predictions were from it
    Outcomes(commands::outcomes::OutcomesArgs),
    /// The model registry: list, show, compare, promote, roll back
    Models(commands::models::ModelsArgs),
    /// Sign the folder of a model, or verify its signature (OpenSSF model signing)
    Sign(commands::sign::SignArgs),
    /// Serve experiments, models, predictions and features: the MLflow, Triton and Feast clients
    Serve(Box<commands::serve::ServeArgs>),
    /// Bring what an MLflow server keeps into a home or a server: over its address, or from its file
    Import(commands::exchange::ImportArgs),
    /// Take what a home or a server keeps to an MLflow server
    Export(commands::exchange::ExportArgs),
    /// Write everything that a server keeps into one file, while it goes on serving
    Backup(commands::backup::BackupArgs),
    /// Fill a new home, or an empty database, from a backup: all of it or nothing
    Restore(commands::restore::RestoreArgs),
    /// Check what a server keeps, its artifacts, and the machine
    Doctor(commands::doctor::DoctorArgs),
    /// Optimise a portfolio from prices alone: one question, no mandate
    Optimise(commands::optimise::OptimiseArgs),
    /// The efficient frontier from prices alone
    Frontier(commands::optimise::FrontierArgs),
    /// Compare methods of allocation out of sample: walk-forward, combinatorial or randomised
    Validate(Box<commands::validate::ValidateArgs>),
    /// Import prices into an immutable snapshot and check them
    Data(commands::data::DataArgs),
    /// The feature store: definitions, training sets, lineage; and what mandates can compute
    Features(commands::features::FeaturesArgs),
    /// What a run used of the machine, by stage
    Cost(commands::cost::CostArgs),
}

/// Where the journal and its objects are kept.
#[derive(Debug, Clone, Args)]
pub struct HomeArgs {
    /// The home folder: journal, snapshots, models
    #[arg(
        long,
        env = "TRIMTAB_HOME",
        hide_env_values = true,
        default_value = ".trimtab",
        value_name = "DIR",
        global = true
    )]
    pub home: PathBuf,
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("TRIMTAB_REVISION"), ")");

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => commands::run::run(&args),
        Command::Report(args) => commands::report::report(&args),
        Command::Why(args) => commands::why::why(&args),
        Command::Replay(args) => commands::replay::replay(&args),
        Command::Verify(args) => commands::verify::verify(&args),
        Command::Runs(args) => commands::runs::runs(&args),
        Command::Logs(args) => commands::logs::logs(&args),
        Command::Outcomes(args) => commands::outcomes::outcomes(&args),
        Command::Models(args) => commands::models::models(&args),
        Command::Sign(args) => commands::sign::sign(&args),
        Command::Serve(args) => commands::serve::serve(&args),
        Command::Import(args) => commands::exchange::import(&args),
        Command::Export(args) => commands::exchange::export(&args),
        Command::Backup(args) => commands::backup::backup(&args),
        Command::Restore(args) => commands::restore::restore(&args),
        Command::Doctor(args) => commands::doctor::doctor(&args),
        Command::Optimise(args) => commands::optimise::optimise(&args),
        Command::Frontier(args) => commands::optimise::frontier(&args),
        Command::Validate(args) => commands::validate::validate(&args),
        Command::Data(args) => commands::data::data(&args),
        Command::Features(args) => commands::features::features(&args),
        Command::Cost(args) => commands::cost::cost(&args),
    };
    match done {
        Ok(Found::AllWell) => ExitCode::SUCCESS,
        Ok(Found::Disagreement) => ExitCode::from(3),
        Err(error) => {
            show::note(&format!("error: {}", show::told(&error)));
            ExitCode::FAILURE
        }
    }
}
