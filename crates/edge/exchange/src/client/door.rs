//! Where requests go: over HTTP, or to a server in this process.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};

use crate::ByteStream;

/// What is sent with a request.
pub enum Body {
    /// Nothing.
    Empty,
    /// JSON.
    Json(Bytes),
    /// A file, and how long it is, if that is known.
    File(ByteStream, Option<u64>),
}

/// Why there is no answer.
#[derive(Debug, Clone)]
pub struct DoorError {
    /// What went wrong.
    pub why: String,
    /// Whether the request may have arrived.
    pub begun: bool,
}

/// Takes requests to a server, whose paths begin with `/`.
pub trait Door: Send + Sync {
    /// Sends a request; gives the answer once its head is there.
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<ByteStream>, DoorError>>;
}
