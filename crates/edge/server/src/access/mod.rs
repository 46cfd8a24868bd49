//! The layer before all endpoints: who asks, and whether they may.
//!
//! A request comes in. If a page of somebody else may have sent it, it is refused ([`browsers`]). The
//! [`table`] says what its endpoint needs; what is not in the table needs an administrator. [`login`]
//! finds out who asks, [`judge`] decides. What is let through may be cut down to what the one who
//! asks may read ([`keep`]); [`after`] it, who made something manages it.
//!
//! Without authentication only browsers are looked at, and that the workspace is there.
//!
//! A request passes [`browsers`] first, whatever its path, and [`layer`] if an endpoint answers it.

mod after;
mod attempts;
mod browsers;
mod denial;
mod find;
mod judge;
mod keep;
mod login;
mod need;
mod passwords;
mod people;
mod secret;
mod security;
mod source;
mod start;
mod table;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::RequestExt;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequest, MatchedPath, RawPathParams, Request, State};
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use catalog::access::{Permission, Resource};
use serde_json::Value;

use crate::app::App;
use crate::ask::{Ask, Caller, DEFAULT_WORKSPACE, now, workspace};
use crate::error::ApiError;
use crate::fields::Fields;
use after::After;
use judge::{Asked, Verdict, judge};
use need::Need;

pub use denial::Denial;
pub use login::{Logins, Me, new_token, random};
pub use secret::Secret;
pub use security::{BasicAuth, Security, Tls, WebhookRules};
pub use start::start;

/// The address that a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// What authentication works with.
pub struct Access {
    /// What is remembered of logins.
    pub logins: Logins,
    /// What everybody may do.
    pub default: Permission,
}

/// The outer layer, also before paths that nobody answers: what browsers must not be made to do.
pub async fn browsers(State(app): State<App>, request: Request, next: Next) -> Response {
    let security = &app.options().security;
    let origin = request.headers().get(ORIGIN).cloned();
    let (method, uri, headers) = (request.method(), request.uri(), request.headers());
    let mut response = match browsers::check(security, method, uri, headers) {
        Err(denial) => denial.into_response(),
        Ok(()) => match browsers::preflight(security, method, headers) {
            Some(answer) => answer,
            None => next.run(request).await,
        },
    };
    browsers::mark(security, origin.as_ref(), &mut response);
    response
}

/// The layer before the endpoints.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let raises = raises(request.method(), request.uri().path());
    let rolls_back = request.uri().path().ends_with("/trimtab/registry/rollback");
    let response = match admitted(&app, request, next).await {
        Ok(response) => response,
        Err(denial) => denial.into_response(),
    };
    if raises && response.status().is_success() {
        app.webhooks().nudge();
    }
    if (raises || rolls_back) && response.status().is_success() {
        app.inference().registry_changed(&app).await;
    }
    response
}

/// Whether webhooks may be told of a request.
fn raises(method: &Method, path: &str) -> bool {
    *method != Method::GET
        && ["/registered-models/", "/model-versions/"].iter().any(|noun| path.contains(noun))
}

async fn admitted(app: &App, mut request: Request, next: Next) -> Result<Response, Denial> {
    let path = request.extract_parts::<MatchedPath>().await;
    let path = path.map(|path| path.as_str().to_owned()).unwrap_or_default();
    let need = table::need(request.method(), &path);
    if need == Need::Nothing {
        return Ok(next.run(request).await);
    }
    let Some(access) = app.access() else {
        workspace_is_there(app, request.headers()).await?;
        return Ok(next.run(request).await);
    };
    let from = request.extensions().get::<ConnectInfo<Peer>>();
    let from = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.0.ip());
    let me = access.logins.who(app, request.headers(), from, now()).await?;
    workspace_is_there(app, request.headers()).await?;
    crate::operate::Who::tell(&request, &me.account.username);
    request.extensions_mut().insert(Caller { user: Some(me.account.username.clone()) });
    request.extensions_mut().insert(me.clone());
    request.extensions_mut().insert(From(from));
    let after = after::after(request.method(), &path);
    if me.account.is_admin && after.is_none() {
        return Ok(next.run(request).await);
    }
    authorised(app, access, me, need, after, request, next).await
}

/// The address that a request came from, for the endpoints.
#[derive(Debug, Clone, Copy)]
pub struct From(pub IpAddr);

async fn authorised(
    app: &App,
    access: &Access,
    me: Me,
    need: Need,
    after: Option<After>,
    mut request: Request,
    next: Next,
) -> Result<Response, Denial> {
    if matches!(need, Need::Login | Need::Administrator) {
        return match need == Need::Login {
            true => Ok(next.run(request).await),
            false => Err(Denial::Forbidden),
        };
    }
    let path = request.extract_parts::<RawPathParams>().await;
    let path = path.map(|path| path.iter().map(|(_, value)| value.to_owned()).collect());
    let named = request.headers().get("x-mlflow-experiment-id");
    let named = named.and_then(|value| value.to_str().ok()).map(str::to_owned);
    let path: Vec<String> = path.unwrap_or_default();
    let first = path.first().map(String::as_str);
    let served = crate::api::inference::named(app, request.headers(), first);
    let mut asked = Asked {
        need,
        me: me.account,
        workspace: workspace(request.headers(), app).map_err(|error| error.0)?,
        fields: Default::default(),
        path,
        header: named,
        served,
        roots: roots(app),
        default: access.default,
        everybody: !app.options().workspaces,
    };
    // The body of an artifact or of traces goes on as it comes; all others are read here.
    if matches!(need, Need::On(find, _) if find.before_body()) {
        asked.fields = Fields::of_query(request.uri().query().unwrap_or_default())?;
        return match decide(app, &asked).await? {
            Verdict::Allowed => Ok(next.run(request).await),
            _ => Err(Denial::Forbidden),
        };
    }
    let (parts, ask) = read(app, request).await?;
    asked.fields = ask.fields.clone();
    let request = || Request::from_parts(parts.clone(), Body::from(ask.body.clone()));
    let response = match decide(app, &asked).await? {
        Verdict::Denied => return Err(Denial::Forbidden),
        Verdict::Allowed => next.run(request()).await,
        Verdict::Narrowed(ids) if ids.is_empty() => keep::nothing(),
        Verdict::Narrowed(ids) => next.run(narrowed(app, &parts, &ask, &ids).await?).await,
        Verdict::Filtered => match need {
            Need::Filtered(list) => {
                keep::keep(app, asked.clone(), list, &parts, &ask, &next).await?
            }
            _ => return Err(Denial::Forbidden),
        },
    };
    match after {
        Some(after) => after::follow(app, asked, after, response).await,
        None => Ok(response),
    }
}

