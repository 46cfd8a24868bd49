//! What comes in: the body of each request, held to a pace and to a share of the memory.
//!
//! A body that comes too slowly ends the request with 408; bodies that are more than what may be at
//! hand at once end theirs with 429. What is left of a body when its answer is made is read and let
//! go, since a client that still sends would otherwise meet a closed connection and not the answer.

use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use catalog::{CatalogError, Code};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::Sleep;

use crate::error::ApiError;
use crate::operate;

/// A client must send so many bytes a second, over the time that it is waited for.
const PACE: f64 = 500.0;

/// So many bytes of requests may be at hand at once, or two of the largest request. Read and taken
/// apart, a request needs about four times its bytes.
const AT_HAND: usize = 128 << 20;

/// So many bytes are read of a body that was answered before its end.
const LEFT: usize = 128 << 20;

/// What all requests share.
#[derive(Debug, Clone)]
pub struct Intake {
    patience: Duration,
    room: usize,
    at_hand: Arc<AtomicUsize>,
}

impl Intake {
    /// `patience` is how long a client may keep the server waiting, `largest` the largest request that
    /// is read as a whole.
    pub fn new(patience: Duration, largest: usize) -> Self {
        let room = AT_HAND.max(largest.saturating_mul(2));
        Self { patience, room, at_hand: Arc::default() }
    }
}

/// Why a body was not taken to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("the request came too slowly: at least {PACE} bytes a second are waited for")]
    Slow,
    #[error("too many large requests are at hand: try again later")]
    Crowded,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (code, status) = match self {
            Self::Slow => (Code::BadRequest, StatusCode::REQUEST_TIMEOUT),
            Self::Crowded => (Code::RequestLimitExceeded, StatusCode::TOO_MANY_REQUESTS),
        };
        let mut response = ApiError(CatalogError::new(code, self.to_string())).into_response();
        *response.status_mut() = status;
        response
    }
}

/// The layer.
pub async fn layer(State(intake): State<Intake>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let counts = !operate::is_artifact(route);
    let asks_first = request.headers().contains_key(EXPECT);
    let share = Arc::new(Share::new(&intake));
    let body = |body| Body::new(Paced::new(body, share.clone(), counts, asks_first));
    let response = next.run(request.map(body)).await;
    let response = share.refusal().map_or(response, IntoResponse::into_response);
    share.read_on().await;
    response
}

/// What one request has of the memory, and what became of its body.
#[derive(Debug)]
struct Share {
    intake: Intake,
    held: AtomicUsize,
    outcome: Mutex<Outcome>,
}

#[derive(Debug, Default)]
struct Outcome {
    refusal: Option<Refusal>,
    left: Option<Body>,
}

impl Share {
    fn new(intake: &Intake) -> Self {
        Self { intake: intake.clone(), held: AtomicUsize::new(0), outcome: Mutex::default() }
    }

