//! One request to an address that was checked: no redirect is followed, no proxy is asked, and the
//! connection serves nothing else. That is why a client of this size is enough, and better than one
//! that resolves names itself.

use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use super::target::Target;
use super::{Failure, Letter, sign};

/// So much of an answer is looked at, in bytes.
const LONGEST: usize = 64 << 10;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, or its beginning.
    pub body: String,
    /// After how many seconds to try again.
    pub retry_after: Option<u64>,
}

/// What speaks TLS, trusting whom the system trusts.
pub fn connector() -> Result<TlsConnector, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        return Err(
            "this system trusts no certificate authority: install its CA certificates, or \
                    name them in SSL_CERT_FILE"
                .to_owned(),
        );
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Sends a letter to the first of the addresses that can be reached.
pub async fn post(
    target: &Target,
    addresses: &[SocketAddr],
    connector: Option<&TlsConnector>,
    letter: &Letter,
    seconds: i64,
    signature: Option<String>,
) -> Result<Answer, Failure> {
    let request = request(target, letter, seconds, signature)?;
    let stream = connect(addresses).await?;
    let _ = stream.set_nodelay(true);
    let Some(connector) = connector else { return exchange(stream, request).await };
    let name = match &target.host {
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|_| Failure::Refused(format!("'{name}' is no name that TLS knows")))?,
        Host::Ipv4(ip) => ServerName::from(std::net::IpAddr::from(*ip)),
        Host::Ipv6(ip) => ServerName::from(std::net::IpAddr::from(*ip)),
    };
    let stream = connector
        .connect(name, stream)
        .await
        .map_err(|error| Failure::Lost(format!("TLS with {target}: {error}")))?;
    exchange(stream, request).await
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Failure> {
    let mut last = String::new();
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = format!("connecting to {address}: {error}"),
        }
    }
    Err(Failure::Lost(last))
}

fn request(
    target: &Target,
    letter: &Letter,
    seconds: i64,
    signature: Option<String>,
) -> Result<Request<Full<Bytes>>, Failure> {
    let path = match target.url.query() {
        None => target.url.path().to_owned(),
        Some(query) => format!("{}?{query}", target.url.path()),
    };
    let host = match target.url.port() {
        None => target.host.to_string(),
        Some(port) => format!("{}:{port}", target.host),
    };
    let mut request = Request::post(path)
        .header(HOST, host)
        .header(USER_AGENT, concat!("trimtab/", env!("CARGO_PKG_VERSION")))
        .header(CONTENT_TYPE, "application/json")
        .header(sign::DELIVERY, &letter.id)
        .header(sign::TIMESTAMP, seconds);
    if let Some(signature) = signature {
        request = request.header(sign::SIGNATURE, signature);
    }
    let body = Full::new(Bytes::from(letter.body.clone()));
    request.body(body).map_err(|error| Failure::Refused(format!("{target}: {error}")))
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Failure> {
    let lost = |error: hyper::Error| Failure::Lost(error.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    let driver = tokio::spawn(connection);
    let answered = async {
        let response = sender.send_request(request).await.map_err(lost)?;
        let after = response.headers().get(RETRY_AFTER);
        let retry_after = after.and_then(|after| after.to_str().ok()?.trim().parse().ok());
        let status = response.status().as_u16();
        // The status is the answer; a body that is too long or breaks off changes nothing.
        let body = Limited::new(response.into_body(), LONGEST).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned(), retry_after })
    };
    let answered = answered.await;
    driver.abort();
    answered
}
