//! Tables under names, and the questions that are asked of them.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use datafusion::common::TableReference;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::{MemTable, TableProvider};
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::DataFrame;
use datafusion::sql::parser::Statement;

use crate::engine::Engine;
use crate::error::closest;
use crate::{Limits, Rows, SqlError, files};

/// The schema in which tables stand that were registered without one.
const SCHEMA: &str = "public";
const CATALOG: &str = "datafusion";

/// Tables under names, and what may be used to read them. Clones share it.
///
/// Names are taken as they are given. SQL reads names that are not in quotes in lower case, so a
/// table `Prices` is asked for as `"Prices"`; likewise columns.
#[derive(Clone)]
pub struct Session {
    engine: Arc<Engine>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("tables", &self.tables()).finish_non_exhaustive()
    }
}

impl Session {
    /// A session without tables.
    pub fn new(limits: Limits) -> Result<Self, SqlError> {
        Ok(Self { engine: Arc::new(Engine::new(limits)?) })
    }

    /// Waits for what the session was asked, in programs that are not async. It panics within a
    /// task of an async runtime, as [`tokio::runtime::Handle::block_on`] does.
    pub fn wait<F: Future>(&self, asked: F) -> F::Output {
        self.engine.handle().block_on(asked)
    }

    /// The names of the tables, in order.
    pub fn tables(&self) -> Vec<String> {
        let catalog = self.engine.context.catalog(CATALOG);
        let schema = catalog.and_then(|catalog| catalog.schema(SCHEMA));
        let mut names = schema.map(|schema| schema.table_names()).unwrap_or_default();
        names.sort();
        names
    }

    /// The columns of a table.
    pub async fn schema(&self, table: &str) -> Result<SchemaRef, SqlError> {
        let (context, name) = (self.engine.context.clone(), bare(table));
        if !self.tables().iter().any(|known| known == table) {
            return Err(self.no_table(table));
        }
        let found = async move { context.table_provider(name).await.map(|found| found.schema()) };
        self.engine.run(async move { found.await.map_err(|e| SqlError::from_datafusion(&e)) }).await
    }

    /// Makes Parquet files a table: each path is a file, or a folder whose `.parquet` files are meant,
    /// at any depth. Files that come into a folder later are not seen until it is registered again,
    /// which replaces the table.
    pub async fn register_parquet(&self, name: &str, paths: &[PathBuf]) -> Result<(), SqlError> {
        // The options of the session hold; those of the format are its defaults.
        let options = self.engine.context.copied_table_options().parquet;
        let format = ParquetFormat::default().with_options(options);
        self.register_files(name, paths, "parquet", Arc::new(format), None).await
    }

    /// Makes CSV files, which have their columns' names in the first line, a table. What types the
    /// columns have is read from all rows if `schema` does not say it; then a text such as `007` is
    /// a number.
    pub async fn register_csv(
        &self,
        name: &str,
        paths: &[PathBuf],
        schema: Option<SchemaRef>,
    ) -> Result<(), SqlError> {
        let format =
            CsvFormat::default().with_has_header(true).with_schema_infer_max_rec(usize::MAX);
        self.register_files(name, paths, "csv", Arc::new(format), schema).await
    }

    async fn register_files(
        &self,
        name: &str,
        paths: &[PathBuf],
        suffix: &'static str,
        format: Arc<dyn FileFormat>,
        schema: Option<SchemaRef>,
    ) -> Result<(), SqlError> {
        let (context, paths) = (self.engine.context.clone(), paths.to_vec());
        let table = named(name)?.to_owned();
        let made = async move {
            let found = files::expand(&table, &paths, suffix)?;
            files::table(&context, &table, &found, format, schema).await
        };
        let made = self.engine.run(made).await?;
        self.register(name, Arc::new(made))
    }

    /// Makes record batches a table. All must have the columns of `schema`.
    pub fn register_batches(
        &self,
        name: &str,
        schema: SchemaRef,
        batches: Vec<RecordBatch>,
    ) -> Result<(), SqlError> {
        let table = MemTable::try_new(schema, vec![batches]);
        let table = table.map_err(|error| SqlError::Differ {
            table: name.to_owned(),
            what: error.strip_backtrace(),
        })?;
        self.register(name, Arc::new(table))
    }

    /// Makes a question a table: it is asked anew by each question that names it.
    pub async fn register_view(&self, name: &str, text: &str) -> Result<(), SqlError> {
        named(name)?;
        let view = self.plan(text).await?.into_view();
        self.register(name, view)
    }

