//! Delivering what is due, again and again until it arrived or is given up.

use std::time::Duration;

use catalog::CatalogError;
use catalog::webhooks::{self, Delivery};
use tokio::task::JoinSet;

use super::{Failure, Letter, PATIENCE, payload};
use crate::app::App;
use crate::ask::now;
use crate::operate::Delivered;

/// So many deliveries are taken at once.
const AT_ONCE: usize = 16;

/// How often it is looked for what another server put there.
const POLL: Duration = Duration::from_secs(1);

/// What was taken and not finished by then, somebody else takes: two attempts' time, in
/// milliseconds.
const LEASE: i64 = 2 * PATIENCE.as_millis() as i64;

/// After so many attempts a delivery is given up: about forty minutes after the first.
const ATTEMPTS: i64 = 13;

/// The longest wait between attempts, in milliseconds.
const LONGEST: i64 = 600_000;

/// How an attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It arrived, or will never.
    Done,
    /// It is tried again after so many milliseconds.
    Again(i64),
}

/// Delivers what is due, for as long as it is polled.
pub async fn deliver(app: App) {
    loop {
        let wait = match round(&app).await {
            Ok(true) => continue,
            Ok(false) => POLL,
            Err(error) => {
                tracing::warn!(%error, "looking for deliveries to webhooks failed");
                POLL * 5
            }
        };
        let _ = tokio::time::timeout(wait, app.webhooks().due.notified()).await;
    }
}

/// Takes what is due and delivers it. Whether there was any.
async fn round(app: &App) -> Result<bool, CatalogError> {
    let at = now();
    let next = app.db().read(webhooks::next_due).await?;
    if next.is_none_or(|due| due > at) {
        return Ok(false);
    }
    let taken = app.db().write(move |tx| webhooks::claim(tx, at, at + LEASE, AT_ONCE)).await?;
    let any = !taken.is_empty();
    let mut running = JoinSet::new();
    for delivery in taken {
        let app = app.clone();
        running.spawn(async move {
            let id = delivery.id;
            if let Err(error) = attempt(&app, delivery).await {
                tracing::warn!(%error, delivery = id, "noting how a delivery went failed");
            }
        });
    }
    while running.join_next().await.is_some() {}
    Ok(any)
}

async fn attempt(app: &App, delivery: Delivery) -> Result<(), CatalogError> {
    let webhooks = app.webhooks();
    let workspace = webhooks.workspaces.then_some(delivery.workspace.as_str());
    let letter = Letter {
        body: payload::body(delivery.event, &delivery.data, delivery.raised, workspace),
        id: delivery.uuid.clone(),
        url: delivery.url.clone(),
        secret: delivery.secret.clone(),
    };
    let went = webhooks.post(&letter, now()).await;
    let outcome = outcome(&went, delivery.attempt, fastrand::f64());
    if !matches!(&went, Ok(answer) if answer.status < 300) {
        tell(&delivery, &went, outcome);
    }
    app.meters().delivered(counted(&went, outcome));
    let id = delivery.id;
    app.db()
        .write(move |tx| match outcome {
            Outcome::Done => webhooks::arrived(tx, id),
            Outcome::Again(after) => webhooks::failed(tx, id, now() + after),
        })
        .await
}

/// How an attempt is counted.
fn counted(went: &Result<super::Answer, Failure>, outcome: Outcome) -> Delivered {
    match (went, outcome) {
        (_, Outcome::Again(_)) => Delivered::Again,
        (Ok(answer), _) if answer.status < 300 => Delivered::Arrived,
        _ => Delivered::GivenUp,
    }
}

/// Neither the address nor what was sent is logged: both may hold what is secret.
fn tell(delivery: &Delivery, went: &Result<super::Answer, Failure>, outcome: Outcome) {
    let (webhook, id, attempt) = (&delivery.webhook, &delivery.uuid, delivery.attempt);
    let status = went.as_ref().ok().map(|answer| answer.status);
    match outcome {
        Outcome::Done => {
            tracing::warn!(webhook, id, attempt, status, "a delivery to a webhook was given up");
        }
        Outcome::Again(ms) => {
            tracing::info!(webhook, id, attempt, status, ms, "a delivery is tried again");
        }
    }
}

/// What an attempt comes to: `luck` from 0 to 1 spreads those that failed together.
fn outcome(went: &Result<super::Answer, Failure>, attempt: i64, luck: f64) -> Outcome {
    let asked = match went {
        Ok(answer) if answer.status == 429 || answer.status >= 500 => answer.retry_after,
        Ok(_) | Err(Failure::Refused(_)) => return Outcome::Done,
        Err(Failure::Lost(_)) => None,
    };
    if attempt >= ATTEMPTS {
        return Outcome::Done;
    }
    let doubled = 1_000_i64 << (attempt - 1).clamp(0, 20);
    let backoff = doubled.min(LONGEST);
    let jitter = (luck * 0.5 * backoff.max(2_000) as f64) as i64;
    let asked =
        asked.map_or(0, |seconds| i64::try_from(seconds).unwrap_or(LONGEST / 1_000) * 1_000);
    Outcome::Again((backoff + jitter).max(asked.min(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::Answer;

    fn answered(status: u16, retry_after: Option<u64>) -> Result<Answer, Failure> {
        Ok(Answer { status, body: String::new(), retry_after })
    }

    #[test]
    fn only_what_may_work_later_is_tried_again() {
        for status in [200, 204, 301, 302, 400, 401, 404, 410] {
            assert_eq!(outcome(&answered(status, None), 1, 0.0), Outcome::Done, "{status}");
        }
        for status in [429, 500, 502, 503, 504] {
            assert_eq!(outcome(&answered(status, None), 1, 0.0), Outcome::Again(1_000), "{status}");
        }
        let lost = Err(Failure::Lost("x".into()));
        assert_eq!(outcome(&lost, 1, 0.0), Outcome::Again(1_000));
        assert_eq!(outcome(&Err(Failure::Refused("x".into())), 1, 0.0), Outcome::Done);
    }

    #[test]
    fn waits_double_up_to_ten_minutes_and_end() {
        let lost = Err(Failure::Lost("x".into()));
        let waits: Vec<Outcome> = (1..=13).map(|attempt| outcome(&lost, attempt, 0.0)).collect();
        let seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600];
        for (wait, seconds) in waits.iter().zip(seconds) {
            assert_eq!(*wait, Outcome::Again(seconds * 1_000));
        }
        assert_eq!(waits[12], Outcome::Done);
        assert_eq!(outcome(&lost, 1, 1.0), Outcome::Again(2_000));
        assert_eq!(outcome(&lost, 4, 1.0), Outcome::Again(12_000));
    }

    #[test]
    fn a_webhook_that_asks_for_time_gets_it() {
        assert_eq!(outcome(&answered(503, Some(30)), 1, 0.0), Outcome::Again(30_000));
        assert_eq!(outcome(&answered(429, Some(u64::MAX)), 1, 0.0), Outcome::Again(LONGEST));
        assert_eq!(outcome(&answered(429, Some(1)), 5, 0.0), Outcome::Again(16_000));
    }
}
