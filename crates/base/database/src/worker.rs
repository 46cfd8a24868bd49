//! A database with its threads, and the work that is given to them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use crossbeam_channel::{Sender, TrySendError, bounded};

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
}

impl<F, R, T, E> Job for Work<F, R, T, E>
where
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
    R: FnOnce(Result<T, E>) + Send,
    T: Send,
    E: From<DatabaseError> + AsDatabaseError + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
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
        migrations: &'static [Migration],
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        let db = sqlite::writer(path)?;
        copy_before_migration(&db, path, migrations)?;
        let (readers, to_read) = bounded(options.waiting);
        let (writers, to_write) = bounded(options.waiting);
        thread::Builder::new()
            .name("database-writer".to_owned())
            .spawn(move || sqlite::write(&db, &to_write))
            .map_err(no_thread)?;
        let database = Self::shared(Dialect::Sqlite, Place::File(path.to_owned()), readers, writers);
        let migrated = database.write_blocking(move |tx| migrate::migrate(tx, migrations))?;
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
        migrations: &'static [Migration],
        options: &Options,
    ) -> Result<Self, DatabaseError> {
        let config = postgresql::config(address)?;
        let (readers, to_read) = bounded(options.waiting);
        let (writers, to_write) = bounded(options.waiting);
        for (name, count, work, read_only) in [
            ("reader", options.readers, to_read, true),
            ("writer", options.writers, to_write, false),
        ] {
            for number in 0..count.max(1) {
                let connection = postgresql::Connection::new(config.clone(), read_only);
                let work = work.clone();
                thread::Builder::new()
                    .name(format!("database-{name}-{number}"))
                    .spawn(move || postgresql::serve(connection, &work))
                    .map_err(no_thread)?;
            }
        }
        let place = Place::Address(address.to_owned());
        let database = Self::shared(Dialect::Postgres, place, readers, writers);
        let migrated = database.write_blocking(move |tx| migrate::migrate(tx, migrations))?;
        Ok(database.with_migrated(migrated))
    }

    fn shared(
        dialect: Dialect,
        place: Place,
        readers: Sender<Box<dyn Job>>,
        writers: Sender<Box<dyn Job>>,
    ) -> Self {
        Self { shared: Arc::new(Shared { dialect, place, readers, writers, migrated: (0, 0) }) }
    }

    fn with_migrated(mut self, migrated: (i64, i64)) -> Self {
        Arc::get_mut(&mut self.shared).expect("nobody else has it yet").migrated = migrated;
        self
    }

    /// Which database it is.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
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
        ask(&self.shared.readers, work).await
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
        ask(&self.shared.writers, work).await
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
        ask_blocking(&self.shared.readers, work)
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
        ask_blocking(&self.shared.writers, work)
    }
}

async fn ask<T, E>(
    to: &Sender<Box<dyn Job>>,
    run: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DatabaseError> + AsDatabaseError + Send + 'static,
{
    let (reply, answer) = tokio::sync::oneshot::channel();
    let reply = move |outcome| drop(reply.send(outcome));
    hand_over(to, Box::new(Work { run, reply, outcome: None }))?;
    answer.await.unwrap_or_else(|_| Err(gone().into()))
}

fn ask_blocking<T, E>(
    to: &Sender<Box<dyn Job>>,
    run: impl FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<DatabaseError> + AsDatabaseError + Send + 'static,
{
    let (reply, answer) = mpsc::channel();
    let reply = move |outcome| drop(reply.send(outcome));
    hand_over(to, Box::new(Work { run, reply, outcome: None }))?;
    answer.recv().unwrap_or_else(|_| Err(gone().into()))
}

fn hand_over(to: &Sender<Box<dyn Job>>, job: Box<dyn Job>) -> Result<(), DatabaseError> {
    to.try_send(job).map_err(|error| match error {
        TrySendError::Full(_) => DatabaseError::Busy,
        TrySendError::Disconnected(_) => gone(),
    })
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
