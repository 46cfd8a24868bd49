//! Where a tracking server keeps things: the same words as `trimtab serve` takes.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use database::{Database, Options};

use crate::HomeArgs;

/// Where a server keeps things.
#[derive(Debug, Args)]
pub struct KeptArgs {
    #[command(flatten)]
    home: HomeArgs,
    /// The server's database: postgres://USER:PASSWORD@HOST/NAME, or a file
    /// [default: tracking.db in the home folder]
    #[arg(
        long,
        alias = "backend-store-uri",
        env = "TRIMTAB_DATABASE",
        hide_env_values = true,
        value_name = "URL"
    )]
    database: Option<String>,
    /// The server's artifacts: a folder, s3://BUCKET/PREFIX, gs://… or az://…
    /// [default: artifacts in the home folder]
    #[arg(
        long,
        alias = "artifacts",
        env = "TRIMTAB_ARTIFACTS",
        hide_env_values = true,
        value_name = "PLACE"
    )]
    artifacts_destination: Option<String>,
}

impl KeptArgs {
    /// The home folder.
    pub fn home(&self) -> &Path {
        &self.home.home
    }

    /// The address of the database.
    pub fn address(&self) -> String {
        let file = || self.home().join("tracking.db").display().to_string();
        self.database.clone().unwrap_or_else(file)
    }

    /// The file of the database, where it is one.
    pub fn file(&self) -> Option<PathBuf> {
        let address = self.address();
        if ["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
            return None;
        }
        let path = address.strip_prefix("sqlite://").or(address.strip_prefix("sqlite:"));
        Some(path.unwrap_or(&address).into())
    }

    /// The place of the artifacts.
    pub fn artifacts(&self) -> String {
        let folder = || self.home().join("artifacts").display().to_string();
        self.artifacts_destination.clone().unwrap_or_else(folder)
    }

    /// Opens the database with the schema that it has; it must be there.
    pub fn open(&self) -> anyhow::Result<Database> {
        if let Some(file) = self.file().filter(|file| !file.exists()) {
            bail!(
                "there is no database {}: name the home folder with --home, or the database with \
                 --database",
                file.display()
            );
        }
        self.open_or_make()
    }

    /// The same; a file is made if it is not there.
    pub fn open_or_make(&self) -> anyhow::Result<Database> {
        let options = Options { readers: 1, writers: 1, waiting: 16 };
        Database::open_as_it_is(&self.address(), &options).context("opening the database")
    }
}

/// The time, in milliseconds.
pub fn now() -> i64 {
    chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp_millis()
}
