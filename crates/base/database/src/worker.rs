//! A database with its threads, and the work that is given to them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Sender, TrySendError, bounded};

use crate::meter::{Meter, Tally, Usage};
use crate::{DatabaseError, Dialect, Migration, Tx, migrate, postgresql, sqlite};

/// How a database is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads that read, each with a connection.
    pub readers: usize,
    /// Threads that write, each with a connection. SQLite has one, whatever is asked for.
    pub writers: usize,
    /// How much work may wait, of either kind, before more is refused.
    pub waiting: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 4, writers: 8, waiting: 8_192 }
    }
}

/// An open database. Clones share it; it is closed with the last of them.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    dialect: Dialect,
    place: Place,
    readers: Sender<Box<dyn Job>>,
    writers: Sender<Box<dyn Job>>,
    meter: Arc<Meter>,
    migrated: (i64, i64),
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Address(String),
}

/// Work for a thread that has a connection.
pub(crate) trait Job: Send {
    /// Runs it; whether what it wrote is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// What the database said while it ran, if that is why it was not kept.
    fn error(&self) -> Option<DatabaseError>;
    /// Tells the asker: the outcome of the run, or the error of the transaction.
    fn finish(self: Box<Self>, error: Option<DatabaseError>);
}

struct Work<F, R, T, E> {
    run: F,
    reply: R,
    outcome: Option<Result<T, E>>,
    asked: Instant,
    meter: Arc<Meter>,
    kind: Kind,
}

/// Whether work only reads.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Reads,
    Writes,
}

impl Kind {
    fn tally(self, meter: &Meter) -> &Tally {
        match self {
            Self::Reads => &meter.reads,
            Self::Writes => &meter.writes,
        }
    }
}

impl<F, R, T, E> Job for Work<F, R, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    R: FnOnce(Result<T, E>) + Send,
    T: Send,
    E: From<DatabaseError> + AsDatabaseError + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        if self.outcome.is_none() {
            self.kind.tally(&self.meter).begun(self.asked.elapsed());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(tx))).unwrap_or_else(|_| {
            Err(DatabaseError::Failed("the work ended in a panic".to_owned()).into())
        });
        let kept = outcome.is_ok();
        self.outcome = Some(outcome);
        kept
    }

    fn error(&self) -> Option<DatabaseError> {
        self.outcome.as_ref()?.as_ref().err()?.as_database_error().cloned()
    }

    fn finish(self: Box<Self>, error: Option<DatabaseError>) {
        let failed = error.is_some() || self.error().is_some();
        self.kind.tally(&self.meter).ended(self.asked.elapsed(), failed);
        let outcome = match (self.outcome, error) {
            // The work's own error says more than that of the transaction which it spoilt.
            (Some(Err(own)), _) => Err(own),
            (_, Some(error)) => Err(error.into()),
            (Some(outcome), None) => outcome,
            (None, None) => Err(DatabaseError::Failed("the work was not run".to_owned()).into()),
        };
        (self.reply)(outcome);
    }
}

/// An error that may be one of the database, so that work which met another writer is run again.
pub trait AsDatabaseError {
    /// The database's error, if it is one.
    fn as_database_error(&self) -> Option<&DatabaseError>;
}

impl AsDatabaseError for DatabaseError {
    fn as_database_error(&self) -> Option<&DatabaseError> {
        Some(self)
    }
}

impl Database {
    /// Opens what `address` names: `postgres://user:password@host/name`, or a file (`sqlite:PATH` or
    /// a path) that is made if needed. Brings the schema to its newest version; a SQLite file that
    /// has an older one is copied beside itself first.
    pub fn open(
        address: &str,
        migrations: &'static [Migration],
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        Self::open_at(address, Some(migrations), options)
    }

    /// Opens what `address` names with the schema that it has, if any: for programs that look at
    /// databases of other versions, or make one within a transaction of theirs. A SQLite file is made
    /// if it is not there.
    pub fn open_as_it_is(address: &str, options: &Options) -> Result<Self, DatabaseError> {
        Self::open_at(address, None, options)
    }

