//! A result, batch by batch, while it is being worked out.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use crate::SqlError;
use crate::engine::Engine;

/// Batches that wait to be taken; whoever takes none holds the work up.
const WAITING: usize = 2;

/// What passes from the session's threads to the reader. The end is said, so that work that was cut
/// off is not taken for a result that is complete.
enum Piece {
    Batch(RecordBatch),
    Failed(SqlError),
    End,
}

/// The rows of a question, in batches. Dropping it stops the work.
pub struct Rows {
    schema: SchemaRef,
    pieces: Receiver<Piece>,
    ended: bool,
    _work: JoinSet<()>,
    /// The threads live as long as somebody reads.
    _engine: Arc<Engine>,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Rows {
    pub(crate) fn of(engine: &Arc<Engine>, stream: SendableRecordBatchStream) -> Self {
        let schema = stream.schema();
        let (to, pieces) = channel(WAITING);
        let mut work = JoinSet::new();
        work.spawn_on(forward(stream, to), engine.handle());
        Self { schema, pieces, ended: false, _work: work, _engine: engine.clone() }
    }

    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The next batch, or `None` at the end of a result that is complete.
    pub async fn next_batch(&mut self) -> Option<Result<RecordBatch, SqlError>> {
        self.next().await
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch, SqlError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let piece = ready!(self.pieces.poll_recv(cx));
        Poll::Ready(match piece {
            Some(Piece::Batch(batch)) => Some(Ok(batch)),
            Some(Piece::Failed(error)) => {
                self.ended = true;
                Some(Err(error))
            }
            Some(Piece::End) => {
                self.ended = true;
                None
            }
            None => {
                self.ended = true;
                Some(Err(SqlError::Failed("the work was cut off".to_owned())))
            }
        })
    }
}

async fn forward(mut stream: SendableRecordBatchStream, to: Sender<Piece>) {
    while let Some(next) = stream.next().await {
        let piece = match next {
            Ok(batch) => Piece::Batch(batch),
            Err(error) => Piece::Failed(SqlError::from_datafusion(&error)),
        };
        let last = matches!(piece, Piece::Failed(_));
        if to.send(piece).await.is_err() || last {
            return;
        }
    }
    // If nobody reads any more, nobody needs to know.
    let _ = to.send(Piece::End).await;
}
