//! `trimtab features`: the feature store of a home, and what mandates can compute.

mod apply;
mod builtin;
mod history;
mod list;
mod online;
mod show;

use clap::{Args, Subcommand};

use crate::HomeArgs;
use crate::commands::Found;
use crate::show::Format;

/// Options of `trimtab features`.
#[derive(Debug, Args)]
pub struct FeaturesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what applying a folder of definitions would change
    Plan(apply::FolderArgs),
    /// Apply a folder of definitions: every change becomes a version
    Apply(apply::ApplyArgs),
    /// Compare a folder with what is applied, part by part; exit code 3 if they differ
    Diff(apply::FolderArgs),
    /// List what is defined: the home's definitions, and the built-in features and packages
    List(list::ListArgs),
    /// Find definitions by words in names, features, descriptions, owners and tags
    Search(list::SearchArgs),
    /// Show one definition, its versions and its changes
    Show(show::ShowArgs),
    /// Make a training set: for each row of a file, the features as they were known then
    History(history::HistoryArgs),
    /// Describe the values of a view, and hold them against its rules
    Stats(show::StatsArgs),
    /// Show what a definition or a data set comes from, and what depends on it
    Lineage(show::LineageArgs),
    /// Mark a definition as one that nothing new should use
    Deprecate(apply::DeprecateArgs),
    /// The operators of the expression language
    Operators {
        /// How to print the list
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Parse an expression and say what it reads
    Check {
        /// The expression, such as "mean(close, 5) / close - 1"
        expression: String,
    },
    #[command(flatten)]
    Online(online::OnlineAction),
}

/// Where and how: shared by the commands of the store.
#[derive(Debug, Args)]
struct StoreArgs {
    #[command(flatten)]
    home: HomeArgs,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Does what is asked of features.
pub fn features(args: &FeaturesArgs) -> anyhow::Result<Found> {
    match &args.action {
        Action::Plan(args) => apply::plan(args),
        Action::Apply(args) => apply::apply(args),
        Action::Diff(args) => apply::diff(args),
        Action::List(args) => list::list(args),
        Action::Search(args) => list::search(args),
        Action::Show(args) => show::show(args),
        Action::History(args) => history::history(args),
        Action::Stats(args) => show::stats(args),
        Action::Lineage(args) => show::lineage(args),
        Action::Deprecate(args) => apply::deprecate(args),
        Action::Operators { format } => builtin::operators_of_the_language(*format),
        Action::Check { expression } => builtin::check(expression),
        Action::Online(action) => online::run(action),
    }
}

/// Now: the only clock of these commands.
fn now() -> types::Timestamp {
    std::time::SystemTime::now().into()
}

/// A moment in microseconds as people read it.
fn moment(micros: i64) -> String {
    let moment = types::Timestamp::from_timestamp_micros(micros);
    moment.map_or_else(|| "-".to_owned(), |moment| moment.format("%Y-%m-%d %H:%M:%S").to_string())
}
