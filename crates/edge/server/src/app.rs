//! What the server works with, and how it was asked to work.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use database::Database;

use crate::access::{self, Access, Secret, Security};
use crate::api;
use crate::api::features::Features;
use crate::api::inference::{Inference, Log, Serving};
use crate::api::signing::{Signatures, Signing};
use crate::connections::Patience;
use crate::error::ServeError;
use crate::operate::Meters;
use crate::webhooks::Webhooks;

/// How the server was asked to work.
#[derive(Clone)]
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
    /// The largest artifact that it takes, in bytes, if there is a limit.
    pub artifact_limit: Option<u64>,
    /// How it protects itself.
    pub security: Security,
    /// How model versions are signed, and whether they must be.
    pub signing: Signing,
    /// How features are served, if they are.
    pub features: Option<Features>,
    /// How models are served.
    pub serving: Serving,
    /// What opens `/metrics` to whoever shows it, beside administrators.
    pub metrics_token: Option<Secret>,
    /// How long it waits for others.
    pub patience: Patience,
}

/// Without the address of the database, which may hold a password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("address", &self.address)
            .field("home", &self.home)
            .field("artifacts", &self.artifacts)
            .field("artifact_root", &self.artifact_root)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

impl Options {
    /// A server for one machine: SQLite and a folder in `home`, artifacts through the server.
    pub fn new(address: SocketAddr, home: PathBuf) -> Self {
        Self {
            address,
            home,
            database: None,
            artifacts: None,
            artifact_root: "mlflow-artifacts:/".to_owned(),
            serve_artifacts: true,
            workspaces: false,
            body_limit: 64 << 20,
            artifact_limit: None,
            security: Security::default(),
            signing: Signing::default(),
            features: None,
            serving: Serving::default(),
            metrics_token: None,
            patience: Patience::default(),
        }
    }
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
    root: Option<artifacts::Store>,
    access: Option<Access>,
    signatures: Signatures,
    features: Option<Arc<feature_online::Serving>>,
    webhooks: Webhooks,
    meters: Meters,
    inference: Inference,
    log: Log,
}

impl App {
    /// Opens the database and the place of the artifacts.
    pub async fn open(options: Options) -> Result<Self, ServeError> {
        let signatures = Signatures::open(&options.signing)?;
        let home = &options.home;
        std::fs::create_dir_all(home).map_err(|source| ServeError::System {
            what: format!("home folder {}", home.display()),
            source,
        })?;
        let file = home.join("tracking.db").display().to_string();
        let address = options.database.clone().unwrap_or(file);
        let open =
            move || Database::open(&address, catalog::MIGRATIONS, &database::Options::default());
        let db = tokio::task::spawn_blocking(open)
            .await
            .map_err(|error| ServeError::Refused(format!("opening the database: {error}")))??;
        let place = options
            .artifacts
            .clone()
            .unwrap_or_else(|| home.join("artifacts").display().to_string());
        let artifacts = artifacts::Store::open(&place)?;
        let at_root = api::artifacts::open_root(&options.artifact_root);
        let (root, now) = (options.artifact_root.clone(), crate::ask::now());
        db.write(move |tx| {
            catalog::workspaces::ensure_default(tx)?;
            catalog::experiments::ensure_default(tx, crate::ask::DEFAULT_WORKSPACE, &root, now)
        })
        .await?;
        let access = match &options.security.auth {
            Some(auth) => Some(access::start(&db, auth).await?),
            None => None,
        };
        let features = match options.features.clone() {
            Some(asked) => Some(serving(options.home.clone(), asked).await?),
            None => None,
        };
        let webhooks = Webhooks::open(&options)?;
        let meters = Meters::new(&db);
        let root = at_root;
        let inference = Inference::default();
        let shared = Shared {
            options,
            db,
            artifacts,
            root,
            access,
            signatures,
            features,
            webhooks,
            meters,
            inference,
            log: Log::default(),
        };
        Ok(Self { shared: Arc::new(shared) })
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

    /// What authentication works with, where there is any.
    pub(crate) fn access(&self) -> Option<&Access> {
        self.shared.access.as_ref()
    }

    /// The numbers of this server.
    pub(crate) fn meters(&self) -> &Meters {
        &self.shared.meters
    }

    /// What model versions are signed with, and their signatures checked.
    pub(crate) fn signatures(&self) -> &Signatures {
        &self.shared.signatures
    }

    /// What features are served from, where they are.
    pub(crate) fn features(&self) -> Option<&Arc<feature_online::Serving>> {
        self.shared.features.as_ref()
    }

    /// The models that are served.
    pub(crate) fn inference(&self) -> &Inference {
        &self.shared.inference
    }

    /// Where predictions are kept.
    pub(crate) fn log(&self) -> &Log {
        &self.shared.log
    }

    /// What webhooks are sent with.
    pub(crate) fn webhooks(&self) -> &Webhooks {
        &self.shared.webhooks
    }

    /// The place where clients put the artifacts of new experiments themselves, if that is asked of
    /// them and this server can open it too.
    pub(crate) fn root_store(&self) -> Option<&artifacts::Store> {
        self.shared.root.as_ref()
    }

    /// The place of the artifacts.
    pub fn artifacts(&self) -> &artifacts::Store {
        &self.shared.artifacts
    }
}

/// Opens the feature store of the home and its online store.
async fn serving(
    home: PathBuf,
    asked: Features,
) -> Result<Arc<feature_online::Serving>, ServeError> {
    let open = move || feature_online::Serving::open(&home, asked.online.as_deref());
    let opened = tokio::task::spawn_blocking(open).await;
    let opened =
        opened.map_err(|error| ServeError::Refused(format!("opening the features: {error}")))?;
    Ok(Arc::new(opened?))
}
