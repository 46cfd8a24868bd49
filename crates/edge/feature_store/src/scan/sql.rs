//! Views of SQL texts: the sources and views that a text reads become tables, and its rows stream by.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use features::store::{DefinitionKind, FeatureView, Input, Place, Source};
use sql::{Limits, Rows, Session};

use super::places::pushed_folder;
use super::{Part, Raw, RawBatches, Wanted};
use crate::{FeatureStore, FeatureStoreError};

/// A SQL text with its tables. One thread works on it, so that its rows come in the same order each
/// time.
struct Text {
    session: Arc<Session>,
    text: String,
    view: String,
}

/// The part of a view that is a SQL text.
pub(super) fn parts(
    store: &FeatureStore,
    view: &FeatureView,
    wanted: &Wanted,
) -> Result<Vec<Arc<dyn Part>>, FeatureStoreError> {
    let Input::Sql { text, reads } = &view.input else { return Ok(vec![]) };
    let fail = |error: sql::SqlError| wanted.refuse("its SQL text", error);
    let session = Arc::new(Session::new(Limits::default()).map_err(fail)?);
    let mut tables = Tables { store, session: &session, wanted, known: BTreeSet::new() };
    for name in reads {
        tables.register(name)?;
    }
    let there = session.wait(session.columns(text)).map_err(fail)?;
    wanted.check("its SQL text", there.fields().iter().map(|field| field.name().as_str()))?;
    let columns: Vec<String> = wanted.columns().iter().map(|name| quoted(name)).collect();
    let text = format!("SELECT {} FROM (\n{}\n) AS rows_of_view", columns.join(", "), plain(text));
    Ok(vec![Arc::new(Text { session, text, view: view.name.clone() })])
}

/// The tables of a session, as far as they are registered.
struct Tables<'a> {
    store: &'a FeatureStore,
    session: &'a Session,
    wanted: &'a Wanted,
    known: BTreeSet<String>,
}

impl Tables<'_> {
    fn register(&mut self, name: &str) -> Result<(), FeatureStoreError> {
        if !self.known.insert(name.to_owned()) {
            return Ok(());
        }
        let fail = |error: sql::SqlError| self.wanted.refuse(name, error);
        let Ok(view) = self.store.view(name) else {
            return self.register_source(name, self.store.source(name)?);
        };
        if view.is_computed() {
            // What expressions gave is in memory already.
            let rows = self.store.rows(name, None, None)?;
            let schema = rows.schema();
            let batches = rows.collect::<Result<Vec<_>, _>>()?;
            return self.session.register_batches(name, schema, batches).map_err(fail);
        }
        match &view.input {
            Input::Sql { text, reads } => {
                for read in reads {
                    self.register(read)?;
                }
                self.session.wait(self.session.register_view(name, plain(text))).map_err(fail)
            }
            Input::Source { name: source } => {
                self.register(source)?;
                let text = selection(self.store, view, source);
                self.session.wait(self.session.register_view(name, &text)).map_err(fail)
            }
        }
    }

    fn register_source(&self, name: &str, source: &Source) -> Result<(), FeatureStoreError> {
        let fail = |error: sql::SqlError| self.wanted.refuse(name, error);
        let refuse = |what: &str| Err(self.wanted.refuse(name, what));
        let folder = self.store.folder(DefinitionKind::Source, name);
        let parquet = |paths: &[PathBuf]| {
            self.session.wait(self.session.register_parquet(name, paths)).map_err(fail)
        };
        match &source.place {
            Place::Parquet { path } => parquet(&[folder.join(path)]),
            Place::Csv { path } => {
                let paths = [folder.join(path)];
                self.session.wait(self.session.register_csv(name, &paths, None)).map_err(fail)
            }
            Place::Snapshot { digest } => parquet(&[self.snapshot(name, digest)?]),
            Place::Push { history } => {
                let mut paths = Vec::new();
                match history.as_ref().map(|name| self.store.source(name)).transpose()? {
                    Some(Source { name, place: Place::Parquet { path }, .. }) => {
                        paths.push(self.store.folder(DefinitionKind::Source, name).join(path));
                    }
                    Some(_) => {
                        return refuse(
                            "a SQL text reads pushed rows whose history is Parquet: convert it",
                        );
                    }
                    None => {}
                }
                let pushed = pushed_folder(self.store.home(), name);
                paths.extend(pushed.is_dir().then_some(pushed));
                parquet(&paths)
            }
            Place::Postgres { .. } => refuse(
                "a SQL text cannot read PostgreSQL: make the question a view of that database",
            ),
        }
    }

    fn snapshot(&self, name: &str, digest: &str) -> Result<PathBuf, FeatureStoreError> {
        let refuse = |what: String| self.wanted.refuse(name, what);
        let digest = digest.parse().map_err(|_| refuse("it is no digest".to_owned()))?;
        store::kept_file(self.store.home(), &digest).map_err(|error| refuse(error.to_string()))
    }
}

/// A view over a source as a question.
fn selection(store: &FeatureStore, view: &FeatureView, source: &str) -> String {
    let keys = store.definitions().join_keys(view).into_iter().map(|key| quoted(&key.name));
    let times = [Some(&view.event_time), view.created_time.as_ref()].into_iter().flatten();
    let features = view
        .features
        .iter()
        .map(|feature| format!("{} AS {}", quoted(feature.column()), quoted(&feature.name)));
    let columns: Vec<String> = keys.chain(times.map(|name| quoted(name))).chain(features).collect();
    format!("SELECT {} FROM {}", columns.join(", "), quoted(source))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text without the semicolon behind it.
fn plain(text: &str) -> &str {
    text.trim().trim_end_matches(';')
}

impl Part for Text {
    fn place(&self) -> String {
        "its SQL text".to_owned()
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        None
    }

    fn open(&self) -> Result<RawBatches, FeatureStoreError> {
        let fail = self.failure();
        let rows = self.session.wait(self.session.stream(&self.text)).map_err(&fail)?;
        Ok(Box::new(Stream { session: self.session.clone(), rows, first: 0, fail: Box::new(fail) }))
    }
}

type Failure = Box<dyn Fn(sql::SqlError) -> FeatureStoreError + Send>;

impl Text {
    fn failure(&self) -> impl Fn(sql::SqlError) -> FeatureStoreError + Send + 'static {
        let view = self.view.clone();
        move |error| FeatureStoreError::Rows {
            view: view.clone(),
            place: "its SQL text".to_owned(),
            what: error.to_string(),
        }
    }
}

struct Stream {
    session: Arc<Session>,
    rows: Rows,
    first: u64,
    fail: Failure,
}

impl Iterator for Stream {
    type Item = Result<Raw, FeatureStoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.session.wait(self.rows.next_batch())?;
        Some(next.map_err(&self.fail).map(|rows| {
            let first = self.first;
            self.first += rows.num_rows() as u64;
            Raw { rows, first }
        }))
    }
}
