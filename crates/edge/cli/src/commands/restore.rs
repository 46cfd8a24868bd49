//! `trimtab restore`: a new home, or an empty database, filled from a backup: all of it or nothing.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use artifacts::{ArtifactPath, Store};
use catalog::backup::{self, BackupError, Manifest, Told};
use clap::Args;
use serde::Serialize;
use tokio::runtime::Handle;

use crate::commands::{Found, backup as written};
use crate::flow;
use crate::kept::KeptArgs;
use crate::progress::Progress;
use crate::show::{Format, count, grouped, json, note, say};

/// Options of `trimtab restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The file that `trimtab backup` wrote
    file: PathBuf,
    #[command(flatten)]
    kept: KeptArgs,
    /// Only hold the file against its own digests; restore nothing
    #[arg(long)]
    check: bool,
    /// Leave out the artifacts that the file holds
    #[arg(long)]
    without_artifacts: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Restored<'a> {
    file: &'a Path,
    restored: bool,
    seconds: f64,
    rows: u64,
    manifest: &'a Manifest,
}

/// Checks the file, then fills what is empty.
pub fn restore(args: &RestoreArgs) -> anyhow::Result<Found> {
    let started = Instant::now();
    let silent = args.quiet || args.format == Format::Json;
    let target = if args.check { None } else { Some(Target::open(args)?) };
    let mut progress = Progress::new(silent, "checking", "rows");
    let checked = backup::check(open(&args.file)?, |told| {
        if let Told::Done(table, rows) = told {
            progress.done(rows, &table);
        }
    });
    drop(progress);
    let manifest = match checked {
        Err(error @ BackupError::Damaged(_)) if args.check => {
            note(&format!("{}: {error}", args.file.display()));
            return Ok(Found::Disagreement);
        }
        checked => checked.with_context(|| args.file.display().to_string())?,
    };
    let restored = target.is_some();
    if let Some(target) = target {
        target.fill(args, &manifest, silent)?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let rows = manifest.rows();
    let told = Restored { file: &args.file, restored, seconds, rows, manifest: &manifest };
    match args.format {
        Format::Json => json(&told)?,
        Format::Table => print(&told),
    }
    Ok(Found::AllWell)
}

fn print(told: &Restored<'_>) {
    let head = &told.manifest.head;
    let made = chrono::DateTime::from_timestamp_millis(head.made).unwrap_or_default();
    say(&format!("made       {} from {} by {}", made.to_rfc3339(), head.database, head.program));
    let tables = count(told.manifest.tables.len(), "table");
    say(&format!("rows       {} of {tables}", grouped(told.rows as f64, 0)));
    let artifacts = match &told.manifest.artifacts {
        None => "none in this file".to_owned(),
        Some(_) => written::kept(told.manifest),
    };
    say(&format!("artifacts  {artifacts}"));
    let word = if told.restored { "restored" } else { "sound" };
    say(&format!("{word:<10} in {:.1} s", told.seconds));
}

fn open(file: &Path) -> anyhow::Result<BufReader<File>> {
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    Ok(BufReader::with_capacity(1 << 20, opened))
}

/// What is filled. What was made for it vanishes if that fails.
struct Target {
    db: database::Database,
    /// The file of the database, if it was made for this.
    made: Option<PathBuf>,
}

impl Target {
    /// Opens the database, and refuses one that has something in it before anything long is done.
    fn open(args: &RestoreArgs) -> anyhow::Result<Self> {
        fs::create_dir_all(args.kept.home())
            .with_context(|| format!("home folder {}", args.kept.home().display()))?;
        let made = args.kept.file().filter(|file| !file.exists());
        let db = args.kept.open_or_make()?;
        let target = Self { db, made };
        backup::must_be_empty(&target.db)?;
        Ok(target)
    }

    fn fill(mut self, args: &RestoreArgs, manifest: &Manifest, silent: bool) -> anyhow::Result<()> {
        let runtime = written::runtime()?;
        let mut files = Files { put: Vec::new(), store: None, runtime: runtime.handle() };
        if manifest.artifacts.is_some() && !args.without_artifacts {
            files.fill(args, manifest, silent)?;
        }
        let mut progress = Progress::new(silent, "rows", "rows");
        let path = args.file.clone();
        let open = move || Ok(BufReader::with_capacity(1 << 20, File::open(&path)?));
        backup::load(&self.db, manifest, open, move |told| match told {
            Told::Rows(total) => progress.total(total),
            Told::Done(table, rows) => progress.done(rows, &table),
        })?;
        self.made = None;
        files.put.clear();
        hint(args, manifest);
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let Some(file) = &self.made else { return };
        for end in ["", "-wal", "-shm"] {
            let mut name = file.as_os_str().to_owned();
            name.push(end);
            let _ = fs::remove_file(name);
        }
    }
}

/// Artifacts that were put. They are deleted again, unless they are forgotten.
struct Files<'r> {
    put: Vec<ArtifactPath>,
    store: Option<Store>,
    runtime: &'r Handle,
}

impl Files<'_> {
    fn fill(
        &mut self,
        args: &RestoreArgs,
        manifest: &Manifest,
        silent: bool,
    ) -> anyhow::Result<()> {
        let store = Store::open(&args.kept.artifacts())?;
        if !self.runtime.block_on(store.list(&ArtifactPath::root()))?.is_empty() {
            bail!(
                "{} is not empty: name an empty place with --artifacts-destination, or leave the \
                 artifacts out with --without-artifacts",
                store.uri()
            );
        }
        self.store = Some(store.clone());
        let mut progress = Progress::new(silent, "artifacts", "files");
        progress.total(manifest.artifacts.as_ref().map_or(0, |all| all.files));
        let mut failed = None;
        let done = backup::artifacts(open(&args.file)?, |path, _, content| {
            let put = ArtifactPath::parse(path).map_err(anyhow::Error::from).and_then(|path| {
                self.put.push(path.clone());
                flow::put(self.runtime, &store, &path, content)
            });
            put.map_err(|error| {
                let stopped = BackupError::Refused(format!("artifact {path}"));
                failed = Some(error.context(format!("artifact {path}")));
                stopped
            })?;
            progress.done(1, path);
            Ok(())
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(done?),
        }
    }
}

impl Drop for Files<'_> {
    fn drop(&mut self) {
        let Some(store) = &self.store else { return };
        for path in &self.put {
            let _ = self.runtime.block_on(store.delete(path));
        }
    }
}

/// What a backup does not hold and the new server will miss.
fn hint(args: &RestoreArgs, manifest: &Manifest) {
    let webhooks = manifest.tables.iter().any(|table| table.name == "webhook" && table.rows > 0);
    let key = args.kept.home().join("webhook.key");
    if webhooks && !key.exists() {
        note(&format!(
            "secrets of webhooks are sealed with the key of the old home: copy its webhook.key to \
             {}, or set the secrets anew",
            key.display()
        ));
    }
    if manifest.artifacts.is_none() {
        note("the file holds no artifacts: start the server with those of the old one, or a copy");
    }
}