    fn open_at(
        address: &str,
        migrations: Option<&'static [Migration]>,
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Self::open_postgres(address, migrations, options);
        }
        if let Some((scheme, _)) = address.split_once("://")
            && scheme != "sqlite"
        {
            return Err(DatabaseError::Address {
                address: postgresql::without_password(address),
                what: format!("`{scheme}` is not known; postgres://… and files are"),
            });
        }
        let path = address.strip_prefix("sqlite://").or(address.strip_prefix("sqlite:"));
        Self::open_file(Path::new(path.unwrap_or(address)), migrations, options)
    }

    fn open_file(
        path: &Path,
        migrations: Option<&'static [Migration]>,
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        let db = sqlite::writer(path)?;
        if let Some(migrations) = migrations {
            copy_before_migration(&db, path, migrations)?;
        }
        let meter = Arc::new(Meter::default());
        let (readers, to_read) = bounded(options.waiting);
        let (writers, to_write) = bounded(options.waiting);
        let groups = meter.clone();
        thread::Builder::new()
            .name("database-writer".to_owned())
            .spawn(move || sqlite::write(&db, &to_write, &groups))
            .map_err(no_thread)?;
        let place = Place::File(path.to_owned());
        let database = Self::shared(Dialect::Sqlite, place, readers, writers, meter);
        let migrated = database.migrate(migrations)?;
        for number in 0..options.readers.max(1) {
            let (db, to_read) = (sqlite::reader(path)?, to_read.clone());
            thread::Builder::new()
                .name(format!("database-reader-{number}"))
                .spawn(move || sqlite::read(&db, &to_read))
                .map_err(no_thread)?;
        }
        Ok(database.with_migrated(migrated))
    }

    fn open_postgres(
        address: &str,
        migrations: Option<&'static [Migration]>,
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        let target = postgresql::target(address)?;
        let (readers, to_read) = bounded(options.waiting);
        let (writers, to_write) = bounded(options.waiting);
        for (name, count, work, read_only) in [
            ("reader", options.readers, to_read, true),
            ("writer", options.writers, to_write, false),
        ] {
            for number in 0..count.max(1) {
                let connection = postgresql::Connection::new(target.clone(), read_only);
                let work = work.clone();
                thread::Builder::new()
                    .name(format!("database-{name}-{number}"))
                    .spawn(move || postgresql::serve(connection, &work))
                    .map_err(no_thread)?;
            }
        }
        let place = Place::Address(address.to_owned());
        let database = Self::shared(Dialect::Postgres, place, readers, writers, Arc::default());
        let migrated = database.migrate(migrations).map_err(|error| match error {
            DatabaseError::Unavailable(what) => {
                DatabaseError::Unavailable(format!("{}: {what}", database.address()))
            }
            error => error,
        })?;
        Ok(database.with_migrated(migrated))
    }

    /// Moves the schema, if that is asked for.
    fn migrate(
        &self,
        migrations: Option<&'static [Migration]>,
    ) -> Result<(i64, i64), DatabaseError> {
        match migrations {
            Some(migrations) => self.write_blocking(move |tx| migrate::migrate(tx, migrations)),
            None => Ok((0, 0)),
        }
    }

    fn shared(
        dialect: Dialect,
        place: Place,
        readers: Sender<Box<dyn Job>>,
        writers: Sender<Box<dyn Job>>,
        meter: Arc<Meter>,
    ) -> Self {
        let shared = Shared { dialect, place, readers, writers, meter, migrated: (0, 0) };
        Self { shared: Arc::new(shared) }
    }

    fn with_migrated(mut self, migrated: (i64, i64)) -> Self {
        Arc::get_mut(&mut self.shared).expect("nobody else has it yet").migrated = migrated;
        self
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// What it was asked to do since it was opened.
    pub fn usage(&self) -> Usage {
        let shared = &self.shared;
        shared.meter.usage(shared.readers.len(), shared.writers.len())
    }

    /// The versions of the schema before and after opening.
    pub fn migrated(&self) -> (i64, i64) {
        self.shared.migrated
    }

    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.shared.place {
            Place::File(path) => Some(path),
            Place::Address(_) => None,
        }
    }

    /// The address, without its password.
    pub fn address(&self) -> String {
        match &self.shared.place {
            Place::File(path) => path.display().to_string(),
            Place::Address(address) => postgresql::without_password(address),
        }
    }

    /// Runs `work` on a state that does not change meanwhile. It must not write.
    pub async fn read<T, E>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        self.ask(Kind::Reads, work).await
    }

    /// Runs `work` as one transaction, which is durable when this returns `Ok`, and leaves no trace
    /// if `work` fails. It may be run more than once, if other writers are in its way.
    pub async fn write<T, E>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        self.ask(Kind::Writes, work).await
    }

    /// [`Database::read`] for callers that are not async.
    pub fn read_blocking<T, E>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        self.ask_blocking(Kind::Reads, work)
    }

    /// [`Database::write`] for callers that are not async.
    pub fn write_blocking<T, E>(
        &self,
        work: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        self.ask_blocking(Kind::Writes, work)
    }

    async fn ask<T, E>(
        &self,
        kind: Kind,
        run: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.hand_over(kind, run, move |outcome| drop(reply.send(outcome)))?;
        answer.await.unwrap_or_else(|_| Err(gone().into()))
    }

    fn ask_blocking<T, E>(
        &self,
        kind: Kind,
        run: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        let (reply, answer) = mpsc::channel();
        self.hand_over(kind, run, move |outcome| drop(reply.send(outcome)))?;
        answer.recv().unwrap_or_else(|_| Err(gone().into()))
    }

    fn hand_over<T, E>(
        &self,
        kind: Kind,
        run: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        reply: impl FnOnce(Result<T, E>) + Send + 'static,
    ) -> Result<(), DatabaseError>
    where
        T: Send + 'static,
        E: From<DatabaseError> + AsDatabaseError + Send + 'static,
    {
        let Shared { readers, writers, meter, .. } = &*self.shared;
        let (asked, meter) = (Instant::now(), meter.clone());
        let job = Box::new(Work { run, reply, outcome: None, asked, meter, kind });
        let to = match kind {
            Kind::Reads => readers,
            Kind::Writes => writers,
        };
        to.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => {
                kind.tally(&self.shared.meter).refused();
                DatabaseError::Busy
            }
            TrySendError::Disconnected(_) => gone(),
        })
    }
}

fn gone() -> DatabaseError {
    DatabaseError::Failed("the thread that serves the database is gone".to_owned())
}

fn no_thread(error: std::io::Error) -> DatabaseError {
    DatabaseError::Failed(format!("no thread could be started: {error}"))
}

/// A file whose schema is about to move is copied to `NAME.vN.backup` first.
fn copy_before_migration(
    db: &rusqlite::Connection,
    path: &Path,
    migrations: &[Migration],
) -> Result<(), DatabaseError> {
    let version = migrate::version(&mut Tx(crate::tx::Inner::Sqlite(db)))?;
    let known = migrations.last().map_or(0, |last| last.version);
    if version == 0 || version >= known {
        return Ok(());
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.backup"));
    if !Path::new(&name).exists() {
        db.execute("VACUUM INTO ?1", [name.to_string_lossy()])?;
    }
    Ok(())
}
