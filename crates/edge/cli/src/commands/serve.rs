//! `trimtab serve`: the tracking server.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};

use anyhow::{Context, bail};
use clap::Args;

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
        ..server::Options::new(address, args.home.home.clone())
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the threads of the server")?;
    runtime.block_on(server::serve(options, |address, app| {
        note(&format!("serving on http://{address}, keeping all in {}", app.db().address()));
    }))?;
    Ok(Found::AllWell)
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
