//! The store in Redis or Valkey. A view is two keys that live in one slot: a hash of its rows, and a
//! hash of what is known of it.
//!
//! | key | holds |
//! |---|---|
//! | `trimtab:{VIEW}:rows` | key of the entity → row |
//! | `trimtab:{VIEW}:state` | newest event, time of writing, progress, layouts |
//! | `trimtab:views` | the names of all views |
//!
//! A batch is one script, and so is atomic. What was written is as durable as the server is set up to
//! be; rows and progress are lost together or not at all.

mod connections;
mod script;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use redis::{Commands, Connection, RedisResult};

use crate::batch::{Batch, Progress, Written};
use crate::error::OnlineError;
use crate::key::{ordered, unordered};
use crate::row::{self, Found, Layout, LayoutId, Places};
use crate::state::{Mark, ViewState};
use crate::store::{Ask, OnlineStore};
use connections::Connections;

/// The names of all views.
const VIEWS: &str = "trimtab:views";

/// A script of a load has so many bytes: it takes some milliseconds, in which others wait.
const BATCH: usize = 1 << 20;

/// The store in Redis.
#[derive(Debug)]
pub struct Remote {
    connections: Connections,
    script: redis::Script,
    layouts: RwLock<HashMap<LayoutId, Arc<Layout>>>,
}

impl Remote {
    /// Takes the address `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` for TLS.
    /// Redis must answer.
    pub fn open(address: &str) -> Result<Self, OnlineError> {
        let connections = Connections::new(address)?;
        let script = redis::Script::new(script::WRITE);
        let remote = Self { connections, script, layouts: RwLock::default() };
        remote.check()?;
        Ok(remote)
    }

    fn layout(&self, view: &str, id: LayoutId) -> Result<Arc<Layout>, OnlineError> {
        let known = self.layouts.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(layout) = known {
            return Ok(layout);
        }
        let (key, field) = (state_key(view), script::layout_field(&id));
        let bytes: Option<Vec<u8>> = self.connections.run(|redis| redis.hget(&key, &field))?;
        let bytes = bytes.ok_or_else(|| OnlineError::Damaged("a layout is missing".to_owned()))?;
        let layout = Arc::new(Layout::read(&bytes)?);
        let mut layouts = self.layouts.write().unwrap_or_else(PoisonError::into_inner);
        layouts.insert(id, layout.clone());
        Ok(layout)
    }

    fn answer(
        &self,
        ask: &Ask<'_>,
        rows: Vec<Option<Vec<u8>>>,
    ) -> Result<Vec<Option<Found>>, OnlineError> {
        let mut places: HashMap<LayoutId, Places> = HashMap::new();
        let mut answer = Vec::with_capacity(rows.len());
        for found in rows {
            let Some(found) = found else {
                answer.push(None);
                continue;
            };
            let id = row::layout(&found)?;
            let places = match places.entry(id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(self.layout(ask.view, id)?.places(ask.features)),
            };
            answer.push(Some(row::read(&found, places)?));
        }
        Ok(answer)
    }
}

impl OnlineStore for Remote {
    fn write(
        &self,
        batch: &Batch,
        progress: Progress<'_>,
        now: i64,
    ) -> Result<Written, OnlineError> {
        let newest = batch.newest_event()?.map_or(Vec::new(), |at| ordered(at).to_vec());
        let (kind, job, amount) = match progress {
            Progress::None => ("none", "", Vec::new()),
            Progress::At { job, done } => ("at", job, done.to_string().into_bytes()),
            Progress::Done { to } => ("done", "", ordered(to).to_vec()),
        };
        let layout = batch.layout();
        let mut call = self.script.key(rows_key(batch.view()));
        call.key(state_key(batch.view()))
            .arg(now)
            .arg(newest)
            .arg(script::layout_field(&layout.id))
            .arg(layout.to_bytes())
            .arg(kind)
            .arg(job)
            .arg(amount);
        for (key, row) in batch.newest() {
            call.arg(key).arg(row);
        }
        let taken: u64 = self.connections.run(|redis| {
            let _: () = redis.sadd(VIEWS, batch.view())?;
            call.invoke(redis)
        })?;
        Ok(Written { taken, superseded: (batch.len() as u64).saturating_sub(taken) })
    }

