//! Sending spans by OTLP: protocol buffers over HTTP/1.1.
//!
//! Spans are gathered by a thread of the exporter. What it sends goes out through the runtime of the
//! server, with the little client that is enough for one POST at a time.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::error::ServeError;

/// Where a collector takes spans.
const PATH: &str = "/v1/traces";

/// How long one POST may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// So much of an answer is looked at, in bytes.
const LONGEST: usize = 64 << 10;

/// What makes spans, and what gathers and sends them to `endpoint`.
pub fn tracer(endpoint: &str) -> Result<(SdkTracer, SdkTracerProvider), ServeError> {
    let refused = |what: String| ServeError::Refused(format!("--otlp-endpoint: {what}"));
    let address = address(endpoint).map_err(&refused)?;
    let client = Client::new(&address).map_err(&refused)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(address.as_str())
        .with_timeout(PATIENCE)
        .with_http_client(client)
        .build()
        .map_err(|error| refused(error.to_string()))?;
    let resource = Resource::builder()
        .with_service_name("trimtab")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build();
    Ok((provider.tracer("trimtab"), provider))
}

/// The address of spans: that of the collector, with the path for spans behind it.
fn address(endpoint: &str) -> Result<Url, String> {
    let mut url: Url = endpoint.parse().map_err(|error| format!("this is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("say http://HOST:PORT or https://HOST:PORT".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("leave name and password out of the address; set headers by the variable \
                    OTEL_EXPORTER_OTLP_HEADERS"
            .to_owned());
    }
    if !url.path().ends_with(PATH) {
        let path = format!("{}{PATH}", url.path().trim_end_matches('/'));
        url.set_path(&path);
    }
    Ok(url)
}

/// A client for one POST at a time.
#[derive(Clone)]
struct Client {
    runtime: Handle,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("host", &self.host).field("port", &self.port).finish()
    }
}

impl Client {
    fn new(address: &Url) -> Result<Self, String> {
        let runtime = Handle::try_current().map_err(|error| error.to_string())?;
        let host = address.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match address.scheme() {
            "https" => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|_| format!("'{host}' is no name that TLS knows"))?;
                Some((crate::webhooks::connector()?, name))
            }
            _ => None,
        };
        let port = address.port_or_known_default().unwrap_or(4318);
        Ok(Self { runtime, host, port, tls })
    }

    async fn post(self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        match self.tls {
            None => exchange(stream, request).await,
            Some((connector, name)) => {
                exchange(connector.connect(name, stream).await?, request).await
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let answered = async {
        let response = sender.send_request(in_origin_form(request)?).await?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LONGEST).collect().await?.to_bytes();
        Ok(Response::from_parts(parts, body))
    };
    let answered = answered.await;
    driver.abort();
    answered
}

/// The request as a server takes it: the path alone, the host in a header.
fn in_origin_form(request: Request<Bytes>) -> Result<Request<Full<Bytes>>, HttpError> {
    let (mut parts, body) = request.into_parts();
    let host = parts.uri.authority().map(|authority| authority.as_str().parse()).transpose()?;
    if let Some(host) = host {
        parts.headers.insert(hyper::header::HOST, host);
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    parts.uri = path.parse()?;
    Ok(Request::from_parts(parts, Full::new(body)))
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Sending<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        // The exporter's thread has no runtime of its own: the work runs on the server's.
        let client = self.clone();
        let work = async { tokio::time::timeout(PATIENCE, client.post(request)).await? };
        let running = self.runtime.spawn(work);
        Box::pin(async { running.await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_the_path_for_spans() {
        let read = |endpoint: &str| address(endpoint).map(String::from);
        for (endpoint, expected) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://collector.example/", "https://collector.example/v1/traces"),
            ("http://collector:80/otlp", "http://collector/otlp/v1/traces"),
            ("http://collector/otlp/v1/traces", "http://collector/otlp/v1/traces"),
        ] {
            assert_eq!(read(endpoint).as_deref(), Ok(expected));
        }
        for wrong in ["127.0.0.1:4318", "grpc://h:4317", "collector", ""] {
            address(wrong).unwrap_err();
        }
        let said = address("http://me:s3cret@collector").unwrap_err();
        assert!(!said.contains("s3cret"), "{said}");
    }
}
