//! A client before a server that is busy, away, or no server of the protocol.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use exchange::client::{Body, Door, DoorError};
use exchange::things::RunInfo;
use exchange::{ByteStream, Client, ExchangeError};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http::{Request, Response};

/// What a server answers, one after the other, and what it was asked.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

type Answer = Result<(u16, &'static str), DoorError>;

impl Door for Script {
    fn send(
        &self,
        request: Request<Body>,
    ) -> BoxFuture<'_, Result<Response<ByteStream>, DoorError>> {
        let asked = format!("{} {}", request.method(), request.uri());
        self.asked.lock().unwrap().push(asked);
        let next = self.answers.lock().unwrap().pop_front().expect("an answer is left");
        let answer = next.map(|(status, text)| {
            let body = futures_util::stream::iter([Ok(text.into())]).boxed();
            // Nobody waits in a test, where the server says that it need not.
            Response::builder().status(status).header("retry-after", "0").body(body).unwrap()
        });
        Box::pin(async move { answer })
    }
}

fn client(answers: impl IntoIterator<Item = Answer>) -> (Client, Script) {
    let script = Script::default();
    script.answers.lock().unwrap().extend(answers);
    let runtime = Arc::new(tokio::runtime::Runtime::new().unwrap());
    (Client::through(Arc::new(script.clone()), "http://server".to_owned(), &runtime), script)
}

const EXPERIMENT: &str = r#"{"experiment": {"experiment_id": "3", "name": "e"}}"#;

#[test]
fn what_reads_is_asked_again_while_the_server_is_busy() {
    let (client, script) =
        client([Ok((503, "")), Ok((429, "")), Ok((502, "<html>")), Ok((200, EXPERIMENT))]);
    assert_eq!(client.experiment("3").unwrap().name, "e");
    let asked = script.asked.lock().unwrap();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0], "GET /api/2.0/mlflow/experiments/get?experiment_id=3");
}

#[test]
fn what_makes_something_is_asked_again_only_if_it_was_not_begun() {
    let (busy, script) = client([Ok((429, "")), Ok((503, ""))]);
    let error = busy.create_run("1", &RunInfo::default(), &[]).unwrap_err();
    assert_eq!(script.asked.lock().unwrap().len(), 2);
    assert!(matches!(error, ExchangeError::Refused { status: 503, .. }), "{error}");

    let cut_off = DoorError { why: "cut off".to_owned(), begun: true };
    let (gone, script) = client([Err(cut_off)]);
    let error = gone.create_run("1", &RunInfo::default(), &[]).unwrap_err();
    assert_eq!(script.asked.lock().unwrap().len(), 1);
    assert_eq!(
        error.to_string(),
        "http://server cannot be reached (cut off): is it running, and is this its address?"
    );
}

#[test]
fn a_refusal_says_what_was_asked_and_what_to_change() {
    let said = r#"{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no run r"}"#;
    let (strict, _) = client([Ok((404, said)), Ok((401, "")), Ok((404, "<!doctype html>"))]);
    let error = strict.run("r").unwrap_err();
    assert!(error.is_missing());
    assert_eq!(
        error.to_string(),
        "http://server refuses GET runs/get (404 RESOURCE_DOES_NOT_EXIST): no run r"
    );
    let error = strict.run("r").unwrap_err().to_string();
    assert!(error.ends_with("or MLFLOW_TRACKING_TOKEN"), "{error}");
    let error = strict.run("r").unwrap_err().to_string();
    assert!(error.ends_with("is this the address of an MLflow server?"), "{error}");
}

#[test]
fn an_answer_that_is_no_json_is_not_taken_for_one() {
    let (odd, _) =
        client([Ok((200, "hello")), Ok((200, r#"{"run": {"info": {"start_time": {}}}}"#))]);
    for _ in 0..2 {
        let error = odd.run("r").unwrap_err();
        assert!(matches!(error, ExchangeError::Answer { .. }), "{error}");
    }
}

#[test]
fn pages_are_followed_to_the_last() {
    let page = |token: &str, id: &str| -> Answer {
        let next = if token.is_empty() {
            String::new()
        } else {
            format!(r#","next_page_token":"{token}""#)
        };
        let text = format!(r#"{{"runs": [{{"info": {{"run_id": "{id}"}}}}]{next}}}"#);
        Ok((200, Box::leak(text.into_boxed_str())))
    };
    let (paged, _) = client([page("t1", "a"), page("t2", "b"), page("", "c")]);
    let mut ids = vec![];
    paged
        .runs("1", |runs| {
            ids.extend(runs.into_iter().map(|run| run.info.run_id));
            Ok(())
        })
        .unwrap();
    assert_eq!(ids, ["a", "b", "c"]);
}
