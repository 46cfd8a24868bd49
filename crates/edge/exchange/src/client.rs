//! A client of a server that speaks the MLflow protocol, for callers that wait.
//!
//! In: a call (`POST runs/create` with its JSON) or a file. Out: the answer, read; or an error that
//! says what was asked of whom, and what to change. What may be asked twice is asked again when the
//! server is busy or away for a moment; what makes something new is not, unless the server said that
//! it did not begin with it.

mod address;
mod calls;
mod door;
mod files;
mod http_door;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Method, Request, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{ByteStream, ExchangeError, Result};

pub use address::Login;
pub use door::{Body, Door, DoorError};

/// The header that names a workspace.
const WORKSPACE: &str = "x-mlflow-workspace";
/// So often is a call repeated.
const TRIES: u32 = 6;
/// The wait before the second try; it doubles from try to try.
const WAIT: Duration = Duration::from_millis(250);
/// The longest wait that a server is granted that says how long to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A server that is asked. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    door: Arc<dyn Door>,
    runtime: Arc<Runtime>,
    name: String,
    workspace: Option<String>,
}

/// Whether a call may be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It reads, or sets what it says: twice is as once.
    Freely,
    /// It makes something: only if the server did not begin with it.
    IfNotBegun,
}

impl Client {
    /// A client of the server at an address such as `https://mlflow.example.com/prefix`.
    pub fn open(address: &str, login: &Login, runtime: &Arc<Runtime>) -> Result<Self> {
        let (door, name) = http_door::open(address, login)?;
        Ok(Self::through(Arc::new(door), name, runtime))
    }

    /// A client that sends its requests through a door, such as that of a server in this process.
    pub fn through(door: Arc<dyn Door>, name: String, runtime: &Arc<Runtime>) -> Self {
        Self { door, runtime: runtime.clone(), name, workspace: None }
    }

    /// The same, in a workspace.
    pub fn in_workspace(mut self, workspace: Option<&str>) -> Self {
        self.workspace = workspace.filter(|name| !name.is_empty()).map(str::to_owned);
        self
    }

    /// The address, without a password.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What waits for what is under way.
    pub(crate) fn runtime(&self) -> &Arc<Runtime> {
        &self.runtime
    }

