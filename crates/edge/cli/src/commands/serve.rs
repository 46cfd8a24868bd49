//! `trimtab serve`: the tracking server, and the models of its registry.

mod features;
mod predictions;
mod signatures;

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use crate::HomeArgs;
use crate::commands::Found;
use crate::show::note;

/// Options of `trimtab serve`, named as `mlflow server` names them where it has them.
#[derive(Debug, Args)]
pub struct ServeArgs {
    #[command(flatten)]
    home: HomeArgs,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "HOST")]
    host: String,
    /// The port to listen on; 0 takes a free one
    #[arg(long, short, default_value_t = 5000)]
    port: u16,
    /// Keep everything but artifacts in this database: postgres://USER:PASSWORD@HOST/NAME, or
    /// a file [default: tracking.db in the home folder]
    #[arg(
        long,
        alias = "backend-store-uri",
        env = "TRIMTAB_DATABASE",
        hide_env_values = true,
        value_name = "URL"
    )]
    database: Option<String>,
    /// Keep artifacts here: a folder, s3://BUCKET/PREFIX, gs://… or az://…
    /// [default: artifacts in the home folder]
    #[arg(long, alias = "artifacts", env = "TRIMTAB_ARTIFACTS", value_name = "PLACE")]
    artifacts_destination: Option<String>,
    /// Where clients put the artifacts of new experiments; by default through this server
    #[arg(long, default_value = "mlflow-artifacts:/", value_name = "URI")]
    default_artifact_root: String,
    /// Give access to artifacts (the default)
    #[arg(long, overrides_with = "no_serve_artifacts")]
    serve_artifacts: bool,
    /// Do not give access to artifacts
    #[arg(long)]
    no_serve_artifacts: bool,
    /// Accepted and not needed: one process uses all cores
    #[arg(long, short, value_name = "N")]
    workers: Option<u32>,
    /// Have workspaces beside the one called `default`
    #[arg(long)]
    enable_workspaces: bool,
    /// The largest request that is not an artifact
    #[arg(long, default_value_t = 64, value_name = "MIB")]
    max_request_mib: usize,
    /// The largest artifact that is taken [default: any]
    #[arg(long, value_name = "BYTES")]
    max_artifact_bytes: Option<u64>,
    /// How long a client may keep the server waiting: to ask, to send more of what it asks (500
    /// bytes a second are enough), or to take more of its answer
    #[arg(long, default_value_t = 75, value_name = "SECONDS")]
    client_timeout: u64,
    /// How long the requests at hand may take to finish when the server is told to stop
    #[arg(long, default_value_t = 8, value_name = "SECONDS")]
    stop_timeout: u64,
    #[command(flatten)]
    security: SecurityArgs,
    #[command(flatten)]
    predictions: predictions::PredictionArgs,
    #[command(flatten)]
    signatures: signatures::SignatureArgs,
    #[command(flatten)]
    features: features::FeatureArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

/// Who may come in, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Security")]
struct SecurityArgs {
    /// Ask everybody for a name and a password, or a token; the first administrator is made from
    /// TRIMTAB_ADMIN_USERNAME and TRIMTAB_ADMIN_PASSWORD
    #[arg(long, value_enum, value_name = "HOW")]
    auth: Option<Auth>,
    /// What everybody may do where they were granted nothing: READ, USE, EDIT, MANAGE or
    /// NO_PERMISSIONS
    #[arg(long, default_value = "READ", value_name = "PERMISSION", requires = "auth")]
    default_permission: String,
    /// Serve beyond this machine without asking who it is
    #[arg(long)]
    allow_unauthenticated: bool,
    /// Names under which browsers may reach the server, with `*` for any part
    #[arg(long, value_delimiter = ',', value_name = "HOST,…")]
    allowed_hosts: Vec<String>,
    /// Pages that may send changes from a browser, with `*` for any part
    #[arg(long, value_delimiter = ',', value_name = "ORIGIN,…")]
    cors_allowed_origins: Vec<String>,
    /// Speak TLS under this certificate (PEM)
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Let webhooks go to this machine and to private networks
    #[arg(long)]
    webhook_allow_private: bool,
}

