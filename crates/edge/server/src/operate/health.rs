//! Whether the server can answer: it can if its database can.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use database::{Database, DatabaseError};

use crate::app::App;

/// How long the database has to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// `OK`, or 503 when the database is away. Why it is away is logged and not said: whoever can reach
/// the server may ask.
pub async fn health(State(app): State<App>) -> Response {
    match answers(app.db(), PATIENCE).await {
        Ok(()) => "OK".into_response(),
        Err(error) => {
            tracing::warn!(%error, "the database does not answer");
            let said = "the database is not available";
            (StatusCode::SERVICE_UNAVAILABLE, said).into_response()
        }
    }
}

/// Asks for something that stands in the database, not in memory.
async fn answers(db: &Database, patience: Duration) -> Result<(), DatabaseError> {
    let asked = db.read(|tx| tx.number("SELECT count(*) FROM schema_version", &[]));
    match tokio::time::timeout(patience, asked).await {
        Ok(answer) => answer.map(|_| ()),
        Err(_) => {
            let seconds = patience.as_secs_f64();
            Err(DatabaseError::Unavailable(format!("no answer within {seconds} s")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_is_busy_elsewhere_for_long_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db").display().to_string();
        let options = database::Options { readers: 1, ..Default::default() };
        let db = Database::open(&file, catalog::MIGRATIONS, &options).unwrap();
        answers(&db, PATIENCE).await.unwrap();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let held = db.clone();
        let reader = tokio::task::spawn_blocking(move || {
            held.read_blocking(move |_| {
                // It ends with an error, once nobody can send any more.
                let _ = ended.recv();
                Ok::<_, DatabaseError>(())
            })
        });
        let error = loop {
            // The reader may not have begun yet.
            if let Err(error) = answers(&db, Duration::from_millis(20)).await {
                break error;
            }
        };
        assert!(matches!(error, DatabaseError::Unavailable(_)), "{error}");
        drop(end);
        reader.await.unwrap().unwrap();
        answers(&db, PATIENCE).await.unwrap();
    }
}
