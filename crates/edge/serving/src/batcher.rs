//! Adaptive batching: requests that come while the model computes are computed together, next.
//!
//! A request that finds the model idle is computed at once, so that batching costs a quiet server
//! nothing. One that finds it busy waits, and is joined with all that wait with it, up to a size. With
//! a delay, also an idle model waits a little for company. What waits is bounded: more is refused at
//! once, with a time after which to try again.
//!
//! A batch that fails is computed again request by request, so that nobody pays for another's input.

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use learning::Output;
use tokio::sync::oneshot;

use crate::answer::split;
use crate::{Servable, ServingError};

/// What takes longer is computed on a thread that may block.
const BRIEF: Duration = Duration::from_micros(300);

/// Work for which another thread is worth its while.
const PART: Duration = Duration::from_micros(300);

/// How requests are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Rows that are computed together. A request that is larger is computed alone.
    pub rows: usize,
    /// How long an idle model waits for more.
    pub delay: Duration,
    /// Rows that may wait.
    pub waiting: usize,
    /// Batches that are computed at the same time.
    pub lanes: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { rows: 1_024, delay: Duration::ZERO, waiting: 200_000, lanes: 2 }
    }
}

/// What was computed for one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// The outputs of its rows.
    pub outputs: Vec<Output>,
    /// How long it waited.
    pub queued: Duration,
    /// How long its batch was computed.
    pub computed: Duration,
    /// The rows of its batch.
    pub batch: usize,
    /// Whether this request was the first of its batch: each batch has one.
    pub first: bool,
}

/// Joins requests for one model.
#[derive(Debug)]
pub struct Batcher {
    servable: Arc<Servable>,
    rules: Rules,
    state: Mutex<State>,
    /// How long a thread takes for a row, in nanoseconds, smoothed.
    row_ns: AtomicU64,
    cores: usize,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    rows: usize,
    computing: usize,
}

#[derive(Debug)]
struct Waiting {
    x: Vec<f64>,
    rows: usize,
    since: Instant,
    reply: oneshot::Sender<Result<Computed, ServingError>>,
}

impl Batcher {
    /// Joins requests for a model. One row of noughts is computed first, to know how long it takes.
    pub fn new(servable: Arc<Servable>, rules: Rules) -> Arc<Self> {
        let row = vec![0.0; servable.features().len()];
        let began = Instant::now();
        let _ = run(&servable, &row, 1);
        let row_ns = AtomicU64::new(nanos(began.elapsed()));
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Arc::new(Self { servable, rules, state: Mutex::default(), row_ns, cores })
    }

    /// The model.
    pub fn servable(&self) -> &Arc<Servable> {
        &self.servable
    }

    /// How many rows wait now.
    pub fn waiting(&self) -> usize {
        self.state().rows
    }

    /// Computes the outputs of some rows, at least one, with those of others where that helps.
    ///
    /// # Errors
    /// [`ServingError::Crowded`] where as much waits as may wait, and those of
    /// [`Servable::evaluate`].
    pub async fn predict(self: &Arc<Self>, x: Vec<f64>) -> Result<Computed, ServingError> {
        let rows = x.len() / self.servable.features().len();
        let (reply, answer) = oneshot::channel();
        let leads = {
            let mut state = self.state();
            if state.rows > 0 && state.rows + rows > self.rules.waiting {
                return Err(self.crowded(state.rows));
            }
            state.rows += rows;
            state.waiting.push_back(Waiting { x, rows, since: Instant::now(), reply });
            let leads = state.computing < self.rules.lanes;
            state.computing += usize::from(leads);
            leads
        };
        if leads {
            self.lead(rows);
        }
        answer.await.unwrap_or_else(|_| {
            Err(ServingError::Evaluation("the model was interrupted: try again".to_owned()))
        })
    }

    /// Computes what waits, until nothing does. It goes on if whoever began it is tired of waiting.
    fn lead(self: &Arc<Self>, rows: usize) {
        if self.rules.delay.is_zero() && self.takes(rows) <= BRIEF {
            self.batch();
            if !self.rests() {
                return;
            }
        }
        let batcher = self.clone();
        tokio::spawn(async move {
            loop {
                if !batcher.rules.delay.is_zero() && batcher.waiting() < batcher.rules.rows {
                    tokio::time::sleep(batcher.rules.delay).await;
                }
                let own = batcher.clone();
                if batcher.takes(batcher.waiting()) <= BRIEF {
                    own.batch();
                } else if tokio::task::spawn_blocking(move || own.batch()).await.is_err() {
                    batcher.state().computing -= 1;
                    return;
                }
                if !batcher.rests() {
                    return;
                }
            }
        });
    }

