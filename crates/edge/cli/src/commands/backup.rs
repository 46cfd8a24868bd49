//! `trimtab backup`: everything that a server keeps, as one file, while it goes on serving.

use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use artifacts::{ArtifactError, ArtifactPath, Store};
use catalog::backup::{Manifest, Saving, Told};
use clap::Args;
use futures_util::StreamExt;
use serde::Serialize;
use tokio::runtime::{Handle, Runtime};

use crate::VERSION;
use crate::commands::Found;
use crate::flow::Reading;
use crate::kept::{KeptArgs, now};
use crate::progress::Progress;
use crate::show::{Format, count, grouped, json, say};

/// Options of `trimtab backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// The file to write. It must not be there yet, and is readable for its owner only: it holds
    /// hashes of passwords
    file: PathBuf,
    #[command(flatten)]
    kept: KeptArgs,
    /// Keep the artifacts as well, not only what the database says of them
    #[arg(long)]
    with_artifacts: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// What `--format json` prints.
#[derive(Debug, Serialize)]
struct Written<'a> {
    file: &'a Path,
    bytes: u64,
    seconds: f64,
    rows: u64,
    manifest: &'a Manifest,
}

/// Writes the file, or nothing.
pub fn backup(args: &BackupArgs) -> anyhow::Result<Found> {
    let started = Instant::now();
    if args.file.exists() {
        bail!("{} is there already: name another file, or remove it", args.file.display());
    }
    let silent = args.quiet || args.format == Format::Json;
    let db = args.kept.open()?;
    let partial = Partial::new(&args.file)?;
    let to = BufWriter::with_capacity(1 << 20, partial.file.try_clone()?);
    let mut progress = Progress::new(silent, "rows", "rows");
    let told = move |told| match told {
        Told::Rows(total) => progress.total(total),
        Told::Done(table, rows) => progress.done(rows, &table),
    };
    let program = format!("trimtab {VERSION}");
    let mut saving = Saving::begin(&db, to, &program, now(), told)?;
    if args.with_artifacts {
        let store = Store::open(&args.kept.artifacts())?;
        add_artifacts(&store, &mut saving, silent)?;
    }
    let (manifest, to) = saving.finish()?;
    to.into_inner().map_err(|error| error.into_error()).context("writing the backup")?;
    let bytes = partial.publish()?;
    let seconds = started.elapsed().as_secs_f64();
    let rows = manifest.rows();
    let written = Written { file: &args.file, bytes, seconds, rows, manifest: &manifest };
    match args.format {
        Format::Json => json(&written)?,
        Format::Table => print(&written),
    }
    Ok(Found::AllWell)
}

fn print(written: &Written<'_>) {
    let tables = count(written.manifest.tables.len(), "table");
    say(&format!("kept       {} rows of {tables}", grouped(written.rows as f64, 0)));
    say(&format!("artifacts  {}", kept(written.manifest)));
    say(&format!(
        "written    {}, {} bytes in {:.1} s",
        written.file.display(),
        grouped(written.bytes as f64, 0),
        written.seconds
    ));
}

/// How many artifacts a backup has, in words.
pub fn kept(manifest: &Manifest) -> String {
    match &manifest.artifacts {
        None => "none: --with-artifacts keeps them as well".to_owned(),
        Some(all) => {
            let files = count(usize::try_from(all.files).unwrap_or(usize::MAX), "file");
            format!("{files}, {} bytes", grouped(all.bytes as f64, 0))
        }
    }
}

/// Writes every artifact that is there. One that is deleted meanwhile is left out.
fn add_artifacts<W: std::io::Write>(
    store: &Store,
    saving: &mut Saving<W>,
    silent: bool,
) -> anyhow::Result<()> {
    saving.with_artifacts();
    let runtime = runtime()?;
    let handle = runtime.handle();
    let mut progress = Progress::new(silent, "artifacts", "files");
    let mut walk = store.walk(&ArtifactPath::root());
    while let Some(found) = handle.block_on(walk.next()) {
        let path = found?.path;
        if add_artifact(store, saving, handle, &path)? {
            progress.done(1, path.as_str());
        }
    }
    Ok(())
}

fn add_artifact<W: std::io::Write>(
    store: &Store,
    saving: &mut Saving<W>,
    runtime: &Handle,
    path: &ArtifactPath,
) -> anyhow::Result<bool> {
    match runtime.block_on(store.get(path, None)) {
        Ok(download) => {
            let mut content = Reading::new(runtime.clone(), download.stream);
            saving
                .artifact(path.as_str(), download.size, &mut content)
                .with_context(|| format!("artifact {path}"))?;
            Ok(true)
        }
        Err(ArtifactError::Missing { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Threads for stores that are asked over a network.
pub fn runtime() -> anyhow::Result<Runtime> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().context("starting threads")
}

/// A file that is not whole yet. It vanishes unless it is published.
struct Partial {
    file: File,
    place: PathBuf,
    name: PathBuf,
    published: bool,
}

impl Partial {
    /// Begins the file under another name. What an earlier attempt left there is overwritten.
    fn new(name: &Path) -> anyhow::Result<Self> {
        let mut place = name.as_os_str().to_owned();
        place.push(".partial");
        let place = PathBuf::from(place);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&place)
            .with_context(|| place.display().to_string())?;
        Ok(Self { file, place, name: name.to_owned(), published: false })
    }

    /// Gives the file its name, once the disk has it. Gives its length.
    fn publish(mut self) -> anyhow::Result<u64> {
        let done = || -> std::io::Result<u64> {
            self.file.sync_all()?;
            fs::rename(&self.place, &self.name)?;
            let folder = self.name.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
            Ok(self.file.metadata()?.len())
        };
        let bytes = done().with_context(|| self.name.display().to_string())?;
        self.published = true;
        Ok(bytes)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_file(&self.place);
        }
    }
}
