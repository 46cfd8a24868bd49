//! DataFusion as it is used here, and the threads on which it runs.
//!
//! The threads are the session's own: a question that keeps them busy does not hold up the sockets
//! of a program that asks it.

use std::future::Future;
use std::sync::Arc;

use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinSet;

use crate::{Limits, SqlError};

/// Rows that are worked on at a time.
const BATCH_ROWS: usize = 8_192;

pub(crate) struct Engine {
    pub(crate) context: SessionContext,
    pub(crate) limits: Limits,
    /// Always there until the engine is dropped.
    runtime: Option<Runtime>,
}

impl Engine {
    pub(crate) fn new(limits: Limits) -> Result<Self, SqlError> {
        let threads = limits.threads.max(1);
        let mode = match &limits.spill_folder {
            Some(folder) => DiskManagerMode::Directories(vec![folder.clone()]),
            None => DiskManagerMode::OsTmpDirectory,
        };
        let disk = DiskManagerBuilder::default()
            .with_mode(mode)
            .with_max_temp_directory_size(limits.spill_bytes);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(|error| SqlError::from_datafusion(&error))?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(threads * 4)
            .thread_name("sql")
            .enable_all()
            .build()
            .map_err(|error| SqlError::Failed(format!("no thread could be started: {error}")))?;
        let context = SessionContext::new_with_config_rt(config(threads, &limits), environment);
        Ok(Self { context, limits, runtime: Some(runtime) })
    }

    pub(crate) fn handle(&self) -> &Handle {
        self.runtime.as_ref().expect("the runtime is there until the engine is dropped").handle()
    }

    /// Runs `work` on the session's threads; if nobody waits for it any more, it is stopped.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, SqlError>> + Send + 'static,
    ) -> Result<T, SqlError> {
        let mut task = JoinSet::new();
        task.spawn_on(work, self.handle());
        match task.join_next().await {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => Err(SqlError::Failed(format!("the work was cut off: {error}"))),
            None => Err(SqlError::Failed("the work was not begun".to_owned())),
        }
    }
}

impl Drop for Engine {
    /// Does not wait for the threads, so that a session may be dropped anywhere, also among tasks.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn config(threads: usize, limits: &Limits) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(true);
    let options = config.options_mut();
    // Texts come back in the type that the file has, not in one that only DataFusion makes of it.
    options.execution.parquet.schema_force_view_types = false;
    options.sql_parser.map_string_types_to_utf8view = false;
    // A sort keeps this much aside to merge what it has spilled; ten megabytes, or less where all
    // of the memory is less than a hundred.
    let aside = (limits.memory_bytes / 10).min(10 << 20);
    options.execution.sort_spill_reservation_bytes = aside;
    // Values that decide which rows pass are read first, and the others for those rows alone.
    options.execution.parquet.pushdown_filters = true;
    options.execution.parquet.reorder_filters = true;
    config
}