/// Ways to find out who asks.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Auth {
    /// A name and a password, or a token
    Basic,
}

/// What the server tells of itself.
#[derive(Debug, Args)]
#[command(next_help_heading = "Logs and traces")]
struct TelemetryArgs {
    /// Which lines to log: error, warn, info, debug or trace, for all or for parts
    #[arg(long, env = "TRIMTAB_LOG", default_value = "info", value_name = "LEVEL")]
    log_level: String,
    /// How lines are written to standard error
    #[arg(long, value_enum, default_value = "plain", value_name = "HOW")]
    log_format: LogFormat,
    /// Send traces of the server itself here, by OTLP over HTTP
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", hide_env_values = true, value_name = "URL")]
    otlp_endpoint: Option<String>,
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Plain,
    /// One JSON object a line
    Json,
}

/// Serves until it is told to stop.
pub fn serve(args: &ServeArgs) -> anyhow::Result<Found> {
    let address = address(&args.host, args.port)?;
    let options = server::Options {
        database: args.database.clone(),
        artifacts: args.artifacts_destination.clone(),
        artifact_root: args.default_artifact_root.clone(),
        serve_artifacts: !args.no_serve_artifacts,
        workspaces: args.enable_workspaces,
        body_limit: args.max_request_mib << 20,
        artifact_limit: args.max_artifact_bytes,
        security: args.security.read()?,
        serving: args.predictions.read(),
        signing: args.signatures.read(),
        features: args.features.read(),
        metrics_token: secret("TRIMTAB_METRICS_TOKEN"),
        patience: server::Patience {
            client: Duration::from_secs(args.client_timeout.max(1)),
            stop: Duration::from_secs(args.stop_timeout),
        },
        ..server::Options::new(address, args.home.home.clone())
    };
    let scheme = if options.security.tls.is_some() { "https" } else { "http" };
    let telemetry = args.telemetry.read();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the threads of the server")?;
    let served = runtime.block_on(async {
        let _observing = server::observe(&telemetry)?;
        server::serve(options, |address, app| {
            let place = app.db().address();
            note(&format!("serving on {scheme}://{address}, keeping all in {place}"));
        })
        .await
    });
    // A disk or a store that hangs holds threads up: they are not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    served?;
    Ok(Found::AllWell)
}

impl SecurityArgs {
    fn read(&self) -> anyhow::Result<server::Security> {
        let auth = match self.auth {
            None => None,
            Some(Auth::Basic) => Some(server::BasicAuth {
                admin_username: std::env::var("TRIMTAB_ADMIN_USERNAME").ok(),
                admin_password: secret("TRIMTAB_ADMIN_PASSWORD"),
                default_permission: server::Permission::parse(&self.default_permission)
                    .context("--default-permission")?,
            }),
        };
        let tls = self.tls_cert.clone().zip(self.tls_key.clone());
        Ok(server::Security {
            auth,
            allow_unauthenticated: self.allow_unauthenticated,
            allowed_hosts: self.allowed_hosts.clone(),
            allowed_origins: self.cors_allowed_origins.clone(),
            tls: tls.map(|(certificate, key)| server::Tls { certificate, key }),
            webhooks: server::WebhookRules {
                allow_private: self.webhook_allow_private,
                key: secret("TRIMTAB_WEBHOOK_KEY"),
            },
        })
    }
}

impl TelemetryArgs {
    fn read(&self) -> server::Telemetry {
        server::Telemetry {
            level: self.log_level.clone(),
            json: self.log_format == LogFormat::Json,
            otlp: self.otlp_endpoint.clone(),
        }
    }
}

/// A secret is given in the environment: the command line is there for all to see.
fn secret(name: &str) -> Option<server::Secret> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(server::Secret::new)
}

fn address(host: &str, port: u16) -> anyhow::Result<SocketAddr> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let found = (host, port).to_socket_addrs();
    match found.with_context(|| format!("--host {host}"))?.next() {
        Some(address) => Ok(address),
        None => bail!("--host {host}: no address belongs to this name"),
    }
}
