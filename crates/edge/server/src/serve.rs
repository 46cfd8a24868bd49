//! Running: listening, answering, and stopping when told to.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::app::{App, Options};
use crate::connections;
use crate::error::ServeError;
use crate::routes::router;
use crate::tls::{self, Plain, Secured};
use crate::webhooks;

/// Serves until SIGTERM or SIGINT, then lets the requests at hand finish, for a while or until a
/// second signal. `ready` is told the address once it is listened on.
pub async fn serve(
    options: Options,
    ready: impl FnOnce(SocketAddr, &App),
) -> Result<(), ServeError> {
    let (address, patience) = (options.address, options.patience);
    options.security.check(address)?;
    let tls = options.security.tls.as_ref().map(tls::config).transpose()?;
    let app = App::open(options).await?;
    let system = |what: String| move |source| ServeError::System { what, source };
    let listener =
        TcpListener::bind(address).await.map_err(system(format!("listening on {address}")))?;
    let bound = listener.local_addr().map_err(system("the address".to_owned()))?;
    forget_the_stuck(&listener, patience.client);
    let signals = Signals::listen().map_err(system("listening for signals".to_owned()))?;
    ready(bound, &app);
    let deliveries = tokio::spawn(webhooks::deliver(app.clone()));
    match tls {
        None => connections::serve(Plain(listener), router(app), patience, signals).await,
        Some(config) => {
            let secured =
                Secured::new(listener, config).map_err(system("the address".to_owned()))?;
            connections::serve(secured, router(app), patience, signals).await;
        }
    }
    deliveries.abort();
    Ok(())
}

/// Has the system close connections whose client takes nothing of what was sent for so long. What is
/// accepted inherits it.
fn forget_the_stuck(listener: &TcpListener, patience: Duration) {
    #[cfg(target_os = "linux")]
    {
        let ms = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
        if let Err(error) = rustix::net::sockopt::set_tcp_user_timeout(listener, ms) {
            tracing::warn!(%error, "clients that take no answer cannot be timed");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (listener, patience);
}

/// The signals that tell a server to stop.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on.
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