    fn outcome<T>(&self, what: impl FnOnce(&mut Outcome) -> T) -> T {
        what(&mut self.outcome.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn refusal(&self) -> Option<Refusal> {
        self.outcome(|outcome| outcome.refusal)
    }

    fn refuse(&self, refusal: Refusal) -> axum::Error {
        self.outcome(|outcome| outcome.refusal = Some(refusal));
        axum::Error::new(refusal)
    }

    /// Takes more of the memory; whether there was so much.
    fn hold(&self, bytes: usize) -> bool {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        self.intake.at_hand.fetch_add(bytes, Ordering::Relaxed) + bytes <= self.intake.room
    }

    /// Reads what is left, and keeps nothing of it.
    async fn read_on(self: Arc<Self>) {
        let Some(left) = self.outcome(|outcome| outcome.left.take()) else { return };
        let mut body = Paced::new(left, self, false, false);
        let mut read = 0;
        while read < LEFT
            && let Some(Ok(frame)) = body.frame().await
        {
            read += frame.data_ref().map_or(0, Bytes::len);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.intake.at_hand.fetch_sub(*self.held.get_mut(), Ordering::Relaxed);
    }
}

/// A body on its way in.
struct Paced {
    body: Body,
    share: Arc<Share>,
    /// Whether its bytes stay in the memory.
    counts: bool,
    /// Whether there may be more of it that is on its way already.
    comes: bool,
    /// How long more may be waited.
    credit: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Paced {
    fn new(body: Body, share: Arc<Share>, counts: bool, asks_first: bool) -> Self {
        let credit = share.intake.patience;
        Self { body, share, counts, comes: !asks_first, credit, waiting: None }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = || (Instant::now(), Box::pin(tokio::time::sleep(self.credit)));
        self.waiting.get_or_insert_with(sleep).1.as_mut().poll(cx)
    }

    /// Only the time that was waited counts, not that which the server itself took.
    fn came(&mut self, bytes: usize) {
        let waited = self.waiting.take().map_or(Duration::ZERO, |(since, _)| since.elapsed());
        let earned = Duration::from_secs_f64(bytes as f64 / PACE);
        let patience = self.share.intake.patience;
        self.credit = (self.credit.saturating_sub(waited) + earned).min(patience);
    }

    fn end(&mut self, refusal: Refusal) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.comes = refusal != Refusal::Slow;
        Poll::Ready(Some(Err(self.share.refuse(refusal))))
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        this.comes = true;
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Pending if this.wait(cx).is_ready() => this.end(Refusal::Slow),
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                this.came(bytes);
                if this.counts && !this.share.hold(bytes) {
                    return this.end(Refusal::Crowded);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(ended) => {
                this.comes = false;
                Poll::Ready(ended)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Paced {
    fn drop(&mut self) {
        if self.comes && !self.body.is_end_stream() {
            let left = mem::take(&mut self.body);
            self.share.outcome(|outcome| outcome.left = Some(left));
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use futures_util::stream::{self, StreamExt};
    use tower::ServiceExt;

    use super::*;

    type Chunk = Result<Bytes, axum::Error>;

    async fn posted(intake: &Intake, path: &str, body: Body) -> (StatusCode, String) {
        let router = Router::new()
            .route("/length", post(async |body: Bytes| body.len().to_string()))
            .route("/early", post(async || StatusCode::FORBIDDEN))
            .layer(from_fn_with_state(intake.clone(), layer));
        let response = router.oneshot(Request::post(path).body(body).unwrap()).await.unwrap();
        let status = response.status();
        let said = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8_lossy(&said).into_owned())
    }

    /// So many chunks, 20 ms apart.
    fn dripping(bytes: usize, chunks: usize) -> Body {
        Body::from_stream(stream::iter(0..chunks).then(move |_| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Chunk::Ok(Bytes::from(vec![0; bytes]))
        }))
    }

    #[tokio::test]
    async fn a_body_must_keep_its_pace_over_the_time_that_it_is_waited_for() {
        let intake = Intake::new(Duration::from_millis(400), 0);
        // 2,500 bytes a second for twice the patience, and at most 50.
        let (status, said) = posted(&intake, "/length", dripping(50, 40)).await;
        assert_eq!((status, said.as_str()), (StatusCode::OK, "2000"));
        let (status, said) = posted(&intake, "/length", dripping(1, 400)).await;
        assert_eq!(status, StatusCode::REQUEST_TIMEOUT);
        assert!(said.contains("at least 500 bytes a second"), "{said}");
        let nothing = Body::from_stream(stream::pending::<Chunk>());
        assert_eq!(posted(&intake, "/length", nothing).await.0, StatusCode::REQUEST_TIMEOUT);
    }

    #[tokio::test]
    async fn bodies_beyond_the_room_are_refused_and_the_room_is_given_back() {
        let mut intake = Intake::new(Duration::from_secs(5), 0);
        intake.room = 1_000;
        for _ in 0..3 {
            let (status, said) = posted(&intake, "/length", dripping(300, 4)).await;
            assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
            assert!(said.contains("too many large requests"), "{said}");
            assert_eq!(posted(&intake, "/length", dripping(300, 3)).await.0, StatusCode::OK);
        }
        assert_eq!(intake.at_hand.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn what_is_left_of_a_body_is_read_before_its_answer_goes_out() {
        let intake = Intake::new(Duration::from_secs(5), 0);
        let (to, mut ended) = tokio::sync::oneshot::channel();
        let last = stream::once(async move {
            to.send(()).unwrap();
            Chunk::Ok(Bytes::from_static(b"last"))
        });
        let chunks = stream::iter([Chunk::Ok(Bytes::from_static(b"first"))]).chain(last);
        let (status, _) = posted(&intake, "/early", Body::from_stream(chunks)).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(ended.try_recv().is_ok(), "the client would still be sending");
    }
}
