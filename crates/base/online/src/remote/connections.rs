//! Connections to Redis: kept while they work, made anew when they do not.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::{Client, Connection, ConnectionAddr, ErrorKind, RedisError, RedisResult};

use crate::error::OnlineError;

/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(2);

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// So many connections are kept that nobody uses.
const KEPT: usize = 16;

/// Connections to one Redis.
pub struct Connections {
    client: Client,
    place: String,
    idle: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Connections {
    /// To the Redis of this address. Nothing is connected yet.
    pub fn new(address: &str) -> Result<Self, OnlineError> {
        let client = Client::open(address).map_err(|error| {
            OnlineError::Address(format!(
                "the address of the online store cannot be read ({}): it is \
                 redis://[USER:PASSWORD@]HOST[:PORT][/DB]",
                said(&error)
            ))
        })?;
        let place = place(client.get_connection_info());
        Ok(Self { client, place, idle: Mutex::default() })
    }

    /// Where it is, without its password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Runs commands. A connection that went stale while nobody used it costs nobody anything: all
    /// that is run here may be run twice.
    pub fn run<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> RedisResult<T>,
    ) -> Result<T, OnlineError> {
        while let Some(mut connection) = self.take() {
            match work(&mut connection) {
                Ok(done) => return Ok(self.keep(connection, done)),
                Err(error) if is_broken(&error) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        let mut connection = self.connect().map_err(|error| self.failed(&error))?;
        match work(&mut connection) {
            Ok(done) => Ok(self.keep(connection, done)),
            Err(error) => Err(self.failed(&error)),
        }
    }

    fn connect(&self) -> RedisResult<Connection> {
        let connection = self.client.get_connection_with_timeout(CONNECT)?;
        connection.set_read_timeout(Some(ANSWER))?;
        connection.set_write_timeout(Some(ANSWER))?;
        Ok(connection)
    }

    fn take(&self) -> Option<Connection> {
        self.idle().pop()
    }

    fn keep<T>(&self, connection: Connection, done: T) -> T {
        let mut idle = self.idle();
        if idle.len() < KEPT {
            idle.push(connection);
        }
        done
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: &RedisError) -> OnlineError {
        let said = said(error);
        match error.kind() {
            ErrorKind::InvalidClientConfig => OnlineError::Address(said),
            _ => OnlineError::Unavailable(format!("{}: {said}", self.place)),
        }
    }
}

/// An answer that is late is not asked for again: the next would be as late.
fn is_broken(error: &RedisError) -> bool {
    (error.is_io_error() || error.is_connection_dropped()) && !error.is_timeout()
}

fn said(error: &RedisError) -> String {
    match error.is_timeout() {
        true => "it did not answer in time".to_owned(),
        false => error.to_string(),
    }
}

fn place(info: &redis::ConnectionInfo) -> String {
    let db = info.redis_settings().db();
    match info.addr() {
        ConnectionAddr::Tcp(host, port) => format!("redis://{host}:{port}/{db}"),
        ConnectionAddr::TcpTls { host, port, .. } => format!("rediss://{host}:{port}/{db}"),
        other => format!("{other}"),
    }
}
