//! From a folder of definitions to what is applied: plan, apply, diff, deprecate.

use std::path::PathBuf;

use clap::Args;
use feature_store::{FeatureStore, FeatureStoreError, Folder, State, read_folder};
use features::store::{Change, Definitions, Difference};
use serde_json::json;

use super::{StoreArgs, now};
use crate::commands::Found;
use crate::show::{Format, count, json as print_json, say, table};

/// A folder and a home.
#[derive(Debug, Args)]
pub struct FolderArgs {
    /// The folder of the definitions: .toml files, and the .sql files that they name
    folder: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
}

/// Options of `trimtab features apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The folder of the definitions: .toml files, and the .sql files that they name
    folder: PathBuf,
    /// Remove what the folder does not define; without it, that is kept
    #[arg(long)]
    prune: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Options of `trimtab features deprecate`.
#[derive(Debug, Args)]
pub struct DeprecateArgs {
    /// The view, service, source or entity
    name: String,
    /// Why, and what to use instead
    #[arg(long, default_value = "", value_name = "TEXT")]
    reason: String,
    /// Take the mark away
    #[arg(long, conflicts_with = "reason")]
    restore: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// Shows what applying would change.
pub fn plan(args: &FolderArgs) -> anyhow::Result<Found> {
    let (_, changes) = compared(args)?;
    print(&changes, args.store.format, "would be applied")?;
    Ok(Found::AllWell)
}

/// Applies a folder.
pub fn apply(args: &ApplyArgs) -> anyhow::Result<Found> {
    let folder = read_folder(&args.folder)?;
    let mut store = FeatureStore::create(&args.store.home.home)?;
    let kept = missing(&store.plan(&folder));
    let changes = store.apply(&folder, args.prune, now())?;
    print(&changes, args.store.format, "applied")?;
    if !args.prune && kept > 0 && args.store.format == Format::Table {
        let kept = count(kept, "definition");
        say(&format!("{kept} of the home not in the folder: kept (--prune removes them)"));
    }
    Ok(Found::AllWell)
}

/// Compares a folder with what is applied.
pub fn diff(args: &FolderArgs) -> anyhow::Result<Found> {
    let (_, changes) = compared(args)?;
    match args.store.format {
        Format::Json => print_json(&changes)?,
        Format::Table if changes.is_empty() => say("the folder is what is applied"),
        Format::Table => {
            for change in &changes {
                say(&format!("{} {} {}", sign(change), change.kind, change.name));
                if let Difference::Changed(parts) = &change.difference {
                    for part in parts {
                        say(&format!("    {part}"));
                    }
                }
            }
        }
    }
    Ok(if changes.is_empty() { Found::AllWell } else { Found::Disagreement })
}

/// Marks a definition.
pub fn deprecate(args: &DeprecateArgs) -> anyhow::Result<Found> {
    let mut store = FeatureStore::open(&args.store.home.home)?;
    let state = if args.restore { State::Active } else { State::Deprecated(args.reason.clone()) };
    let kind = store.mark(&args.name, &state, now())?;
    match args.store.format {
        Format::Json => print_json(&json!({"kind": kind, "name": args.name, "state": state}))?,
        Format::Table if args.restore => {
            say(&format!("{kind} {} is no longer deprecated", args.name))
        }
        Format::Table => say(&format!("{kind} {} is deprecated; it still works", args.name)),
    }
    Ok(Found::AllWell)
}

/// A folder beside what is applied; a home without a store has nothing applied.
fn compared(args: &FolderArgs) -> anyhow::Result<(Folder, Vec<Change>)> {
    let folder = read_folder(&args.folder)?;
    let changes = match FeatureStore::open(&args.store.home.home) {
        Ok(store) => store.plan(&folder),
        Err(FeatureStoreError::Absent(_)) => Definitions::default().changes(&folder.definitions),
        Err(error) => return Err(error.into()),
    };
    Ok((folder, changes))
}

fn missing(changes: &[Change]) -> usize {
    changes.iter().filter(|change| change.difference == Difference::Missing).count()
}

fn sign(change: &Change) -> char {
    match change.difference {
        Difference::Added => '+',
        Difference::Changed(_) => '~',
        Difference::Missing => '-',
    }
}

fn print(changes: &[Change], format: Format, done: &str) -> anyhow::Result<()> {
    if format == Format::Json {
        return print_json(&changes);
    }
    if changes.is_empty() {
        say("nothing to change");
        return Ok(());
    }
    table(
        &["", "kind", "name", "version", "what changes"],
        changes.iter().map(|change| {
            let version = change.after.as_ref().map_or(String::new(), |digest| digest.short());
            let what = match &change.difference {
                Difference::Changed(parts) => parts.join("; "),
                Difference::Added => "new".to_owned(),
                Difference::Missing => "not in the folder".to_owned(),
            };
            vec![
                sign(change).to_string(),
                change.kind.to_string(),
                change.name.clone(),
                version,
                what,
            ]
        }),
    );
    say(&format!("{} {done}", count(changes.len(), "change")));
    Ok(())
}