/// The places that this server gives access to itself, beside `mlflow-artifacts:`.
fn roots(app: &App) -> Vec<String> {
    let root = &app.options().artifact_root;
    let own = (!root.starts_with("mlflow-artifacts:")).then(|| root.clone());
    own.into_iter().chain([app.artifacts().uri().to_owned()]).collect()
}

async fn decide(app: &App, asked: &Asked) -> Result<Verdict, Denial> {
    let asked = asked.clone();
    Ok(app.db().read(move |tx| judge(tx, &asked)).await?)
}

/// Reads a request as its endpoint will read it.
async fn read(app: &App, request: Request) -> Result<(Parts, Ask), Denial> {
    let (parts, body) = request.into_parts();
    let copy = Request::from_parts(parts.clone(), body);
    let ask = Ask::from_request(copy, app).await.map_err(|error| error.0)?;
    Ok((parts, ask))
}

/// The request for fewer experiments, and proof that the endpoint will read it so.
async fn narrowed(app: &App, parts: &Parts, ask: &Ask, ids: &[String]) -> Result<Request, Denial> {
    let list = Value::from(ids);
    let request = || keep::rewritten(parts, ask, &[("experiment_ids", list.clone())]);
    let (_, again) = read(app, request()?).await?;
    match again.fields.texts("experiment_ids")? == ids {
        true => request(),
        false => Err(Denial::broken("narrowing a search")),
    }
}

/// Refuses a workspace that is not there.
async fn workspace_is_there(app: &App, headers: &HeaderMap) -> Result<(), Denial> {
    let named = workspace(headers, app).map_err(|error| error.0)?;
    if named == DEFAULT_WORKSPACE {
        return Ok(());
    }
    Ok(app.db().read(move |tx| catalog::workspaces::must_exist(tx, &named)).await?)
}

/// What somebody may do with a thing, as it will be decided when they ask.
pub async fn permission_of(
    ask: &Ask,
    username: &str,
    resource: Resource,
    id: &str,
) -> Result<Permission, ApiError> {
    let Some(access) = ask.app.access() else { return Ok(Permission::Manage) };
    let (workspace, username, id) = (ask.workspace.clone(), username.to_owned(), id.to_owned());
    let (default, everybody) = (access.default, !ask.app.options().workspaces);
    ask.read(move |tx| {
        let whose = catalog::access::get(tx, &username)?;
        if whose.is_admin {
            return Ok(Permission::Manage);
        }
        let ids = std::slice::from_ref(&id);
        let on = [(resource, Some(ids))];
        let held = catalog::access::held_by(tx, &workspace, whose.id, &on, default, everybody)?;
        Ok(held.on(resource, &id))
    })
    .await
}

/// Who asks, for endpoints that only exist where people say who they are.
impl axum::extract::FromRequestParts<App> for Me {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Response> {
        match parts.extensions.get::<Self>() {
            Some(me) => Ok(me.clone()),
            None => Err(crate::api::absent::not_found()),
        }
    }
}

impl axum::extract::OptionalFromRequestParts<App> for Me {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &App,
    ) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::Request;
    use axum::http::header::ALLOW;
    use tower::ServiceExt;

    use super::*;

    /// Each endpoint is asked for a method that it does not have: it says which it has.
    #[tokio::test]
    async fn every_endpoint_is_in_the_table() {
        let home = tempfile::tempdir().unwrap();
        let app = crate::tests::app(home.path(), Security::default()).await;
        let mut missing = Vec::new();
        let mut seen = 0;
        for (path, endpoint) in crate::routes::all() {
            let router = Router::new().route(&path, endpoint).with_state(app.clone());
            let uri = path.replace("{*", "").replace(['{', '}'], "");
            let request = Request::builder().method("OPTIONS").uri(uri).body(Body::empty());
            let response = router.oneshot(request.unwrap()).await.unwrap();
            let allowed = response.headers()[ALLOW].to_str().unwrap().to_owned();
            for method in allowed.split(',').filter(|method| *method != "HEAD") {
                let method: Method = method.parse().unwrap();
                seen += 1;
                if table::find(&method, &path).is_none() {
                    missing.push(format!("{method} {path}"));
                }
            }
        }
        assert!(seen > 60, "only {seen} endpoints were seen");
        assert!(missing.is_empty(), "say in access/table.rs what these need: {missing:#?}");
    }
}
