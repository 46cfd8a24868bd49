//! What the server works with, and how it was asked to work.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use database::Database;

use crate::error::ServeError;

/// How the server was asked to work.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where it listens.
    pub address: SocketAddr,
    /// The home folder: the database and the artifacts are here where nothing else is said.
    pub home: PathBuf,
    /// Another database.
    pub database: Option<String>,
    /// Another place for artifacts, which this server gives access to.
    pub artifacts: Option<String>,
    /// Where the artifacts of new experiments go: `mlflow-artifacts:/` is through this server.
    pub artifact_root: String,
    /// Whether this server gives access to artifacts.
    pub serve_artifacts: bool,
    /// Whether there are workspaces beside the one called `default`.
    pub workspaces: bool,
    /// The largest body of a request that is not an artifact, in bytes.
    pub body_limit: usize,
}

/// What the server works with. Clones share it.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    db: Database,
    artifacts: artifacts::Store,
}

impl App {
    /// Opens the database and the place of the artifacts.
    pub async fn open(options: Options) -> Result<Self, ServeError> {
        let home = &options.home;
        std::fs::create_dir_all(home).map_err(|source| ServeError::System {
            what: format!("home folder {}", home.display()),
            source,
        })?;
        let file = home.join("tracking.db").display().to_string();
        let address = options.database.clone().unwrap_or(file);
        let open = move || {
            Database::open(&address, catalog::MIGRATIONS, &database::Options::default())
        };
        let db = tokio::task::spawn_blocking(open)
            .await
            .map_err(|error| ServeError::Refused(format!("opening the database: {error}")))??;
        let place =
            options.artifacts.clone().unwrap_or_else(|| home.join("artifacts").display().to_string());
        let artifacts = artifacts::Store::open(&place)?;
        let (root, now) = (options.artifact_root.clone(), crate::ask::now());
        db.write(move |tx| {
            catalog::experiments::ensure_default(tx, crate::ask::DEFAULT_WORKSPACE, &root, now)
        })
        .await?;
        Ok(Self { shared: Arc::new(Shared { options, db, artifacts }) })
    }

    /// How the server was asked to work.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Where the artifacts of new experiments of a workspace go.
    pub fn artifact_root(&self, workspace: &str) -> String {
        let root = self.options().artifact_root.trim_end_matches('/');
        match workspace {
            crate::ask::DEFAULT_WORKSPACE => root.to_owned(),
            other => format!("{root}/workspaces/{other}"),
        }
    }

    /// The database.
    pub fn db(&self) -> &Database {
        &self.shared.db
    }

    /// The place of the artifacts.
    pub fn artifacts(&self) -> &artifacts::Store {
        &self.shared.artifacts
    }
}