    /// Asks with fields in the query.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Result<T> {
        let target = with_query(path, fields);
        self.read(&Method::GET, &target, None, Repeat::Freely)
    }

    /// Asks with fields in JSON.
    pub(crate) fn send<T: DeserializeOwned>(
        &self,
        method: &Method,
        path: &str,
        fields: &impl Serialize,
        repeat: Repeat,
    ) -> Result<T> {
        let json = serde_json::to_vec(fields).expect("requests have text keys");
        self.read(method, path, Some(json.into()), repeat)
    }

    fn read<T: DeserializeOwned>(
        &self,
        method: &Method,
        target: &str,
        json: Option<Bytes>,
        repeat: Repeat,
    ) -> Result<T> {
        let what = format!("{method} {}", plain(target));
        let answer = self.ask(method, target, &what, json, repeat)?;
        let body = self.collect(answer.into_body(), &what)?;
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        serde_json::from_slice(body).map_err(|error| self.unreadable(&what, error.to_string()))
    }

    /// Asks until there is an answer that is no refusal.
    fn ask(
        &self,
        method: &Method,
        target: &str,
        what: &str,
        json: Option<Bytes>,
        repeat: Repeat,
    ) -> Result<Response<ByteStream>> {
        let mut wait = WAIT;
        for left in (0..TRIES).rev() {
            let body = json.clone().map_or(Body::Empty, Body::Json);
            let sent = self.runtime.block_on(self.door.send(self.request(method, target, body)));
            let (error, pause) = match sent {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) => {
                    let again = may_repeat(answer.status(), repeat);
                    let pause = again.then(|| retry_after(&answer).unwrap_or(wait));
                    (self.refused(what, answer)?, pause)
                }
                Err(DoorError { why, begun }) => {
                    let again = !begun || repeat == Repeat::Freely;
                    let error = ExchangeError::Unreachable { server: self.name.clone(), why };
                    // Whom nobody answers is told so soon: a wrong address is the likely cause.
                    let again = again && left + 3 > TRIES;
                    (error, again.then_some(wait))
                }
            };
            match pause {
                Some(pause) if left > 0 => self.pause(pause),
                _ => return Err(error),
            }
            wait *= 2;
        }
        unreachable!("the last try returns")
    }

    fn pause(&self, wait: Duration) {
        let jitter = 0.75 + fastrand::f64() / 2.0;
        std::thread::sleep(wait.min(LONGEST_WAIT).mul_f64(jitter));
    }

    fn request(&self, method: &Method, target: &str, body: Body) -> Request<Body> {
        let mut request = Request::builder().method(method).uri(target);
        if let Body::Json(_) = body {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(workspace) = &self.workspace {
            request = request.header(WORKSPACE, workspace);
        }
        request.body(body).expect("paths are encoded before they come here")
    }

    fn collect(&self, body: ByteStream, what: &str) -> Result<Vec<u8>> {
        let all = body.try_fold(Vec::new(), |mut all, some| async move {
            all.extend_from_slice(&some);
            Ok(all)
        });
        self.runtime.block_on(all).map_err(|error| self.unreadable(what, error.to_string()))
    }

    fn unreadable(&self, what: &str, why: String) -> ExchangeError {
        ExchangeError::Answer { server: self.name.clone(), what: what.to_owned(), why }
    }

    /// What a server said that refused.
    fn refused(&self, what: &str, answer: Response<ByteStream>) -> Result<ExchangeError> {
        let status = answer.status();
        let body = self.collect(answer.into_body(), what)?;
        let said: Option<Value> = serde_json::from_slice(&body).ok();
        let text = |key: &str| Some(said.as_ref()?.get(key)?.as_str()?.to_owned());
        let raw = || {
            let text = String::from_utf8_lossy(&body);
            match text.trim_start().starts_with('<') {
                true => "it answers with a page for people".to_owned(),
                false => text.trim().chars().take(200).collect(),
            }
        };
        Ok(ExchangeError::Refused {
            server: self.name.clone(),
            what: what.to_owned(),
            status: status.as_u16(),
            code: text("error_code").unwrap_or_default(),
            message: text("message").unwrap_or_else(raw),
            hint: hint(status, said.is_some()),
        })
    }
}

/// What to change; `in_json` says that it answered as servers of the protocol do.
fn hint(status: StatusCode, in_json: bool) -> &'static str {
    match status {
        StatusCode::NOT_FOUND if !in_json => "; is this the address of an MLflow server?",
        StatusCode::UNAUTHORIZED => {
            "; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        }
        StatusCode::FORBIDDEN => "; ask for permission there, or log in as somebody else",
        StatusCode::PAYLOAD_TOO_LARGE => "; let the server take larger requests",
        _ => "",
    }
}

fn may_repeat(status: StatusCode, repeat: Repeat) -> bool {
    match status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::INTERNAL_SERVER_ERROR
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => repeat == Repeat::Freely,
        _ => false,
    }
}

fn retry_after<T>(answer: &Response<T>) -> Option<Duration> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// The path with fields behind it.
fn with_query(path: &str, fields: &[(&str, &str)]) -> String {
    if fields.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{path}?{query}")
}

/// The call without its fields and its version, as messages name it.
fn plain(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or_default();
    path.split_once("/mlflow/").map_or(path, |(_, call)| call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_something_is_not_repeated_blindly() {
        use StatusCode as S;
        assert!(may_repeat(S::TOO_MANY_REQUESTS, Repeat::IfNotBegun));
        assert!(!may_repeat(S::BAD_GATEWAY, Repeat::IfNotBegun));
        assert!(may_repeat(S::BAD_GATEWAY, Repeat::Freely));
        assert!(!may_repeat(S::BAD_REQUEST, Repeat::Freely));
    }

    #[test]
    fn fields_are_encoded() {
        let target = with_query("/api/2.0/mlflow/runs/get", &[("run_id", "a b&c")]);
        assert_eq!(target, "/api/2.0/mlflow/runs/get?run_id=a+b%26c");
        assert_eq!(plain(&target), "runs/get");
    }
}
