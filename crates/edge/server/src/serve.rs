//! Running: listening, answering, and stopping when told to.

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::access::Peer;
use crate::app::{App, Options};
use crate::error::ServeError;
use crate::routes::router;
use crate::tls::{self, Plain, Secured};
use crate::webhooks;

/// Serves until SIGTERM or SIGINT, then lets the requests at hand finish. `ready` is told the
/// address once it is listened on.
pub async fn serve(
    options: Options,
    ready: impl FnOnce(std::net::SocketAddr, &App),
) -> Result<(), ServeError> {
    let address = options.address;
    options.security.check(address)?;
    let tls = options.security.tls.as_ref().map(tls::config).transpose()?;
    let app = App::open(options).await?;
    let system = |what: String| move |source| ServeError::System { what, source };
    let listener =
        TcpListener::bind(address).await.map_err(system(format!("listening on {address}")))?;
    let bound = listener.local_addr().map_err(system("the address".to_owned()))?;
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
    let deliveries = tokio::spawn(webhooks::deliver(app.clone()));
    let service = router(app).into_make_service_with_connect_info::<Peer>();
    let served = match tls {
        None => axum::serve(Plain(listener), service).with_graceful_shutdown(stop).await,
        Some(config) => {
            let secured = Secured::new(listener, config).map_err(system("the address".to_owned()))?;
            axum::serve(secured, service).with_graceful_shutdown(stop).await
        }
    };
    deliveries.abort();
    served.map_err(system("serving".to_owned()))
}