    fn read(&self, asks: &[Ask<'_>]) -> Result<Vec<Vec<Option<Found>>>, OnlineError> {
        let mut pipe = redis::pipe();
        let asked = || asks.iter().filter(|ask| !ask.keys.is_empty());
        for ask in asked() {
            let command = pipe.cmd("HMGET").arg(rows_key(ask.view));
            ask.keys.iter().for_each(|key| {
                command.arg(key.as_bytes());
            });
        }
        let found: Vec<Vec<Option<Vec<u8>>>> = match asked().next() {
            None => Vec::new(),
            Some(_) => self.connections.run(|redis| pipe.query(redis))?,
        };
        let mut found = found.into_iter();
        let rows_of = |ask: &Ask<'_>| match ask.keys.is_empty() {
            true => Ok(Vec::new()),
            false => self.answer(ask, found.next().unwrap_or_default()),
        };
        asks.iter().map(rows_of).collect()
    }

    fn state(&self, view: &str) -> Result<Option<ViewState>, OnlineError> {
        let (rows, state) = (rows_key(view), state_key(view));
        let known: (u64, Vec<Option<Vec<u8>>>) = self.connections.run(|redis| {
            redis::pipe().hlen(&rows).cmd("HMGET").arg(&state).arg(&script::STATE).query(redis)
        })?;
        let (rows, known) = known;
        let [newest, written, to, job, done] = known.try_into().unwrap_or_default();
        if written.is_none() && to.is_none() && job.is_none() {
            return Ok(None);
        }
        let mark = job
            .zip(done)
            .map(|(job, done)| Ok::<_, OnlineError>(Mark { job: text(job)?, done: whole(done)? }));
        Ok(Some(ViewState {
            rows,
            newest_event: newest.map(time).transpose()?,
            written: written.map(whole).transpose()?,
            materialized_to: to.map(time).transpose()?,
            mark: mark.transpose()?,
        }))
    }

    fn views(&self) -> Result<Vec<(String, ViewState)>, OnlineError> {
        let mut names: Vec<String> = self.connections.run(|redis| redis.smembers(VIEWS))?;
        names.sort();
        let mut all = Vec::with_capacity(names.len());
        for name in names {
            if let Some(state) = self.state(&name)? {
                all.push((name, state));
            }
        }
        Ok(all)
    }

    fn clear(&self, view: &str) -> Result<u64, OnlineError> {
        let (rows, state) = (rows_key(view), state_key(view));
        self.connections.run(|redis: &mut Connection| -> RedisResult<u64> {
            let (count,): (u64,) = redis::pipe()
                .atomic()
                .hlen(&rows)
                .cmd("UNLINK")
                .arg(&rows)
                .arg(&state)
                .ignore()
                .query(redis)?;
            let _: () = redis.srem(VIEWS, view)?;
            Ok(count)
        })
    }

    fn check(&self) -> Result<(), OnlineError> {
        self.connections.run(|redis| redis::cmd("PING").query(redis))
    }

    fn is_near(&self) -> bool {
        false
    }

    fn place(&self) -> &str {
        self.connections.place()
    }

    fn batch_bytes(&self) -> usize {
        BATCH
    }

    fn sorts_in(&self) -> Option<&Path> {
        None
    }
}

fn rows_key(view: &str) -> String {
    format!("trimtab:{{{view}}}:rows")
}

fn state_key(view: &str) -> String {
    format!("trimtab:{{{view}}}:state")
}

fn time(bytes: Vec<u8>) -> Result<i64, OnlineError> {
    bytes.try_into().map(unordered).map_err(|_| damaged())
}

fn text(bytes: Vec<u8>) -> Result<String, OnlineError> {
    String::from_utf8(bytes).map_err(|_| damaged())
}

fn whole<T: std::str::FromStr>(bytes: Vec<u8>) -> Result<T, OnlineError> {
    text(bytes)?.parse().map_err(|_| damaged())
}

fn damaged() -> OnlineError {
    OnlineError::Damaged("what is known of a view cannot be read".to_owned())
}
