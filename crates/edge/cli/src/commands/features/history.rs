//! Training sets.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use feature_store::history::{
    Checked, Outcome, Question, Report, Sink, Spine, TableFile, history as answer,
};
use feature_store::{FeatureStore, FeatureStoreError, Made, SavedDataset};
use features::point_in_time::Knowledge;
use features::store::FeatureRef;
use serde_json::json;

use super::{StoreArgs, now};
use crate::commands::Found;
use crate::progress::Progress;
use crate::show::{Format, grouped, json as print_json, note, say, table};

/// Options of `trimtab features history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// The rows that ask: a .parquet or .csv file with the join keys and a moment in each row
    rows: PathBuf,
    /// A feature (`view:feature`), or all of a view; may be given again
    #[arg(short = 'f', long = "features", value_name = "VIEW[:FEATURE]", value_delimiter = ',')]
    features: Vec<FeatureRef>,
    /// The features of a service
    #[arg(long, conflicts_with = "features")]
    service: Option<String>,
    /// The column of the moments
    #[arg(long, default_value = "event_timestamp", value_name = "COLUMN")]
    time: String,
    /// Where the training set is written: a .parquet or .csv file
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Keep it in the home under this name: immutable, by its digest, with its lineage
    #[arg(long, value_name = "NAME")]
    save: Option<String>,
    /// Name the columns VIEW__FEATURE
    #[arg(long)]
    full_names: bool,
    /// Add the event time of each view, and the time from which its row was known
    #[arg(long)]
    times: bool,
    /// Count rows from their event on, even if they were written or corrected later; for comparison
    /// with stores that do no more: a model never saw such rows in time
    #[arg(long)]
    ignore_created: bool,
    /// Fail, and write nothing, if a value breaks a rule of its feature
    #[arg(long)]
    strict: bool,
    /// Memory for the rows that are worked on at once, in MB
    #[arg(long, default_value_t = 2_000, value_name = "MB")]
    memory: usize,
    /// Threads that read [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Shows how many rows are answered, and passes them on.
struct Watched {
    sink: TableFile,
    progress: Progress,
}

impl Sink for Watched {
    fn begin(
        &mut self,
        schema: &arrow_schema::SchemaRef,
        outcomes: &[Outcome],
    ) -> Result<(), FeatureStoreError> {
        self.sink.begin(schema, outcomes)
    }

    fn take(&mut self, rows: &arrow_array::RecordBatch) -> Result<(), FeatureStoreError> {
        self.progress.done(rows.num_rows() as u64, "");
        self.sink.take(rows)
    }

    fn end(&mut self) -> Result<(), FeatureStoreError> {
        self.sink.end()
    }
}

/// Makes a training set.
pub fn history(args: &HistoryArgs) -> anyhow::Result<Found> {
    let began = Instant::now();
    let store = FeatureStore::open(&args.store.home.home)?;
    let question = question(args, &store)?;
    let keys = store.key_kinds(&question.features)?;
    let spine = Spine::file(&args.rows, &args.time, &keys)?;
    let out = match (&args.out, &args.save) {
        (Some(out), _) => out.clone(),
        (None, Some(name)) => args.store.home.home.join(format!("{name}.saving.parquet")),
        (None, None) => bail!("say where the training set goes: --out FILE, or --save NAME"),
    };
    if args.save.is_some() && out.extension().is_none_or(|ending| ending != "parquet") {
        bail!("a data set is kept as Parquet: let --out end in .parquet, or leave it out");
    }
    let mut progress = Progress::new(args.store.format == Format::Json, "history", "rows");
    progress.total(spine.row_count().unwrap_or(0));
    let mut sink =
        Checked::new(&store, Watched { sink: TableFile::new(&out)?, progress }, args.strict);
    let report = answer(&store, &question, spine, &mut sink)?;
    let broken = sink.broken();
    let saved = match &args.save {
        None => None,
        Some(name) => Some(keep(args, &store, &question, &report, name, &out)?),
    };
    if args.out.is_none() {
        std::fs::remove_file(&out).with_context(|| out.display().to_string())?;
    }
    let seconds = began.elapsed().as_secs_f64();
    if args.store.format == Format::Json {
        let out = args.out.as_ref();
        print_json(
            &json!({"report": report, "broken": broken, "out": out, "saved": saved, "seconds": seconds}),
        )?;
    } else {
        print(&report, seconds);
        for one in &broken {
            note(&format!(
                "warning: {}: {} rows break `{}` (first row {}: {})",
                one.feature,
                one.broken.rows,
                one.broken.rule,
                one.broken.first_row + 1,
                one.broken.example
            ));
        }
        if let Some(out) = &args.out {
            say(&format!("written to {}", out.display()));
        }
        if let Some(saved) = &saved {
            say(&format!("kept as {}@{}  {}", saved.name, saved.version, saved.digest));
        }
    }
    Ok(if broken.is_empty() { Found::AllWell } else { Found::Disagreement })
}

fn question(args: &HistoryArgs, store: &FeatureStore) -> anyhow::Result<Question> {
    let features = match &args.service {
        Some(name) => store.service(name)?.features.clone(),
        None if args.features.is_empty() => {
            bail!("say which features: --features VIEW:FEATURE, or --service NAME")
        }
        None => args.features.clone(),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Question {
        time: args.time.clone(),
        knowledge: if args.ignore_created { Knowledge::Ignored } else { Knowledge::Respected },
        full_names: args.full_names,
        times: args.times,
        memory_bytes: args.memory.saturating_mul(1_000_000),
        threads: args.threads.unwrap_or(cores),
        ..Question::new(features)
    })
}

fn keep(
    args: &HistoryArgs,
    store: &FeatureStore,
    question: &Question,
    report: &Report,
    name: &str,
    file: &std::path::Path,
) -> anyhow::Result<SavedDataset> {
    let rows = store::file_digest(&args.rows)?;
    let made = Made::of(question, report, args.service.as_deref(), Some(rows));
    Ok(store.save(name, file, made, now())?)
}

fn print(report: &Report, seconds: f64) {
    let rows = |count: u64| grouped(count as f64, 0);
    table(
        &["view", "version", ">feature rows read", ">rows answered", ">rows without"],
        report.views.iter().map(|view| {
            vec![
                view.view.clone(),
                view.digest.short(),
                rows(view.rows_read),
                rows(view.answered),
                rows(report.rows - view.answered),
            ]
        }),
    );
    for view in report.views.iter().filter(|view| view.never_known > 0) {
        let never = rows(view.never_known);
        note(&format!(
            "{}: {never} feature rows have no created time and were never known",
            view.view
        ));
    }
    let columns = report.columns.len();
    say(&format!("{} rows in and out, {columns} features, {seconds:.1} s", rows(report.rows)));
}
