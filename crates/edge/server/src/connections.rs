//! Connections: taken in, served while both sides go on, and let go in the end.
//!
//! A listener and a router come in. A connection speaks HTTP/1.1 or HTTP/2, as it begins. Whoever opens a connection and does not ask, or dawdles over the
//! head of a request, is cut off, so that idle connections use nothing up; when as many are open as
//! this process can hold, the next wait until one closes. Once told to stop, no more are taken, and
//! those at hand have a while to finish. What is asked and answered is not known here.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::response::Response;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use crate::access::Peer;
use crate::serve::Signals;
use crate::tls::Spoken;

/// So many connections are served at once, where the system lets this process have the files.
const AT_MOST: u64 = 10_000;

/// How long the server waits for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a client: to ask, to send more of what it asks, or to take more of the answer.
    pub client: Duration,
    /// For the requests at hand to finish, once the server was told to stop.
    pub stop: Duration,
}

impl Default for Patience {
    /// Proxies in front keep connections for a minute: this side must not be the first to close one.
    fn default() -> Self {
        Self { client: Duration::from_secs(75), stop: Duration::from_secs(8) }
    }
}

/// Serves until the first signal, then until the requests at hand are answered, patience ends, or the
/// second signal comes.
pub async fn serve<L>(mut listener: L, router: Router, patience: Patience, mut signals: Signals)
where
    L: Listener<Addr = SocketAddr>,
    L::Io: Spoken + Sync,
{
    let http = Http::new(patience);
    let (stop, stopping) = watch::channel(false);
    let (open, room) = (GracefulShutdown::new(), Arc::new(Semaphore::new(at_most())));
    loop {
        let (place, stream, from) = tokio::select! {
            taken = take(&mut listener, &room) => taken,
            () = signals.next() => break,
        };
        let (router, http, watcher) = (router.clone(), http.clone(), open.watcher());
        let mut stopping = stopping.clone();
        tokio::spawn(async move {
            let spoken = tokio::time::timeout(http.patience, stream.is_http2());
            let spoken = tokio::select! {
                spoken = spoken => spoken,
                _ = stopping.wait_for(|told| *told) => return,
            };
            if let Ok(Ok(is_http2)) = spoken {
                http.serve(stream, is_http2, router, from, watcher).await;
            }
            drop(place);
        });
    }
    drop(listener);
    stop.send_replace(true);
    tracing::info!("stopping: finishing the requests at hand");
    tokio::select! {
        () = open.shutdown() => {}
        () = tokio::time::sleep(patience.stop) => tracing::warn!("stopping: requests are cut off"),
        () = signals.next() => tracing::warn!("stopping at once: requests are cut off"),
    }
}

/// How connections are served.
#[derive(Clone)]
struct Http {
    one: http1::Builder,
    two: http2::Builder<TokioExecutor>,
    patience: Duration,
}

impl Http {
    fn new(patience: Patience) -> Self {
        let mut one = http1::Builder::new();
        one.timer(TokioTimer::new()).header_read_timeout(patience.client);
        let mut two = http2::Builder::new(TokioExecutor::new());
        two.timer(TokioTimer::new())
            .keep_alive_interval(patience.client / 3)
            .keep_alive_timeout(patience.client);
        Self { one, two, patience: patience.client }
    }

    /// Serves a connection to its end.
    async fn serve<S>(
        &self,
        stream: S,
        is_http2: bool,
        router: Router,
        from: SocketAddr,
        watcher: Watcher,
    ) where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(move |request| answer(router.clone(), from, request));
        let stream = TokioIo::new(stream);
        let served = match is_http2 {
            true => watcher.watch(self.two.serve_connection(stream, service)).await,
            false => watcher.watch(self.one.serve_connection(stream, service)).await,
        };
        if let Err(error) = served {
            tracing::debug!(%from, %error, "a connection broke off");
        }
    }
}

/// Waits for room, then for a connection.
async fn take<L: Listener>(
    listener: &mut L,
    room: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, L::Io, L::Addr) {
    if room.available_permits() == 0 {
        tracing::warn!("no more connections can be taken: the next wait until one closes");
    }
    let place = room.clone().acquire_owned().await.expect("it is never closed");
    let (stream, from) = listener.accept().await;
    (place, stream, from)
}

async fn answer(
    router: Router,
    from: SocketAddr,
    request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(Peer(from)));
    router.oneshot(request).await
}

/// Lets this process have all the files that it may have, and says how many connections that makes:
/// a connection may need a second file for what it uploads.
fn at_most() -> usize {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from((files / 2).clamp(16, AT_MOST)).unwrap_or(usize::MAX)
}
