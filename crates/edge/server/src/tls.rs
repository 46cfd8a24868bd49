//! Connections: plain ones, and ones under TLS.
//!
//! Under TLS each connection shakes hands in a task of its own, so that one that dawdles holds nobody
//! up; those that are done are handed to the server, which drains them like plain ones.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::access::Tls;
use crate::error::ServeError;

/// How long shaking hands may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many connections shake hands at once.
const AT_ONCE: usize = 512;

/// Listens for plain connections.
pub struct Plain(pub TcpListener);

impl Listener for Plain {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        let (stream, from) = Listener::accept(&mut self.0).await;
        at_once(&stream);
        (stream, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection that tells, before its first request, which version of HTTP it speaks.
pub trait Spoken {
    /// Whether it speaks HTTP/2. Waits for its first bytes, and leaves them where they are.
    fn is_http2(&self) -> impl Future<Output = io::Result<bool>> + Send;
}

/// How a connection begins that speaks HTTP/2 without having agreed on it (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

impl Spoken for TcpStream {
    async fn is_http2(&self) -> io::Result<bool> {
        let mut first = [0; PREFACE.len()];
        loop {
            let length = self.peek(&mut first).await?;
            if length == PREFACE.len() || !PREFACE.starts_with(&first[..length]) || length == 0 {
                return Ok(first == *PREFACE);
            }
            // The rest is on its way: no client sends less at once, but it may.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Spoken for TlsStream<TcpStream> {
    async fn is_http2(&self) -> io::Result<bool> {
        Ok(self.get_ref().1.alpn_protocol() == Some(b"h2"))
    }
}

/// An answer is one write: waiting to fill a packet would only delay it.
fn at_once(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

/// Listens for connections under TLS.
pub struct Secured {
    address: SocketAddr,
    done: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Secured {
    /// Shakes hands with those who connect.
    pub fn new(listener: TcpListener, config: ServerConfig) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (to, done) = mpsc::channel(64);
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), to));
        Ok(Self { address, done, accepting })
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    to: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let room = Arc::new(Semaphore::new(AT_ONCE));
    while let Ok(place) = room.clone().acquire_owned().await {
        let (stream, from) = Listener::accept(&mut listener).await;
        at_once(&stream);
        let (acceptor, to) = (acceptor.clone(), to.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => drop(to.send((stream, from)).await),
                Ok(Err(error)) => tracing::debug!(%from, %error, "no agreement on TLS"),
                Err(_) => tracing::debug!(%from, "shaking hands took too long"),
            }
            drop(place);
        });
    }
}

impl Listener for Secured {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.done.recv().await {
            Some(accepted) => accepted,
            // The task that accepts ends with this listener, never before.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// Reads the certificate and its key.
pub fn config(tls: &Tls) -> Result<ServerConfig, ServeError> {
    let refused = |path: &std::path::Path, what: String| {
        ServeError::Refused(format!("{}: {what}", path.display()))
    };
    let certificates = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| refused(&tls.certificate, error.to_string()))?;
    if certificates.is_empty() {
        return Err(refused(&tls.certificate, "there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| refused(&tls.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(|error| {
            refused(&tls.certificate, format!("with {}: {error}", tls.key.display()))
        })?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
