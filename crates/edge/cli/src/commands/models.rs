//! `trimtab models`: the registry of a home, or of a server.

mod measured;
mod remote;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use journal::{Because, Draft, Kind, Spine};
use signing::{Ignored, Manifest, SIGNATURE_FILE, Sha256, SigningKey};
use store::Home;
use tracking::{CHAMPION, ModelVersion, Promotion, Registry};
use types::{Digest, Id, Timestamp};

use crate::HomeArgs;
use crate::commands::Found;
use crate::commands::report::save;
use crate::commands::sign::private_key;
use crate::show::{Format, count, json, note, say, table};

/// Options of `trimtab models`.
#[derive(Debug, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    action: Action,
    /// The registry of this server, instead of that of a home
    #[arg(long, value_name = "http://SERVER", global = true)]
    server: Option<String>,
    #[command(flatten)]
    home: HomeArgs,
    /// How to print results
    #[arg(long, value_enum, default_value_t, global = true)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List models and their versions
    List {
        /// Only this model
        model: Option<String>,
    },
    /// Show one version: metrics, training run, data, and who was champion when
    Show {
        /// The model
        model: String,
        /// A version or an alias
        #[arg(default_value = CHAMPION)]
        version: String,
        /// Also write its MLflow model folder here
        #[arg(long, value_name = "DIR")]
        export: Option<PathBuf>,
        /// Sign that folder with this private key
        #[arg(long, value_name = "FILE", requires = "export")]
        key: Option<PathBuf>,
    },
    /// Compare two versions
    Compare {
        /// The model
        model: String,
        /// A version
        a: u32,
        /// Another version
        b: u32,
    },
    /// How a served model decides beside its second version (its shadow or canary): signs, top
    /// picks and ranks; needs --server
    Decisions {
        /// The model
        model: String,
    },
    /// Make a version the champion, or give it another alias
    Promote {
        /// The model
        model: String,
        /// The version
        version: u32,
        /// The alias
        #[arg(long, default_value = CHAMPION)]
        alias: String,
        /// Why; kept in the journal
        #[arg(long)]
        why: String,
    },
    /// Give an alias back to the version that held it before
    Rollback {
        /// The model
        model: String,
        /// The alias
        #[arg(long, default_value = CHAMPION)]
        alias: String,
        /// Why; kept in the journal
        #[arg(long)]
        why: String,
    },
}

/// Answers from the registry, or changes it.
pub fn models(args: &ModelsArgs) -> anyhow::Result<Found> {
    if let Some(server) = &args.server {
        return remote::models(&args.action, server, args.format);
    }
    match &args.action {
        Action::List { model } => list(&read(args)?.1, model.as_deref(), args.format)?,
        Action::Show { model, version, export, key } => {
            let (home, registry) = read(args)?;
            let found = registry.find(model, version.as_str())?;
            if let Some(folder) = export {
                let key = key.as_deref().map(private_key).transpose()?;
                write_folder(&home, found, folder, key.as_ref())?;
            }
            show(&registry, found, args.format)?;
        }
        Action::Compare { model, a, b } => compare(&read(args)?.1, model, *a, *b, args.format)?,
        Action::Decisions { .. } => {
            bail!("decisions are compared where models are served: add --server")
        }
        Action::Promote { model, version, alias, why } => {
            let ask = |registry: &Registry| registry.promote(model, alias, *version, why);
            change(args, Kind::Promoted, ask)?;
        }
        Action::Rollback { model, alias, why } => {
            let ask = |registry: &Registry| registry.roll_back(model, alias, why);
            change(args, Kind::RolledBack, ask)?;
        }
    }
    Ok(Found::AllWell)
}

fn read(args: &ModelsArgs) -> anyhow::Result<(Home, Registry)> {
    let home = Home::read(&args.home.home)?;
    let registry = registry(&home)?;
    Ok((home, registry))
}

fn registry(home: &Home) -> anyhow::Result<Registry> {
    let mut registry = Registry::default();
    let kinds =
        [Kind::Trained, Kind::Evaluated, Kind::Registered, Kind::Promoted, Kind::RolledBack];
    for record in home.records().iter().filter(|record| kinds.contains(&record.kind)) {
        registry.fold(record, &home.payload(&record.digest)?)?;
    }
    Ok(registry)
}

fn list(registry: &Registry, only: Option<&str>, format: Format) -> anyhow::Result<()> {
    let names = registry.models().filter(|name| only.is_none_or(|only| only == *name));
    let versions: Vec<&ModelVersion> = names.flat_map(|name| registry.versions(name)).collect();
    match format {
        Format::Json => json(&versions)?,
        Format::Table => {
            let metric = |version: &ModelVersion, name: &str| {
                version
                    .metrics
                    .get(name)
                    .map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"))
            };
            table(
                &["model", ">version", "registered", ">ic", ">rank ic", "aliases"],
                versions.iter().map(|version| {
                    let held =
                        registry.aliases(&version.name).filter(|(_, v)| *v == version.version);
                    vec![
                        version.name.clone(),
                        version.version.to_string(),
                        version.created.date_naive().to_string(),
                        metric(version, "information_coefficient"),
                        metric(version, "rank_information_coefficient"),
                        held.map(|(alias, _)| alias).collect::<Vec<_>>().join(", "),
                    ]
                }),
            );
        }
    }
    Ok(())
}