    /// Whether something waits still; if not, this lane is given up.
    fn rests(&self) -> bool {
        let mut state = self.state();
        let rests = !state.waiting.is_empty();
        state.computing -= usize::from(!rests);
        rests
    }

    /// Computes the next batch.
    fn batch(&self) {
        let taken = self.take();
        if taken.is_empty() {
            return;
        }
        let began = Instant::now();
        let rows: usize = taken.iter().map(|waiting| waiting.rows).sum();
        let sizes: Vec<usize> = taken.iter().map(|waiting| waiting.rows).collect();
        let threads = self.threads(rows);
        let outputs = match &taken[..] {
            [one] => run(&self.servable, &one.x, threads).map(|outputs| vec![outputs]),
            many => {
                let x: Vec<f64> = many.iter().flat_map(|one| one.x.iter().copied()).collect();
                let whole = run(&self.servable, &x, threads);
                let parts = whole.ok().and_then(|whole| split(&whole, &sizes));
                parts.ok_or_else(|| ServingError::Evaluation("the batch failed".to_owned()))
            }
        };
        let took = began.elapsed();
        self.learn(took * threads as u32, rows);
        match outputs {
            Ok(parts) => {
                for (at, (waiting, outputs)) in taken.into_iter().zip(parts).enumerate() {
                    waiting.answer(outputs, began, took, rows, at == 0);
                }
            }
            Err(error) => self.one_by_one(taken, error),
        }
    }

    fn one_by_one(&self, taken: Vec<Waiting>, error: ServingError) {
        let alone = taken.len() == 1;
        for waiting in taken {
            if alone {
                let _ = waiting.reply.send(Err(error.clone()));
                continue;
            }
            let began = Instant::now();
            match run(&self.servable, &waiting.x, 1) {
                Ok(outputs) => {
                    let rows = waiting.rows;
                    waiting.answer(outputs, began, began.elapsed(), rows, true);
                }
                Err(error) => drop(waiting.reply.send(Err(error))),
            }
        }
    }

    /// Takes what is computed together: requests in their order, as long as there is room.
    fn take(&self) -> Vec<Waiting> {
        let mut state = self.state();
        let (mut taken, mut rows) = (Vec::new(), 0);
        while let Some(next) = state.waiting.front() {
            if rows > 0 && rows + next.rows > self.rules.rows {
                break;
            }
            rows += next.rows;
            taken.extend(state.waiting.pop_front());
        }
        state.rows -= rows;
        taken
    }

    /// How many threads compute so many rows: the lanes share the cores.
    fn threads(&self, rows: usize) -> usize {
        let own = self.cores / self.state().computing.max(1);
        let parts = self.takes(rows).as_nanos() / PART.as_nanos();
        usize::try_from(parts).unwrap_or(usize::MAX).clamp(1, own.min(rows).max(1))
    }

    fn takes(&self, rows: usize) -> Duration {
        let row = self.row_ns.load(Ordering::Relaxed);
        Duration::from_nanos(row.saturating_mul(rows as u64))
    }

    fn learn(&self, took: Duration, rows: usize) {
        let (old, new) = (self.row_ns.load(Ordering::Relaxed), nanos(took) / rows.max(1) as u64);
        self.row_ns.store(old - old / 8 + new / 8, Ordering::Relaxed);
    }

    fn crowded(&self, waiting: usize) -> ServingError {
        let after = self.takes(waiting).max(Duration::from_secs(1));
        ServingError::Crowded { waiting, after }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn answer(
        self,
        outputs: Vec<Output>,
        began: Instant,
        computed: Duration,
        batch: usize,
        first: bool,
    ) {
        let queued = began.saturating_duration_since(self.since);
        let _ = self.reply.send(Ok(Computed { outputs, queued, computed, batch, first }));
    }
}

/// A panic of a model ends its request, and nothing else.
fn run(servable: &Servable, x: &[f64], threads: usize) -> Result<Vec<Output>, ServingError> {
    catch_unwind(AssertUnwindSafe(|| servable.evaluate(x, threads))).unwrap_or_else(|_| {
        Err(ServingError::Evaluation("the model broke off over these inputs".to_owned()))
    })
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
