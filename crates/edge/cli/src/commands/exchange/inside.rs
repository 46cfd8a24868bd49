//! A home, asked as a server would be, without a server: requests go to its endpoints within this
//! process, and nobody else can reach them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use exchange::client::{Body, Door, DoorError};
use exchange::{ByteStream, Client, HomeOptions};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, TryStreamExt};
use http::{Request, Response};
use tokio::runtime::Runtime;
use tower::ServiceExt;

struct Inside(Router);

/// A client of a home.
pub fn open(home: &HomeOptions, runtime: &Arc<Runtime>) -> anyhow::Result<Client> {
    let folder = &home.home;
    if home.database.is_none() && !folder.join("tracking.db").is_file() {
        anyhow::bail!(
            "{} has nothing that was tracked: name a home that was served, or the address of a \
             server",
            folder.display()
        );
    }
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = server::Options {
        database: home.database.clone(),
        artifacts: home.artifacts.clone(),
        workspaces: home.workspace != "default",
        ..server::Options::new(nowhere, folder.clone())
    };
    let app = runtime.block_on(server::App::open(options)).context("opening the home")?;
    let door = Inside(server::router(app));
    let name = folder.file_name().map_or_else(|| "home".into(), |name| name.to_string_lossy());
    Ok(Client::through(Arc::new(door), name.into_owned(), runtime))
}

impl Inside {
    async fn answer(&self, request: Request<Body>) -> Result<Response<ByteStream>, DoorError> {
        let request = request.map(|body| match body {
            Body::Empty => axum::body::Body::empty(),
            Body::Json(json) => axum::body::Body::from(json),
            Body::File(stream, _) => axum::body::Body::from_stream(stream),
        });
        let answer = self.0.clone().oneshot(request).await;
        let answer = answer.unwrap_or_else(|never| match never {});
        Ok(answer.map(|body| body.into_data_stream().map_err(std::io::Error::other).boxed()))
    }
}

impl Door for Inside {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<ByteStream>, DoorError>> {
        Box::pin(self.answer(request))
    }
}