fn show(registry: &Registry, version: &ModelVersion, format: Format) -> anyhow::Result<()> {
    // A model that was given to a run was trained elsewhere.
    let run = registry.run(&version.run).ok();
    let history = registry.history(&version.name);
    if format == Format::Json {
        let moves: Vec<_> = history.iter().map(|change| (&change.at, &change.promotion)).collect();
        return json(&serde_json::json!({
            "version": version,
            "run": run,
            "evaluations": registry.evaluations(&version.run),
            "aliases": moves,
        }));
    }
    say(&format!(
        "{} version {}, registered {}",
        version.name,
        version.version,
        version.created.date_naive()
    ));
    say(&format!("artifact       {}", version.source.artifact_location));
    say(&format!("code           {}", version.source.code_revision));
    say(&format!("environment    {}", version.source.environment));
    say(&format!("training data  {}", version.source.training_data));
    say(&format!("training run   {}", version.run));
    for (name, value) in run.iter().flat_map(|run| &run.params) {
        say(&format!("  {name:<34} {value}"));
    }
    say("measured on the validation window");
    for (name, value) in &version.metrics {
        say(&format!("  {name:<34} {value:.6}"));
    }
    measured::say_further(registry.evaluations(&version.run));
    say("alias history");
    let of_version = history.iter().filter(|change| {
        let promotion = &change.promotion;
        promotion.version == version.version || promotion.previous == Some(version.version)
    });
    for change in of_version {
        let promotion = &change.promotion;
        let day = change.at.date_naive();
        say(&format!("  {day}  {} is v{}: {}", promotion.alias, promotion.version, promotion.why));
    }
    Ok(())
}

/// Writes the model folder. Every file is read, and held against its digest, before any is written.
fn write_folder(
    home: &Home,
    version: &ModelVersion,
    folder: &Path,
    key: Option<&SigningKey>,
) -> anyhow::Result<()> {
    let read = |(path, digest): (&String, &Digest)| Ok((folder.join(path), home.payload(digest)?));
    let files: Vec<(PathBuf, Vec<u8>)> =
        version.folder.iter().map(read).collect::<anyhow::Result<_>>()?;
    for (file, bytes) in &files {
        let parent = file.parent().context("a file of the folder has a parent")?;
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        save(file, bytes)?;
    }
    if let Some(key) = key {
        let digests = version.folder.keys().zip(&files);
        let digests = digests.map(|(name, (_, bytes))| (name.clone(), Sha256::of(bytes)));
        let manifest = Manifest::new(&version.name, Ignored::new([SIGNATURE_FILE]), digests)?;
        save(&folder.join(SIGNATURE_FILE), manifest.sign(key).as_bytes())?;
    }
    note(&format!("wrote {} into {}", count(files.len(), "file"), folder.display()));
    Ok(())
}

fn compare(registry: &Registry, model: &str, a: u32, b: u32, format: Format) -> anyhow::Result<()> {
    let differences = registry.compare(model, a, b)?;
    match format {
        Format::Json => json(&differences)?,
        Format::Table => {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            let (a, b) = (format!("v{a}"), format!("v{b}"));
            table(
                &["", "", &a, &b],
                differences
                    .iter()
                    .map(|d| vec![d.section.to_string(), d.name.clone(), text(&d.a), text(&d.b)]),
            );
        }
    }
    Ok(())
}

/// Moves an alias by command: the command and the move, in one durable step.
fn change(
    args: &ModelsArgs,
    kind: Kind,
    ask: impl Fn(&Registry) -> Result<Promotion, tracking::PolicyError>,
) -> anyhow::Result<()> {
    let mut home = Home::open(&args.home.home)?;
    let promotion = ask(&registry(&home)?)?;
    if !promotion.changes() {
        return tell(&promotion, args.format);
    }
    let at: Timestamp = DateTime::<Utc>::from(std::time::SystemTime::now());
    let number = home.records().len();
    let command = Id::from(format!("command-{number}"));
    let says = tracking::payload(&promotion);
    home.append(vec![
        Draft::commanded(at, command.clone(), says.clone()),
        Draft::fact(kind, at, format!("{kind}-{number}"), Because::of(command), says),
    ])?;
    home.sync()?;
    tell(&promotion, args.format)
}

fn tell(promotion: &Promotion, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return json(promotion);
    }
    let from = match promotion.previous {
        _ if !promotion.changes() => " already".to_owned(),
        Some(version) => format!(" in place of v{version}"),
        None => String::new(),
    };
    say(&format!("{}: v{} is {}{from}", promotion.name, promotion.version, promotion.alias));
    Ok(())
}
