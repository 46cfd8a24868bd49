//! A model that only Python can load: a child process that runs `mlflow models serve` over a copy of
//! its folder.
//!
//! The child is started again when it dies, after a pause that doubles up to a minute, and ended with
//! its version or with this server, however that ends: it stands in a group of its own, under a shell
//! that waits for the end of its input, which this process alone holds open.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::task::JoinHandle;

use super::forward::answers;
use super::refusal::Refusal;
use crate::api::artifacts::{Place, said};
use crate::app::App;

/// How long a child may take until it answers.
const PATIENCE: Duration = Duration::from_secs(180);

/// The longest pause before a child is started again.
const PAUSE: Duration = Duration::from_secs(60);

/// Runs its arguments until they end, or until nobody holds its input open any more.
const UNTIL_ALONE: &str = "exec 3<&0; \"$@\" </dev/null 3<&- & child=$!; \
     (cat <&3 >/dev/null; kill -TERM 0) 2>/dev/null & wait $child";

/// A child process that answers for a model.
#[derive(Debug)]
pub(super) struct Child {
    /// Where it listens.
    pub address: SocketAddr,
    ready: Arc<AtomicBool>,
    supervisor: JoinHandle<()>,
    _folder: Folder,
}

/// A folder that goes when its child does.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "a model's copy stays behind");
        }
    }
}

impl Child {
    /// Copies the folder of a model, starts a child over it, and waits until it answers.
    pub(super) async fn start(
        app: &App,
        place: &Place,
        name: &str,
        version: &str,
    ) -> Result<Self, Refusal> {
        let Some(mlflow) = app.options().serving.mlflow.clone() else {
            return Err(Refusal::invalid(
                "it has no ONNX form, and only Python can load it: convert it to ONNX and register \
                 that, or start the server with --mlflow and the command of an environment that \
                 has what it needs",
            ));
        };
        let system = |error: std::io::Error| Refusal::unavailable(format!("its copy: {error}"));
        let path = app.options().home.join("served").join(format!("{:032x}", fastrand::u128(..)));
        std::fs::create_dir_all(&path).map_err(system)?;
        let folder = Folder(path);
        place.store.copy_to_folder(&place.folder, &folder.0).await.map_err(said)?;
        let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .map_err(system)?;
        let ready = Arc::new(AtomicBool::new(false));
        let run = Run { mlflow, folder: folder.0.clone(), address: port, ready: ready.clone() };
        let label = format!("{name}/{version}");
        let supervisor = tokio::spawn(async move { run.supervise(&label).await });
        let child = Self { address: port, ready, supervisor, _folder: folder };
        let until = Instant::now() + PATIENCE;
        while !child.is_ready() {
            if child.supervisor.is_finished() || Instant::now() > until {
                return Err(Refusal::unavailable(
                    "`mlflow models serve` does not come up over its folder: see the log",
                ));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(child)
    }

    /// Whether it answers now.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The group is ended as the supervisor lets go of it.
        self.supervisor.abort();
    }
}

/// What is run.
struct Run {
    mlflow: PathBuf,
    folder: PathBuf,
    address: SocketAddr,
    ready: Arc<AtomicBool>,
}

/// A group of processes that goes when this does.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Run {
    async fn supervise(&self, label: &str) {
        let mut pause = Duration::from_secs(1);
        loop {
            let began = Instant::now();
            if let Err(error) = self.once(label).await {
                tracing::error!(model = label, %error, "`mlflow models serve` cannot be started");
                return;
            }
            self.ready.store(false, Ordering::Release);
            if began.elapsed() > PAUSE {
                pause = Duration::from_secs(1);
            }
            tracing::warn!(model = label, ?pause, "`mlflow models serve` ended: starting it again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Runs a child to its end.
    async fn once(&self, label: &str) -> std::io::Result<()> {
        let mut child = Command::new("sh")
            .args(["-c", UNTIL_ALONE, "sh"])
            .arg(&self.mlflow)
            .args(["models", "serve", "--env-manager", "local", "--workers", "1"])
            .args(["--host", "127.0.0.1", "--port", &self.address.port().to_string()])
            .arg("--model-uri")
            .arg(&self.folder)
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .env("DO_NOT_TRACK", "true")
            .env("PATH", path_with_folder_of(&self.mlflow))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let _group = Group(pid);
        let _held_open = child.stdin.take();
        tracing::info!(model = label, address = %self.address, "starting `mlflow models serve`");
        let watching = async {
            while !answers(self.address).await {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            self.ready.store(true, Ordering::Release);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            ended = child.wait() => ended.map(drop),
            () = watching => Ok(()),
        }
    }
}

/// PATH as in an activated virtual environment: the command looks there for the web server that it starts.
fn path_with_folder_of(command: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folder = command.parent().filter(|folder| folder.is_absolute());
    let folders = folder.map(Path::to_path_buf).into_iter().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap_or(path)
}
