//! The Open Inference Protocol over gRPC, on the port of everything else.
//!
//! Messages come in and go out as `proto/inference.proto` says; what they ask is done by the same code
//! that answers REST.

mod messages;
mod service;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use tower::Service;

use crate::app::App;

/// The messages and the service that `build.rs` generates from `proto/inference.proto`.
#[allow(missing_docs, clippy::all, clippy::pedantic, unused_qualifications)]
pub(crate) mod proto {
    include!(concat!(env!("OUT_DIR"), "/inference.rs"));
}

use proto::grpc_inference_service_server::GrpcInferenceServiceServer;

/// Answers a call.
pub(crate) async fn service(State(app): State<App>, request: Request) -> Response {
    let limit = app.options().body_limit;
    let mut server = GrpcInferenceServiceServer::new(service::Inferring { app })
        .max_decoding_message_size(limit)
        .max_encoding_message_size(usize::MAX);
    match server.call(request).await {
        Ok(response) => response.into_response(),
        Err(never) => match never {},
    }
}
