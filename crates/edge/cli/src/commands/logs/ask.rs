//! One question, and its answer.

use crate::commands::logs::LogsArgs;
use crate::commands::logs::answer::{self, JsonRows};
use crate::commands::logs::tables::Tables;
use crate::show::Format;

/// What is asked if nothing is.
const NEWEST: &str = "SELECT id, at, model, version, entity_key, prediction, latency_us, flags \
                      FROM predictions ORDER BY id DESC LIMIT 20";

/// Prints the answer.
pub fn ask(args: &LogsArgs) -> anyhow::Result<()> {
    let text = args.question.as_deref().unwrap_or(NEWEST);
    let limits = sql::Limits {
        memory_bytes: args.memory_mib << 20,
        threads: args.threads,
        ..sql::Limits::default()
    };
    let tables = Tables::of(&args.home.home, limits)?;
    match args.format {
        Format::Table => answer::table(&tables.query(text)?),
        Format::Json => print_json(&tables, text),
    }
}

/// Row by row, so that a long answer is never in memory as a whole.
fn print_json(tables: &Tables, text: &str) -> anyhow::Result<()> {
    let session = tables.session();
    tables.register(text)?;
    session.wait(async {
        let mut rows = session.stream(text).await?;
        let mut out = JsonRows::new();
        while let Some(batch) = rows.next_batch().await {
            out.write(&batch?)?;
        }
        out.finish()
    })
}
