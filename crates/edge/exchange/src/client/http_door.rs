//! Requests over HTTP and HTTPS.

use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt};
use http::{Request, Response, header};
use reqwest::Certificate;

use super::address::{Address, Login};
use super::door::{Body, Door, DoorError};
use crate::{ByteStream, ExchangeError, Result};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a server may be silent while it is asked: large searches take their time.
const SILENCE: Duration = Duration::from_secs(120);

/// A server on the network.
pub(super) struct HttpDoor {
    client: reqwest::Client,
    address: Address,
}

/// Opens a server, and gives its address without a password.
pub(super) fn open(address: &str, login: &Login) -> Result<(HttpDoor, String)> {
    let address = Address::parse(address, login)?;
    let name = address.name.clone();
    let wrong = |why: String| ExchangeError::Address { given: name.clone(), why };
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("trimtab/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .danger_accept_invalid_certs(login.insecure);
    if let Some(file) = &login.certificates {
        let unread = |why: String| wrong(format!("the certificates in {}: {why}", file.display()));
        let pem = std::fs::read(file).map_err(|error| unread(error.to_string()))?;
        let all = Certificate::from_pem_bundle(&pem).map_err(|error| unread(error.to_string()))?;
        builder = all.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
    }
    let client = builder.build().map_err(|error| wrong(error.to_string()))?;
    Ok((HttpDoor { client, address }, name))
}

impl HttpDoor {
    async fn answer(&self, request: Request<Body>) -> Result<Response<ByteStream>, DoorError> {
        let (parts, body) = request.into_parts();
        let url = format!("{}{}", self.address.base, parts.uri);
        let mut builder = self.client.request(parts.method, url).headers(parts.headers);
        if let Some(authorization) = &self.address.authorization {
            builder = builder.header(header::AUTHORIZATION, authorization);
        }
        builder = match body {
            Body::Empty => builder,
            Body::Json(json) => builder.body(json),
            Body::File(stream, length) => {
                let builder = match length {
                    Some(length) => builder.header(header::CONTENT_LENGTH, length),
                    None => builder,
                };
                builder.body(reqwest::Body::wrap_stream(stream))
            }
        };
        let answer = builder.send().await.map_err(|error| said(&error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let stream = answer.bytes_stream().map_err(std::io::Error::other).boxed();
        let mut response = Response::new(stream);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl Door for HttpDoor {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<ByteStream>, DoorError>> {
        Box::pin(self.answer(request))
    }
}

/// The innermost cause: the outer ones repeat the address.
fn said(error: &reqwest::Error) -> DoorError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let why = if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() };
    DoorError { why, begun: !error.is_connect() }
}