    fn register(&self, name: &str, table: Arc<dyn TableProvider>) -> Result<(), SqlError> {
        let context = &self.engine.context;
        let failed = |error| SqlError::from_datafusion(&error);
        context.deregister_table(bare(named(name)?)).map_err(failed)?;
        context.register_table(bare(name), table).map_err(failed)?;
        Ok(())
    }

    /// The tables that a text names, whether or not they are there, each once and in order: what has to
    /// be registered before it is asked.
    pub fn names(&self, text: &str) -> Result<Vec<String>, SqlError> {
        let (state, statement) = self.statement(text)?;
        let tables = referred(&state, &statement)?;
        let mut names: Vec<String> = tables.iter().map(|table| table.table().to_owned()).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The columns that a question would give, without asking it.
    pub async fn columns(&self, text: &str) -> Result<SchemaRef, SqlError> {
        Ok(Arc::new(self.plan(text).await?.schema().as_arrow().clone()))
    }

    /// Asks; the rows come as they are found.
    pub async fn stream(&self, text: &str) -> Result<Rows, SqlError> {
        let asked = self.plan(text).await?;
        let begun = async move {
            asked.execute_stream().await.map_err(|error| SqlError::from_datafusion(&error))
        };
        Ok(Rows::of(&self.engine, self.engine.run(begun).await?))
    }

    /// Asks for all rows at once. Their size counts against [`Limits::memory_bytes`]. A result
    /// without rows has one batch without rows, which has the columns.
    pub async fn query(&self, text: &str) -> Result<Vec<RecordBatch>, SqlError> {
        let mut rows = self.stream(text).await?;
        let (mut batches, mut bytes) = (Vec::new(), 0);
        while let Some(batch) = rows.next_batch().await {
            let batch = batch?;
            bytes += batch.get_array_memory_size();
            if bytes > self.engine.limits.memory_bytes {
                return Err(SqlError::TooLarge(format!(
                    "the result has more than {} bytes; ask for fewer rows or columns, or read it as \
                     a stream",
                    self.engine.limits.memory_bytes
                )));
            }
            batches.push(batch);
        }
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(rows.schema()));
        }
        Ok(batches)
    }

    /// The text as a question, if it is one that only reads what is registered.
    async fn plan(&self, text: &str) -> Result<DataFrame, SqlError> {
        let (state, statement) = self.statement(text)?;
        for table in referred(&state, &statement)? {
            if !self.engine.context.table_exist(table.clone()).unwrap_or(false) {
                return Err(self.no_table(&table.to_string()));
            }
        }
        let planning = state.clone();
        let planned = async move {
            planning.statement_to_plan(statement).await.map_err(|e| SqlError::from_datafusion(&e))
        };
        let plan = self.engine.run(planned).await?;
        reads_only(&plan)?;
        Ok(DataFrame::new(state, plan))
    }

    fn statement(&self, text: &str) -> Result<(SessionState, Statement), SqlError> {
        if text.trim().trim_end_matches(';').trim().is_empty() {
            return Err(SqlError::Text("it is empty".to_owned()));
        }
        let state = self.engine.context.state();
        let dialect = state.config().options().sql_parser.dialect;
        let statement = state.sql_to_statement(text, &dialect);
        Ok((state, statement.map_err(|error| SqlError::from_datafusion(&error))?))
    }

    fn no_table(&self, name: &str) -> SqlError {
        let known = self.tables();
        let hint = match (closest(name, &known), known.is_empty()) {
            (Some(meant), _) => format!("did you mean {meant}?"),
            (None, true) => "there are none".to_owned(),
            (None, false) => format!("there are {}", known.join(", ")),
        };
        SqlError::NoTable { name: name.to_owned(), hint }
    }
}

/// The tables that a statement names; functions that give tables, such as `range`, are none.
fn referred(state: &SessionState, statement: &Statement) -> Result<Vec<TableReference>, SqlError> {
    let tables = state.resolve_table_references(statement);
    let mut tables = tables.map_err(|error| SqlError::from_datafusion(&error))?;
    tables.retain(|table| !state.table_functions().contains_key(table.table()));
    Ok(tables)
}

fn bare(name: &str) -> TableReference {
    TableReference::bare(name)
}

fn named(name: &str) -> Result<&str, SqlError> {
    if name.trim().is_empty() { Err(SqlError::Name(name.to_owned())) } else { Ok(name) }
}

fn reads_only(plan: &LogicalPlan) -> Result<(), SqlError> {
    let only =
        SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    only.verify_plan(plan).map_err(|error| {
        let what = error.strip_backtrace();
        SqlError::ReadOnly(what.split(": ").last().unwrap_or(&what).to_owned())
    })
}
