//! Running: listening, answering, and stopping when told to.

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{App, Options};
use crate::error::ServeError;
use crate::routes::router;

/// Serves until SIGTERM or SIGINT, then lets the requests at hand finish. `ready` is told the
/// address once it is listened on.
pub async fn serve(
    options: Options,
    ready: impl FnOnce(std::net::SocketAddr, &App),
) -> Result<(), ServeError> {
    let address = options.address;
    let app = App::open(options).await?;
    let system = |what: String| move |source| ServeError::System { what, source };
    let listener =
        TcpListener::bind(address).await.map_err(system(format!("listening on {address}")))?;
    let bound = listener.local_addr().map_err(system("the address".to_owned()))?;
    // An answer is one write: waiting to fill a packet would only delay it.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let mut terminate =
        signal(SignalKind::terminate()).map_err(system("listening for signals".to_owned()))?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: finishing the requests at hand");
    };
    ready(bound, &app);
    axum::serve(listener, router(app))
        .with_graceful_shutdown(stop)
        .await
        .map_err(system("serving".to_owned()))
}
