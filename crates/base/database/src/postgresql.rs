//! PostgreSQL: a connection that comes back after the server was away, and the threads that use it.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::secured::{self, Secured};
use crate::tx::{Inner, Prepared};
use crate::worker::Job;
use crate::{DatabaseError, Tx};

/// How often work is run again when other writers are in its way.
const TRIES: u32 = 8;

/// How long a lost server is left alone before the next attempt.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a connection is trusted that says nothing, or takes nothing of what is sent, while the
/// network may have lost it.
const SILENCE: Duration = Duration::from_secs(30);

/// Where a server is, and how it is spoken to.
#[derive(Clone)]
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
}

/// The address, read.
pub(crate) fn target(address: &str) -> Result<Target, DatabaseError> {
    let refused = |what| DatabaseError::Address { address: without_password(address), what };
    let (rest, Secured { mode, connector }) = secured::take(address).map_err(refused)?;
    let mut config: Config = rest.parse().map_err(|error: postgres::Error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        refused(cause.unwrap_or_else(|| error.to_string()))
    })?;
    config.ssl_mode(mode).application_name("trimtab").connect_timeout(Duration::from_secs(5));
    if config.get_tcp_user_timeout().is_none() {
        config.keepalives_idle(SILENCE).tcp_user_timeout(SILENCE);
        config.keepalives_interval(SILENCE / 3).keepalives_retries(3);
    }
    Ok(Target { config, tls: connector })
}

/// The address without its password, for people to read.
pub(crate) fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    // What follows `?` may hold a password as well, and so may whatever cannot be told apart.
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) if !user.contains(['?', '/']) => (user.split(':').next(), place),
        Some(_) => return format!("{scheme}://…"),
        None => (None, rest),
    };
    let user = user.map(|user| format!("{user}@")).unwrap_or_default();
    match place.split_once('?') {
        Some((place, _)) => format!("{scheme}://{user}{place}?…"),
        None => format!("{scheme}://{user}{place}"),
    }
}

/// A connection, made when it is needed.
pub(crate) struct Connection {
    target: Target,
    client: Option<Client>,
    prepared: Prepared,
    read_only: bool,
    lost: Option<(Instant, DatabaseError)>,
    /// Whether the last piece of work had its transaction, so that it may have been done.
    begun: bool,
}

impl Connection {
    pub(crate) fn new(target: Target, read_only: bool) -> Self {
        let prepared = Prepared::new();
        Self { target, client: None, prepared, read_only, lost: None, begun: false }
    }

    fn client(&mut self) -> Result<&mut Client, DatabaseError> {
        if self.client.as_ref().is_some_and(Client::is_closed) {
            self.client = None;
        }
        if self.client.is_none() {
            if let Some((at, error)) = &self.lost
                && at.elapsed() < PAUSE
            {
                return Err(error.clone());
            }
            self.prepared.clear();
            match self.target.config.connect(self.target.tls.clone()) {
                Ok(client) => self.client = Some(client),
                Err(error) => {
                    let error = DatabaseError::from(error);
                    self.lost = Some((Instant::now(), error.clone()));
                    return Err(error);
                }
            }
            self.lost = None;
        }
        Ok(self.client.as_mut().expect("it was just made"))
    }

    /// Runs a piece of work as one transaction; gives the error of the transaction itself.
    pub(crate) fn attempt(&mut self, job: &mut dyn Job) -> Result<(), DatabaseError> {
        let read_only = self.read_only;
        self.begun = false;
        self.client()?;
        let client = self.client.as_mut().expect("it was just made");
        let builder = client.build_transaction();
        let tx = if read_only {
            builder
                .read_only(true)
                .isolation_level(postgres::IsolationLevel::RepeatableRead)
                .start()?
        } else {
            builder.start()?
        };
        self.begun = true;
        let mut tx = Tx(Inner::Postgres { tx, prepared: &mut self.prepared });
        let kept = job.run(&mut tx);
        let Inner::Postgres { tx, .. } = tx.0 else { unreachable!("it was made as PostgreSQL") };
        if kept {
            tx.commit()?
        } else {
            tx.rollback()?
        }
        Ok(())
    }

    /// Whether work that met a lost connection can be run again: it wrote nothing for certain.
    fn may_repeat(&self) -> bool {
        self.read_only || !self.begun
    }
}

/// Works until no more work can come. Work that met another writer is run again; work that met a
/// lost connection is run again once on a new one, if it only reads or was not begun.
pub(crate) fn serve(mut connection: Connection, work: &Receiver<Box<dyn Job>>) {
    while let Ok(mut job) = work.recv() {
        let mut tries = 0;
        let outcome = loop {
            let outcome = connection.attempt(job.as_mut());
            tries += 1;
            let met = outcome.as_ref().err().cloned().or_else(|| job.error());
            match met {
                Some(error) if error.is_conflict() && tries < TRIES => {
                    std::thread::sleep(Duration::from_millis(2 << tries));
                }
                Some(DatabaseError::Unavailable(_)) if connection.may_repeat() && tries == 1 => {
                    connection.client = None;
                }
                _ => break outcome,
            }
        };
        job.finish(outcome.err());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://u:s3cret@h/db"), "postgres://u@h/db");
        assert_eq!(without_password("postgres://u:p@ss@h/db"), "postgres://u@h/db");
        assert_eq!(without_password("postgres://h/db"), "postgres://h/db");
        assert_eq!(without_password("postgres://h/db?password=s3cret"), "postgres://h/db?…");
        assert_eq!(without_password("postgres://u:s3/cret@h/db"), "postgres://…");
        assert_eq!(without_password("postgres://u@h/db?password=a@b"), "postgres://…");
        assert_eq!(without_password("postgres://u:p@h/db?options=x"), "postgres://u@h/db?…");
    }
}
